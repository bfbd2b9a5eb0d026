package authorizertest

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"time"
)

// clientCert returns what events have of a client's certificate, in the forms of AWS's
// example. That the distinguished names are written as in RFC 2253 is a guess. (L)
func clientCert(c *x509.Certificate) object {
	return object{
		"clientCertPem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})),
		"subjectDN":     c.Subject.String(),
		"issuerDN":      c.Issuer.String(),
		"serialNumber":  strings.ReplaceAll(fmt.Sprintf("% x", c.SerialNumber.Bytes()), " ", ":"),
		"validity":      object{"notBefore": certTime(c.NotBefore), "notAfter": certTime(c.NotAfter)},
	}
}

func certTime(t time.Time) string { return t.UTC().Format("Jan _2 15:04:05 2006 GMT") }
