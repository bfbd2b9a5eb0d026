package kmstest

import (
	"context"
	"crypto/rand"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// GenerateRandom returns 1 to 1,024 random bytes (API Reference, GenerateRandom).
// Recipient and CustomKeyStoreId are an UnsupportedOperationException.
func (k *KMS) GenerateRandom(ctx context.Context, in *kms.GenerateRandomInput, _ ...func(*kms.Options)) (*kms.GenerateRandomOutput, error) {
	return perform(ctx, k, in, func(in *kms.GenerateRandomInput) (*kms.GenerateRandomOutput, error) {
		if err := checkNumberOfBytes(deref(in.NumberOfBytes)); err != nil {
			return nil, err
		}
		if in.CustomKeyStoreId != nil {
			return nil, unsupported("kmstest has no custom key stores")
		}
		if in.Recipient != nil {
			return nil, unsupported(noEnclaves)
		}
		return &kms.GenerateRandomOutput{Plaintext: randomBytes(int(*in.NumberOfBytes))}, nil
	})
}

// noEnclaves is what becomes of a Recipient.
const noEnclaves = "kmstest has no attested environments"

func checkNumberOfBytes(n int32) error {
	if n < 1 || n > 1024 {
		return invalid("Value '%d' at 'numberOfBytes' failed to satisfy constraint: Member must be between 1 and 1024", n)
	}
	return nil
}

func randomBytes(n int) []byte {
	bytes := make([]byte, n)
	_, _ = rand.Read(bytes) // never fails
	return bytes
}
