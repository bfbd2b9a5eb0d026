package kmstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestCallsAreCountedByOperationAndKey(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	first, second := add(t, k, types.KeySpecSymmetricDefault), add(t, k, types.KeySpecSymmetricDefault)
	if _, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: ptr("alias/login"), TargetKeyId: first}); err != nil {
		t.Fatal(err)
	}

	blob := encrypt(t, k, ptr("alias/login")) // for first
	wantDecrypts(t, k, first, blob)
	wantDecrypts(t, k, nil, blob) // for first: the ciphertext says so
	_, _ = decrypt(t.Context(), k, second, blob)
	_, _ = decrypt(t.Context(), k, ptr("alias/nobody"), blob)
	k.Fail("Decrypt", 1, kmstest.Error("ThrottlingException", ""))
	_, _ = decrypt(t.Context(), k, first, blob)
	if _, err := k.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: ptr("alias/login"), TargetKeyId: second}); err != nil {
		t.Fatal(err)
	}
	encrypt(t, k, ptr("alias/login")) // for second, now

	for name, test := range map[string]struct{ got, want int }{
		"Decrypt":                       {k.Calls("Decrypt"), 5},
		"Encrypt":                       {k.Calls("Encrypt"), 2},
		"all":                           {k.Calls(""), 9},
		"none":                          {k.Calls("Sign"), 0},
		"Decrypt by the first key":      {k.CallsTo("Decrypt", *first), 3},
		"Decrypt by the second":         {k.CallsTo("Decrypt", *second), 1},
		"Encrypt by the first key":      {k.CallsTo("Encrypt", *first), 1},
		"Encrypt by the alias as it is": {k.CallsTo("Encrypt", "alias/login"), 1},
		"all by the second":             {k.CallsTo("", *second), 3},
		"a key that there is not":       {k.CallsTo("", "alias/nobody"), 0},
	} {
		if test.got != test.want {
			t.Errorf("%s: %d calls, want %d", name, test.got, test.want)
		}
	}
}

func TestEachAttemptOfAClientIsACall(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecSymmetricDefault)
	endpoint := k.Serve(t)
	client := kms.New(kms.Options{Region: k.Region(), BaseEndpoint: &endpoint}, withoutPause)
	k.Fail("Encrypt", 2, kmstest.Error("ThrottlingException", ""))
	if _, err := client.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key, Plaintext: []byte("secret")}); err != nil {
		t.Fatal(err)
	}
	if got := k.CallsTo("Encrypt", *key); got != 3 {
		t.Errorf("%d calls, want 3", got)
	}
}
