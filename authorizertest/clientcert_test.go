package authorizertest_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// newClientCertificate returns a certificate that a client may present.
func newClientCertificate(t testing.TB) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: new(big.Int).SetBytes([]byte{0xa1, 0x0b, 0xff}),
		Subject:      pkix.Name{CommonName: "client", Organization: []string{"Example"}, Country: []string{"DE"}},
		NotBefore:    time.Date(2019, 5, 28, 12, 30, 2, 0, time.UTC),
		NotAfter:     time.Date(2121, 8, 5, 9, 36, 4, 0, time.UTC),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// The forms are those of AWS's example, and the place that of each kind of event.
func TestTheClientCertificateIsInEveryFormOfEventThatHasIt(t *testing.T) {
	certificate := newClientCertificate(t)
	want := authorizer.ClientCert{
		PEM:       string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Leaf.Raw})),
		SubjectDN: "CN=client,O=Example,C=DE", IssuerDN: "CN=client,O=Example,C=DE", SerialNumber: "a1:0b:ff",
		NotBefore: "May 28 12:30:02 2019 GMT", NotAfter: "Aug  5 09:36:04 2121 GMT",
	}
	for kind, key := range allKinds {
		r := withToken(httptest.NewRequest(http.MethodGet, "/orders", nil))
		r.Host = "api.example.com"
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate.Leaf}}
		got := authorizertest.NewRequest(kind, key, r)
		if kind == authorizer.RESTToken {
			if got.ClientCert != nil || got.Domain != "" {
				t.Errorf("%s: got %+v at %q", kind, got.ClientCert, got.Domain)
			}
			continue
		}
		if got.Domain != "api.example.com" {
			t.Errorf("%s: got domain %q", kind, got.Domain)
		}
		if kind == authorizer.WebSocket {
			if got.ClientCert != nil { // of which AWS says nothing
				t.Errorf("%s: got %+v", kind, got.ClientCert)
			}
			continue
		}
		if got.ClientCert == nil || *got.ClientCert != want {
			t.Errorf("%s: got %+v", kind, got.ClientCert)
			continue
		}
		if parsed, err := got.ClientCert.Certificate(); err != nil || !parsed.Equal(certificate.Leaf) {
			t.Errorf("%s: got %v, %v", kind, parsed, err)
		}
	}
}

func TestWithoutMutualTLSThereIsNoClientCertificate(t *testing.T) {
	for kind, key := range allKinds {
		for _, state := range []*tls.ConnectionState{nil, {}} {
			r := withToken(httptest.NewRequest(http.MethodGet, "/orders", nil))
			r.TLS = state
			if got := authorizertest.NewRequest(kind, key, r); got.ClientCert != nil {
				t.Errorf("%s: got %+v", kind, got.ClientCert)
			}
		}
	}
}

// A whole handshake, and the types with which functions read events.
func TestAClientsCertificateReachesAuthorizerAndFunctionOverTheNetwork(t *testing.T) {
	certificate := newClientCertificate(t)
	var rest events.APIGatewayCustomAuthorizerRequestTypeRequest
	var restFunction events.APIGatewayProxyRequest
	var format1 events.APIGatewayV2CustomAuthorizerV1Request
	var format2 events.APIGatewayV2CustomAuthorizerV2Request
	var format2Function events.APIGatewayV2HTTPRequest
	for _, test := range []struct {
		kind            authorizer.Kind
		event, function any
	}{
		{authorizer.RESTRequest, &rest, &restFunction}, {authorizer.HTTPFormat1, &format1, new(events.APIGatewayV2HTTPRequest)},
		{authorizer.HTTPFormat2, &format2, &format2Function},
	} {
		g := newGateway(t, authorizertest.Config{
			Kind: test.kind,
			Authorizer: func(_ context.Context, e json.RawMessage) (any, error) {
				return effect("Allow", "*"), json.Unmarshal(e, test.event)
			},
			Routes: []authorizertest.Route{{Key: "GET /orders", Handler: func(_ context.Context, e json.RawMessage) (any, error) {
				return map[string]any{"statusCode": 200}, json.Unmarshal(bytes.Clone(e), test.function)
			}}},
		})
		server := httptest.NewUnstartedServer(g)
		server.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
		server.StartTLS()
		client := server.Client()
		client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{certificate}
		r, err := http.NewRequest(http.MethodGet, server.URL+"/orders", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(withToken(r))
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		client.CloseIdleConnections()
		server.Close()
		if response.StatusCode != 200 {
			t.Errorf("%s: got %d", test.kind, response.StatusCode)
		}
	}
	const serial = "a1:0b:ff"
	for name, got := range map[string]string{
		"REST":                        rest.RequestContext.Identity.ClientCert.SerialNumber,
		"the function of a REST API":  restFunction.RequestContext.Identity.ClientCert.SerialNumber,
		"format 1.0":                  format1.RequestContext.Identity.ClientCert.SerialNumber,
		"format 2.0":                  format2.RequestContext.Authentication.ClientCert.SerialNumber,
		"the function of an HTTP API": format2Function.RequestContext.Authentication.ClientCert.SerialNumber,
	} {
		if got != serial {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
