package kmstest_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"hash"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

const (
	oaep1   = types.EncryptionAlgorithmSpecRsaesOaepSha1
	oaep256 = types.EncryptionAlgorithmSpecRsaesOaepSha256
)

// addRSA creates a key of RSA_2048 for encryption.
func addRSA(t *testing.T, k kmstest.API) *types.KeyMetadata {
	t.Helper()
	out, err := k.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeEncryptDecrypt})
	check(t, err)
	return out.KeyMetadata
}

func TestAKeyOfRSADecryptsWhatAnybodyEncryptsWithItsPublicKey(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := addRSA(t, k)
	published, err := k.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: key.KeyId})
	check(t, err)
	parsed, err := x509.ParsePKIXPublicKey(published.PublicKey)
	check(t, err)
	for algorithm, h := range map[types.EncryptionAlgorithmSpec]func() hash.Hash{oaep1: sha1.New, oaep256: sha256.New} {
		ours, err := rsa.EncryptOAEP(h(), rand.Reader, parsed.(*rsa.PublicKey), []byte("secret"), nil)
		check(t, err)
		out, err := k.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("secret"), EncryptionAlgorithm: algorithm})
		check(t, err)
		if len(out.CiphertextBlob) != 256 || out.EncryptionAlgorithm != algorithm || *out.KeyId != *key.Arn {
			t.Errorf("got %d bytes by %s", len(out.CiphertextBlob), out.EncryptionAlgorithm)
		}
		for _, blob := range [][]byte{ours, out.CiphertextBlob} {
			opened, err := k.Decrypt(t.Context(), &kms.DecryptInput{KeyId: key.Arn, CiphertextBlob: blob, EncryptionAlgorithm: algorithm})
			check(t, err)
			if string(opened.Plaintext) != "secret" || opened.EncryptionAlgorithm != algorithm || opened.KeyMaterialId != nil {
				t.Errorf("got %q by %s", opened.Plaintext, opened.EncryptionAlgorithm)
			}
		}
	}
}

// The limits are those of the API Reference, Encrypt.
func TestAPlaintextIsAsLongAsOAEPTakesIt(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := addRSA(t, k).Arn
	for algorithm, most := range map[types.EncryptionAlgorithmSpec]int{oaep1: 214, oaep256: 190} {
		for size, code := range map[int]string{0: "ValidationException", 1: "", most: "", most + 1: "ValidationException"} {
			_, err := k.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key, Plaintext: make([]byte, size), EncryptionAlgorithm: algorithm})
			wantCode(t, err, code)
			if size > most && !strings.Contains(err.Error(), "cannot encrypt data larger than") {
				t.Errorf("got %v", err)
			}
		}
	}
}

func TestAKeyOfRSARefusesWhatItCannotDo(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key, symmetric := addRSA(t, k).Arn, add(t, k, types.KeySpecSymmetricDefault)
	bound := map[string]string{"aud": "orders"}
	out, err := k.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key, Plaintext: []byte("secret"), EncryptionAlgorithm: oaep256})
	check(t, err)
	blob := out.CiphertextBlob
	flipped := bytes.Clone(blob)
	flipped[100] ^= 1
	for name, test := range map[string]struct {
		in   kms.DecryptInput
		code string
	}{
		"the other algorithm":    {kms.DecryptInput{KeyId: key, CiphertextBlob: blob, EncryptionAlgorithm: oaep1}, "InvalidCiphertextException"},
		"no algorithm":           {kms.DecryptInput{KeyId: key, CiphertextBlob: blob}, "InvalidCiphertextException"},
		"no key":                 {kms.DecryptInput{CiphertextBlob: blob, EncryptionAlgorithm: oaep256}, "ValidationException"},
		"another key":            {kms.DecryptInput{KeyId: addRSA(t, k).Arn, CiphertextBlob: blob, EncryptionAlgorithm: oaep256}, "InvalidCiphertextException"},
		"a key for signing":      {kms.DecryptInput{KeyId: add(t, k, types.KeySpecRsa2048), CiphertextBlob: blob, EncryptionAlgorithm: oaep256}, "InvalidKeyUsageException"},
		"a symmetric key":        {kms.DecryptInput{KeyId: symmetric, CiphertextBlob: blob, EncryptionAlgorithm: oaep256}, "InvalidKeyUsageException"},
		"a changed ciphertext":   {kms.DecryptInput{KeyId: key, CiphertextBlob: flipped, EncryptionAlgorithm: oaep256}, "InvalidCiphertextException"},
		"a shorter ciphertext":   {kms.DecryptInput{KeyId: key, CiphertextBlob: blob[1:], EncryptionAlgorithm: oaep256}, "InvalidCiphertextException"},
		"a symmetric ciphertext": {kms.DecryptInput{KeyId: key, CiphertextBlob: encrypt(t, k, symmetric)}, "IncorrectKeyException"},
		"an encryption context":  {kms.DecryptInput{KeyId: key, CiphertextBlob: blob, EncryptionAlgorithm: oaep256, EncryptionContext: bound}, "ValidationException"},
		"China's algorithm":      {kms.DecryptInput{KeyId: key, CiphertextBlob: blob, EncryptionAlgorithm: "SM2PKE"}, "InvalidKeyUsageException"},
		"a dry run":              {kms.DecryptInput{KeyId: key, CiphertextBlob: blob, EncryptionAlgorithm: oaep256, DryRun: ptr(true)}, "DryRunOperationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.Decrypt(t.Context(), &test.in)
			wantCode(t, err, test.code)
		})
	}
	_, err = k.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key, Plaintext: []byte("secret")})
	wantCode(t, err, "InvalidKeyUsageException")
	_, err = k.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key, Plaintext: []byte("secret"), EncryptionAlgorithm: oaep256, EncryptionContext: bound})
	wantCode(t, err, "ValidationException")
	_, err = k.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: key, KeySpec: types.DataKeySpecAes256})
	wantCode(t, err, "InvalidKeyUsageException")
	_, err = k.Sign(t.Context(), &kms.SignInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: types.SigningAlgorithmSpecRsassaPssSha256})
	wantCode(t, err, "InvalidKeyUsageException")
}

func TestReEncryptGoesFromRSAToASymmetricKeyAndBack(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	asymmetric, symmetric := addRSA(t, k).Arn, add(t, k, types.KeySpecSymmetricDefault)
	there, err := k.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: encrypt(t, k, symmetric), DestinationKeyId: asymmetric, DestinationEncryptionAlgorithm: oaep256})
	check(t, err)
	if there.DestinationKeyMaterialId != nil || there.SourceKeyMaterialId == nil || there.DestinationEncryptionAlgorithm != oaep256 {
		t.Errorf("got %+v", there)
	}
	back, err := k.ReEncrypt(t.Context(), &kms.ReEncryptInput{CiphertextBlob: there.CiphertextBlob, SourceKeyId: asymmetric, SourceEncryptionAlgorithm: oaep256, DestinationKeyId: symmetric})
	check(t, err)
	wantDecrypts(t, k, symmetric, back.CiphertextBlob)
}
