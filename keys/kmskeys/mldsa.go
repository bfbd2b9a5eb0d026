package kmskeys

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
)

// isMLDSA reports whether the algorithm is one of FIPS 204. KMS has all three under one
// name, so that it signs and verifies with a key of another size than the configured one
// without complaint.
func (a signatureAlgorithm) isMLDSA() bool { return a.spec == types.SigningAlgorithmSpecMlDsaShake256 }

// isOtherMLDSA reports whether a signature that KMS made has another size of ML-DSA.
func (a signatureAlgorithm) isOtherMLDSA(signature []byte) bool {
	switch len(signature) {
	case 2420, 3309, 4627:
		return a.isMLDSA() && len(signature) != a.widths[0]
	}
	return false
}

// checkMLDSA refuses a key of another size. The algorithm is one of ML-DSA.
func (a signatureAlgorithm) checkMLDSA(spec types.KeySpec) error {
	if string(spec) != strings.ReplaceAll(a.name, "-", "_") {
		return a.otherSize()
	}
	return nil
}

func (a signatureAlgorithm) otherSize() error {
	return fmt.Errorf("%w: the KMS key is of another size than %s", keys.ErrMisconfigured, a.name)
}
