package kmskeys

import (
	"context"
	"maps"

	"github.com/lambdajwt/authorizer/internal/hmackey"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/keys"
)

// A dataKey checks tokens with one data key. It does not change once made, so that
// a request which has one can use it, whatever becomes of it in the cache.
type dataKey struct {
	label
	algorithm string
	mac       redact.Sealed[*hmackey.Key]
	verified  func() // is called when a signature was right
}

var _ keys.VerificationKey = (*dataKey)(nil)

// Algorithm returns HS256, HS384 or HS512.
func (k *dataKey) Algorithm() string { return k.algorithm }

// Verify compares signature with the MAC of input in constant time.
func (k *dataKey) Verify(_ context.Context, input, signature []byte) error {
	if !k.mac.Open().Verify(input, signature) {
		return keys.ErrSignature
	}
	k.verified()
	return nil
}

// A signingDataKey signs tokens with one data key.
type signingDataKey struct {
	label
	header keys.Header
	mac    redact.Sealed[*hmackey.Key]
}

var _ keys.SigningKey = (*signingDataKey)(nil)

// Header returns alg, the encrypted data key and, if there is one, kid.
func (k *signingDataKey) Header() keys.Header {
	h := k.header
	h.Params = maps.Clone(h.Params) // several tokens may share the key
	return h
}

// Sign returns the MAC of input.
func (k *signingDataKey) Sign(_ context.Context, input []byte) ([]byte, error) {
	return k.mac.Open().Sum(input), nil
}
