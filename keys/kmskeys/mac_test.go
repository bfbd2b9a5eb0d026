package kmskeys_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func newMACs(t testing.TB, k *kmstest.KMS, cfg kmskeys.MACConfig) (*kmskeys.MACSigner, *kmskeys.MACVerifier) {
	t.Helper()
	return must(kmskeys.NewMACSigner(k, cfg))(t), must(kmskeys.NewMACVerifier(k, cfg))(t)
}

func TestMACKeysThatCannotWorkAreRefusedWithWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		cfg  kmskeys.MACConfig
		want []string
	}{
		"no key":               {kmskeys.MACConfig{}, []string{"set KeyID"}},
		"HMAC_224's algorithm": {kmskeys.MACConfig{KeyID: someKey, Algorithm: "HS224"}, []string{"HS224", "HS256, HS384 or HS512"}},
		"an alias without kid": {kmskeys.MACConfig{KeyID: "alias/login"}, []string{"set Kid"}},
		"an endless kid":       {kmskeys.MACConfig{KeyID: someKey, Kid: strings.Repeat("k", 513)}, []string{"512"}},
		"an endless key ID":    {kmskeys.MACConfig{KeyID: arnOf(strings.Repeat("k", 513))}, []string{"Kid", "512"}},
		"an endless age":       {kmskeys.MACConfig{KeyID: someKey, MaxAge: 25 * time.Hour}, []string{"MaxAge", "24h", "5m"}},
		"negative patience":    {kmskeys.MACConfig{KeyID: someKey, CallTimeout: -1}, []string{"CallTimeout", "3s"}},
		"endless patience":     {kmskeys.MACConfig{KeyID: someKey, CallTimeout: time.Minute + 1}, []string{"CallTimeout", "1m0s"}},
		"a negative rate":      {kmskeys.MACConfig{KeyID: someKey, VerifyRate: -1}, []string{"VerifyRate", "200"}},
		"an enormous burst":    {kmskeys.MACConfig{KeyID: someKey, VerifyBurst: 1_000_001}, []string{"VerifyBurst", "400"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			_, err := kmskeys.NewMACSigner(k, test.cfg)
			wantText(t, err, append(test.want, "kmskeys:")...)
			_, err = kmskeys.NewMACVerifier(k, test.cfg)
			wantText(t, err, append(test.want, "kmskeys:")...)
		})
	}
}

func TestInputLongerThanKMSTakesIsTheSignersMistakeOrAWrongToken(t *testing.T) {
	ctx := context.Background()
	k := kmstest.New(kmstest.Config{})
	signs, verifies := newMACs(t, k, kmskeys.MACConfig{KeyID: newKey(t, k, types.KeySpecHmac256)})
	_, err := signs.Sign(ctx, make([]byte, 4097))
	wantError(t, err, kmskeys.ErrTooLong)
	wantOutage(t, err)
	wantText(t, err, "4097", "4,096")
	wantError(t, verifies.Verify(ctx, make([]byte, 4097), make([]byte, 32)), keys.ErrSignature)
	wantError(t, verifies.Verify(ctx, nil, make([]byte, 32)), keys.ErrSignature)
	wantCalls(t, k, "", 0)
	if _, err := signs.Sign(ctx, make([]byte, 4096)); err != nil {
		t.Error(err)
	}
}

func TestMACAnswersOfAnotherKeyOrAlgorithmAreOutages(t *testing.T) {
	ctx := context.Background()
	k := kmstest.New(kmstest.Config{})
	cfg := kmskeys.MACConfig{KeyID: newKey(t, k, types.KeySpecHmac256)}
	other := newKey(t, k, types.KeySpecHmac256)
	signs, _ := newMACs(t, k, cfg)
	s := sign(t, signs)
	for name, change := range map[string]func(*kms.GenerateMacOutput) *kms.GenerateMacOutput{
		"another key":       func(out *kms.GenerateMacOutput) *kms.GenerateMacOutput { out.KeyId = &other; return out },
		"another algorithm": func(out *kms.GenerateMacOutput) *kms.GenerateMacOutput { out.MacAlgorithm = "HMAC_SHA_512"; return out },
		"a short MAC":       func(out *kms.GenerateMacOutput) *kms.GenerateMacOutput { out.Mac = out.Mac[1:]; return out },
		"nothing":           func(*kms.GenerateMacOutput) *kms.GenerateMacOutput { return nil },
	} {
		t.Run("signing, "+name, func(t *testing.T) {
			signature, err := must(kmskeys.NewMACSigner(between{KMS: k, generateMAC: change}, cfg))(t).Sign(ctx, input)
			if wantOutage(t, err); signature != nil {
				t.Error("a MAC and an error")
			}
		})
	}
	for name, test := range map[string]struct {
		change func(*kms.VerifyMacOutput) *kms.VerifyMacOutput
		check  func(testing.TB, error)
	}{
		"another key":       {func(out *kms.VerifyMacOutput) *kms.VerifyMacOutput { out.KeyId = &other; return out }, wantOutage},
		"another algorithm": {func(out *kms.VerifyMacOutput) *kms.VerifyMacOutput { out.MacAlgorithm = "HMAC_SHA_512"; return out }, wantOutage},
		"nothing":           {func(*kms.VerifyMacOutput) *kms.VerifyMacOutput { return nil }, wantOutage},
		"false, as mocks say": {func(out *kms.VerifyMacOutput) *kms.VerifyMacOutput { out.MacValid = false; return out },
			func(t testing.TB, err error) { wantError(t, err, keys.ErrSignature) }},
		"false, of another key": {func(out *kms.VerifyMacOutput) *kms.VerifyMacOutput {
			out.MacValid, out.KeyId = false, &other
			return out
		}, wantOutage},
	} {
		t.Run("verifying, "+name, func(t *testing.T) {
			test.check(t, verify(ctx, must(kmskeys.NewMACVerifier(between{KMS: k, verifyMAC: test.change}, cfg))(t), s))
		})
	}
}
