package kmstest

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func (c contract) ciphertexts(t *testing.T) {
	key := c.createSymmetric(t).Arn
	t.Run("data keys of every size", func(t *testing.T) { c.dataKeys(t, key) })
	t.Run("takes a key spec or a number of bytes", func(t *testing.T) { c.dataKeySizes(t, key) })
	t.Run("a data key without plaintext", func(t *testing.T) { c.withoutPlaintext(t, key) })
	t.Run("Encrypt and Decrypt", func(t *testing.T) { c.encrypts(t, key) })
	t.Run("the encryption context matches exactly", func(t *testing.T) { c.encryptionContext(t, key) })
	t.Run("another key than the ciphertext's", func(t *testing.T) { c.incorrectKey(t, key) })
	t.Run("a ciphertext that was changed", func(t *testing.T) { c.changedCiphertext(t, key) })
	t.Run("re-encryption", func(t *testing.T) { c.reEncrypts(t, key) })
	t.Run("old ciphertexts after a rotation", func(t *testing.T) { c.rotation(t, c.createSymmetric(t).Arn) })
}

func (c contract) dataKeys(t *testing.T, key *string) {
	for size, in := range map[int]kms.GenerateDataKeyInput{
		16:   {KeySpec: types.DataKeySpecAes128},
		32:   {KeySpec: types.DataKeySpecAes256},
		1:    {NumberOfBytes: number(1)},
		64:   {NumberOfBytes: number(64)},
		1024: {NumberOfBytes: number(1024)},
	} {
		in.KeyId = key
		out := send(t, c.API.GenerateDataKey, &in)
		wantKey(t, "GenerateDataKey", out.KeyId, key)
		if len(out.Plaintext) != size || deref(out.KeyMaterialId) == "" {
			t.Errorf("got a data key of %d bytes by the key material %q, want %d bytes", len(out.Plaintext), deref(out.KeyMaterialId), size)
		}
		c.wantPlaintext(t, &kms.DecryptInput{KeyId: key, CiphertextBlob: out.CiphertextBlob}, key, out.Plaintext)
		c.wantPlaintext(t, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob}, key, out.Plaintext)
	}
	one := send(t, c.API.GenerateDataKey, &kms.GenerateDataKeyInput{KeyId: key, NumberOfBytes: number(32)})
	two := send(t, c.API.GenerateDataKey, &kms.GenerateDataKeyInput{KeyId: key, NumberOfBytes: number(32)})
	wantBytes(t, "GenerateDataKey", one.Plaintext)
	if bytes.Equal(one.Plaintext, two.Plaintext) || bytes.Equal(one.CiphertextBlob, two.CiphertextBlob) {
		t.Error("the same data key twice")
	}
	if bytes.Contains(one.CiphertextBlob, one.Plaintext) {
		t.Error("the ciphertext shows the data key")
	}
}

func (c contract) dataKeySizes(t *testing.T, key *string) {
	for name, in := range map[string]kms.GenerateDataKeyInput{
		"neither":    {},
		"both":       {KeySpec: types.DataKeySpecAes256, NumberOfBytes: number(32)},
		"0 bytes":    {NumberOfBytes: number(0)},
		"1025 bytes": {NumberOfBytes: number(1025)},
		"no spec":    {KeySpec: "AES_192"},
	} {
		in.KeyId = key
		_, err := c.API.GenerateDataKey(t.Context(), &in)
		if err == nil {
			t.Errorf("%s: there is a data key", name)
			continue
		}
		wantCode(t, err, "ValidationException")
	}
}

func (c contract) withoutPlaintext(t *testing.T, key *string) {
	context := map[string]string{"iss": "https://login.example.com"}
	out := send(t, c.API.GenerateDataKeyWithoutPlaintext, &kms.GenerateDataKeyWithoutPlaintextInput{
		KeyId: key, NumberOfBytes: number(48), EncryptionContext: context,
	})
	wantKey(t, "GenerateDataKeyWithoutPlaintext", out.KeyId, key)
	if deref(out.KeyMaterialId) == "" {
		t.Error("a data key that names no key material")
	}
	decrypted := send(t, c.API.Decrypt, &kms.DecryptInput{KeyId: key, CiphertextBlob: out.CiphertextBlob, EncryptionContext: context})
	if len(decrypted.Plaintext) != 48 {
		t.Errorf("got %d bytes, want 48", len(decrypted.Plaintext))
	}
}

func (c contract) encrypts(t *testing.T, key *string) {
	for _, size := range []int{1, 4096} {
		plaintext := bytes.Repeat([]byte{7}, size)
		out := send(t, c.API.Encrypt, &kms.EncryptInput{KeyId: key, Plaintext: plaintext})
		wantKey(t, "Encrypt", out.KeyId, key)
		if out.EncryptionAlgorithm != types.EncryptionAlgorithmSpecSymmetricDefault {
			t.Errorf("Encrypt: got a ciphertext by %q", out.EncryptionAlgorithm)
		}
		c.wantPlaintext(t, &kms.DecryptInput{KeyId: key, CiphertextBlob: out.CiphertextBlob}, key, plaintext)
	}
	_, err := c.API.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key, Plaintext: make([]byte, 4097)})
	wantCode(t, err, "ValidationException")
}

func (c contract) encryptionContext(t *testing.T, key *string) {
	context := map[string]string{"iss": "https://login.example.com", "aud": "orders"}
	out := send(t, c.API.GenerateDataKey, &kms.GenerateDataKeyInput{
		KeyId: key, KeySpec: types.DataKeySpecAes256, EncryptionContext: context,
	})
	c.wantPlaintext(t, &kms.DecryptInput{KeyId: key, CiphertextBlob: out.CiphertextBlob, EncryptionContext: maps.Clone(context)}, key, out.Plaintext)
	for name, other := range map[string]map[string]string{
		"missing":        nil,
		"less":           {"iss": "https://login.example.com"},
		"more":           {"iss": "https://login.example.com", "aud": "orders", "sub": "alice"},
		"another value":  {"iss": "https://login.example.com", "aud": "Orders"},
		"another name":   {"iss": "https://login.example.com", "Aud": "orders"},
		"swapped":        {"iss": "orders", "aud": "https://login.example.com"},
		"moved boundary": {"iss": "https://login.example.com", "a": "udorders"},
	} {
		_, err := c.API.Decrypt(t.Context(), &kms.DecryptInput{KeyId: key, CiphertextBlob: out.CiphertextBlob, EncryptionContext: other})
		t.Run(name, func(t *testing.T) { wantInvalidCiphertext(t, err) })
	}
}

func (c contract) incorrectKey(t *testing.T, key *string) {
	other := c.createSymmetric(t).Arn
	blob := c.encrypt(t, key)
	_, err := c.API.Decrypt(t.Context(), &kms.DecryptInput{KeyId: other, CiphertextBlob: blob})
	if wrong := (*types.IncorrectKeyException)(nil); !errors.As(err, &wrong) {
		t.Errorf("got %v, want an IncorrectKeyException", err)
	}
}

// changedCiphertext leaves the header alone but for its beginning: what KMS says of
// a changed key or key material in it is not documented.
func (c contract) changedCiphertext(t *testing.T, key *string) {
	blob := c.encrypt(t, key)
	flip := func(i int) []byte {
		changed := bytes.Clone(blob)
		changed[i] ^= 1
		return changed
	}
	for name, changed := range map[string][]byte{
		"first byte":    flip(0),
		"tag":           flip(len(blob) - 1),
		"ciphertext":    flip(len(blob) - 17),
		"shorter":       blob[:len(blob)-1],
		"longer":        append(bytes.Clone(blob), 0),
		"one byte":      {1},
		"no ciphertext": []byte("this was never encrypted, and is long enough to look like a ciphertext, if only by its length"),
	} {
		_, err := c.API.Decrypt(t.Context(), &kms.DecryptInput{KeyId: key, CiphertextBlob: changed})
		t.Run(name, func(t *testing.T) { wantInvalidCiphertext(t, err) })
	}
}

func (c contract) reEncrypts(t *testing.T, key *string) {
	other := c.createSymmetric(t).Arn
	context := map[string]string{"aud": "orders"}
	blob := c.encrypt(t, key)
	for _, source := range []*string{key, nil} {
		out := send(t, c.API.ReEncrypt, &kms.ReEncryptInput{CiphertextBlob: blob, SourceKeyId: source, DestinationKeyId: other, DestinationEncryptionContext: context})
		wantKey(t, "ReEncrypt", out.KeyId, other)
		wantKey(t, "ReEncrypt, source", out.SourceKeyId, key)
		if out.SourceEncryptionAlgorithm != types.EncryptionAlgorithmSpecSymmetricDefault || out.DestinationEncryptionAlgorithm != types.EncryptionAlgorithmSpecSymmetricDefault {
			t.Errorf("ReEncrypt: got %q to %q", out.SourceEncryptionAlgorithm, out.DestinationEncryptionAlgorithm)
		}
		if from, to := deref(out.SourceKeyMaterialId), deref(out.DestinationKeyMaterialId); from == "" || to == "" || from == to {
			t.Errorf("ReEncrypt: got the key material %q to %q", from, to)
		}
		c.wantPlaintext(t, &kms.DecryptInput{KeyId: other, CiphertextBlob: out.CiphertextBlob, EncryptionContext: context}, other, []byte("secret"))
	}
	_, err := c.API.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: blob, SourceKeyId: other, DestinationKeyId: key})
	wantCode(t, err, "IncorrectKeyException")
	_, err = c.API.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: blob, SourceEncryptionContext: context, DestinationKeyId: other})
	wantInvalidCiphertext(t, err)
}

func (c contract) rotation(t *testing.T, key *string) {
	old := c.encrypt(t, key)
	rotated := send(t, c.API.RotateKeyOnDemand, &kms.RotateKeyOnDemandInput{KeyId: key})
	if id := deref(rotated.KeyId); id == "" || !strings.HasSuffix(*key, id) {
		t.Errorf("RotateKeyOnDemand: got the key %q, want that of %s", id, *key)
	}
	c.wantPlaintext(t, &kms.DecryptInput{KeyId: key, CiphertextBlob: old}, key, []byte("secret"))
	c.wantPlaintext(t, &kms.DecryptInput{KeyId: key, CiphertextBlob: c.encrypt(t, key)}, key, []byte("secret"))
}

func (c contract) encrypt(t *testing.T, key *string) []byte {
	t.Helper()
	blob := send(t, c.API.Encrypt, &kms.EncryptInput{KeyId: key, Plaintext: []byte("secret")}).CiphertextBlob
	wantBytes(t, "Encrypt", blob)
	return blob
}

func (c contract) wantPlaintext(t *testing.T, in *kms.DecryptInput, key *string, want []byte) {
	t.Helper()
	out := send(t, c.API.Decrypt, in)
	if !bytes.Equal(out.Plaintext, want) {
		t.Errorf("Decrypt: got %d other bytes", len(out.Plaintext))
	}
	wantKey(t, "Decrypt", out.KeyId, key)
	if out.EncryptionAlgorithm != types.EncryptionAlgorithmSpecSymmetricDefault || deref(out.KeyMaterialId) == "" {
		t.Errorf("Decrypt: got a plaintext by %q and the key material %q", out.EncryptionAlgorithm, deref(out.KeyMaterialId))
	}
}

func wantInvalidCiphertext(t *testing.T, err error) {
	t.Helper()
	if wrong := (*types.InvalidCiphertextException)(nil); !errors.As(err, &wrong) {
		t.Errorf("got %v, want an InvalidCiphertextException", err)
	}
}

func number(n int32) *int32 { return &n }
