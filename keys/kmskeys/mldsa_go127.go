//go:build go1.27

package kmskeys

import (
	"context"
	"crypto"
	"crypto/mldsa"
	"fmt"

	"github.com/lambdajwt/authorizer/keys"
)

// hasMLDSA reports whether the standard library can verify ML-DSA.
const hasMLDSA = true

// An mldsaKey verifies signatures of ML-DSA (FIPS 204) as RFC 9964 has them: pure
// ML-DSA with an empty context.
type mldsaKey struct {
	label
	algorithm string
	key       *mldsa.PublicKey
}

var _ keys.VerificationKey = mldsaKey{}

func newMLDSAKey(alg signatureAlgorithm, name label, key crypto.PublicKey) (keys.VerificationKey, error) {
	public, ok := key.(*mldsa.PublicKey)
	if !ok || public.Parameters().String() != alg.name {
		return nil, fmt.Errorf("%w: the key is not one of %s", keys.ErrMisconfigured, alg.name)
	}
	return mldsaKey{label: name, algorithm: alg.name, key: public}, nil
}

// Algorithm returns ML-DSA-44, ML-DSA-65 or ML-DSA-87.
func (k mldsaKey) Algorithm() string { return k.algorithm }

// Verify returns nil or [keys.ErrSignature].
func (k mldsaKey) Verify(_ context.Context, input, signature []byte) error {
	if mldsa.Verify(k.key, input, signature, nil) != nil {
		return keys.ErrSignature
	}
	return nil
}
