package kmstest

import (
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func (c contract) keys(t *testing.T) {
	for _, k := range kinds() {
		t.Run(string(k.spec), func(t *testing.T) {
			if slices.Contains(c.Refuses, k.spec) {
				c.refusesSpec(t, k)
				return
			}
			c.describesKey(t, k)
		})
	}
	t.Run("refuses a usage that the spec does not have", func(t *testing.T) {
		_, err := c.API.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecHmac256, KeyUsage: types.KeyUsageTypeSignVerify})
		wantCode(t, err, "ValidationException")
	})
	t.Run("refuses an asymmetric key without a usage", func(t *testing.T) {
		_, err := c.API.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256})
		wantCode(t, err, "ValidationException")
	})
	t.Run("knows no key that was never created", func(t *testing.T) {
		known := *c.createSymmetric(t).Arn
		for _, id := range []string{
			"00000000-0000-4000-8000-000000000000",
			known[:strings.Index(known, ":key/")] + ":key/00000000-0000-4000-8000-000000000000",
			"alias/" + randomName(),
			known[:strings.Index(known, ":key/")] + ":alias/" + randomName(),
		} {
			_, err := c.API.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &id})
			wantCode(t, err, "NotFoundException")
		}
	})
}

func (c contract) refusesSpec(t *testing.T, k kind) {
	_, err := c.API.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: k.spec, KeyUsage: k.usage})
	wantCode(t, err, "UnsupportedOperationException")
}

func (c contract) describesKey(t *testing.T, k kind) {
	created := c.create(t, k.spec, k.usage)
	for _, id := range []*string{created.KeyId, created.Arn} {
		got := send(t, c.API.DescribeKey, &kms.DescribeKeyInput{KeyId: id}).KeyMetadata
		if *got.Arn != *created.Arn || *got.KeyId != *created.KeyId {
			t.Errorf("%s is described as %s", *id, *got.Arn)
		}
		checkMetadata(t, k, got)
	}
}

func checkMetadata(t *testing.T, k kind, got *types.KeyMetadata) {
	t.Helper()
	if got.KeySpec != k.spec || got.KeyUsage != k.usage {
		t.Errorf("got a key of %s for %s, want %s for %s", got.KeySpec, got.KeyUsage, k.spec, k.usage)
	}
	if got.KeyState != types.KeyStateEnabled || !got.Enabled {
		t.Errorf("a new key is %s, Enabled %v", got.KeyState, got.Enabled)
	}
	if !sameSet(got.SigningAlgorithms, k.signing) || !sameSet(got.MacAlgorithms, k.mac) {
		t.Errorf("got the algorithms %v %v, want %v %v", got.SigningAlgorithms, got.MacAlgorithms, k.signing, k.mac)
	}
	if !strings.HasSuffix(*got.Arn, ":"+*got.AWSAccountId+":key/"+*got.KeyId) {
		t.Errorf("the ARN %s does not end in account %s and key ID %s", *got.Arn, *got.AWSAccountId, *got.KeyId)
	}
	if got.CreationDate == nil || got.CreationDate.IsZero() {
		t.Error("a key without a creation date")
	}
}

func (c contract) states(t *testing.T) {
	key := c.createSymmetric(t).Arn
	encrypt := func() error {
		_, err := c.API.Encrypt(t.Context(), &kms.EncryptInput{KeyId: key, Plaintext: []byte("secret")})
		return err
	}
	if err := encrypt(); err != nil {
		t.Fatal(err)
	}

	send(t, c.API.DisableKey, &kms.DisableKeyInput{KeyId: key})
	wantCode(t, encrypt(), "DisabledException")
	c.wantState(t, key, types.KeyStateDisabled)

	send(t, c.API.EnableKey, &kms.EnableKeyInput{KeyId: key})
	if err := encrypt(); err != nil {
		t.Errorf("enabled again: %v", err)
	}
	_, err := c.API.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: key})
	wantCode(t, err, "KMSInvalidStateException")

	days := int32(7)
	send(t, c.API.ScheduleKeyDeletion, &kms.ScheduleKeyDeletionInput{KeyId: key, PendingWindowInDays: &days})
	wantCode(t, encrypt(), "KMSInvalidStateException")
	_, err = c.API.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: key})
	wantCode(t, err, "KMSInvalidStateException")
	c.wantState(t, key, types.KeyStatePendingDeletion)

	send(t, c.API.CancelKeyDeletion, &kms.CancelKeyDeletionInput{KeyId: key})
	c.wantState(t, key, types.KeyStateDisabled)
}

func (c contract) wantState(t *testing.T, key *string, want types.KeyState) {
	t.Helper()
	got := send(t, c.API.DescribeKey, &kms.DescribeKeyInput{KeyId: key}).KeyMetadata
	if got.KeyState != want || got.Enabled != (want == types.KeyStateEnabled) {
		t.Errorf("the key is %s, Enabled %v, want %s", got.KeyState, got.Enabled, want)
	}
	if (got.DeletionDate != nil) != (want == types.KeyStatePendingDeletion) {
		t.Errorf("the deletion date of a key that is %s is %v", want, got.DeletionDate)
	}
}

func (c contract) aliases(t *testing.T) {
	first, second := c.createP256(t), c.createP256(t)
	name := "alias/" + randomName()
	arn := strings.Replace(*first.Arn, "key/"+*first.KeyId, name, 1)

	send(t, c.API.CreateAlias, &kms.CreateAliasInput{AliasName: &name, TargetKeyId: first.KeyId})
	for _, id := range []string{name, arn} {
		c.wantPublicKeyOf(t, id, first)
	}
	_, err := c.API.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: second.KeyId})
	wantCode(t, err, "AlreadyExistsException")

	send(t, c.API.UpdateAlias, &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: second.Arn})
	for _, id := range []string{name, arn} {
		c.wantPublicKeyOf(t, id, second)
	}

	send(t, c.API.DeleteAlias, &kms.DeleteAliasInput{AliasName: &name})
	_, err = c.API.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &name})
	wantCode(t, err, "NotFoundException")
	_, err = c.API.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: &name})
	wantCode(t, err, "NotFoundException")
}

// wantPublicKeyOf checks that id finds a key, which the answer names by its ARN.
func (c contract) wantPublicKeyOf(t *testing.T, id string, want *types.KeyMetadata) {
	t.Helper()
	out := send(t, c.API.GetPublicKey, &kms.GetPublicKeyInput{KeyId: &id})
	if *out.KeyId != *want.Arn {
		t.Errorf("%s stands for %s, want %s", id, *out.KeyId, *want.Arn)
	}
}

func randomName() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	return "kmstest-" + hex.EncodeToString(random[:])
}

func sameSet[T ~string](a, b []T) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
