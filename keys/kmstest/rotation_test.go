package kmstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

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

// A clock that a test moves.
type clock struct{ now time.Time }

func newClock() *clock { return &clock{time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)} }

func (c *clock) read() time.Time   { return c.now }
func (c *clock) pass(days int)     { c.now = c.now.AddDate(0, 0, days) }
func (c *clock) kms() *kmstest.KMS { return kmstest.New(kmstest.Config{Now: c.read}) }

func rotationOf(t *testing.T, k *kmstest.KMS, key *string) *kms.GetKeyRotationStatusOutput {
	t.Helper()
	out, err := k.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: key})
	check(t, err)
	return out
}

func enableRotation(t *testing.T, k *kmstest.KMS, key *string, days *int32) {
	t.Helper()
	_, err := k.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: key, RotationPeriodInDays: days})
	check(t, err)
}

func TestAKeyRotatesByItselfWhenItsPeriodIsOver(t *testing.T) {
	clock := newClock()
	k := clock.kms()
	key := add(t, k, types.KeySpecSymmetricDefault)
	blob, first := encrypt(t, k, key), *metadataOf(t, k, key).CurrentKeyMaterialId
	if got := rotationOf(t, k, key); got.KeyRotationEnabled || got.NextRotationDate != nil || got.RotationPeriodInDays != nil {
		t.Errorf("a new key rotates: %+v", got)
	}

	enableRotation(t, k, key, nil)
	if got := rotationOf(t, k, key); !got.KeyRotationEnabled || *got.RotationPeriodInDays != 365 || !got.NextRotationDate.Equal(clock.now.AddDate(0, 0, 365)) || !strings.HasSuffix(*key, *got.KeyId) {
		t.Errorf("got %+v, want a rotation in 365 days", got)
	}
	enableRotation(t, k, key, ptr(int32(90)))
	clock.pass(89)
	if got := *metadataOf(t, k, key).CurrentKeyMaterialId; got != first {
		t.Error("it has rotated a day early")
	}
	clock.pass(1)
	second := *metadataOf(t, k, key).CurrentKeyMaterialId
	if second == first {
		t.Error("it has not rotated after 90 days")
	}
	if got := rotationOf(t, k, key); *got.RotationPeriodInDays != 90 || !got.NextRotationDate.Equal(clock.now.AddDate(0, 0, 90)) {
		t.Errorf("got %+v, want the next rotation in 90 days", got)
	}
	wantDecrypts(t, k, key, blob)

	_, err := k.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: key})
	check(t, err)
	clock.pass(3000)
	if got := rotationOf(t, k, key); got.KeyRotationEnabled || *metadataOf(t, k, key).CurrentKeyMaterialId != second {
		t.Errorf("it rotates after DisableKeyRotation: %+v", got)
	}
}

// What rotates by itself does not count among the 25 (API Reference, RotateKeyOnDemand),
// and what rotates on demand does not move the date.
func TestRotationsOnDemandAndAutomaticOnesDoNotMeddle(t *testing.T) {
	clock := newClock()
	k := clock.kms()
	key := add(t, k, types.KeySpecSymmetricDefault)
	enableRotation(t, k, key, ptr(int32(90)))
	next := rotationOf(t, k, key).NextRotationDate
	for range 25 {
		_, err := k.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: key})
		check(t, err)
	}
	if got := rotationOf(t, k, key).NextRotationDate; !got.Equal(*next) {
		t.Errorf("the next rotation is on %v, want %v", got, next)
	}
	before := *metadataOf(t, k, key).CurrentKeyMaterialId
	clock.pass(90)
	if *metadataOf(t, k, key).CurrentKeyMaterialId == before {
		t.Error("it does not rotate by itself any more")
	}
	other := add(t, k, types.KeySpecSymmetricDefault)
	enableRotation(t, k, other, ptr(int32(90)))
	clock.pass(90 * 30)
	_, err := k.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: other})
	check(t, err)
}

// API Reference, GetKeyRotationStatus: a disabled key keeps its status and rotates when
// it is enabled again; one that is pending deletion has the status false.
func TestADisabledKeyRotatesOnceItIsEnabled(t *testing.T) {
	clock := newClock()
	k := clock.kms()
	key := add(t, k, types.KeySpecSymmetricDefault)
	enableRotation(t, k, key, ptr(int32(90)))
	before := *metadataOf(t, k, key).CurrentKeyMaterialId
	_, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: key})
	check(t, err)
	clock.pass(100)
	if got := rotationOf(t, k, key); !got.KeyRotationEnabled || *metadataOf(t, k, key).CurrentKeyMaterialId != before {
		t.Errorf("a disabled key: %+v", got)
	}
	_, err = k.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: key})
	wantCode(t, err, "DisabledException")
	_, err = k.EnableKey(t.Context(), &kms.EnableKeyInput{KeyId: key})
	check(t, err)
	if *metadataOf(t, k, key).CurrentKeyMaterialId == before {
		t.Error("enabled again, it has not rotated")
	}

	_, err = k.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: key})
	check(t, err)
	if rotationOf(t, k, key).KeyRotationEnabled {
		t.Error("a key pending deletion rotates")
	}
	_, err = k.DisableKeyRotation(t.Context(), &kms.DisableKeyRotationInput{KeyId: key})
	wantCode(t, err, "KMSInvalidStateException")
	_, err = k.CancelKeyDeletion(t.Context(), &kms.CancelKeyDeletionInput{KeyId: key})
	check(t, err)
	if !rotationOf(t, k, key).KeyRotationEnabled {
		t.Error("the status is lost with the deletion that was cancelled")
	}
}

func TestOnlyASymmetricKeyForEncryptionRotates(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	rsa, err := k.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeEncryptDecrypt})
	check(t, err)
	for _, key := range []*string{rsa.KeyMetadata.Arn, add(t, k, types.KeySpecHmac256), add(t, k, types.KeySpecEccNistP256)} {
		_, err := k.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: key})
		wantCode(t, err, "UnsupportedOperationException")
		_, err = k.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: key})
		wantCode(t, err, "UnsupportedOperationException")
		if rotationOf(t, k, key).KeyRotationEnabled {
			t.Errorf("%s rotates", *key)
		}
	}
	key := add(t, k, types.KeySpecSymmetricDefault)
	for days, code := range map[int32]string{89: "ValidationException", 90: "", 2560: "", 2561: "ValidationException"} {
		_, err := k.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: key, RotationPeriodInDays: &days})
		wantCode(t, err, code)
	}
}

// The status is the primary's to set, and all Regions share it and the new material.
func TestTheReplicasRotateWithTheirPrimary(t *testing.T) {
	clock := newClock()
	east := clock.kms()
	west := east.In("us-west-2")
	key := addMultiRegion(t, east).KeyId
	replicate(t, east, west, key)
	_, err := west.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: key})
	wantCode(t, err, "UnsupportedOperationException")
	enableRotation(t, east, key, ptr(int32(90)))
	if !rotationOf(t, west, key).KeyRotationEnabled {
		t.Error("the replica does not rotate")
	}
	clock.pass(90)
	wantDecrypts(t, east, key, encrypt(t, west, key))
	if got, want := *metadataOf(t, west, key).CurrentKeyMaterialId, *metadataOf(t, east, key).CurrentKeyMaterialId; got != want {
		t.Errorf("the material is %s here and %s there", got, want)
	}
}
