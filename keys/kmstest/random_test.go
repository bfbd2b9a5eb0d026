package kmstest_test

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestRandomBytesAreAsManyAsAskedForAndNeverTheSame(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for _, size := range []int32{16, 1024} {
		one, err := k.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: &size})
		check(t, err)
		two, err := k.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: &size})
		check(t, err)
		if len(one.Plaintext) != int(size) || bytes.Equal(one.Plaintext, two.Plaintext) {
			t.Errorf("got %d bytes, want %d, and others each time", len(one.Plaintext), size)
		}
	}
	if one, err := k.GenerateRandom(t.Context(), &kms.GenerateRandomInput{NumberOfBytes: ptr(int32(1))}); err != nil || len(one.Plaintext) != 1 {
		t.Errorf("1 byte: %v", err)
	}
	for name, test := range map[string]struct {
		in   kms.GenerateRandomInput
		code string
	}{
		"-1 bytes":                {kms.GenerateRandomInput{NumberOfBytes: ptr(int32(-1))}, "ValidationException"},
		"0 bytes":                 {kms.GenerateRandomInput{NumberOfBytes: ptr(int32(0))}, "ValidationException"},
		"1025 bytes":              {kms.GenerateRandomInput{NumberOfBytes: ptr(int32(1025))}, "ValidationException"},
		"an attested environment": {kms.GenerateRandomInput{NumberOfBytes: ptr(int32(8)), Recipient: &types.RecipientInfo{}}, "UnsupportedOperationException"},
		"a custom key store":      {kms.GenerateRandomInput{NumberOfBytes: ptr(int32(8)), CustomKeyStoreId: ptr("cks-1234567890abcdef0")}, "UnsupportedOperationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.GenerateRandom(t.Context(), &test.in)
			wantCode(t, err, test.code)
		})
	}
}
