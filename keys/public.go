package keys

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"
)

// A PublicKey verifies signatures under one algorithm. It is a source of itself
// and safe for concurrent use.
type PublicKey struct {
	label
	kid        string // of WithKid; empty stands for the thumbprint
	thumbprint string
	alg        algorithm
	key        verifyingKey
}

var (
	_ VerificationSource = (*PublicKey)(nil)
	_ VerificationKey    = (*PublicKey)(nil)
	_ PublicSource       = (*PublicKey)(nil)
)

// A verifyingKey does the arithmetic of a public key under its algorithm.
type verifyingKey interface {
	// verify returns nil, ErrSignature, or another error if the key cannot tell.
	verify(input, signature []byte) error
	// standard returns the key as the standard library has it.
	standard() crypto.PublicKey
	// members returns what a JWK says of the key (RFC 7517 section 4).
	members() jwkMembers
}

// NewPublicKey makes a PublicKey from a copy of key, which is an [*rsa.PublicKey],
// an [*ecdsa.PublicKey] or an [ed25519.PublicKey], as [crypto/x509] returns them.
//
// alg is the one algorithm that the key serves. Empty, it is the usual one for the
// type of key: RS256 for RSA, ES256, ES384 or ES512 by the curve, EdDSA for
// Ed25519.
//
// By itself the key serves tokens with any kid or none. Published in a set or used in
// a ring it goes by its thumbprint, unless it has another kid by [PublicKey.WithKid].
//
// RSA keys have 2048 to 8192 bits and an odd public exponent from 65537 to 2³¹−1;
// those that bear the mark of CVE-2017-15361 (ROCA) are refused. EC keys are points
// on P-256, P-384 or P-521. Ed25519 keys are points of the curve, and not among
// the eight for which anyone can forge signatures, a key of zeros being one.
func NewPublicKey(alg string, key crypto.PublicKey) (*PublicKey, error) {
	k, err := newPublicKey(alg, key)
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	return k, nil
}

func newPublicKey(alg string, key crypto.PublicKey) (*PublicKey, error) {
	a, own, err := newVerifyingKey(alg, key)
	if err != nil {
		return nil, err
	}
	public := &PublicKey{thumbprint: own.members().thumbprint(), alg: a, key: own}
	return public.WithKid(""), nil
}

func newVerifyingKey(alg string, key crypto.PublicKey) (algorithm, verifyingKey, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return newRSAPublic(alg, key)
	case *ecdsa.PublicKey:
		return newECPublic(alg, key)
	case ed25519.PublicKey:
		return newEdPublic(alg, key)
	case nil:
		return algorithm{}, nil, errors.New("the public key is nil")
	case *rsa.PrivateKey, *ecdsa.PrivateKey, ed25519.PrivateKey:
		return algorithm{}, nil, errors.New("a private key where a public key belongs: use NewPrivateKey and Public")
	default:
		return algorithm{}, nil, fmt.Errorf("a public key of type %T: use *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey", key)
	}
}

// WithKid returns the same key under a kid. By itself it serves tokens that have this
// kid and tokens that have none. A kid is UTF-8 of at most 512 bytes: a set and a
// ring refuse any other when they are made.
func (k *PublicKey) WithKid(kid string) *PublicKey {
	if !k.made() {
		return k
	}
	named := *k
	named.kid = kid
	named.label = describe("PublicKey", k.alg.name, named.Kid())
	return &named
}

// Kid returns the kid under which the key is published: that of WithKid, or its
// thumbprint.
func (k *PublicKey) Kid() string {
	switch {
	case k == nil:
		return ""
	case k.kid == "":
		return k.thumbprint
	}
	return k.kid
}

// Algorithm returns the one algorithm that the key serves.
func (k *PublicKey) Algorithm() string {
	if k == nil {
		return ""
	}
	return k.alg.name
}

// same reports whether two keys are the same, under the same kid and algorithm.
func (k *PublicKey) same(other *PublicKey) bool {
	return k.Kid() == other.Kid() && k.alg.name == other.alg.name && k.thumbprint == other.thumbprint
}

// Thumbprint returns the key's JWK thumbprint (RFC 7638) with SHA-256, in
// base64url. It names the bare key, whatever its kid and algorithm.
func (k *PublicKey) Thumbprint() string {
	if k == nil {
		return ""
	}
	return k.thumbprint
}

// VerificationKey returns the key itself if h names it, otherwise [ErrAlgorithm] or
// [ErrUnknownKey].
func (k *PublicKey) VerificationKey(_ context.Context, h Header) (VerificationKey, error) {
	if !k.made() {
		return nil, errNoKey
	}
	if err := h.Match(k.alg.name, k.kid); err != nil {
		return nil, err
	}
	return k, nil
}

// Verify reports whether signature is the key's signature of input, with nil or
// [ErrSignature]. Another error comes only from a standard library that refuses to
// work with such a key at all, as it can in FIPS 140 mode.
func (k *PublicKey) Verify(_ context.Context, input, signature []byte) error {
	if !k.made() {
		return errNoKey
	}
	return k.key.verify(input, signature)
}

// PublicSet returns a set of just the public key.
func (k *PublicKey) PublicSet(context.Context) (*Set, error) {
	if !k.made() {
		return nil, errNoKey
	}
	return NewSet(k)
}

// made reports whether k comes from a constructor.
func (k *PublicKey) made() bool { return k != nil && k.key != nil }
