package authorizer

import (
	"crypto/x509"
	"encoding/pem"
	"errors"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// A ClientCert is the certificate by which a client has authenticated itself at a domain
// with mutual TLS. API Gateway has checked it against the domain's truststore (developer
// guide, "How to turn on mutual TLS authentication for your REST APIs" and "… HTTP APIs").
type ClientCert struct {
	PEM                 string
	SubjectDN, IssuerDN string
	SerialNumber        string // hexadecimal, such as "a1:b2"
	NotBefore, NotAfter string // such as "Aug  5 09:36:04 2021 GMT"
}

// Certificate reads PEM, for instance to compare the certificate's hash with the one in a
// token (RFC 8705 section 3.1). An error says that the event holds no certificate there,
// which is not the caller's fault.
func (c *ClientCert) Certificate() (*x509.Certificate, error) {
	if c == nil {
		return nil, errors.New("authorizer: the request has no client certificate")
	}
	block, _ := pem.Decode([]byte(c.PEM))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("authorizer: the client certificate is not in PEM")
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, errors.New("authorizer: the client certificate cannot be read")
	}
	return certificate, nil
}

// member reads a member of a clientCert.
func (c *ClientCert) member(name string, value jose.Value) error {
	switch name {
	case "clientCertPem":
		return readText(value, &c.PEM)
	case "subjectDN":
		return readText(value, &c.SubjectDN)
	case "issuerDN":
		return readText(value, &c.IssuerDN)
	case "serialNumber":
		return readText(value, &c.SerialNumber)
	case "notBefore":
		return readText(value, &c.NotBefore)
	case "notAfter":
		return readText(value, &c.NotAfter)
	case "validity":
		return readMembers(value, c.member)
	}
	return nil
}
