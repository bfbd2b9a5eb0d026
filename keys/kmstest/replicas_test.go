package kmstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestAReplicaDecryptsWhatThePrimaryEncryptsAndBack(t *testing.T) {
	east := kmstest.New(kmstest.Config{})
	west := east.In("us-west-2")
	primary := addMultiRegion(t, east)
	early := encrypt(t, east, primary.Arn)
	replica := replicate(t, east, west, primary.KeyId)
	if want := strings.Replace(*primary.Arn, "us-east-1", "us-west-2", 1); *replica != want || !strings.HasPrefix(*primary.KeyId, "mrk-") {
		t.Errorf("the replica of %s is %s", *primary.Arn, *replica)
	}

	if _, err := east.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: primary.KeyId}); err != nil {
		t.Fatal(err)
	}
	wantDecrypts(t, west, primary.KeyId, early)
	wantDecrypts(t, west, nil, encrypt(t, east, primary.Arn))
	wantDecrypts(t, east, primary.Arn, encrypt(t, west, replica))

	out, err := decrypt(t.Context(), west, nil, early)
	if err != nil || *out.KeyId != *replica {
		t.Errorf("the replica answers with the key %v: %v", out, err)
	}
	_, err = decrypt(t.Context(), west, primary.Arn, early)
	wantCode(t, err, "NotFoundException") // an ARN of the other Region
	_, err = west.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: replica})
	wantCode(t, err, "UnsupportedOperationException")
	if got := metadataOf(t, west, replica).MultiRegionConfiguration.MultiRegionKeyType; got != types.MultiRegionKeyTypeReplica {
		t.Errorf("the replica is a %s", got)
	}
	if got := metadataOf(t, east, primary.Arn).MultiRegionConfiguration.MultiRegionKeyType; got != types.MultiRegionKeyTypePrimary {
		t.Errorf("the primary is a %s", got)
	}
}

func metadataOf(t *testing.T, k *kmstest.KMS, key *string) *types.KeyMetadata {
	t.Helper()
	out, err := k.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: key})
	if err != nil {
		t.Fatal(err)
	}
	return out.KeyMetadata
}

// Description, policy and tags are not shared (API Reference, ReplicateKey).
func TestAReplicaHasParticularsOfItsOwn(t *testing.T) {
	east := kmstest.New(kmstest.Config{})
	tag := func(value string) []types.Tag { return []types.Tag{{TagKey: ptr("team"), TagValue: &value}} }
	created, err := east.CreateKey(t.Context(), &kms.CreateKeyInput{MultiRegion: ptr(true), Description: ptr("login"), Policy: ptr(`{"Id":"east"}`), Tags: tag("east")})
	if err != nil {
		t.Fatal(err)
	}
	key := created.KeyMetadata.KeyId
	if regions := created.KeyMetadata.MultiRegionConfiguration.ReplicaKeys; regions == nil || len(regions) != 0 {
		t.Errorf("a new primary has the replicas %v, want an empty list", regions)
	}
	plain, err := east.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: key, ReplicaRegion: ptr("us-west-2")})
	if err != nil {
		t.Fatal(err)
	}
	if got := plain.ReplicaKeyMetadata; *got.Description != "" || got.KeyState != types.KeyStateEnabled || len(plain.ReplicaTags) != 0 || !strings.Contains(*plain.ReplicaPolicy, "key-default-1") {
		t.Errorf("got a replica with %q, %s, %v, %s", *got.Description, got.KeyState, plain.ReplicaTags, *plain.ReplicaPolicy)
	}
	own, err := east.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{
		KeyId: key, ReplicaRegion: ptr("eu-west-1"), Description: ptr("elsewhere"), Policy: ptr(`{"Id":"eu"}`), Tags: tag("eu"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := own.ReplicaKeyMetadata; *got.Description != "elsewhere" || *own.ReplicaPolicy != `{"Id":"eu"}` || len(own.ReplicaTags) != 1 || *own.ReplicaTags[0].TagValue != "eu" {
		t.Errorf("got a replica with %q, %s, %v", *got.Description, *own.ReplicaPolicy, own.ReplicaTags)
	}
	if got := tagsOf(t, east, key); got != "team=east" {
		t.Errorf("the primary now has the tags %s", got)
	}
	if got := metadataOf(t, east, key).MultiRegionConfiguration.ReplicaKeys; len(got) != 2 || *got[1].Region != "eu-west-1" {
		t.Errorf("the primary knows the replicas %v", got)
	}
}

func TestOnlyAPrimaryKeyIsReplicatedAndOnlyToAnotherRegion(t *testing.T) {
	east := kmstest.New(kmstest.Config{})
	west := east.In("us-west-2")
	primary := addMultiRegion(t, east).KeyId
	replicate(t, east, west, primary)
	alias, disabled, pending := ptr("alias/login"), addMultiRegion(t, east).KeyId, addMultiRegion(t, east).KeyId
	_, err := east.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: alias, TargetKeyId: primary})
	check(t, err)
	_, err = east.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: disabled})
	check(t, err)
	_, err = east.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: pending})
	check(t, err)
	for name, test := range map[string]struct {
		from *kmstest.KMS
		in   kms.ReplicateKeyInput
		code string
	}{
		"a second time":            {east, kms.ReplicateKeyInput{KeyId: primary, ReplicaRegion: ptr("us-west-2")}, "AlreadyExistsException"},
		"to its own Region":        {east, kms.ReplicateKeyInput{KeyId: primary, ReplicaRegion: ptr("us-east-1")}, "AlreadyExistsException"},
		"from a replica":           {west, kms.ReplicateKeyInput{KeyId: primary, ReplicaRegion: ptr("eu-west-1")}, "UnsupportedOperationException"},
		"a single-Region key":      {east, kms.ReplicateKeyInput{KeyId: add(t, east, types.KeySpecHmac256), ReplicaRegion: ptr("eu-west-1")}, "UnsupportedOperationException"},
		"a disabled key":           {east, kms.ReplicateKeyInput{KeyId: disabled, ReplicaRegion: ptr("eu-west-1")}, "DisabledException"},
		"a key pending deletion":   {east, kms.ReplicateKeyInput{KeyId: pending, ReplicaRegion: ptr("eu-west-1")}, "KMSInvalidStateException"},
		"by an alias":              {east, kms.ReplicateKeyInput{KeyId: alias, ReplicaRegion: ptr("eu-west-1")}, "NotFoundException"},
		"to another partition":     {east, kms.ReplicateKeyInput{KeyId: primary, ReplicaRegion: ptr("cn-north-1")}, "ValidationException"},
		"to no Region":             {east, kms.ReplicateKeyInput{KeyId: primary, ReplicaRegion: ptr("Ireland")}, "ValidationException"},
		"to a Region of 32 bytes":  {east, kms.ReplicateKeyInput{KeyId: alias, ReplicaRegion: ptr("us-" + strings.Repeat("a", 27) + "-1")}, "NotFoundException"},
		"to a Region of 33 bytes":  {east, kms.ReplicateKeyInput{KeyId: alias, ReplicaRegion: ptr("us-" + strings.Repeat("a", 28) + "-1")}, "ValidationException"},
		"to nowhere":               {east, kms.ReplicateKeyInput{KeyId: primary}, "ValidationException"},
		"no key":                   {east, kms.ReplicateKeyInput{ReplicaRegion: ptr("eu-west-1")}, "ValidationException"},
		"with a policy of no JSON": {east, kms.ReplicateKeyInput{KeyId: primary, ReplicaRegion: ptr("eu-west-1"), Policy: ptr("allow")}, "MalformedPolicyDocumentException"},
		"with a reserved tag":      {east, kms.ReplicateKeyInput{KeyId: primary, ReplicaRegion: ptr("eu-west-1"), Tags: []types.Tag{{TagKey: ptr("aws:x"), TagValue: ptr("")}}}, "TagException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.from.ReplicateKey(t.Context(), &test.in)
			wantCode(t, err, test.code)
		})
	}
	if out, err := east.In("eu-west-1").ListKeys(t.Context(), nil); err != nil || len(out.Keys) != 0 {
		t.Errorf("a refused replica is there: %v, %v", out, err)
	}
}

func TestADeletedReplicaIsForgottenAndCanBeMadeAgain(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	east := kmstest.New(kmstest.Config{Now: func() time.Time { return now }})
	west := east.In("us-west-2")
	primary := addMultiRegion(t, east)
	stays := replicate(t, east, east.In("eu-west-1"), primary.KeyId)
	for range 2 {
		replica := replicate(t, east, west, primary.KeyId)
		_, err := west.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: replica, PendingWindowInDays: ptr(int32(7))})
		check(t, err)
		now = now.AddDate(0, 0, 7)
		_, err = west.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: replica})
		wantCode(t, err, "NotFoundException")
		if got := metadataOf(t, east, primary.KeyId).MultiRegionConfiguration.ReplicaKeys; len(got) != 1 || *got[0].Arn != *stays {
			t.Errorf("the primary knows %d replicas, want the one that stays", len(got))
		}
	}
}

func TestAKMSOfAnotherAccountSharesNothing(t *testing.T) {
	one, other := kmstest.New(kmstest.Config{}), kmstest.New(kmstest.Config{})
	primary := addMultiRegion(t, one).KeyId
	replicate(t, one, one.In("us-west-2"), primary)
	_, err := other.In("us-west-2").DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: primary})
	wantCode(t, err, "NotFoundException")
	if west := one.In("us-west-2"); one.In("us-west-2") != west || west.In("") != one {
		t.Error("a Region has two KMSs")
	}
}
