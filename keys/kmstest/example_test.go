package kmstest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A Vault is code of your own that uses KMS: it names the one operation that it calls.
type Vault struct {
	KMS interface {
		Decrypt(context.Context, *kms.DecryptInput, ...func(*kms.Options)) (*kms.DecryptOutput, error)
	}
	KeyID string
}

var errForged = errors.New("forged")

// Open says errForged for what was never sealed, and wraps every other failure of KMS.
func (v Vault) Open(ctx context.Context, sealed []byte) ([]byte, error) {
	out, err := v.KMS.Decrypt(ctx, &kms.DecryptInput{KeyId: &v.KeyID, CiphertextBlob: sealed})
	if wrong := (*types.InvalidCiphertextException)(nil); errors.As(err, &wrong) {
		return nil, errForged
	}
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return out.Plaintext, nil
}

// A test of your own, whole. In production, Vault gets a *kms.Client.
func TestVaultTellsAForgeryFromAnOutage(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key, err := k.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		t.Fatal(err)
	}
	vault := Vault{KMS: k, KeyID: key}
	if _, err := vault.Open(t.Context(), []byte("a forgery")); !errors.Is(err, errForged) {
		t.Errorf("a forgery: got %v", err)
	}
	k.Fail("Decrypt", 1, kmstest.Error("ThrottlingException", "Rate exceeded"))
	if _, err := vault.Open(t.Context(), []byte("a forgery")); err == nil || errors.Is(err, errForged) {
		t.Errorf("an outage: got %v", err)
	}
}

// Create a key, give it a name, sign with it and verify: the SDK's own types, and a
// KMS in memory in the client's place.
func ExampleKMS() {
	ctx := context.Background()
	k := kmstest.New(kmstest.Config{Region: "eu-west-1"})
	created, err := k.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify})
	if err != nil {
		fmt.Println(err)
		return
	}
	name := "alias/login"
	if _, err := k.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: created.KeyMetadata.KeyId}); err != nil {
		fmt.Println(err)
		return
	}
	message := []byte("eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9")
	signed, err := k.Sign(ctx, &kms.SignInput{KeyId: &name, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = k.Verify(ctx, &kms.VerifyInput{KeyId: &name, Message: []byte("another"), Signature: signed.Signature, SigningAlgorithm: signed.SigningAlgorithm})
	var wrong *types.KMSInvalidSignatureException
	fmt.Println("another message's signature is wrong:", errors.As(err, &wrong))
	fmt.Println(k, "has signed", k.CallsTo("Sign", name))
	// Output:
	// another message's signature is wrong: true
	// kmstest.KMS(eu-west-1, 111122223333) has signed 1
}

// An unmodified client of the SDK, over HTTP. In a test, [KMS.Serve] is shorter.
func ExampleKMS_ServeHTTP() {
	k := kmstest.New(kmstest.Config{})
	server := httptest.NewServer(k)
	defer server.Close()

	client := kms.New(kms.Options{Region: k.Region(), BaseEndpoint: &server.URL}) // no credentials
	created, err := client.CreateKey(context.Background(), &kms.CreateKeyInput{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(created.KeyMetadata.KeySpec, created.KeyMetadata.KeyState)
	// Output:
	// SYMMETRIC_DEFAULT Enabled
}

// KMS is throttled for two calls, and answers the third.
func ExampleKMS_Fail() {
	k := kmstest.New(kmstest.Config{})
	key, err := k.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	k.Fail("GenerateDataKey", 2, kmstest.Error("ThrottlingException", "Rate exceeded"))
	for range 3 {
		_, err := k.GenerateDataKey(context.Background(), &kms.GenerateDataKeyInput{KeyId: &key, KeySpec: types.DataKeySpecAes256})
		fmt.Println(err)
	}
	// Output:
	// operation error KMS: GenerateDataKey, api error ThrottlingException: Rate exceeded
	// operation error KMS: GenerateDataKey, api error ThrottlingException: Rate exceeded
	// <nil>
}

// A key in two Regions: while one is down, the other decrypts.
func ExampleKMS_ReplicateKey() {
	ctx := context.Background()
	east := kmstest.New(kmstest.Config{Region: "us-east-1"})
	west := east.In("us-west-2")
	multiRegion, region := true, "us-west-2"
	created, err := east.CreateKey(ctx, &kms.CreateKeyInput{MultiRegion: &multiRegion})
	if err != nil {
		fmt.Println(err)
		return
	}
	key := created.KeyMetadata.KeyId // the same in both
	if _, err := east.ReplicateKey(ctx, &kms.ReplicateKeyInput{KeyId: key, ReplicaRegion: &region}); err != nil {
		fmt.Println(err)
		return
	}
	data, err := east.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: key, KeySpec: types.DataKeySpecAes256})
	if err != nil {
		fmt.Println(err)
		return
	}

	east.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", "the Region is down"))
	for _, k := range []*kmstest.KMS{east, west} {
		out, err := k.Decrypt(ctx, &kms.DecryptInput{KeyId: key, CiphertextBlob: data.CiphertextBlob})
		fmt.Println(k.Region(), err == nil && bytes.Equal(out.Plaintext, data.Plaintext))
	}
	// Output:
	// us-east-1 false
	// us-west-2 true
}
