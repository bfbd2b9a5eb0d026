package kmstest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// A key is a KMS key of one Region. What may change of it is guarded by KMS.mu;
// material and replicas, which Regions share, have locks of their own.
type key struct {
	id      string
	arn     string
	spec    spec
	created time.Time
	particulars
	material *material
	replicas *replicas // nil unless it is a multi-Region key

	disabled bool
	deletion time.Time // zero unless it is pending deletion
}

// particulars are what the replicas of a multi-Region key do not share.
type particulars struct {
	description string
	policy      string
	tags        map[string]string
}

// particularsOf checks what CreateKey and ReplicateKey alike say of a new key.
func (k *KMS) particularsOf(description, policy *string, tags []types.Tag) (p particulars, err error) {
	if p.description = deref(description); len(p.description) > 8192 {
		return p, invalid("Value at 'description' failed to satisfy constraint: Member must have length between 0 and 8192")
	}
	if p.policy, err = k.policyOf(policy); err != nil {
		return p, err
	}
	p.tags = map[string]string{}
	return p, p.tag(tags)
}

// insert adds a key that was created now. The caller holds k.mu.
func (k *KMS) insert(id string, s spec, m *material, p particulars) *key {
	n := &key{id: id, arn: k.arn("key/" + id), spec: s, created: k.timestamp(), particulars: p, material: m}
	k.keys[id] = n
	return n
}

// newKeyID returns a key ID: a UUID, or mrk- and 32 hexadecimal digits for a
// multi-Region key.
func newKeyID(multiRegion bool) string {
	random := [16]byte(randomBytes(16))
	if multiRegion {
		return "mrk-" + hex.EncodeToString(random[:])
	}
	return uuid(random)
}

func uuid(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40 // version 4
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// timestamp is now, as exactly as KMS gives times.
func (k *KMS) timestamp() time.Time { return k.account.now().UTC().Truncate(time.Millisecond) }

// ref is the name of a key inside its ciphertexts. It is the same for all replicas
// of a multi-Region key, and another one in another account.
func (k *KMS) ref(key *key) [sha256.Size]byte {
	if key.replicas != nil {
		return sha256.Sum256([]byte(key.replicas.primary.arn))
	}
	return sha256.Sum256([]byte(key.arn))
}

// The states of a key. The caller holds KMS.mu.

func (key *key) state() types.KeyState {
	switch {
	case !key.deletion.IsZero():
		return types.KeyStatePendingDeletion
	case key.disabled:
		return types.KeyStateDisabled
	}
	return types.KeyStateEnabled
}

// checkNotPending is the key state that managing a key asks for, checkEnabled the
// one that using it does (Developer Guide, "Key states of AWS KMS keys"). Where that
// table leaves open which exception a key pending deletion meets, it is
// KMSInvalidStateException here.
func (key *key) checkNotPending() error {
	if key.state() == types.KeyStatePendingDeletion {
		return errorf("KMSInvalidStateException", "%s is pending deletion.", key.arn)
	}
	return nil
}

func (key *key) checkEnabled() error {
	if err := key.checkNotPending(); err != nil {
		return err
	}
	if key.disabled {
		return errorf("DisabledException", "%s is disabled.", key.arn)
	}
	return nil
}

// metadata describes the key, in memory of its own: a caller that writes to it must
// not change the key. The caller holds k.mu.
func (k *KMS) metadata(key *key) *types.KeyMetadata {
	m := &types.KeyMetadata{
		KeyId:                 copied(key.id),
		Arn:                   copied(key.arn),
		AWSAccountId:          copied(k.account.id),
		CreationDate:          copied(key.created),
		CustomerMasterKeySpec: types.CustomerMasterKeySpec(key.spec.name), //lint:ignore SA1019 KMS still sends it
		Description:           copied(key.description),
		Enabled:               key.state() == types.KeyStateEnabled,
		EncryptionAlgorithms:  slices.Clone(key.spec.encryption),
		KeyManager:            types.KeyManagerTypeCustomer,
		KeySpec:               key.spec.name,
		KeyState:              key.state(),
		KeyUsage:              key.spec.usage,
		MacAlgorithms:         slices.Clone(key.spec.mac),
		MultiRegion:           copied(key.replicas != nil),
		Origin:                types.OriginTypeAwsKms,
		SigningAlgorithms:     slices.Clone(key.spec.signing),
	}
	if key.spec.rotates() {
		m.CurrentKeyMaterialId = key.material.current().name()
	}
	if key.replicas != nil {
		m.MultiRegionConfiguration = key.replicas.configuration(key.arn)
	}
	if !key.deletion.IsZero() {
		m.DeletionDate = copied(key.deletion)
	}
	return m
}

// copied returns a pointer to a copy.
func copied[T any](v T) *T { return &v }

// deref returns what p points to, or the zero value where a request has left it out.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
