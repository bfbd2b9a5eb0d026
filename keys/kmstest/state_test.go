package kmstest_test

import (
	"reflect"
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
	other := add(t, k, types.KeySpecSymmetricDefault)
	for alias, target := range map[string]*string{"alias/login": key, "alias/other": other} {
		_, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: target})
		check(t, err)
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
	if _, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: ptr("alias/login"), TargetKeyId: other}); err != nil {
		t.Errorf("the alias is still taken: %v", err)
	}
	if got := metadataOf(t, k, ptr("alias/other")); *got.Arn != *other {
		t.Errorf("another key's alias now stands for %s", *got.Arn)
	}
}

// The table of the Developer Guide, "Key states of AWS KMS keys": what each operation
// says to a key that is disabled, and to one that is pending deletion.
func TestAKeyStateForbidsWhatItForbidsOnAWS(t *testing.T) {
	const disabled, pending = "DisabledException", "KMSInvalidStateException"
	table := map[string]struct {
		whenDisabled, whenPending string
		in                        any // but for the key
	}{
		"CancelKeyDeletion":    {pending, "", kms.CancelKeyDeletionInput{}}, // not pending deletion has the same code
		"CreateAlias":          {"", pending, kms.CreateAliasInput{AliasName: ptr("alias/new")}},
		"UpdateAlias":          {"", pending, kms.UpdateAliasInput{AliasName: ptr("alias/other")}},
		"DescribeKey":          {"", "", kms.DescribeKeyInput{}},
		"DisableKey":           {"", pending, kms.DisableKeyInput{}},
		"EnableKey":            {"", pending, kms.EnableKeyInput{}},
		"EnableKeyRotation":    {disabled, pending, kms.EnableKeyRotationInput{}},
		"DisableKeyRotation":   {disabled, pending, kms.DisableKeyRotationInput{}},
		"GetKeyRotationStatus": {"", "", kms.GetKeyRotationStatusInput{}},
		"RotateKeyOnDemand":    {disabled, pending, kms.RotateKeyOnDemandInput{}},
		"ReplicateKey":         {disabled, pending, kms.ReplicateKeyInput{ReplicaRegion: ptr("us-west-2")}},
		"GetKeyPolicy":         {"", "", kms.GetKeyPolicyInput{}},
		"ListAliases":          {"", "", kms.ListAliasesInput{}},
		"ListResourceTags":     {"", "", kms.ListResourceTagsInput{}},
		"TagResource":          {"", pending, kms.TagResourceInput{Tags: tags("a=b")}},
		"UntagResource":        {"", pending, kms.UntagResourceInput{TagKeys: []string{"a"}}},
		"ScheduleKeyDeletion":  {"", pending, kms.ScheduleKeyDeletionInput{}},
		"GetPublicKey":         {disabled, pending, kms.GetPublicKeyInput{}},
		"Encrypt":              {disabled, pending, kms.EncryptInput{Plaintext: []byte("m")}},
		"Decrypt":              {disabled, pending, kms.DecryptInput{CiphertextBlob: []byte("m")}},
		"GenerateDataKey":      {disabled, pending, kms.GenerateDataKeyInput{KeySpec: "AES_256"}},
		"GenerateMac":          {disabled, pending, kms.GenerateMacInput{Message: []byte("m"), MacAlgorithm: "HMAC_SHA_256"}},
		"VerifyMac":            {disabled, pending, kms.VerifyMacInput{Message: []byte("m"), Mac: []byte("m"), MacAlgorithm: "HMAC_SHA_256"}},
		"Sign":                 {disabled, pending, kms.SignInput{Message: []byte("m"), SigningAlgorithm: "ECDSA_SHA_256"}},
		"Verify":               {disabled, pending, kms.VerifyInput{Message: []byte("m"), Signature: []byte("m"), SigningAlgorithm: "ECDSA_SHA_256"}},

		"GenerateDataKeyWithoutPlaintext": {disabled, pending, kms.GenerateDataKeyWithoutPlaintextInput{KeySpec: "AES_256"}},
	}
	for operation, test := range table {
		for state, want := range map[string]string{"DisableKey": test.whenDisabled, "ScheduleKeyDeletion": test.whenPending} {
			t.Run(operation+" after "+state, func(t *testing.T) {
				k := kmstest.New(kmstest.Config{})
				key, other := addMultiRegion(t, k).KeyId, addMultiRegion(t, k).KeyId
				_, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: ptr("alias/other"), TargetKeyId: other})
				check(t, err)
				check(t, call(t.Context(), k, state, func(in reflect.Value) { in.FieldByName("KeyId").Set(reflect.ValueOf(key)) }))
				wantCode(t, call(t.Context(), k, operation, func(in reflect.Value) {
					in.Set(reflect.ValueOf(test.in))
					for _, name := range []string{"KeyId", "TargetKeyId"} {
						if member := in.FieldByName(name); member.IsValid() {
							member.Set(reflect.ValueOf(key))
						}
					}
				}), want)
			})
		}
	}
	for _, operation := range operations() {
		_, found := table[operation]
		switch operation {
		case "CreateKey", "ListKeys", "DeleteAlias", "GenerateRandom": // no key in any state
		case "ReEncrypt": // with its two keys in cipher_test.go
		default:
			if !found {
				t.Errorf("%s is not in the table", operation)
			}
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
