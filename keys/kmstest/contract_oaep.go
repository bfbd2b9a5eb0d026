package kmstest

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// oaep encrypts with the KMS, and with the public key alone, to the last byte that
// fits (API Reference, Encrypt). One size of RSA keys stands for all: large ones take
// seconds to make.
func (c contract) oaep(t *testing.T) {
	sizes := slices.DeleteFunc(c.kindsFor(types.KeyUsageTypeEncryptDecrypt), func(k kind) bool { return k.spec == types.KeySpecSymmetricDefault })
	if len(sizes) == 0 {
		return
	}
	key := c.create(t, sizes[0].spec, sizes[0].usage)
	_, parsed := c.publicKey(t, key, sizes[0])
	public, isRSA := parsed.(*rsa.PublicKey)
	if !isRSA {
		t.Fatalf("the public key is a %T", parsed)
	}
	c.encryptsOAEP(t, key.Arn, public, types.EncryptionAlgorithmSpecRsaesOaepSha1, sha1.New())
	c.encryptsOAEP(t, key.Arn, public, types.EncryptionAlgorithmSpecRsaesOaepSha256, sha256.New())
	_, err := c.API.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key.Arn, Plaintext: []byte("secret")})
	wantCode(t, err, "InvalidKeyUsageException") // without an algorithm it is SYMMETRIC_DEFAULT
	_, err = c.API.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: key.Arn, KeySpec: types.DataKeySpecAes256})
	wantCode(t, err, "InvalidKeyUsageException")
}

func (c contract) encryptsOAEP(t *testing.T, key *string, public *rsa.PublicKey, algorithm types.EncryptionAlgorithmSpec, h hash.Hash) {
	t.Helper()
	most := public.Size() - 2*h.Size() - 2
	plaintext := bytes.Repeat([]byte{7}, most)
	local, err := rsa.EncryptOAEP(h, rand.Reader, public, plaintext, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := send(t, c.API.Encrypt, &kms.EncryptInput{KeyId: key, Plaintext: plaintext, EncryptionAlgorithm: algorithm})
	wantKey(t, "Encrypt", out.KeyId, key)
	wantBytes(t, "Encrypt", out.CiphertextBlob)
	if out.EncryptionAlgorithm != algorithm {
		t.Errorf("Encrypt: got a ciphertext by %q, want %s", out.EncryptionAlgorithm, algorithm)
	}
	for _, blob := range [][]byte{out.CiphertextBlob, local} {
		opened := send(t, c.API.Decrypt, &kms.DecryptInput{KeyId: key, CiphertextBlob: blob, EncryptionAlgorithm: algorithm})
		wantKey(t, "Decrypt", opened.KeyId, key)
		if !bytes.Equal(opened.Plaintext, plaintext) || opened.EncryptionAlgorithm != algorithm {
			t.Errorf("Decrypt: got %d other bytes by %q", len(opened.Plaintext), opened.EncryptionAlgorithm)
		}
	}
	spoilt := bytes.Clone(local)
	spoilt[len(spoilt)-1] ^= 1
	_, err = c.API.Decrypt(t.Context(), &kms.DecryptInput{KeyId: key, CiphertextBlob: spoilt, EncryptionAlgorithm: algorithm})
	wantInvalidCiphertext(t, err)
	_, err = c.API.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key, Plaintext: make([]byte, most+1), EncryptionAlgorithm: algorithm})
	wantCode(t, err, "ValidationException")
}
