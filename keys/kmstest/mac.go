package kmstest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// GenerateMac computes the HMAC of a message of 1 to 4,096 bytes (API Reference,
// GenerateMac).
func (k *KMS) GenerateMac(ctx context.Context, in *kms.GenerateMacInput, _ ...func(*kms.Options)) (*kms.GenerateMacOutput, error) {
	return perform(ctx, k, in, k.generateMac)
}

func (k *KMS) generateMac(in *kms.GenerateMacInput) (*kms.GenerateMacOutput, error) {
	key, err := k.macKey(in.KeyId, in.MacAlgorithm, in.Message, in.DryRun)
	if err != nil {
		return nil, err
	}
	return &kms.GenerateMacOutput{KeyId: copied(key.arn), Mac: key.mac(in.MacAlgorithm, in.Message), MacAlgorithm: in.MacAlgorithm}, nil
}

// VerifyMac checks an HMAC. A wrong one is a KMSInvalidMacException, never MacValid:
// false (API Reference, VerifyMac).
func (k *KMS) VerifyMac(ctx context.Context, in *kms.VerifyMacInput, _ ...func(*kms.Options)) (*kms.VerifyMacOutput, error) {
	return perform(ctx, k, in, k.verifyMac)
}

func (k *KMS) verifyMac(in *kms.VerifyMacInput) (*kms.VerifyMacOutput, error) {
	if err := requireBytes("mac", in.Mac, 1, maxCiphertext); err != nil {
		return nil, err
	}
	// With DryRun the MAC is not looked at (L).
	key, err := k.macKey(in.KeyId, in.MacAlgorithm, in.Message, in.DryRun)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(key.mac(in.MacAlgorithm, in.Message), in.Mac) {
		return nil, Error("KMSInvalidMacException", "")
	}
	return &kms.VerifyMacOutput{KeyId: copied(key.arn), MacAlgorithm: in.MacAlgorithm, MacValid: true}, nil
}

func (k *KMS) macKey(keyID *string, algorithm types.MacAlgorithmSpec, message []byte, asked *bool) (*key, error) {
	if err := requireBytes("message", message, 1, maxMessage); err != nil {
		return nil, err
	}
	if err := oneOf("macAlgorithm", algorithm, algorithm.Values()); err != nil {
		return nil, err
	}
	key, err := k.enabledFor(types.KeyUsageTypeGenerateVerifyMac, keyID)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(key.spec.mac, algorithm) {
		return nil, errorf("InvalidKeyUsageException", "Algorithm %s is incompatible with key spec %s.", algorithm, key.spec.name)
	}
	return key, dryRun(asked)
}

func (key *key) mac(algorithm types.MacAlgorithmSpec, message []byte) []byte {
	h := hmac.New(macHash(algorithm), key.material.current().open())
	h.Write(message)
	return h.Sum(nil)
}

func macHash(algorithm types.MacAlgorithmSpec) func() hash.Hash {
	switch algorithm {
	case types.MacAlgorithmSpecHmacSha224:
		return sha256.New224
	case types.MacAlgorithmSpecHmacSha256:
		return sha256.New
	case types.MacAlgorithmSpecHmacSha384:
		return sha512.New384
	}
	return sha512.New
}
