package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// A PrivateKey signs under one algorithm, and verifies with its public half. It is
// a source of itself and safe for concurrent use. The private half leaves it only
// by [PrivateKey.MarshalPrivatePEM] and [PrivateKey.MarshalPrivateJWK].
type PrivateKey struct {
	label
	public *PublicKey
	key    sealed[signingKey]
}

var (
	_ SigningSource      = (*PrivateKey)(nil)
	_ SigningKey         = (*PrivateKey)(nil)
	_ VerificationSource = (*PrivateKey)(nil)
	_ VerificationKey    = (*PrivateKey)(nil)
	_ PublicSource       = (*PrivateKey)(nil)
)

// A signingKey does the arithmetic of a private key under its algorithm.
type signingKey interface {
	sign(input []byte) ([]byte, error)
	// standard returns the key as the standard library has it.
	standard() crypto.PrivateKey
	// addPrivate adds what only a private JWK says of the key.
	addPrivate(*jwkMembers) error
}

// NewPrivateKey makes a PrivateKey from a copy of key, which is an
// [*rsa.PrivateKey] of two primes, an [*ecdsa.PrivateKey] or an
// [ed25519.PrivateKey], as [crypto/x509] returns them. It refuses a key whose
// private and public halves do not belong together.
//
// For alg see [NewPublicKey]. The key writes its thumbprint as the kid of the tokens it
// signs, unless it has another by [PrivateKey.WithKid].
func NewPrivateKey(alg string, key crypto.PrivateKey) (*PrivateKey, error) {
	k, err := newPrivateKey(alg, key)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return k, nil
}

func newPrivateKey(alg string, key crypto.PrivateKey) (*PrivateKey, error) {
	public, err := publicHalf(key)
	if err != nil {
		return nil, err
	}
	checked, err := newPublicKey(alg, public)
	if err != nil {
		return nil, err
	}
	own, err := newSigningKey(checked.alg, key)
	if err != nil {
		return nil, err
	}
	return newPrivateKeyOf(checked, redact.Seal(own)), nil
}

func newPrivateKeyOf(public *PublicKey, key sealed[signingKey]) *PrivateKey {
	return &PrivateKey{label: describe("PrivateKey", public.Algorithm(), public.Kid()), public: public, key: key}
}

// publicHalf returns the public key that key carries with it.
func publicHalf(key crypto.PrivateKey) (crypto.PublicKey, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if key == nil {
			return nil, errors.New("the private key is nil")
		}
		return &key.PublicKey, nil
	case *ecdsa.PrivateKey:
		if key == nil {
			return nil, errors.New("the private key is nil")
		}
		return &key.PublicKey, nil
	case ed25519.PrivateKey:
		if len(key) != ed25519.PrivateKeySize {
			return nil, fmt.Errorf("an Ed25519 private key of %d bytes: it has %d", len(key), ed25519.PrivateKeySize)
		}
		return ed25519.PublicKey(key[ed25519.SeedSize:]), nil
	case nil:
		return nil, errors.New("the private key is nil")
	default:
		return nil, fmt.Errorf("a private key of type %T: use *rsa.PrivateKey, *ecdsa.PrivateKey or ed25519.PrivateKey", key)
	}
}

// newSigningKey copies a key whose public half has been found good.
func newSigningKey(alg algorithm, key crypto.PrivateKey) (signingKey, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		return newRSAPrivate(alg, key)
	case *ecdsa.PrivateKey:
		return newECPrivate(alg, key)
	default:
		return newEdPrivate(key.(ed25519.PrivateKey))
	}
}

// GeneratePrivateKey makes a new key for alg, which must be named. RSA keys have
// 2048 bits for RS256 and PS256, 3072 for RS384 and PS384, 4096 for RS512 and
// PS512, and take up to seconds to make.
func GeneratePrivateKey(alg string) (*PrivateKey, error) {
	a, known := findAlgorithm(alg)
	switch {
	case alg == "":
		return nil, errors.New("keys: no algorithm to generate a key for: name one, such as RS256, ES256 or EdDSA")
	case !known:
		return nil, fmt.Errorf("keys: %w", unknownAlgorithm(alg))
	case a.family == familyHMAC:
		return nil, fmt.Errorf("keys: %s has no private key: fill a secret from crypto/rand and give it to HMAC", alg)
	}
	key, err := generate(a)
	if err != nil {
		return nil, fmt.Errorf("keys: generating a key for %s: %w", alg, err)
	}
	return NewPrivateKey(alg, key)
}

func generate(a algorithm) (crypto.PrivateKey, error) {
	switch a.family {
	case familyRSA, familyRSAPSS:
		return rsa.GenerateKey(rand.Reader, 64*a.hash.Size()) // 2048 bits to 32 bytes of hash
	case familyECDSA:
		return ecdsa.GenerateKey(ecCurve(a.curve), rand.Reader)
	default:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
}

// WithKid returns the same key under a kid, which goes into the header of every token
// that it signs. By itself it serves tokens that have this kid and tokens that have
// none. A kid is UTF-8 of at most 512 bytes: a signer and a ring refuse any other when
// they are made.
func (k *PrivateKey) WithKid(kid string) *PrivateKey {
	if !k.made() {
		return k
	}
	return newPrivateKeyOf(k.public.WithKid(kid), k.key)
}

// Kid returns the kid of the tokens that the key signs: that of WithKid, or its
// thumbprint.
func (k *PrivateKey) Kid() string { return k.Public().Kid() }

// Algorithm returns the one algorithm that the key serves.
func (k *PrivateKey) Algorithm() string { return k.Public().Algorithm() }

// Public returns the public half.
func (k *PrivateKey) Public() *PublicKey {
	if k == nil {
		return nil
	}
	return k.public
}

// SigningKey returns the key itself.
func (k *PrivateKey) SigningKey(context.Context) (SigningKey, error) {
	if !k.made() {
		return nil, errNoKey
	}
	return k, nil
}

// Header returns alg and kid.
func (k *PrivateKey) Header() Header {
	return Header{Algorithm: k.Algorithm(), Kid: k.Kid()}
}

// Sign returns the key's signature of input as RFC 7518 section 3 and RFC 8037
// section 3.1 have it. That of PS and ES algorithms is another every time.
func (k *PrivateKey) Sign(_ context.Context, input []byte) ([]byte, error) {
	if !k.made() {
		return nil, errNoKey
	}
	signature, err := k.key.Open().sign(input)
	if err != nil {
		return nil, fmt.Errorf("keys: signing with %s: %w", k.Algorithm(), err)
	}
	return signature, nil
}

// VerificationKey returns the key itself if h names it, otherwise [ErrAlgorithm] or
// [ErrUnknownKey].
func (k *PrivateKey) VerificationKey(_ context.Context, h Header) (VerificationKey, error) {
	if !k.made() {
		return nil, errNoKey
	}
	if err := h.Match(k.public.alg.name, k.public.kid); err != nil {
		return nil, err
	}
	return k, nil
}

// Verify does what Verify of the public half does.
func (k *PrivateKey) Verify(ctx context.Context, input, signature []byte) error {
	if !k.made() {
		return errNoKey
	}
	return k.public.Verify(ctx, input, signature)
}

// PublicSet returns a set of just the public key.
func (k *PrivateKey) PublicSet(context.Context) (*Set, error) {
	if !k.made() {
		return nil, errNoKey
	}
	return NewSet(k.public)
}

// made reports whether k comes from a constructor.
func (k *PrivateKey) made() bool { return k != nil && k.public.made() }
