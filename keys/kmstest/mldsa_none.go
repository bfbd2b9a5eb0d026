//go:build !go1.27

package kmstest

import (
	"crypto"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// ML-DSA is in the standard library from Go 1.27 on (crypto/mldsa).

func mldsaSpec(types.KeySpec) (spec, bool) { return spec{}, false }

func mldsaSpecOf(crypto.PublicKey) types.KeySpec { return "" }

func mldsaSign(crypto.Signer, types.MessageType, []byte) ([]byte, error) {
	return nil, unsupported("kmstest has ML-DSA when built with Go 1.27 or newer")
}

func mldsaVerify(crypto.Signer, types.MessageType, []byte, []byte) bool { return false }
