package keys

import (
	"context"
	"fmt"

	"github.com/lambdajwt/authorizer/internal/hmackey"
	"github.com/lambdajwt/authorizer/internal/redact"
)

// A Secret is a shared secret of HS256, HS384 or HS512 (RFC 7518 section 3.2):
// whoever can verify with it can sign with it. It is a source of itself, safe for
// concurrent use, and no way leads from it back to the bytes it was made from.
type Secret struct {
	label
	kid string
	alg algorithm
	mac sealed[*hmackey.Key]
}

var (
	_ SigningSource      = (*Secret)(nil)
	_ SigningKey         = (*Secret)(nil)
	_ VerificationSource = (*Secret)(nil)
	_ VerificationKey    = (*Secret)(nil)
)

// HMAC makes a Secret from a copy of secret. alg is HS256, HS384 or HS512, or
// empty for HS256. The Secret writes no kid, and serves tokens with any kid or
// none; see [Secret.WithKid].
//
// The secret is used as it is, byte for byte: base64 text is not decoded, since others may
// use the same text as theirs. It must be at least as long as the hash: 32, 48 or 64
// bytes. HMAC refuses one of fewer than eight different bytes, and what is no secret at
// all: text that ends with a line break, which one side trims and the other does not; the
// {"key":"value"} of Secrets Manager, whose value is the secret; a {{resolve:...}} that
// CloudFormation has not resolved; and a key in some encoding: PEM, a JWK or JWK set, DER,
// an uncompressed EC point, an OpenSSH or SSH2 key, also in quotes or a list, with line
// breaks written out, or wrapped in UTF-16, base64 or hex. A verifier that takes a public key
// for its secret accepts tokens that anyone can make. The 32 bytes of a bare
// Ed25519 key, a compressed point or a bare RSA modulus look like any secret and
// cannot be told from one.
func HMAC(alg string, secret []byte) (*Secret, error) {
	k, err := newSecret(alg, secret)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return k, nil
}

func newSecret(alg string, secret []byte) (*Secret, error) {
	a, err := algorithmFor(alg, "HS256")
	if err != nil {
		return nil, err
	}
	if what := keyText(secret); what != "" {
		return nil, fmt.Errorf("%s needs a random secret, got %s: %s", a.name, what, insteadOf(what))
	}
	if size := a.hash.Size(); len(secret) < size {
		return nil, fmt.Errorf("%s needs a secret of at least %d bytes, got %d: generate one with openssl rand -base64 %d",
			a.name, size, len(secret), size)
	}
	if err := checkSecret(secret); err != nil {
		return nil, err
	}
	return newSecretOf(a, "", redact.Seal(hmackey.New(a.hash, secret))), nil
}

func newSecretOf(alg algorithm, kid string, mac sealed[*hmackey.Key]) *Secret {
	return &Secret{label: describe("Secret", alg.name, kid), kid: kid, alg: alg, mac: mac}
}

// WithKid returns a Secret of the same bytes under a kid, which goes into the header
// of every token that it signs. By itself it serves tokens that have this kid and
// tokens that have none. A kid is UTF-8 of at most 512 bytes: a signer and a ring
// refuse any other when they are made.
func (k *Secret) WithKid(kid string) *Secret {
	if !k.made() {
		return k
	}
	return newSecretOf(k.alg, kid, k.mac)
}

// Kid returns the kid of the Secret, empty if it has none.
func (k *Secret) Kid() string {
	if k == nil {
		return ""
	}
	return k.kid
}

// Algorithm returns HS256, HS384 or HS512.
func (k *Secret) Algorithm() string {
	if k == nil {
		return ""
	}
	return k.alg.name
}

// SigningKey returns the Secret itself.
func (k *Secret) SigningKey(context.Context) (SigningKey, error) {
	if !k.made() {
		return nil, errNoKey
	}
	return k, nil
}

// Header returns alg and, if the Secret has one, kid.
func (k *Secret) Header() Header {
	return Header{Algorithm: k.Algorithm(), Kid: k.Kid()}
}

// Sign returns the MAC of input.
func (k *Secret) Sign(_ context.Context, input []byte) ([]byte, error) {
	if !k.made() {
		return nil, errNoKey
	}
	return k.mac.Open().Sum(input), nil
}

// VerificationKey returns the Secret itself if h names it, otherwise [ErrAlgorithm] or
// [ErrUnknownKey].
func (k *Secret) VerificationKey(_ context.Context, h Header) (VerificationKey, error) {
	if !k.made() {
		return nil, errNoKey
	}
	if err := h.Match(k.alg.name, k.kid); err != nil {
		return nil, err
	}
	return k, nil
}

// Verify compares signature with the MAC of input in constant time. The answer is
// nil or [ErrSignature].
func (k *Secret) Verify(_ context.Context, input, signature []byte) error {
	if !k.made() {
		return errNoKey
	}
	if !k.mac.Open().Verify(input, signature) {
		return ErrSignature
	}
	return nil
}

// made reports whether k comes from a constructor.
func (k *Secret) made() bool { return k != nil && !k.mac.Empty() }

// equal reports in constant time whether two secrets are the same key of the same
// algorithm.
func (k *Secret) equal(other *Secret) bool {
	return k.mac.Open().Equal(other.mac.Open())
}
