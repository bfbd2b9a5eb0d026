//go:build !go1.27

package kmskeys

import (
	"crypto"
	"errors"

	"github.com/lambdajwt/authorizer/keys"
)

// hasMLDSA reports whether the standard library can verify ML-DSA.
const hasMLDSA = false

func newMLDSAKey(signatureAlgorithm, label, crypto.PublicKey) (keys.VerificationKey, error) {
	return nil, errors.New("ML-DSA needs Go 1.27")
}
