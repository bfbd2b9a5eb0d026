package kmstest

import (
	"bytes"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// lists pages through all keys, of which there may be many, and looks for three.
func (c contract) lists(t *testing.T) {
	missing := map[string]string{} // ID to ARN
	for range 3 {
		key := c.createHMAC(t)
		missing[*key.KeyId] = *key.Arn
	}
	page := send(t, c.API.ListKeys, &kms.ListKeysInput{Limit: number(2)})
	if len(page.Keys) > 2 || !page.Truncated {
		t.Errorf("a page of 2 keys: got %d, truncated %v", len(page.Keys), page.Truncated)
	}
	for seen := map[string]bool{}; ; {
		for _, key := range page.Keys {
			if arn, ours := missing[deref(key.KeyId)]; ours && arn != deref(key.KeyArn) {
				t.Errorf("%s is listed with the ARN %q", deref(key.KeyId), deref(key.KeyArn))
			}
			if seen[deref(key.KeyId)] {
				t.Errorf("%q is listed twice", deref(key.KeyId))
			}
			seen[deref(key.KeyId)] = true
			delete(missing, deref(key.KeyId))
		}
		if !page.Truncated {
			break
		}
		marker := deref(page.NextMarker)
		page = send(t, c.API.ListKeys, &kms.ListKeysInput{Limit: number(1000), Marker: &marker})
		if page.Truncated && deref(page.NextMarker) == marker {
			t.Fatal("the marker of the next page is that of this one")
		}
	}
	if len(missing) > 0 {
		t.Errorf("not listed: %v", missing)
	}
	_, err := c.API.ListKeys(t.Context(), &kms.ListKeysInput{Limit: number(1001)})
	wantCode(t, err, "ValidationException")
	_, err = c.API.ListKeys(t.Context(), &kms.ListKeysInput{Marker: page.NextMarker, Limit: number(0)})
	wantCode(t, err, "ValidationException")
	marker := "no marker of this KMS"
	_, err = c.API.ListKeys(t.Context(), &kms.ListKeysInput{Marker: &marker})
	wantCode(t, err, "InvalidMarkerException")
}

func (c contract) tags(t *testing.T) {
	tag := func(name, value string) types.Tag { return types.Tag{TagKey: &name, TagValue: &value} }
	key := c.createAs(t, &kms.CreateKeyInput{Tags: []types.Tag{tag("team", "orders"), tag("stage", "")}})
	c.wantTags(t, key.Arn, map[string]string{"team": "orders", "stage": ""})
	send(t, c.API.TagResource, &kms.TagResourceInput{KeyId: key.KeyId, Tags: []types.Tag{tag("team", "billing"), tag("owner", "alice")}})
	c.wantTags(t, key.KeyId, map[string]string{"team": "billing", "stage": "", "owner": "alice"})
	send(t, c.API.UntagResource, &kms.UntagResourceInput{KeyId: key.KeyId, TagKeys: []string{"team", "nobody's"}})
	c.wantTags(t, key.KeyId, map[string]string{"stage": "", "owner": "alice"})

	_, err := c.API.TagResource(t.Context(), &kms.TagResourceInput{KeyId: key.KeyId, Tags: []types.Tag{tag("a", "1"), tag("a", "2")}})
	wantCode(t, err, "TagException")
	_, err = c.API.TagResource(t.Context(), &kms.TagResourceInput{KeyId: key.KeyId, Tags: []types.Tag{tag("aws:a", "1")}})
	wantCode(t, err, "TagException")
	_, err = c.API.TagResource(t.Context(), &kms.TagResourceInput{KeyId: key.KeyId, Tags: []types.Tag{tag(strings.Repeat("a", 129), "1")}})
	wantCode(t, err, "ValidationException")
}

// wantTags reads the tags of a key one by one, and there are at least two.
func (c contract) wantTags(t *testing.T, key *string, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	in := &kms.ListResourceTagsInput{KeyId: key, Limit: number(1)}
	for i := 1; ; i++ {
		page := send(t, c.API.ListResourceTags, in)
		for _, tag := range page.Tags {
			if tag.TagKey == nil || tag.TagValue == nil {
				t.Errorf("ListResourceTags: a tag without name or value")
				continue
			}
			got[*tag.TagKey] = *tag.TagValue
		}
		if i == len(want) || len(page.Tags) != 1 {
			break
		}
		if deref(page.NextMarker) == "" || !page.Truncated {
			t.Fatalf("ListResourceTags: page %d is truncated %v, and the next marker %q", i, page.Truncated, deref(page.NextMarker))
		}
		in.Marker = page.NextMarker
	}
	if !maps.Equal(got, want) {
		t.Errorf("got the tags %v, want %v", got, want)
	}
}

func (c contract) policies(t *testing.T) {
	key := c.createHMAC(t)
	out := send(t, c.API.GetKeyPolicy, &kms.GetKeyPolicyInput{KeyId: key.KeyId})
	var policy struct{ Statement []any }
	if err := json.Unmarshal([]byte(deref(out.Policy)), &policy); err != nil || len(policy.Statement) == 0 || deref(out.PolicyName) != "default" {
		t.Errorf("GetKeyPolicy: got %q, called %q: %v", deref(out.Policy), deref(out.PolicyName), err)
	}
	other := "other"
	_, err := c.API.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: key.KeyId, PolicyName: &other})
	wantCode(t, err, "NotFoundException")
}

func (c contract) rotations(t *testing.T) {
	key := c.createSymmetric(t).KeyId
	status := func() *kms.GetKeyRotationStatusOutput {
		return send(t, c.API.GetKeyRotationStatus, &kms.GetKeyRotationStatusInput{KeyId: key})
	}
	if got := status(); got.KeyRotationEnabled {
		t.Error("a new key rotates by itself")
	}
	send(t, c.API.EnableKeyRotation, &kms.EnableKeyRotationInput{KeyId: key, RotationPeriodInDays: number(90)})
	got := status()
	if !got.KeyRotationEnabled || deref(got.RotationPeriodInDays) != 90 || deref(got.NextRotationDate).IsZero() || !strings.HasSuffix(deref(got.KeyId), *key) {
		t.Errorf("GetKeyRotationStatus of %q: got %v, every %d days, next on %v", deref(got.KeyId), got.KeyRotationEnabled, deref(got.RotationPeriodInDays), got.NextRotationDate)
	}
	send(t, c.API.DisableKeyRotation, &kms.DisableKeyRotationInput{KeyId: key})
	if got := status(); got.KeyRotationEnabled {
		t.Error("the key still rotates by itself")
	}
	_, err := c.API.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: key, RotationPeriodInDays: number(89)})
	wantCode(t, err, "ValidationException")
	for _, other := range []*types.KeyMetadata{c.createP256(t), c.createHMAC(t)} {
		_, err := c.API.EnableKeyRotation(t.Context(), &kms.EnableKeyRotationInput{KeyId: other.KeyId})
		wantCode(t, err, "UnsupportedOperationException")
	}
}

func (c contract) random(t *testing.T) {
	for _, size := range []int32{16, 1024} {
		one := send(t, c.API.GenerateRandom, &kms.GenerateRandomInput{NumberOfBytes: &size}).Plaintext
		two := send(t, c.API.GenerateRandom, &kms.GenerateRandomInput{NumberOfBytes: &size}).Plaintext
		if len(one) != int(size) || bytes.Equal(one, two) {
			t.Errorf("got %d bytes, want %d, and others each time", len(one), size)
		}
	}
	for _, in := range []*kms.GenerateRandomInput{{}, {NumberOfBytes: number(0)}, {NumberOfBytes: number(1025)}} {
		_, err := c.API.GenerateRandom(t.Context(), in)
		wantCode(t, err, "ValidationException")
	}
}

func (c contract) replicates(t *testing.T) {
	multiRegion := true
	primary := c.createAs(t, &kms.CreateKeyInput{MultiRegion: &multiRegion})
	if !strings.HasPrefix(*primary.KeyId, "mrk-") {
		t.Errorf("a multi-Region key with the ID %s", *primary.KeyId)
	}
	checkMetadata(t, kinds()[0], primary, true)
	wantRegions(t, primary, types.MultiRegionKeyTypePrimary, *primary.Arn)
	if c.Other == nil {
		return
	}

	there := contract{Harness{API: c.Other}}
	place := strings.Split(*there.createHMAC(t).Arn, ":")
	if len(place) < 4 {
		t.Fatalf("keys elsewhere have ARNs of %d parts", len(place))
	}
	description, name, value := contractDescription, "team", "orders"
	out := send(t, c.API.ReplicateKey, &kms.ReplicateKeyInput{
		KeyId: primary.KeyId, ReplicaRegion: &place[3], Description: &description, Tags: []types.Tag{{TagKey: &name, TagValue: &value}},
	})
	replica := out.ReplicaKeyMetadata
	if replica == nil || deref(replica.Arn) == "" {
		t.Fatal("ReplicateKey: the answer lacks the ARN of the replica")
	}
	deleteLater(t, c.Other, primary.KeyId)
	if deref(out.ReplicaPolicy) == "" || deref(replica.KeyId) != *primary.KeyId {
		t.Errorf("ReplicateKey: got %q with the policy %q", deref(replica.KeyId), deref(out.ReplicaPolicy))
	}
	if len(out.ReplicaTags) != 1 || deref(out.ReplicaTags[0].TagKey) != name || deref(out.ReplicaTags[0].TagValue) != value {
		t.Errorf("ReplicateKey: got %d tags that are not %s=%s", len(out.ReplicaTags), name, value)
	}
	if replica.KeyState == types.KeyStateCreating { // as on AWS, for some seconds
		replica.KeyState, replica.Enabled = types.KeyStateEnabled, !replica.Enabled
	}
	checkMetadata(t, kinds()[0], replica, true)
	wantRegions(t, replica, types.MultiRegionKeyTypeReplica, *primary.Arn, *replica.Arn)
	wantRegions(t, c.describe(t, primary.KeyId), types.MultiRegionKeyTypePrimary, *primary.Arn, *replica.Arn)

	there.awaitEnabled(t, primary.KeyId)
	checkMetadata(t, kinds()[0], there.describe(t, primary.KeyId), true)
	there.wantPlaintext(t, &kms.DecryptInput{KeyId: primary.KeyId, CiphertextBlob: c.encrypt(t, primary.KeyId)}, replica.Arn, []byte("secret"))
	c.wantPlaintext(t, &kms.DecryptInput{CiphertextBlob: there.encrypt(t, primary.KeyId)}, primary.Arn, []byte("secret"))
	_, err := c.API.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: primary.KeyId, ReplicaRegion: &place[3]})
	wantCode(t, err, "AlreadyExistsException")
	_, err = c.API.ReplicateKey(t.Context(), &kms.ReplicateKeyInput{KeyId: c.createSymmetric(t).KeyId, ReplicaRegion: &place[3]})
	wantCode(t, err, "UnsupportedOperationException")
}

// wantRegions checks how a multi-Region key describes itself: its primary key, and the
// replicas behind that.
func wantRegions(t *testing.T, key *types.KeyMetadata, kind types.MultiRegionKeyType, arns ...string) {
	t.Helper()
	got := key.MultiRegionConfiguration
	if got == nil || got.PrimaryKey == nil {
		t.Errorf("%s does not describe its Regions", deref(key.KeyId))
		return
	}
	found := append([]types.MultiRegionKey{*got.PrimaryKey}, got.ReplicaKeys...)
	if got.MultiRegionKeyType != kind || len(found) != len(arns) {
		t.Errorf("got a %q key of %d Regions, want a %s key of %d", got.MultiRegionKeyType, len(found), kind, len(arns))
		return
	}
	for i, arn := range arns {
		if deref(found[i].Arn) != arn || !strings.Contains(arn, ":"+deref(found[i].Region)+":") {
			t.Errorf("got %q in %q, want %s", deref(found[i].Arn), deref(found[i].Region), arn)
		}
	}
}

// awaitEnabled waits, on AWS for some seconds, until a replica can be used.
func (c contract) awaitEnabled(t *testing.T, key *string) {
	t.Helper()
	for range 60 {
		if c.describe(t, key).KeyState != types.KeyStateCreating {
			return
		}
		time.Sleep(time.Second)
	}
	t.Fatal("the replica is still being created after a minute")
}
