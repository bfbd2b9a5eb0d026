package binding_test

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// The certificate and the cnf of RFC 8705 appendix A.
const (
	rfc8705Certificate = `-----BEGIN CERTIFICATE-----
MIIBBjCBrAIBAjAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARtdGxzMB4XDTE4MTAx
ODEyMzcwOVoXDTIyMDUwMjEyMzcwOVowDzENMAsGA1UEAwwEbXRsczBZMBMGByqG
SM49AgEGCCqGSM49AwEHA0IABNcnyxwqV6hY8QnhxxzFQ03C7HKW9OylMbnQZjjJ
/Au08/coZwxS7LfA4vOLS9WuneIXhbGGWvsDSb0tH6IxLm8wCgYIKoZIzj0EAwID
SQAwRgIhAP0RC1E+vwJD/D1AGHGzuri+hlV/PpQEKTWUVeORWz83AiEA5x2eXZOV
bUlJSGQgjwD5vaUaKlLR50Q2DmFfQj1L+SY=
-----END CERTIFICATE-----`
	rfc8705CNF = `{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}`
)

func certificate(t testing.TB, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestTheExampleOfRFC8705IsAccepted(t *testing.T) {
	c := binding.NewCertificate(binding.CertificateConfig{})
	r := binding.Request{Certificate: certificate(t, []byte(rfc8705Certificate))}
	wantAccepted(t, c.Check(t.Context(), r, boundTo(t, rfc8705CNF)))
}

func TestAStolenTokenIsOfNoUseWithoutItsCertificate(t *testing.T) {
	own := certificate(t, []byte(rfc8705Certificate))
	other := certificate(t, testkeys.PEM(t, "ec-p256-a.certificate"))
	for name, test := range map[string]struct {
		certificate *x509.Certificate
		cnf         string
	}{
		"no certificate":             {nil, rfc8705CNF},
		"another certificate":        {other, rfc8705CNF},
		"another hash":               {own, `{"x5t#S256":"B4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}`},
		"the hash in another case":   {own, `{"x5t#S256":"a4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}`},
		"padded base64":              {own, `{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0="}`},
		"part of the hash":           {own, `{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v"}`},
		"no hash":                    {own, `{"x5t#S256":""}`},
		"null":                       {own, `{"x5t#S256":null}`},
		"the hash in a list":         {own, `{"x5t#S256":["A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"]}`},
		"a hash by SHA-1":            {own, `{"x5t":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}`},
		"bound to a key for DPoP":    {own, `{"jkt":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}`},
		"bound to a key besides":     {own, `{"jkt":"x","x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}`},
		"bound to both certificates": {other, `{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0","x5t#s256":"x"}`},
	} {
		t.Run(name, func(t *testing.T) {
			c := binding.NewCertificate(binding.CertificateConfig{})
			err := c.Check(t.Context(), binding.Request{Certificate: test.certificate}, boundTo(t, test.cnf))
			wantRefused(t, err, verifier.WrongBinding)
		})
	}
}

// The hash of nothing must not be the hash of a certificate that was made by hand.
func TestACertificateThatWasNotParsedIsAMistake(t *testing.T) {
	c := binding.NewCertificate(binding.CertificateConfig{})
	cnf := `{"x5t#S256":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}`
	wantOutage(t, c.Check(t.Context(), binding.Request{Certificate: &x509.Certificate{}}, boundTo(t, cnf)), nil)
}
