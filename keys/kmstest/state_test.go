package kmstest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

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
