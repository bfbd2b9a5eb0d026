package binding

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/verifier"
)

// CertificateConfig says which tokens a [Certificate] takes. Its zero value is the strict
// choice.
type CertificateConfig struct {
	// AllowBearerTokens accepts tokens without cnf, whoever sends them.
	AllowBearerTokens bool
}

// A Certificate is the [Binding] of tokens to a client certificate (RFC 8705 section 3).
// It is safe for concurrent use. Make it with [NewCertificate].
type Certificate struct {
	made bool
	cfg  CertificateConfig
}

var _ Binding = (*Certificate)(nil)

// NewCertificate returns the binding of client certificates.
func NewCertificate(cfg CertificateConfig) *Certificate { return &Certificate{true, cfg} }

// Check compares the SHA-256 hash of the client certificate with x5t#S256 in the token's
// cnf. It does not ask whether the certificate is valid or who has signed it: the server
// that accepts the connection decides that, API Gateway by its truststore.
func (c *Certificate) Check(ctx context.Context, r Request, t *verifier.Token) error {
	if c == nil || !c.made {
		return errNotMade
	}
	return confirm(ctx, r, t, c.cfg.AllowBearerTokens, c)
}

func (c *Certificate) member() string { return "x5t#S256" }

func (c *Certificate) confirm(_ context.Context, r Request, thumbprint string) error {
	switch {
	case r.Certificate == nil:
		return refuse(verifier.WrongBinding, "the token is bound to a client certificate, and the request has none")
	case len(r.Certificate.Raw) == 0:
		return errors.New("binding: Request.Certificate was not parsed: make it with package crypto/x509")
	}
	hash := sha256.Sum256(r.Certificate.Raw)
	if jose.EncodeBase64URL(hash[:]) != thumbprint {
		return refuse(verifier.WrongBinding, "the token is bound to another client certificate")
	}
	return nil
}
