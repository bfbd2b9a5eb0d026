package kmstest

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const day = 24 * time.Hour

// maxRotations is how often a key can be rotated on demand (API Reference,
// RotateKeyOnDemand).
const maxRotations = 25

// A rotation is how key material has been rotated and will be.
type rotation struct {
	onDemand int           // how often it was
	period   time.Duration // of automatic rotation; zero while that is off
	next     time.Time
}

// RotateKeyOnDemand gives a key of SYMMETRIC_DEFAULT new material: what was
// encrypted before still decrypts (API Reference, RotateKeyOnDemand). It takes
// effect at once, and for all replicas of a multi-Region key, whose primary alone
// can be rotated. Keys of other specs are an UnsupportedOperationException.
func (k *KMS) RotateKeyOnDemand(ctx context.Context, in *kms.RotateKeyOnDemandInput, _ ...func(*kms.Options)) (*kms.RotateKeyOnDemandOutput, error) {
	return manage(ctx, k, in, k.rotateKeyOnDemand)
}

func (k *KMS) rotateKeyOnDemand(in *kms.RotateKeyOnDemandInput) (*kms.RotateKeyOnDemandOutput, error) {
	key, err := k.rotatingKey(in.KeyId)
	if err != nil {
		return nil, err
	}
	if !key.material.rotateOnDemand() {
		return nil, errorf("LimitExceededException", "%s has been rotated on demand %d times.", key.arn, maxRotations)
	}
	return &kms.RotateKeyOnDemandOutput{KeyId: copied(key.id)}, nil
}

// EnableKeyRotation has a key of SYMMETRIC_DEFAULT rotate by itself, every
// RotationPeriodInDays from now on, 90 to 2,560, by default 365 (API Reference,
// EnableKeyRotation). It takes the keys that [KMS.RotateKeyOnDemand] takes. A key that
// is disabled when its rotation is due rotates as soon as it is enabled.
func (k *KMS) EnableKeyRotation(ctx context.Context, in *kms.EnableKeyRotationInput, _ ...func(*kms.Options)) (*kms.EnableKeyRotationOutput, error) {
	return manage(ctx, k, in, func(in *kms.EnableKeyRotationInput) (*kms.EnableKeyRotationOutput, error) {
		days := int32(365)
		if in.RotationPeriodInDays != nil {
			days = *in.RotationPeriodInDays
		}
		if days < 90 || days > 2560 {
			return nil, invalid("Value '%d' at 'rotationPeriodInDays' failed to satisfy constraint: Member must be between 90 and 2560", days)
		}
		period := time.Duration(days) * day
		return &kms.EnableKeyRotationOutput{}, k.setRotation(in.KeyId, period, k.timestamp().Add(period))
	})
}

// DisableKeyRotation undoes EnableKeyRotation (API Reference, DisableKeyRotation).
func (k *KMS) DisableKeyRotation(ctx context.Context, in *kms.DisableKeyRotationInput, _ ...func(*kms.Options)) (*kms.DisableKeyRotationOutput, error) {
	return manage(ctx, k, in, func(in *kms.DisableKeyRotationInput) (*kms.DisableKeyRotationOutput, error) {
		return &kms.DisableKeyRotationOutput{}, k.setRotation(in.KeyId, 0, time.Time{})
	})
}

func (k *KMS) setRotation(keyID *string, period time.Duration, next time.Time) error {
	key, err := k.rotatingKey(keyID)
	if err != nil {
		return err
	}
	key.material.setRotation(period, next)
	return nil
}

// rotatingKey returns the key that keyID names, if its rotation can be managed.
func (k *KMS) rotatingKey(keyID *string) (*key, error) {
	key, err := k.findKey(keyID)
	if err != nil {
		return nil, err
	}
	if err := key.checkEnabled(); err != nil {
		return nil, err
	}
	if !key.spec.rotates() {
		return nil, unsupported("%s is of spec %s, which cannot be rotated.", key.arn, key.spec.name)
	}
	if key.replicas != nil && key.replicas.primary.arn != key.arn {
		return nil, unsupported("%s is a replica: rotate its primary key.", key.arn)
	}
	return key, nil
}

// GetKeyRotationStatus says whether and when a key rotates by itself (API Reference,
// GetKeyRotationStatus). A key that is pending deletion does not, and neither does
// one of another spec than SYMMETRIC_DEFAULT, which is no error here (M).
func (k *KMS) GetKeyRotationStatus(ctx context.Context, in *kms.GetKeyRotationStatusInput, _ ...func(*kms.Options)) (*kms.GetKeyRotationStatusOutput, error) {
	return manage(ctx, k, in, k.getKeyRotationStatus)
}

func (k *KMS) getKeyRotationStatus(in *kms.GetKeyRotationStatusInput) (*kms.GetKeyRotationStatusOutput, error) {
	key, err := k.findKey(in.KeyId)
	if err != nil {
		return nil, err
	}
	out := &kms.GetKeyRotationStatusOutput{KeyId: copied(key.id)}
	r := key.material.rotationNow()
	if r.period == 0 || key.state() == types.KeyStatePendingDeletion {
		return out, nil
	}
	out.KeyRotationEnabled = true
	out.NextRotationDate = copied(r.next)
	out.RotationPeriodInDays = copied(int32(r.period / day))
	return out, nil
}
