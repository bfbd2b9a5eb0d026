package kmstest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestARNsNameThePlace(t *testing.T) {
	for region, prefix := range map[string]string{
		"":              "arn:aws:kms:us-east-1:444455556666:key/",
		"eu-west-1":     "arn:aws:kms:eu-west-1:444455556666:key/",
		"cn-north-1":    "arn:aws-cn:kms:cn-north-1:444455556666:key/",
		"us-gov-west-1": "arn:aws-us-gov:kms:us-gov-west-1:444455556666:key/",
	} {
		k := kmstest.New(kmstest.Config{Region: region, Account: "444455556666"})
		if got := *add(t, k, types.KeySpecHmac256); !strings.HasPrefix(got, prefix) || len(got) != len(prefix)+36 {
			t.Errorf("%s: got %s", region, got)
		}
	}
}

func TestAKeyIdentifierOfElsewhereIsNotFoundOrDenied(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := *add(t, k, types.KeySpecHmac256)
	for name, test := range map[string]struct{ id, code string }{
		"another Region":       {strings.Replace(key, "us-east-1", "us-west-2", 1), "NotFoundException"},
		"another partition":    {strings.Replace(key, "arn:aws:", "arn:aws-cn:", 1), "NotFoundException"},
		"another service":      {strings.Replace(key, ":kms:", ":sqs:", 1), "NotFoundException"},
		"another account":      {strings.Replace(key, "111122223333", "444455556666", 1), "AccessDeniedException"},
		"another resource":     {strings.Replace(key, ":key/", ":grant/", 1), "NotFoundException"},
		"half an ARN":          {key[:20], "NotFoundException"},
		"another key":          {key[:len(key)-4] + "0000", "NotFoundException"},
		"an alias without end": {"alias/" + strings.Repeat("a", 2048), "ValidationException"},
		"empty":                {"", "ValidationException"},
		"an injected log line": {"alias/login\n2026-11-21 all is well", "NotFoundException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &test.id})
			wantCode(t, err, test.code)
		})
	}
}

func TestNilParametersAreRefusedNotAPanic(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"DescribeKey":                     func() error { _, err := k.DescribeKey(ctx, nil); return err },
		"EnableKey":                       func() error { _, err := k.EnableKey(ctx, nil); return err },
		"DisableKey":                      func() error { _, err := k.DisableKey(ctx, nil); return err },
		"ScheduleKeyDeletion":             func() error { _, err := k.ScheduleKeyDeletion(ctx, nil); return err },
		"CancelKeyDeletion":               func() error { _, err := k.CancelKeyDeletion(ctx, nil); return err },
		"RotateKeyOnDemand":               func() error { _, err := k.RotateKeyOnDemand(ctx, nil); return err },
		"CreateAlias":                     func() error { _, err := k.CreateAlias(ctx, nil); return err },
		"UpdateAlias":                     func() error { _, err := k.UpdateAlias(ctx, nil); return err },
		"DeleteAlias":                     func() error { _, err := k.DeleteAlias(ctx, nil); return err },
		"GetPublicKey":                    func() error { _, err := k.GetPublicKey(ctx, nil); return err },
		"Sign":                            func() error { _, err := k.Sign(ctx, nil); return err },
		"Verify":                          func() error { _, err := k.Verify(ctx, nil); return err },
		"GenerateMac":                     func() error { _, err := k.GenerateMac(ctx, nil); return err },
		"VerifyMac":                       func() error { _, err := k.VerifyMac(ctx, nil); return err },
		"Encrypt":                         func() error { _, err := k.Encrypt(ctx, nil); return err },
		"Decrypt":                         func() error { _, err := k.Decrypt(ctx, nil); return err },
		"GenerateDataKey":                 func() error { _, err := k.GenerateDataKey(ctx, nil); return err },
		"GenerateDataKeyWithoutPlaintext": func() error { _, err := k.GenerateDataKeyWithoutPlaintext(ctx, nil); return err },
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, call(), "ValidationException") })
	}
	out, err := k.CreateKey(ctx, nil)
	if err != nil || out.KeyMetadata.KeySpec != types.KeySpecSymmetricDefault {
		t.Errorf("CreateKey without parameters: %v", err)
	}
}

func TestCreateKeyRefusesWhatKmstestDoesNotHave(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for name, test := range map[string]struct {
		in   kms.CreateKeyInput
		code string
	}{
		"secp256k1":                     {kms.CreateKeyInput{KeySpec: types.KeySpecEccSecgP256k1, KeyUsage: types.KeyUsageTypeSignVerify}, "UnsupportedOperationException"},
		"RSA for encryption":            {kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeEncryptDecrypt}, "UnsupportedOperationException"},
		"P-256 for key agreement":       {kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeKeyAgreement}, "UnsupportedOperationException"},
		"imported key material":         {kms.CreateKeyInput{Origin: types.OriginTypeExternal}, "UnsupportedOperationException"},
		"a custom key store":            {kms.CreateKeyInput{CustomKeyStoreId: ptr("cks-1234567890abcdef0")}, "UnsupportedOperationException"},
		"a spec that KMS does not have": {kms.CreateKeyInput{KeySpec: "RSA_1024", KeyUsage: types.KeyUsageTypeSignVerify}, "ValidationException"},
		"an unknown usage":              {kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: "SIGN"}, "ValidationException"},
		"an unknown origin":             {kms.CreateKeyInput{Origin: "AWS"}, "ValidationException"},
		"Ed25519 for encryption":        {kms.CreateKeyInput{KeySpec: types.KeySpecEccNistEdwards25519, KeyUsage: types.KeyUsageTypeEncryptDecrypt}, "ValidationException"},
		"a symmetric key for signing":   {kms.CreateKeyInput{KeyUsage: types.KeyUsageTypeSignVerify}, "ValidationException"},
		"a description without end":     {kms.CreateKeyInput{Description: ptr(strings.Repeat("a", 8193))}, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.CreateKey(t.Context(), &test.in)
			wantCode(t, err, test.code)
		})
	}
}

func TestRefusedListsTheSpecsThatKmstestLacks(t *testing.T) {
	refused := fmt.Sprint(kmstest.Refused())
	for _, spec := range []types.KeySpec{types.KeySpecEccSecgP256k1, types.KeySpecSm2, types.KeySpecMlKem768} {
		if !strings.Contains(refused, string(spec)) {
			t.Errorf("%s is not among %s", spec, refused)
		}
	}
	for _, spec := range []types.KeySpec{types.KeySpecRsa4096, types.KeySpecSymmetricDefault, types.KeySpecEccNistEdwards25519} {
		if strings.Contains(refused, string(spec)) {
			t.Errorf("%s is among %s", spec, refused)
		}
	}
}

func TestAnOlderClientsNameForTheKeySpecIsRead(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	got := rawRequest(t, k, "TrentService.CreateKey", `{"CustomerMasterKeySpec":"ECC_NIST_P384","KeyUsage":"SIGN_VERIFY"}`)
	if !strings.Contains(got.body, `"KeySpec":"ECC_NIST_P384"`) {
		t.Errorf("got %s", got.body)
	}
}

func TestAKeyIsDeletedAfterItsWaitingPeriod(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	k := kmstest.New(kmstest.Config{Now: func() time.Time { return now }})
	key := add(t, k, types.KeySpecSymmetricDefault)
	blob := encrypt(t, k, key)
	if _, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: ptr("alias/login"), TargetKeyId: key}); err != nil {
		t.Fatal(err)
	}
	if _, err := k.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: key, PendingWindowInDays: ptr(int32(7))}); err != nil {
		t.Fatal(err)
	}

	now = now.AddDate(0, 0, 7).Add(-time.Second)
	_, err := decrypt(t.Context(), k, key, blob)
	wantCode(t, err, "KMSInvalidStateException")

	now = now.Add(time.Second)
	for _, id := range []*string{key, ptr("alias/login")} {
		_, err = decrypt(t.Context(), k, id, blob)
		wantCode(t, err, "NotFoundException")
	}
	_, err = decrypt(t.Context(), k, nil, blob)
	wantCode(t, err, "AccessDeniedException")
	other := add(t, k, types.KeySpecSymmetricDefault)
	if _, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: ptr("alias/login"), TargetKeyId: other}); err != nil {
		t.Errorf("the alias is still taken: %v", err)
	}
}

func TestAKeyStateForbidsWhatItForbidsOnAWS(t *testing.T) {
	states := map[types.KeyState]func(*kmstest.KMS, *string) error{
		types.KeyStateDisabled: func(k *kmstest.KMS, key *string) error {
			_, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: key})
			return err
		},
		types.KeyStatePendingDeletion: func(k *kmstest.KMS, key *string) error {
			_, err := k.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: key})
			return err
		},
	}
	const disabled, pending = "DisabledException", "KMSInvalidStateException"
	for _, test := range []struct {
		name                      string
		whenDisabled, whenPending string
		call                      func(*kmstest.KMS, *string) error
	}{
		{"DescribeKey", "", "", func(k *kmstest.KMS, key *string) error {
			_, err := k.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: key})
			return err
		}},
		{"GetPublicKey", disabled, pending, func(k *kmstest.KMS, key *string) error {
			_, err := k.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: key})
			return err
		}},
		{"RotateKeyOnDemand", disabled, pending, func(k *kmstest.KMS, key *string) error {
			_, err := k.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: key})
			return err
		}},
		{"CreateAlias", "", pending, func(k *kmstest.KMS, key *string) error {
			_, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: ptr("alias/new"), TargetKeyId: key})
			return err
		}},
		{"DisableKey", "", pending, func(k *kmstest.KMS, key *string) error {
			_, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: key})
			return err
		}},
		{"ScheduleKeyDeletion", "", pending, func(k *kmstest.KMS, key *string) error {
			_, err := k.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: key})
			return err
		}},
	} {
		for state, want := range map[types.KeyState]string{types.KeyStateDisabled: test.whenDisabled, types.KeyStatePendingDeletion: test.whenPending} {
			t.Run(test.name+" when "+string(state), func(t *testing.T) {
				k := kmstest.New(kmstest.Config{})
				key := add(t, k, types.KeySpecEccNistP256)
				if err := states[state](k, key); err != nil {
					t.Fatal(err)
				}
				if got := codeOf(test.call(k, key)); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			})
		}
	}
}

func TestTheWaitingPeriodIsSevenToThirtyDays(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for _, days := range []int32{-1, 0, 6, 31} {
		_, err := k.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: add(t, k, types.KeySpecHmac256), PendingWindowInDays: &days})
		wantCode(t, err, "ValidationException")
	}
}

func TestAnAliasNameOrTargetThatIsNoneIsRefused(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecHmac256)
	for name, test := range map[string]struct{ alias, target, code string }{
		"no prefix":         {"login", *key, "ValidationException"},
		"no name":           {"alias/", *key, "InvalidAliasNameException"},
		"a space":           {"alias/my login", *key, "InvalidAliasNameException"},
		"a line break":      {"alias/login\n", *key, "InvalidAliasNameException"},
		"AWS's own":         {"alias/aws/lambda", *key, "NotAuthorizedException"},
		"257 characters":    {"alias/" + strings.Repeat("a", 251), *key, "ValidationException"},
		"an unknown target": {"alias/login", "1234abcd-12ab-34cd-56ef-1234567890ab", "NotFoundException"},
		"an alias's alias":  {"alias/login", "alias/other", "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &test.alias, TargetKeyId: &test.target})
			wantCode(t, err, test.code)
		})
	}
}

func TestAnAliasIsNotPointedAtAKeyOfAnotherKind(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	specs := []types.KeySpec{types.KeySpecSymmetricDefault, types.KeySpecHmac256, types.KeySpecEccNistP256}
	for _, from := range specs {
		alias := "alias/" + string(from)
		if _, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: add(t, k, from)}); err != nil {
			t.Fatal(err)
		}
		for _, to := range specs {
			_, err := k.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: &alias, TargetKeyId: add(t, k, to)})
			if (err == nil) != (from == to) {
				t.Errorf("from %s to %s: %v", from, to, err)
			}
		}
	}
	_, err := k.UpdateAlias(t.Context(), &kms.UpdateAliasInput{AliasName: ptr("alias/nobody"), TargetKeyId: add(t, k, types.KeySpecHmac256)})
	wantCode(t, err, "NotFoundException")
}

func TestManagingAKeyTakesNoAlias(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	alias := ptr("alias/login")
	if _, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: alias, TargetKeyId: add(t, k, types.KeySpecSymmetricDefault)}); err != nil {
		t.Fatal(err)
	}
	_, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: alias})
	wantCode(t, err, "NotFoundException")
	_, err = k.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: alias})
	wantCode(t, err, "NotFoundException")
	_, err = k.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: alias})
	wantCode(t, err, "NotFoundException")
}

func TestAKeyRotatesTwentyFiveTimesAndDecryptsAllItEncrypted(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecSymmetricDefault)
	blobs, materials := [][]byte{encrypt(t, k, key)}, map[string]bool{}
	for range 25 {
		if _, err := k.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: key}); err != nil {
			t.Fatal(err)
		}
		blobs = append(blobs, encrypt(t, k, key))
	}
	for _, blob := range blobs {
		out, err := decrypt(t.Context(), k, key, blob)
		if err != nil {
			t.Fatal(err)
		}
		materials[*out.KeyMaterialId] = true
	}
	if len(materials) != 26 {
		t.Errorf("%d generations of key material, want 26", len(materials))
	}
	described, err := k.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: key})
	if err != nil {
		t.Fatal(err)
	}
	latest, err := k.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: key, KeySpec: types.DataKeySpecAes256})
	if err != nil {
		t.Fatal(err)
	}
	if *latest.KeyMaterialId != *described.KeyMetadata.CurrentKeyMaterialId || len(*latest.KeyMaterialId) != 64 {
		t.Errorf("encrypted under %s, the current material is %s", *latest.KeyMaterialId, *described.KeyMetadata.CurrentKeyMaterialId)
	}
	_, err = k.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: key})
	wantCode(t, err, "LimitExceededException")
}
