package kmstest_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func ptr[T any](v T) *T { return &v }

// add puts a key with material of its own making into the KMS.
func add(t *testing.T, k *kmstest.KMS, spec types.KeySpec) *string {
	t.Helper()
	arn, err := k.AddKey(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &arn
}

// addMultiRegion creates the primary key of a multi-Region key.
func addMultiRegion(t *testing.T, k *kmstest.KMS) *types.KeyMetadata {
	t.Helper()
	out, err := k.CreateKey(t.Context(), &kms.CreateKeyInput{MultiRegion: ptr(true)})
	if err != nil {
		t.Fatal(err)
	}
	return out.KeyMetadata
}

// replicate puts a replica of a multi-Region key into the other Region, and returns
// its ARN.
func replicate(t *testing.T, from, to *kmstest.KMS, key *string) *string {
	t.Helper()
	out, err := from.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: key, ReplicaRegion: ptr(to.Region())})
	if err != nil {
		t.Fatal(err)
	}
	return out.ReplicaKeyMetadata.Arn
}

func encrypt(t *testing.T, k *kmstest.KMS, key *string) []byte {
	t.Helper()
	out, err := k.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key, Plaintext: []byte("secret")})
	if err != nil {
		t.Fatal(err)
	}
	return out.CiphertextBlob
}

func decrypt(ctx context.Context, k kmstest.API, key *string, blob []byte) (*kms.DecryptOutput, error) {
	return k.Decrypt(ctx, &kms.DecryptInput{KeyId: key, CiphertextBlob: blob})
}

func wantDecrypts(t *testing.T, k *kmstest.KMS, key *string, blob []byte) {
	t.Helper()
	out, err := decrypt(t.Context(), k, key, blob)
	if err != nil {
		t.Fatal(err)
	}
	if string(out.Plaintext) != "secret" {
		t.Errorf("got %d other bytes", len(out.Plaintext))
	}
}

// codeOf returns the AWS error code of err, empty for none.
func codeOf(err error) string {
	var coded interface{ ErrorCode() string }
	if !errors.As(err, &coded) {
		return ""
	}
	return coded.ErrorCode()
}

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := codeOf(err); got != want {
		t.Errorf("got the code %q (%v), want %s", got, err, want)
	}
}

func generateRSA(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func generateEC(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
