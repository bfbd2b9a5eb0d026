package kmstest

import (
	"cmp"
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Encrypt encrypts 1 to 4,096 bytes under a symmetric key, and as many as RSAES-OAEP
// takes under one of RSA (API Reference, Encrypt).
func (k *KMS) Encrypt(ctx context.Context, in *kms.EncryptInput, _ ...func(*kms.Options)) (*kms.EncryptOutput, error) {
	return perform(ctx, k, in, func(in *kms.EncryptInput) (*kms.EncryptOutput, error) {
		if err := requireBytes("plaintext", in.Plaintext, 1, maxMessage); err != nil {
			return nil, err
		}
		sealed, err := k.seal(keyUse{in.KeyId, in.EncryptionAlgorithm, in.EncryptionContext}, in.Plaintext)
		if err != nil {
			return nil, err
		}
		return &kms.EncryptOutput{CiphertextBlob: sealed.text, EncryptionAlgorithm: sealed.algorithm, KeyId: sealed.arn}, dryRun(in.DryRun)
	})
}

// Decrypt decrypts what Encrypt and GenerateDataKey encrypted, or anybody with the
// public key of RSA (API Reference, Decrypt). With KeyId, a ciphertext of any other
// symmetric key is an IncorrectKeyException; without, one of a key that is not here is
// an AccessDeniedException (M). A changed ciphertext or another encryption context is
// an InvalidCiphertextException. Recipient is an UnsupportedOperationException.
func (k *KMS) Decrypt(ctx context.Context, in *kms.DecryptInput, _ ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	return perform(ctx, k, in, func(in *kms.DecryptInput) (*kms.DecryptOutput, error) {
		if in.Recipient != nil {
			return nil, unsupported(noEnclaves)
		}
		opened, err := k.open(keyUse{in.KeyId, in.EncryptionAlgorithm, in.EncryptionContext}, in.CiphertextBlob, in.DryRun, in.DryRunModifiers)
		if err != nil {
			return nil, err
		}
		return &kms.DecryptOutput{
			EncryptionAlgorithm: opened.algorithm, KeyId: opened.arn, KeyMaterialId: opened.material, Plaintext: opened.text,
		}, dryRun(in.DryRun)
	})
}

// ReEncrypt decrypts as Decrypt does, and encrypts again as Encrypt does (API
// Reference, ReEncrypt).
func (k *KMS) ReEncrypt(ctx context.Context, in *kms.ReEncryptInput, _ ...func(*kms.Options)) (*kms.ReEncryptOutput, error) {
	return perform(ctx, k, in, func(in *kms.ReEncryptInput) (*kms.ReEncryptOutput, error) {
		if err := requireText("destinationKeyId", in.DestinationKeyId, 2048); err != nil {
			return nil, err
		}
		opened, err := k.open(keyUse{in.SourceKeyId, in.SourceEncryptionAlgorithm, in.SourceEncryptionContext}, in.CiphertextBlob, in.DryRun, in.DryRunModifiers)
		if err != nil {
			return nil, err
		}
		sealed, err := k.seal(keyUse{in.DestinationKeyId, in.DestinationEncryptionAlgorithm, in.DestinationEncryptionContext}, opened.text)
		if err != nil {
			return nil, err
		}
		return &kms.ReEncryptOutput{
			CiphertextBlob: sealed.text, DestinationEncryptionAlgorithm: sealed.algorithm, DestinationKeyMaterialId: sealed.material, KeyId: sealed.arn,
			SourceEncryptionAlgorithm: opened.algorithm, SourceKeyId: opened.arn, SourceKeyMaterialId: opened.material,
		}, dryRun(in.DryRun)
	})
}

// A keyUse is how a request wants a key to encrypt or decrypt.
type keyUse struct {
	keyID     *string
	algorithm types.EncryptionAlgorithmSpec // empty is SYMMETRIC_DEFAULT
	context   map[string]string
}

// A result is what became of a plaintext or ciphertext, and by which key.
type result struct {
	text      []byte
	arn       *string
	algorithm types.EncryptionAlgorithmSpec
	material  *string // nil for an asymmetric key
}

// seal encrypts.
func (k *KMS) seal(use keyUse, plaintext []byte) (*result, error) {
	key, err := k.cipherKey(use)
	if err != nil {
		return nil, err
	}
	if key.spec.asymmetric() {
		text, err := key.encryptOAEP(use.algorithm, plaintext)
		return &result{text: text, arn: copied(key.arn), algorithm: use.algorithm}, err
	}
	current := key.material.current()
	text, err := encrypt(k.ref(key), current, plaintext, use.context)
	return &result{text, copied(key.arn), types.EncryptionAlgorithmSpecSymmetricDefault, current.name()}, err
}

// open decrypts. A dry run looks at the ciphertext too, unless there is a modifier not
// to: then it looks at the key alone, which must be named.
func (k *KMS) open(use keyUse, ciphertext []byte, dry *bool, modifiers []types.DryRunModifierType) (*result, error) {
	for _, m := range modifiers {
		if err := oneOf("dryRunModifiers", m, m.Values()); err != nil {
			return nil, err
		}
	}
	if deref(dry) && len(modifiers) > 0 {
		_, err := k.cipherKey(use)
		return &result{}, err
	}
	if err := requireBytes("ciphertextBlob", ciphertext, 1, maxCiphertext); err != nil {
		return nil, err
	}
	if cmp.Or(use.algorithm, types.EncryptionAlgorithmSpecSymmetricDefault) == types.EncryptionAlgorithmSpecSymmetricDefault {
		return k.openSymmetric(use, ciphertext)
	}
	key, err := k.cipherKey(use) // no KeyId is a ValidationException (L)
	if err != nil {
		return nil, err
	}
	text, err := key.decryptOAEP(use.algorithm, ciphertext)
	return &result{text: text, arn: copied(key.arn), algorithm: use.algorithm}, err
}

// openSymmetric decrypts a ciphertext that names its key. A request that names another
// key is an IncorrectKeyException, whatever that key is for (M). KMS does not document
// which error goes before which; that the state of the named key goes first is (L).
func (k *KMS) openSymmetric(use keyUse, ciphertext []byte) (*result, error) {
	b, readable := parseBlob(ciphertext)
	owner := use.keyID
	if owner == nil && readable {
		if owner = k.blobKey(ciphertext); owner == nil {
			return nil, Error("AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.") // (M)
		}
	}
	if owner == nil {
		return nil, Error("InvalidCiphertextException", "")
	}
	key, err := k.enabled(owner)
	if err != nil {
		return nil, err
	}
	if !readable {
		return nil, Error("InvalidCiphertextException", "")
	}
	if b.key != k.ref(key) {
		return nil, Error("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.") // (M)
	}
	return key.openBlob(b, use.context)
}

func (key *key) openBlob(b blob, context map[string]string) (*result, error) {
	generation, found := key.material.generation(b.material)
	if !found {
		return nil, Error("InvalidCiphertextException", "")
	}
	text, authentic := b.decrypt(generation, context)
	if !authentic {
		return nil, Error("InvalidCiphertextException", "")
	}
	return &result{text, copied(key.arn), types.EncryptionAlgorithmSpecSymmetricDefault, generation.name()}, nil
}

// cipherKey returns the key that a request names, if it can be used so. That an
// encryption context with an asymmetric key, which cannot bind it, is a
// ValidationException is (L).
func (k *KMS) cipherKey(use keyUse) (*key, error) {
	algorithm := cmp.Or(use.algorithm, types.EncryptionAlgorithmSpecSymmetricDefault)
	if err := oneOf("encryptionAlgorithm", algorithm, algorithm.Values()); err != nil {
		return nil, err
	}
	key, err := k.enabledFor(types.KeyUsageTypeEncryptDecrypt, use.keyID)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(key.spec.encryption, algorithm) {
		return nil, errorf("InvalidKeyUsageException", "Algorithm %s is incompatible with key spec %s.", algorithm, key.spec.name)
	}
	if key.spec.asymmetric() && len(use.context) > 0 {
		return nil, invalid("Algorithm %s takes no encryption context.", algorithm)
	}
	return key, nil
}

// blobKey returns the ID of the key that a ciphertext names, nil if it is not here.
func (k *KMS) blobKey(ciphertext []byte) *string {
	b, readable := parseBlob(ciphertext)
	if !readable {
		return nil
	}
	k.lock()
	defer k.mu.Unlock()
	for id, key := range k.keys {
		if k.ref(key) == b.key {
			return &id
		}
	}
	return nil
}
