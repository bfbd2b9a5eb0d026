package kmstest_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// operations returns the names of all operations.
func operations() []string {
	var names []string
	for i := range reflect.TypeFor[kmstest.API]().NumMethod() {
		names = append(names, reflect.TypeFor[kmstest.API]().Method(i).Name)
	}
	return names
}

// call calls an operation by its name. fill sets members of the input; nil sends none.
func call(ctx context.Context, k kmstest.API, operation string, fill func(in reflect.Value)) error {
	method := reflect.ValueOf(k).MethodByName(operation)
	in := reflect.Zero(method.Type().In(1))
	if fill != nil {
		in = reflect.New(method.Type().In(1).Elem())
		fill(in.Elem())
	}
	err, _ := method.Call([]reflect.Value{reflect.ValueOf(ctx), in})[1].Interface().(error)
	return err
}

func TestNilParametersAreRefusedNotAPanic(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for _, operation := range operations() {
		want := "ValidationException"
		switch operation {
		case "CreateKey", "ListKeys", "ListAliases": // which need none
			want = ""
		}
		t.Run(operation, func(t *testing.T) {
			wantCode(t, call(t.Context(), k, operation, nil), want)
			if got := k.Calls(operation); got != 1 {
				t.Errorf("counted %d times", got)
			}
		})
	}
}

// The SDK's own types say which operations have DryRun: each of them is tried.
func TestADryRunOfWhateverWouldSucceedIsADryRunOperationException(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	symmetric, signing, mac := add(t, k, types.KeySpecSymmetricDefault), add(t, k, types.KeySpecEccNistP256), add(t, k, types.KeySpecHmac256)
	message, blob := []byte("message"), encrypt(t, k, symmetric)
	parameters := map[string]any{
		"Sign":                            kms.SignInput{KeyId: signing, Message: message, SigningAlgorithm: "ECDSA_SHA_256"},
		"Verify":                          kms.VerifyInput{KeyId: signing, Message: message, Signature: message, SigningAlgorithm: "ECDSA_SHA_256"},
		"GenerateMac":                     kms.GenerateMacInput{KeyId: mac, Message: message, MacAlgorithm: "HMAC_SHA_256"},
		"VerifyMac":                       kms.VerifyMacInput{KeyId: mac, Message: message, Mac: message, MacAlgorithm: "HMAC_SHA_256"},
		"Encrypt":                         kms.EncryptInput{KeyId: symmetric, Plaintext: message},
		"Decrypt":                         kms.DecryptInput{KeyId: symmetric, CiphertextBlob: blob},
		"ReEncrypt":                       kms.ReEncryptInput{DestinationKeyId: symmetric, CiphertextBlob: blob},
		"GenerateDataKey":                 kms.GenerateDataKeyInput{KeyId: symmetric, KeySpec: "AES_256"},
		"GenerateDataKeyWithoutPlaintext": kms.GenerateDataKeyWithoutPlaintextInput{KeyId: symmetric, NumberOfBytes: ptr(int32(64))},
	}
	for _, operation := range operations() {
		method := reflect.ValueOf(k).MethodByName(operation)
		if _, has := method.Type().In(1).Elem().FieldByName("DryRun"); !has {
			continue
		}
		t.Run(operation, func(t *testing.T) {
			in, known := parameters[operation]
			if !known {
				t.Fatal("there are no parameters for it")
			}
			for dry, want := range map[bool]string{true: "DryRunOperationException", false: ""} {
				err := call(t.Context(), k, operation, func(v reflect.Value) {
					v.Set(reflect.ValueOf(in))
					v.FieldByName("DryRun").Set(reflect.ValueOf(&dry))
				})
				if operation == "Verify" && !dry {
					want = "KMSInvalidSignatureException"
				}
				if operation == "VerifyMac" && !dry {
					want = "KMSInvalidMacException"
				}
				wantCode(t, err, want)
			}
		})
	}
}

// What a source finds out at start-up by a dry run.
func TestADryRunOfWhatWouldFailFailsAsTheCallWould(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	disabled, signing := add(t, k, types.KeySpecSymmetricDefault), add(t, k, types.KeySpecEccNistP256)
	_, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: disabled})
	check(t, err)
	generate := func(key *string) error {
		_, err := k.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: key, KeySpec: "AES_256", DryRun: ptr(true)})
		return err
	}
	wantCode(t, generate(disabled), "DisabledException")
	wantCode(t, generate(signing), "InvalidKeyUsageException")
	wantCode(t, generate(ptr("alias/nobody")), "NotFoundException")
	k.Fail("GenerateDataKey", 1, kmstest.Error("AccessDeniedException", ""))
	wantCode(t, generate(add(t, k, types.KeySpecSymmetricDefault)), "AccessDeniedException")
	_, err = k.Sign(t.Context(), &kms.SignInput{KeyId: signing, Message: []byte("m"), SigningAlgorithm: "RSASSA_PSS_SHA_256", DryRun: ptr(true)})
	wantCode(t, err, "InvalidKeyUsageException")
}
