package authorizer_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
)

// newCertificate returns a certificate, and the PEM that an event has of it.
func newCertificate(t testing.TB) (der []byte, text string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7)}
	der, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// clientCertEvent returns a REQUEST event with a client certificate at the place that
// a format has for it.
func clientCertEvent(format, place, clientCert string) string {
	arn, version := "methodArn", ""
	if format != "" {
		version = `"version":"` + format + `",`
	}
	if format == "2.0" {
		arn = "routeArn"
	}
	return fmt.Sprintf(`{"type":"REQUEST",%s%q:"arn:aws:execute-api:us-east-1:123456789012:abc/test/GET/x",`+
		`"requestContext":{"domainName":"api.example.com",%q:{"clientCert":%s}}}`, version, arn, place, clientCert)
}

func TestTheClientCertificateIsReadFromEveryFormOfEventThatHasIt(t *testing.T) {
	der, text := newCertificate(t)
	quoted, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	members := `{"clientCertPem":` + string(quoted) + `,"subjectDN":"CN=client","issuerDN":"CN=issuer","serialNumber":"a1:b2",` +
		`"validity":{"notBefore":"May 28 12:30:02 2019 GMT","notAfter":"Aug  5 09:36:04 2021 GMT"}}`
	for _, form := range [][2]string{{"", "identity"}, {"1.0", "identity"}, {"2.0", "authentication"}} {
		r, err := authorizer.ParseRequest([]byte(clientCertEvent(form[0], form[1], members)))
		if err != nil {
			t.Fatal(form, err)
		}
		want := authorizer.ClientCert{
			PEM: text, SubjectDN: "CN=client", IssuerDN: "CN=issuer", SerialNumber: "a1:b2",
			NotBefore: "May 28 12:30:02 2019 GMT", NotAfter: "Aug  5 09:36:04 2021 GMT",
		}
		if r.ClientCert == nil || *r.ClientCert != want || r.Domain != "api.example.com" {
			t.Errorf("%s: got %+v at %q", r.Kind, r.ClientCert, r.Domain)
			continue
		}
		certificate, err := r.ClientCert.Certificate()
		if err != nil || !bytes.Equal(certificate.Raw, der) {
			t.Errorf("%s: got %v, %v", r.Kind, certificate, err)
		}
	}
}

// A claim about the caller that is not there must not look like one that is.
func TestThereIsNoClientCertificateWithoutItsPEM(t *testing.T) {
	for _, clientCert := range []string{`null`, `{}`, `{"clientCertPem":"","subjectDN":"CN=client"}`, `{"clientCertPem":null,"subjectDN":"CN=client"}`, `{"subjectDN":"CN=client"}`} {
		r, err := authorizer.ParseRequest([]byte(clientCertEvent("2.0", "authentication", clientCert)))
		if err != nil || r.ClientCert != nil {
			t.Errorf("%s: got %+v, %v", clientCert, r.ClientCert, err)
		}
	}
}

func TestAClientCertificateOfTheWrongTypeIsAFailure(t *testing.T) {
	for _, clientCert := range []string{`"pem"`, `[]`, `{"clientCertPem":1}`, `{"clientCertPem":"x","validity":"now"}`, `{"clientCertPem":"x","validity":{"notAfter":1}}`} {
		if r, err := authorizer.ParseRequest([]byte(clientCertEvent("", "identity", clientCert))); r != nil || err == nil {
			t.Errorf("%s: got %+v", clientCert, r)
		}
	}
}

func TestATokenEventHasNeitherDomainNorClientCertificate(t *testing.T) {
	event := strings.Replace(clientCertEvent("", "identity", `{"clientCertPem":"x"}`), `"REQUEST"`, `"TOKEN"`, 1)
	if r, err := authorizer.ParseRequest([]byte(event)); err != nil || r.ClientCert != nil || r.Domain != "" {
		t.Errorf("got %+v at %q, %v", r.ClientCert, r.Domain, err)
	}
}

// What API Gateway sends is a certificate: anything in its place is no fault of the caller.
func TestAPEMThatHoldsNoCertificateIsAnErrorWithoutItsText(t *testing.T) {
	_, good := newCertificate(t)
	for name, text := range map[string]string{
		"no PEM":         "secret",
		"nothing":        "",
		"another block":  strings.ReplaceAll(good, "CERTIFICATE", "PUBLIC KEY"),
		"no certificate": "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n",
	} {
		c := &authorizer.ClientCert{PEM: text}
		if certificate, err := c.Certificate(); certificate != nil || err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, %v", name, certificate, err)
		}
	}
	var none *authorizer.ClientCert
	if certificate, err := none.Certificate(); certificate != nil || err == nil {
		t.Errorf("no client certificate: got %v", certificate)
	}
}
