//go:build go1.27

package kmstest

import (
	"bytes"
	"crypto"
	"crypto/mldsa"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// mldsaSpec returns the specs of ML-DSA (FIPS 204), which the standard library has
// from Go 1.27 on.
func mldsaSpec(name types.KeySpec) (spec, bool) {
	parameters, found := mldsaParameters(name)
	if !found {
		return spec{}, false
	}
	return spec{
		name:     name,
		usage:    types.KeyUsageTypeSignVerify,
		signing:  []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecMlDsaShake256},
		generate: func() (crypto.Signer, error) { return mldsa.GenerateKey(parameters) },
	}, true
}

func mldsaParameters(name types.KeySpec) (mldsa.Parameters, bool) {
	switch name {
	case types.KeySpecMlDsa44:
		return mldsa.MLDSA44(), true
	case types.KeySpecMlDsa65:
		return mldsa.MLDSA65(), true
	case types.KeySpecMlDsa87:
		return mldsa.MLDSA87(), true
	}
	return mldsa.Parameters{}, false
}

func mldsaSpecOf(public crypto.PublicKey) types.KeySpec {
	p, isMLDSA := public.(*mldsa.PublicKey)
	if !isMLDSA {
		return ""
	}
	switch p.Parameters() {
	case mldsa.MLDSA44():
		return types.KeySpecMlDsa44
	case mldsa.MLDSA65():
		return types.KeySpecMlDsa65
	case mldsa.MLDSA87():
		return types.KeySpecMlDsa87
	}
	return ""
}

// mldsaSign signs deterministically, a variant that FIPS 204 section 3.4 permits:
// see mldsaVerify. The message is one with an empty context, or μ for EXTERNAL_MU.
func mldsaSign(signer crypto.Signer, form types.MessageType, message []byte) ([]byte, error) {
	private, isMLDSA := signer.(*mldsa.PrivateKey)
	if !isMLDSA {
		return nil, fmt.Errorf("a %T cannot sign deterministically: give a *mldsa.PrivateKey", signer)
	}
	if form == types.MessageTypeExternalMu {
		return private.SignDeterministic(message, crypto.MLDSAMu)
	}
	return private.SignDeterministic(message, &mldsa.Options{})
}

// mldsaVerify checks a signature. Package mldsa cannot check one against μ alone,
// so for EXTERNAL_MU the signature is made again and compared: it accepts what this
// KMS signed, under RAW or EXTERNAL_MU, but not a randomized signature that someone
// made elsewhere with a key that was given to AddKey.
func mldsaVerify(signer crypto.Signer, form types.MessageType, message, signature []byte) bool {
	if form == types.MessageTypeExternalMu {
		own, err := mldsaSign(signer, form, message)
		return err == nil && bytes.Equal(own, signature)
	}
	public, isMLDSA := signer.Public().(*mldsa.PublicKey)
	return isMLDSA && mldsa.Verify(public, message, signature, nil) == nil
}
