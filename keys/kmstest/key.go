package kmstest

import (
	"crypto/rand"
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
	id          string
	arn         string
	spec        spec
	created     time.Time
	description string
	material    *material
	replicas    *replicas // nil unless it is a multi-Region key

	disabled bool
	deletion time.Time // zero unless it is pending deletion
}

// newKey returns a key that is not in the KMS yet.
func (k *KMS) newKey(s spec, m *material, description string, multiRegion bool) *key {
	n := &key{id: newKeyID(multiRegion), spec: s, created: k.timestamp(), description: description, material: m}
	n.arn = k.keyARN(n.id)
	if multiRegion {
		n.replicas = &replicas{primary: place{arn: n.arn, region: k.region}}
	}
	return n
}

// newKeyID returns a key ID: a UUID, or mrk- and 32 hexadecimal digits for a
// multi-Region key.
func newKeyID(multiRegion bool) string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
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
func (k *KMS) timestamp() time.Time { return k.now().UTC().Truncate(time.Millisecond) }

func (k *KMS) keyARN(id string) string {
	return "arn:" + k.partition + ":kms:" + k.region + ":" + k.account + ":key/" + id
}

func (k *KMS) aliasARN(name string) string {
	return "arn:" + k.partition + ":kms:" + k.region + ":" + k.account + ":" + name
}

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

// metadata describes the key. The caller holds k.mu.
func (k *KMS) metadata(key *key) *types.KeyMetadata {
	m := &types.KeyMetadata{
		KeyId:             &key.id,
		Arn:               &key.arn,
		AWSAccountId:      &k.account,
		CreationDate:      &key.created,
		Description:       &key.description,
		Enabled:           key.state() == types.KeyStateEnabled,
		KeyManager:        types.KeyManagerTypeCustomer,
		KeySpec:           key.spec.name,
		KeyState:          key.state(),
		KeyUsage:          key.spec.usage,
		Origin:            types.OriginTypeAwsKms,
		SigningAlgorithms: slices.Clone(key.spec.signing),
		MacAlgorithms:     slices.Clone(key.spec.mac),
		MultiRegion:       new(bool),
	}
	if key.spec.usage == types.KeyUsageTypeEncryptDecrypt {
		m.EncryptionAlgorithms = []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault}
		m.CurrentKeyMaterialId = key.material.current().name()
	}
	if key.replicas != nil {
		*m.MultiRegion = true
		m.MultiRegionConfiguration = key.replicas.configuration(key.arn)
	}
	if !key.deletion.IsZero() {
		m.DeletionDate = &key.deletion
	}
	return detached(m)
}

// detached gives the metadata memory of its own: a caller that writes to it must
// not change the key.
func detached(m *types.KeyMetadata) *types.KeyMetadata {
	for _, text := range []**string{&m.KeyId, &m.Arn, &m.AWSAccountId, &m.Description} {
		*text = copied(*text)
	}
	m.CreationDate, m.DeletionDate = copied(m.CreationDate), copied(m.DeletionDate)
	return m
}

// copied returns a pointer to a copy.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	c := *p
	return &c
}
