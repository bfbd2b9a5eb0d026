package kmstest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A spec is what a key spec stands for (KMS Developer Guide, "Key spec reference").
type spec struct {
	name       types.KeySpec
	usage      types.KeyUsageType
	encryption []types.EncryptionAlgorithmSpec
	signing    []types.SigningAlgorithmSpec
	mac        []types.MacAlgorithmSpec

	// generate makes the private key of an asymmetric spec; secretSize is the
	// number of bytes of a symmetric one. A spec has one or the other.
	generate   func() (crypto.Signer, error)
	secretSize int
}

// symmetricSize is the number of bytes of a key of SYMMETRIC_DEFAULT.
const symmetricSize = 32

func (s spec) asymmetric() bool { return s.generate != nil }

// rotates reports whether keys of the spec can be rotated (API Reference,
// RotateKeyOnDemand).
func (s spec) rotates() bool { return s.name == types.KeySpecSymmetricDefault }

// checkSpec returns the spec that a request for a new key asks for, in its usual
// usage.
func checkSpec(name types.KeySpec) (spec, error) {
	if name == "" {
		name = types.KeySpecSymmetricDefault
	}
	if err := oneOf("keySpec", name, name.Values()); err != nil {
		return spec{}, err
	}
	s, found := specOf(name)
	if !found {
		return spec{}, unsupported("kmstest, as it is built, has no keys of %s: kmstest.Refused lists what it lacks", name)
	}
	return s, nil
}

// usedFor returns the spec for keys of a usage. What CreateKey must be told is
// documented in the API Reference, CreateKey, KeyUsage; the codes of the errors are (M).
func (s spec) usedFor(usage types.KeyUsageType) (spec, error) {
	if usage == "" {
		if s.name == types.KeySpecSymmetricDefault {
			return s, nil
		}
		return s, invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.")
	}
	if err := oneOf("keyUsage", usage, usage.Values()); err != nil {
		return s, err
	}
	switch {
	case usage == s.usage:
		return s, nil
	case usage == types.KeyUsageTypeEncryptDecrypt && slices.Contains(s.signing, types.SigningAlgorithmSpecRsassaPssSha256):
		s.usage, s.signing = usage, nil
		s.encryption = []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecRsaesOaepSha1, types.EncryptionAlgorithmSpecRsaesOaepSha256}
		return s, nil
	case usage == types.KeyUsageTypeKeyAgreement && strings.HasPrefix(string(s.name), "ECC_NIST_P"):
		return s, unsupported("kmstest has keys of %s for %s only", s.name, s.usage)
	}
	return s, invalid("KeyUsage %s is not compatible with KeySpec %s", usage, s.name)
}

// Refused returns the key specs of the SDK that CreateKey refuses here, with
// UnsupportedOperationException: the standard library does not have them, or no token
// needs them. ML-DSA is among them when built with Go 1.26 or older.
func Refused() []types.KeySpec {
	var refused []types.KeySpec
	for _, name := range types.KeySpec("").Values() {
		if _, found := specOf(name); !found {
			refused = append(refused, name)
		}
	}
	return refused
}

// specOf returns the spec of a name, if this KMS has it.
func specOf(name types.KeySpec) (spec, bool) {
	switch name {
	case types.KeySpecSymmetricDefault:
		return spec{
			name:       name,
			usage:      types.KeyUsageTypeEncryptDecrypt,
			encryption: []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault},
			secretSize: symmetricSize,
		}, true
	case types.KeySpecRsa2048:
		return rsaSpec(name, 2048), true
	case types.KeySpecRsa3072:
		return rsaSpec(name, 3072), true
	case types.KeySpecRsa4096:
		return rsaSpec(name, 4096), true
	case types.KeySpecEccNistP256:
		return ecSpec(name, elliptic.P256(), types.SigningAlgorithmSpecEcdsaSha256), true
	case types.KeySpecEccNistP384:
		return ecSpec(name, elliptic.P384(), types.SigningAlgorithmSpecEcdsaSha384), true
	case types.KeySpecEccNistP521:
		return ecSpec(name, elliptic.P521(), types.SigningAlgorithmSpecEcdsaSha512), true
	case types.KeySpecEccNistEdwards25519:
		return ed25519Spec(), true
	case types.KeySpecHmac224:
		return hmacSpec(name, types.MacAlgorithmSpecHmacSha224, 28), true
	case types.KeySpecHmac256:
		return hmacSpec(name, types.MacAlgorithmSpecHmacSha256, 32), true
	case types.KeySpecHmac384:
		return hmacSpec(name, types.MacAlgorithmSpecHmacSha384, 48), true
	case types.KeySpecHmac512:
		return hmacSpec(name, types.MacAlgorithmSpecHmacSha512, 64), true
	}
	return mldsaSpec(name)
}

func rsaSpec(name types.KeySpec, bits int) spec {
	return spec{
		name:  name,
		usage: types.KeyUsageTypeSignVerify,
		signing: []types.SigningAlgorithmSpec{
			types.SigningAlgorithmSpecRsassaPkcs1V15Sha256,
			types.SigningAlgorithmSpecRsassaPkcs1V15Sha384,
			types.SigningAlgorithmSpecRsassaPkcs1V15Sha512,
			types.SigningAlgorithmSpecRsassaPssSha256,
			types.SigningAlgorithmSpecRsassaPssSha384,
			types.SigningAlgorithmSpecRsassaPssSha512,
		},
		generate: func() (crypto.Signer, error) { return rsa.GenerateKey(rand.Reader, bits) },
	}
}

func ecSpec(name types.KeySpec, curve elliptic.Curve, algorithm types.SigningAlgorithmSpec) spec {
	return spec{
		name:     name,
		usage:    types.KeyUsageTypeSignVerify,
		signing:  []types.SigningAlgorithmSpec{algorithm},
		generate: func() (crypto.Signer, error) { return ecdsa.GenerateKey(curve, rand.Reader) },
	}
}

func ed25519Spec() spec {
	return spec{
		name:  types.KeySpecEccNistEdwards25519,
		usage: types.KeyUsageTypeSignVerify,
		signing: []types.SigningAlgorithmSpec{
			types.SigningAlgorithmSpecEd25519Sha512,
			types.SigningAlgorithmSpecEd25519PhSha512,
		},
		generate: func() (crypto.Signer, error) {
			_, private, err := ed25519.GenerateKey(rand.Reader)
			return private, err
		},
	}
}

func hmacSpec(name types.KeySpec, algorithm types.MacAlgorithmSpec, size int) spec {
	return spec{
		name:       name,
		usage:      types.KeyUsageTypeGenerateVerifyMac,
		mac:        []types.MacAlgorithmSpec{algorithm},
		secretSize: size,
	}
}

// specOfPublicKey names the spec that a public key belongs to, empty if none.
func specOfPublicKey(public crypto.PublicKey) types.KeySpec {
	switch p := public.(type) {
	case *rsa.PublicKey:
		return types.KeySpec(fmt.Sprintf("RSA_%d", p.N.BitLen()))
	case *ecdsa.PublicKey:
		return specOfCurve(p.Curve)
	case ed25519.PublicKey:
		return types.KeySpecEccNistEdwards25519
	}
	return mldsaSpecOf(public)
}

func specOfCurve(curve elliptic.Curve) types.KeySpec {
	switch curve {
	case elliptic.P256():
		return types.KeySpecEccNistP256
	case elliptic.P384():
		return types.KeySpecEccNistP384
	case elliptic.P521():
		return types.KeySpecEccNistP521
	}
	return ""
}
