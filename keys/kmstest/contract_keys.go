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
		t.Run(k.String(), func(t *testing.T) {
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
		place, _, _ := strings.Cut(*c.createSymmetric(t).Arn, ":key/")
		for _, id := range []string{
			"00000000-0000-4000-8000-000000000000",
			place + ":key/00000000-0000-4000-8000-000000000000",
			"alias/" + randomName(),
			place + ":alias/" + randomName(),
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
	checkMetadata(t, k, created, false)
	for _, id := range []*string{created.KeyId, created.Arn} {
		got := c.describe(t, id)
		if deref(got.Arn) != *created.Arn || deref(got.KeyId) != *created.KeyId {
			t.Errorf("%s is described as %q, %q", *id, deref(got.Arn), deref(got.KeyId))
		}
		checkMetadata(t, k, got, false)
	}
}

// describe calls DescribeKey.
func (c contract) describe(t *testing.T, key *string) *types.KeyMetadata {
	t.Helper()
	got := send(t, c.API.DescribeKey, &kms.DescribeKeyInput{KeyId: key}).KeyMetadata
	if got == nil {
		t.Fatal("DescribeKey: the answer lacks KeyMetadata")
	}
	return got
}

// checkMetadata checks how a key that is enabled describes itself.
func checkMetadata(t *testing.T, k kind, got *types.KeyMetadata, multiRegion bool) {
	t.Helper()
	if got.KeySpec != k.spec || got.KeyUsage != k.usage {
		t.Errorf("got a key of %s for %s, want %s for %s", got.KeySpec, got.KeyUsage, k.spec, k.usage)
	}
	//lint:ignore SA1019 KMS still sends it
	if former := got.CustomerMasterKeySpec; string(former) != string(k.spec) {
		t.Errorf("the key spec is %q under its former name, want %s", former, k.spec)
	}
	if got.KeyState != types.KeyStateEnabled || !got.Enabled {
		t.Errorf("a new key is %s, Enabled %v", got.KeyState, got.Enabled)
	}
	if !sameSet(got.EncryptionAlgorithms, k.encryption) || !sameSet(got.SigningAlgorithms, k.signing) || !sameSet(got.MacAlgorithms, k.mac) {
		t.Errorf("got the algorithms %v %v %v, want %v %v %v", got.EncryptionAlgorithms, got.SigningAlgorithms, got.MacAlgorithms, k.encryption, k.signing, k.mac)
	}
	if account := deref(got.AWSAccountId); account == "" || !strings.HasSuffix(deref(got.Arn), ":"+account+":key/"+deref(got.KeyId)) {
		t.Errorf("the ARN %q does not end in the account %q and the key ID %q", deref(got.Arn), account, deref(got.KeyId))
	}
	if deref(got.CreationDate).IsZero() {
		t.Error("a key without a creation date")
	}
	if deref(got.Description) != contractDescription || got.KeyManager != types.KeyManagerTypeCustomer || got.Origin != types.OriginTypeAwsKms {
		t.Errorf("got a key %q, managed by %q, of origin %q", deref(got.Description), got.KeyManager, got.Origin)
	}
	if got.MultiRegion == nil || *got.MultiRegion != multiRegion {
		t.Errorf("the key does not say that MultiRegion is %v", multiRegion)
	}
	if (deref(got.CurrentKeyMaterialId) != "") != (k.spec == types.KeySpecSymmetricDefault) {
		t.Errorf("the key material of %s is %q", k, deref(got.CurrentKeyMaterialId))
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
	deletion := send(t, c.API.ScheduleKeyDeletion, &kms.ScheduleKeyDeletionInput{KeyId: key, PendingWindowInDays: &days})
	wantKey(t, "ScheduleKeyDeletion", deletion.KeyId, key)
	if deletion.KeyState != types.KeyStatePendingDeletion || deref(deletion.PendingWindowInDays) != days || deref(deletion.DeletionDate).IsZero() {
		t.Errorf("ScheduleKeyDeletion: got %s after %d days on %v", deletion.KeyState, deref(deletion.PendingWindowInDays), deletion.DeletionDate)
	}
	wantCode(t, encrypt(), "KMSInvalidStateException")
	_, err = c.API.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: key})
	wantCode(t, err, "KMSInvalidStateException")
	c.wantState(t, key, types.KeyStatePendingDeletion)

	wantKey(t, "CancelKeyDeletion", send(t, c.API.CancelKeyDeletion, &kms.CancelKeyDeletionInput{KeyId: key}).KeyId, key)
	c.wantState(t, key, types.KeyStateDisabled)
}

func (c contract) wantState(t *testing.T, key *string, want types.KeyState) {
	t.Helper()
	got := c.describe(t, key)
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
	c.wantAliases(t, first, name, arn)
	c.wantAliases(t, second)
	_, err := c.API.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &name, TargetKeyId: second.KeyId})
	wantCode(t, err, "AlreadyExistsException")

	send(t, c.API.UpdateAlias, &kms.UpdateAliasInput{AliasName: &name, TargetKeyId: second.Arn})
	for _, id := range []string{name, arn} {
		c.wantPublicKeyOf(t, id, second)
	}
	c.wantAliases(t, second, name, arn)

	send(t, c.API.DeleteAlias, &kms.DeleteAliasInput{AliasName: &name})
	_, err = c.API.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &name})
	wantCode(t, err, "NotFoundException")
	_, err = c.API.DeleteAlias(t.Context(), &kms.DeleteAliasInput{AliasName: &name})
	wantCode(t, err, "NotFoundException")
}

// wantPublicKeyOf checks that id finds a key, which the answer names by its ARN.
func (c contract) wantPublicKeyOf(t *testing.T, id string, want *types.KeyMetadata) {
	t.Helper()
	wantKey(t, "GetPublicKey of "+id, send(t, c.API.GetPublicKey, &kms.GetPublicKeyInput{KeyId: &id}).KeyId, want.Arn)
}

// wantAliases checks that a key has one alias, given as its name and ARN, or none.
func (c contract) wantAliases(t *testing.T, key *types.KeyMetadata, nameAndARN ...string) {
	t.Helper()
	out := send(t, c.API.ListAliases, &kms.ListAliasesInput{KeyId: key.KeyId})
	var got []string
	for _, a := range out.Aliases {
		got = append(got, deref(a.AliasName), deref(a.AliasArn))
		if deref(a.TargetKeyId) != *key.KeyId || deref(a.CreationDate).IsZero() || deref(a.LastUpdatedDate).IsZero() {
			t.Errorf("ListAliases: got the target %q of %v, updated %v, want %s", deref(a.TargetKeyId), a.CreationDate, a.LastUpdatedDate, *key.KeyId)
		}
	}
	if !slices.Equal(got, nameAndARN) || out.Truncated {
		t.Errorf("ListAliases: got %q, truncated %v, want %q", got, out.Truncated, nameAndARN)
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
