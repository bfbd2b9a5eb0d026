package kmstest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// GenerateDataKey makes random bytes and encrypts them: 16 or 32 by KeySpec, or 1 to
// 1,024 by NumberOfBytes, never both (API Reference, GenerateDataKey). Recipient is
// an UnsupportedOperationException.
func (k *KMS) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	return perform(ctx, k, in, k.generateDataKey)
}

// GenerateDataKeyWithoutPlaintext is GenerateDataKey but for the plaintext (API
// Reference, GenerateDataKeyWithoutPlaintext).
func (k *KMS) GenerateDataKeyWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyWithoutPlaintextInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
	return perform(ctx, k, in, func(in *kms.GenerateDataKeyWithoutPlaintextInput) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
		out, err := k.generateDataKey(&kms.GenerateDataKeyInput{
			KeyId: in.KeyId, KeySpec: in.KeySpec, NumberOfBytes: in.NumberOfBytes,
			EncryptionContext: in.EncryptionContext, DryRun: in.DryRun,
		})
		if err != nil {
			return nil, err
		}
		return &kms.GenerateDataKeyWithoutPlaintextOutput{CiphertextBlob: out.CiphertextBlob, KeyId: out.KeyId, KeyMaterialId: out.KeyMaterialId}, nil
	})
}

func (k *KMS) generateDataKey(in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
	if in.Recipient != nil {
		return nil, unsupported(noEnclaves)
	}
	size, err := dataKeySize(in)
	if err != nil {
		return nil, err
	}
	plaintext := randomBytes(size)
	sealed, err := k.seal(keyUse{keyID: in.KeyId, context: in.EncryptionContext}, plaintext)
	if err != nil {
		return nil, err
	}
	return &kms.GenerateDataKeyOutput{
		CiphertextBlob: sealed.text, KeyId: sealed.arn, KeyMaterialId: sealed.material, Plaintext: plaintext,
	}, dryRun(in.DryRun)
}

// dataKeySize returns how many bytes a request asks for.
func dataKeySize(in *kms.GenerateDataKeyInput) (int, error) {
	if (in.KeySpec == "") == (in.NumberOfBytes == nil) {
		return 0, invalid("Please specify either number of bytes or key spec.") // (M)
	}
	if n := in.NumberOfBytes; n != nil {
		return int(*n), checkNumberOfBytes(*n)
	}
	if in.KeySpec == types.DataKeySpecAes128 {
		return 16, nil
	}
	return 32, oneOf("keySpec", in.KeySpec, in.KeySpec.Values())
}
