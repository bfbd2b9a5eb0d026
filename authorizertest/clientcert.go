package authorizertest

import (
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
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
		"serialNumber":  colons(c.SerialNumber.Bytes()),
		"validity":      object{"notBefore": certTime(c.NotBefore), "notAfter": certTime(c.NotAfter)},
	}
}

// colons writes bytes in hexadecimal with colons between them.
func colons(bytes []byte) string {
	var pairs []string
	for _, b := range bytes {
		pairs = append(pairs, hex.EncodeToString([]byte{b}))
	}
	return strings.Join(pairs, ":")
}

func certTime(t time.Time) string { return t.UTC().Format("Jan _2 15:04:05 2006 GMT") }
