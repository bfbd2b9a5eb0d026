package kmstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestCreateKeyRefusesWhatKmstestDoesNotHave(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for name, test := range map[string]struct {
		in   kms.CreateKeyInput
		code string
	}{
		"secp256k1":                     {kms.CreateKeyInput{KeySpec: types.KeySpecEccSecgP256k1, KeyUsage: types.KeyUsageTypeSignVerify}, "UnsupportedOperationException"},
		"RSA for MACs":                  {kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeGenerateVerifyMac}, "ValidationException"},
		"P-256 for encryption":          {kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeEncryptDecrypt}, "ValidationException"},
		"RSA without usage":             {kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048}, "ValidationException"},
		"P-256 for key agreement":       {kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeKeyAgreement}, "UnsupportedOperationException"},
		"imported key material":         {kms.CreateKeyInput{Origin: types.OriginTypeExternal}, "UnsupportedOperationException"},
		"a custom key store":            {kms.CreateKeyInput{CustomKeyStoreId: ptr("cks-1234567890abcdef0")}, "UnsupportedOperationException"},
		"a spec that KMS does not have": {kms.CreateKeyInput{KeySpec: "RSA_1024", KeyUsage: types.KeyUsageTypeSignVerify}, "ValidationException"},
		"an unknown usage":              {kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: "SIGN"}, "ValidationException"},
		"an unknown origin":             {kms.CreateKeyInput{Origin: "AWS"}, "ValidationException"},
		"Ed25519 for encryption":        {kms.CreateKeyInput{KeySpec: types.KeySpecEccNistEdwards25519, KeyUsage: types.KeyUsageTypeEncryptDecrypt}, "ValidationException"},
		"a symmetric key for signing":   {kms.CreateKeyInput{KeyUsage: types.KeyUsageTypeSignVerify}, "ValidationException"},
		"a description of 8192 bytes":   {kms.CreateKeyInput{Description: ptr(strings.Repeat("a", 8192))}, ""}, // the longest that is taken
		"a description of 8193 bytes":   {kms.CreateKeyInput{Description: ptr(strings.Repeat("a", 8193))}, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.CreateKey(t.Context(), &test.in)
			wantCode(t, err, test.code)
		})
	}
}

func TestAnOlderClientsNameForTheKeySpecIsRead(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	got := rawRequest(t, k, "TrentService.CreateKey", `{"CustomerMasterKeySpec":"ECC_NIST_P384","KeyUsage":"SIGN_VERIFY"}`)
	if !strings.Contains(got.body, `"KeySpec":"ECC_NIST_P384"`) {
		t.Errorf("got %s", got.body)
	}
}
