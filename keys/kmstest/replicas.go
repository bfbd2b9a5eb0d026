package kmstest

import (
	"context"
	"regexp"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// ReplicateKey puts a replica of a multi-Region key (CreateKey with MultiRegion) into
// another Region: the same key ID and key material, present and future, under an ARN
// of its own (API Reference, ReplicateKey). [KMS.In] returns the KMS there, with
// which the replica can be used at once. Description, Policy and Tags are the
// replica's own.
//
// KeyId names the primary key by its ID or ARN. Any other key is an
// UnsupportedOperationException; a Region that has a replica, or the primary itself
// (L), is an AlreadyExistsException; one of another partition is a
// ValidationException (L).
func (k *KMS) ReplicateKey(ctx context.Context, in *kms.ReplicateKeyInput, _ ...func(*kms.Options)) (*kms.ReplicateKeyOutput, error) {
	return perform(ctx, k, in, k.replicateKey)
}

func (k *KMS) replicateKey(in *kms.ReplicateKeyInput) (*kms.ReplicateKeyOutput, error) {
	if err := requireText("replicaRegion", in.ReplicaRegion, 32); err != nil {
		return nil, err
	}
	region := *in.ReplicaRegion
	if !regexp.MustCompile(`^([a-z]+-){2,3}\d+$`).MatchString(region) || partitionOf(region) != k.partition {
		return nil, invalid("Value '%.64s' at 'replicaRegion' failed to satisfy constraint: Member must be a Region of the partition %s", region, k.partition)
	}
	p, err := k.particularsOf(in.Description, in.Policy, in.Tags)
	if err != nil {
		return nil, err
	}
	primary, err := k.primaryKey(in.KeyId)
	if err != nil {
		return nil, err
	}
	return k.In(region).addReplica(primary, p) // with no lock held, since Regions replicate both ways
}

// primaryKey returns the primary of a multi-Region key.
func (k *KMS) primaryKey(keyID *string) (*key, error) {
	k.lock()
	defer k.mu.Unlock()
	key, err := k.findKey(keyID)
	if err != nil {
		return nil, err
	}
	if err := key.checkEnabled(); err != nil {
		return nil, err
	}
	if key.replicas == nil || key.replicas.primary.arn != key.arn {
		return nil, unsupported("%s is not a multi-region primary key.", key.arn)
	}
	return key, nil
}

func (k *KMS) addReplica(primary *key, p particulars) (*kms.ReplicateKeyOutput, error) {
	k.lock()
	defer k.mu.Unlock()
	if _, exists := k.keys[primary.id]; exists {
		return nil, errorf("AlreadyExistsException", "%s already exists", k.arn("key/"+primary.id))
	}
	replica := k.insert(primary.id, primary.spec, primary.material, p)
	replica.replicas = primary.replicas
	primary.replicas.add(place{arn: replica.arn, region: k.region})
	tags, _, err := pageOf(replica.tagEntries(), nil, maxTags, maxTags, nil)
	return &kms.ReplicateKeyOutput{ReplicaKeyMetadata: k.metadata(replica), ReplicaPolicy: copied(replica.policy), ReplicaTags: tags}, err
}

// replicas is what the Regions of a multi-Region key know of each other.
type replicas struct {
	primary place // never changes: kmstest has no UpdatePrimaryRegion

	mu     sync.RWMutex
	others []place
}

// A place is where a key of a multi-Region key is.
type place struct{ arn, region string }

func (p place) describe() *types.MultiRegionKey {
	return &types.MultiRegionKey{Arn: &p.arn, Region: &p.region}
}

func (r *replicas) add(p place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.others = append(r.others, p)
}

// remove forgets a replica that has been deleted.
func (r *replicas) remove(arn string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.others = slices.DeleteFunc(r.others, func(p place) bool { return p.arn == arn })
}

// configuration describes the multi-Region key as the key with this ARN sees it.
func (r *replicas) configuration(arn string) *types.MultiRegionConfiguration {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c := &types.MultiRegionConfiguration{
		MultiRegionKeyType: types.MultiRegionKeyTypeReplica,
		PrimaryKey:         r.primary.describe(),
		ReplicaKeys:        []types.MultiRegionKey{}, // which is sent even when empty (M)
	}
	if arn == r.primary.arn {
		c.MultiRegionKeyType = types.MultiRegionKeyTypePrimary
	}
	for _, p := range r.others {
		c.ReplicaKeys = append(c.ReplicaKeys, *p.describe())
	}
	return c
}
