package kmstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestAReplicaDecryptsWhatThePrimaryEncryptsAndBack(t *testing.T) {
	east, west := kmstest.New(kmstest.Config{}), kmstest.New(kmstest.Config{Region: "us-west-2"})
	primary := addMultiRegion(t, east)
	early := encrypt(t, east, primary.Arn)
	replica, err := east.Replicate(*primary.KeyId, west)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(*primary.Arn, "us-east-1", "us-west-2", 1); replica != want || !strings.HasPrefix(*primary.KeyId, "mrk-") {
		t.Errorf("the replica of %s is %s", *primary.Arn, replica)
	}

	if _, err := east.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: primary.KeyId}); err != nil {
		t.Fatal(err)
	}
	wantDecrypts(t, west, primary.KeyId, early)
	wantDecrypts(t, west, nil, encrypt(t, east, primary.Arn))
	wantDecrypts(t, east, primary.Arn, encrypt(t, west, &replica))

	out, err := decrypt(t.Context(), west, nil, early)
	if err != nil || *out.KeyId != replica {
		t.Errorf("the replica answers with the key %v: %v", out, err)
	}
	_, err = decrypt(t.Context(), west, primary.Arn, early)
	wantCode(t, err, "NotFoundException") // an ARN of the other Region
	_, err = west.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: &replica})
	wantCode(t, err, "UnsupportedOperationException")
	if got := metadataOf(t, west, &replica).MultiRegionConfiguration.MultiRegionKeyType; got != types.MultiRegionKeyTypeReplica {
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

func TestOnlyAPrimaryKeyIsReplicatedAndOnlyToAnotherRegion(t *testing.T) {
	east, west := kmstest.New(kmstest.Config{}), kmstest.New(kmstest.Config{Region: "us-west-2"})
	primary := *addMultiRegion(t, east).KeyId
	if _, err := east.Replicate(primary, west); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		from, to *kmstest.KMS
		key      string
		want     string
	}{
		"a second time":              {east, west, primary, "AlreadyExistsException"},
		"from a replica":             {west, kmstest.New(kmstest.Config{Region: "eu-west-1"}), primary, "create it with MultiRegion"},
		"a single-Region key":        {east, west, *add(t, east, types.KeySpecHmac256), "create it with MultiRegion"},
		"a key that there is not":    {east, west, "alias/nobody", "NotFoundException"},
		"to its own Region":          {east, kmstest.New(kmstest.Config{}), primary, "give the KMS of another Region"},
		"to another account":         {east, kmstest.New(kmstest.Config{Region: "us-west-1", Account: "444455556666"}), primary, "give the KMS of another Region"},
		"to another partition":       {east, kmstest.New(kmstest.Config{Region: "cn-north-1"}), primary, "give the KMS of another Region"},
		"to the KMS that it is from": {east, east, primary, "give the KMS of another Region"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := test.from.Replicate(test.key, test.to); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
