package kmstest

import (
	"fmt"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

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

// configuration describes the multi-Region key as the key with this ARN sees it.
func (r *replicas) configuration(arn string) *types.MultiRegionConfiguration {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c := &types.MultiRegionConfiguration{
		MultiRegionKeyType: types.MultiRegionKeyTypeReplica,
		PrimaryKey:         r.primary.describe(),
	}
	if arn == r.primary.arn {
		c.MultiRegionKeyType = types.MultiRegionKeyTypePrimary
	}
	for _, p := range slices.Clone(r.others) {
		c.ReplicaKeys = append(c.ReplicaKeys, *p.describe())
	}
	return c
}

// Replicate puts a replica of a multi-Region key (CreateKey with MultiRegion) into
// the KMS of another Region, and returns the replica's ARN: the same key ID and key
// material, present and future, under an ARN of its own. What one encrypts the other
// decrypts. It stands in for the operation ReplicateKey, which only AWS can do with
// the name of a Region alone.
//
// keyID names a primary key in k, in any form. to must be in the same account and
// another Region.
func (k *KMS) Replicate(keyID string, to *KMS) (arn string, err error) {
	if to.account != k.account || to.partition != k.partition || to.region == k.region {
		return "", fmt.Errorf("kmstest: cannot replicate from %v to %v: give the KMS of another Region in the same account and partition", k, to)
	}
	primary, err := k.enabled(&keyID)
	if err != nil {
		return "", err
	}
	if primary.replicas == nil || primary.replicas.primary.arn != primary.arn {
		return "", fmt.Errorf("kmstest: %s is not the primary of a multi-Region key: create it with MultiRegion", primary.arn)
	}
	return to.addReplica(primary)
}

func (k *KMS) addReplica(primary *key) (arn string, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, exists := k.keys[primary.id]; exists {
		return "", errorf("AlreadyExistsException", "%s already exists", k.keyARN(primary.id))
	}
	replica := &key{
		id:          primary.id,
		arn:         k.keyARN(primary.id),
		spec:        primary.spec,
		created:     k.timestamp(),
		description: primary.description,
		material:    primary.material,
		replicas:    primary.replicas,
	}
	k.keys[replica.id] = replica
	primary.replicas.add(place{arn: replica.arn, region: k.region})
	return replica.arn, nil
}
