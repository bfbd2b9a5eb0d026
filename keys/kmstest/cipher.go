package kmstest

import (
	"context"
	"crypto/rand"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Encrypt encrypts 1 to 4,096 bytes under a symmetric key (API Reference, Encrypt).
func (k *KMS) Encrypt(ctx context.Context, in *kms.EncryptInput, _ ...func(*kms.Options)) (*kms.EncryptOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "Encrypt", in.KeyId, func() (*kms.EncryptOutput, error) { return k.encrypt(in) })
}

func (k *KMS) encrypt(in *kms.EncryptInput) (*kms.EncryptOutput, error) {
	if err := requireBytes("plaintext", in.Plaintext, 1, maxMessage); err != nil {
		return nil, err
	}
	if err := knownEncryption(in.EncryptionAlgorithm); err != nil {
		return nil, err
	}
	key, err := k.cipherKey(in.KeyId, in.EncryptionAlgorithm)
	if err != nil {
		return nil, err
	}
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	ciphertext, err := encrypt(k.ref(key), key.material.current(), in.Plaintext, in.EncryptionContext)
	if err != nil {
		return nil, internalError(err)
	}
	arn := key.arn
	return &kms.EncryptOutput{CiphertextBlob: ciphertext, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault, KeyId: &arn}, nil
}

// GenerateDataKey makes random bytes and encrypts them: 16 or 32 by KeySpec, or 1 to
// 1,024 by NumberOfBytes, never both (API Reference, GenerateDataKey). Recipient is
// an UnsupportedOperationException.
func (k *KMS) GenerateDataKey(ctx context.Context, in *kms.GenerateDataKeyInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "GenerateDataKey", in.KeyId, func() (*kms.GenerateDataKeyOutput, error) {
		if in.Recipient != nil {
			return nil, unsupported("kmstest has no attested environments")
		}
		return k.generateDataKey(in)
	})
}

// GenerateDataKeyWithoutPlaintext is GenerateDataKey but for the plaintext (API
// Reference, GenerateDataKeyWithoutPlaintext).
func (k *KMS) GenerateDataKeyWithoutPlaintext(ctx context.Context, in *kms.GenerateDataKeyWithoutPlaintextInput, _ ...func(*kms.Options)) (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "GenerateDataKeyWithoutPlaintext", in.KeyId, func() (*kms.GenerateDataKeyWithoutPlaintextOutput, error) {
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
	size, err := dataKeySize(in)
	if err != nil {
		return nil, err
	}
	key, err := k.cipherKey(in.KeyId, "")
	if err != nil {
		return nil, err
	}
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	plaintext := make([]byte, size)
	_, _ = rand.Read(plaintext) // never fails
	current := key.material.current()
	ciphertext, err := encrypt(k.ref(key), current, plaintext, in.EncryptionContext)
	if err != nil {
		return nil, internalError(err)
	}
	arn := key.arn
	return &kms.GenerateDataKeyOutput{CiphertextBlob: ciphertext, KeyId: &arn, KeyMaterialId: current.name(), Plaintext: plaintext}, nil
}

// dataKeySize returns how many bytes a request asks for.
func dataKeySize(in *kms.GenerateDataKeyInput) (int, error) {
	if (in.KeySpec == "") == (in.NumberOfBytes == nil) {
		return 0, invalid("Please specify either number of bytes or key spec.") // (M)
	}
	if n := in.NumberOfBytes; n != nil {
		if *n < 1 || *n > 1024 {
			return 0, invalid("Value '%d' at 'numberOfBytes' failed to satisfy constraint: Member must be between 1 and 1024", *n)
		}
		return int(*n), nil
	}
	if in.KeySpec == types.DataKeySpecAes128 {
		return 16, nil
	}
	return 32, oneOf("keySpec", in.KeySpec, in.KeySpec.Values())
}

// Decrypt decrypts what Encrypt and GenerateDataKey encrypted (API Reference,
// Decrypt). With KeyId, a ciphertext of any other key is an IncorrectKeyException;
// without, one of a key that is not here is an AccessDeniedException (M). A changed
// ciphertext or another encryption context is an InvalidCiphertextException.
// Recipient is an UnsupportedOperationException.
func (k *KMS) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	in = orZero(in)
	keyID := in.KeyId
	if keyID == nil {
		keyID = k.blobKey(in.CiphertextBlob)
	}
	return perform(ctx, k, "Decrypt", keyID, func() (*kms.DecryptOutput, error) { return k.decrypt(in) })
}

func (k *KMS) decrypt(in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	if err := checkDecrypt(in); err != nil {
		return nil, err
	}
	if ignoresCiphertext(in) {
		return nil, k.dryDecrypt(in)
	}
	key, b, err := k.decryptingKey(in)
	if err != nil {
		return nil, err
	}
	generation, found := key.material.generation(b.material)
	if !found {
		return nil, Error("InvalidCiphertextException", "")
	}
	plaintext, authentic := b.decrypt(generation, in.EncryptionContext)
	if !authentic {
		return nil, Error("InvalidCiphertextException", "")
	}
	// DryRun looks at the ciphertext too, since there is a modifier not to.
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	arn := key.arn
	return &kms.DecryptOutput{
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault,
		KeyId:               &arn,
		KeyMaterialId:       generation.name(),
		Plaintext:           plaintext,
	}, nil
}

func checkDecrypt(in *kms.DecryptInput) error {
	if in.Recipient != nil {
		return unsupported("kmstest has no attested environments")
	}
	if err := knownEncryption(in.EncryptionAlgorithm); err != nil {
		return err
	}
	if ignoresCiphertext(in) {
		return nil
	}
	return requireBytes("ciphertextBlob", in.CiphertextBlob, 1, maxCiphertext)
}

// ignoresCiphertext says that a dry run asks for the key alone.
func ignoresCiphertext(in *kms.DecryptInput) bool {
	dry := in.DryRun != nil && *in.DryRun
	return dry && len(in.DryRunModifiers) == 1 && in.DryRunModifiers[0] == types.DryRunModifierTypeIgnoreCiphertext
}

func (k *KMS) dryDecrypt(in *kms.DecryptInput) error {
	if _, err := k.cipherKey(in.KeyId, in.EncryptionAlgorithm); err != nil {
		return err
	}
	return dryRun(in.DryRun)
}

// decryptingKey returns the key that a ciphertext is to be decrypted with. KMS does
// not document which error goes before which; that the named key is looked at first
// is (L).
func (k *KMS) decryptingKey(in *kms.DecryptInput) (*key, blob, error) {
	if in.KeyId == nil {
		return k.keyOfBlob(in)
	}
	named, err := k.cipherKey(in.KeyId, in.EncryptionAlgorithm)
	if err != nil {
		return nil, blob{}, err
	}
	b, readable := parseBlob(in.CiphertextBlob)
	if !readable {
		return nil, blob{}, Error("InvalidCiphertextException", "")
	}
	if b.key != k.ref(named) {
		return nil, blob{}, Error("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.") // (M)
	}
	return named, b, nil
}

// keyOfBlob is decryptingKey for a request that names no key: the ciphertext does.
func (k *KMS) keyOfBlob(in *kms.DecryptInput) (*key, blob, error) {
	b, readable := parseBlob(in.CiphertextBlob)
	if !readable {
		return nil, blob{}, Error("InvalidCiphertextException", "")
	}
	id := k.blobKey(in.CiphertextBlob)
	if id == nil {
		return nil, blob{}, Error("AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.") // (M)
	}
	owner, err := k.cipherKey(id, in.EncryptionAlgorithm)
	return owner, b, err
}

// cipherKey returns the key that keyID names, if it encrypts under the algorithm.
func (k *KMS) cipherKey(keyID *string, algorithm types.EncryptionAlgorithmSpec) (*key, error) {
	key, err := k.enabledFor(types.KeyUsageTypeEncryptDecrypt, keyID)
	if err != nil {
		return nil, err
	}
	if algorithm != "" && algorithm != types.EncryptionAlgorithmSpecSymmetricDefault {
		return nil, errorf("InvalidKeyUsageException", "Algorithm %s is incompatible with key spec %s.", algorithm, key.spec.name)
	}
	return key, nil
}

func knownEncryption(algorithm types.EncryptionAlgorithmSpec) error {
	if algorithm == "" {
		return nil
	}
	return oneOf("encryptionAlgorithm", algorithm, algorithm.Values())
}

// blobKey returns the ID of the key that a ciphertext names, nil if it is not here.
func (k *KMS) blobKey(ciphertext []byte) *string {
	b, readable := parseBlob(ciphertext)
	if !readable {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for id, key := range k.keys {
		if k.ref(key) == b.key {
			return &id
		}
	}
	return nil
}
