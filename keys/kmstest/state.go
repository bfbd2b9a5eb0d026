package kmstest

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// EnableKey undoes DisableKey (API Reference, EnableKey). A key pending deletion is
// a KMSInvalidStateException.
func (k *KMS) EnableKey(ctx context.Context, in *kms.EnableKeyInput, _ ...func(*kms.Options)) (*kms.EnableKeyOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "EnableKey", in.KeyId, func() (*kms.EnableKeyOutput, error) {
		return &kms.EnableKeyOutput{}, k.setDisabled(in.KeyId, false)
	})
}

// DisableKey has every use of a key answered with DisabledException (API Reference,
// DisableKey). A key pending deletion is a KMSInvalidStateException.
func (k *KMS) DisableKey(ctx context.Context, in *kms.DisableKeyInput, _ ...func(*kms.Options)) (*kms.DisableKeyOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "DisableKey", in.KeyId, func() (*kms.DisableKeyOutput, error) {
		return &kms.DisableKeyOutput{}, k.setDisabled(in.KeyId, true)
	})
}

func (k *KMS) setDisabled(keyID *string, disabled bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, err := k.findKey(keyID)
	if err != nil {
		return err
	}
	if err := key.checkNotPending(); err != nil {
		return err
	}
	key.disabled = disabled
	return nil
}

// ScheduleKeyDeletion has every use of a key answered with KMSInvalidStateException,
// and deletes it and its aliases after PendingWindowInDays, 7 to 30, by default 30
// (API Reference, ScheduleKeyDeletion). That a multi-Region primary waits for its
// replicas is left out.
func (k *KMS) ScheduleKeyDeletion(ctx context.Context, in *kms.ScheduleKeyDeletionInput, _ ...func(*kms.Options)) (*kms.ScheduleKeyDeletionOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "ScheduleKeyDeletion", in.KeyId, func() (*kms.ScheduleKeyDeletionOutput, error) {
		return k.scheduleKeyDeletion(in)
	})
}

func (k *KMS) scheduleKeyDeletion(in *kms.ScheduleKeyDeletionInput) (*kms.ScheduleKeyDeletionOutput, error) {
	days := int32(30)
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < 7 || days > 30 {
		return nil, invalid("Value '%d' at 'pendingWindowInDays' failed to satisfy constraint: Member must be between 7 and 30", days)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	key, err := k.findKey(in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := key.checkNotPending(); err != nil {
		return nil, err
	}
	key.deletion = k.timestamp().Add(time.Duration(days) * 24 * time.Hour)
	arn, date := key.arn, key.deletion
	return &kms.ScheduleKeyDeletionOutput{
		KeyId:               &arn,
		DeletionDate:        &date,
		KeyState:            types.KeyStatePendingDeletion,
		PendingWindowInDays: &days,
	}, nil
}

// CancelKeyDeletion leaves the key disabled (API Reference, CancelKeyDeletion). A
// key that is not pending deletion is a KMSInvalidStateException.
func (k *KMS) CancelKeyDeletion(ctx context.Context, in *kms.CancelKeyDeletionInput, _ ...func(*kms.Options)) (*kms.CancelKeyDeletionOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "CancelKeyDeletion", in.KeyId, func() (*kms.CancelKeyDeletionOutput, error) {
		return k.cancelKeyDeletion(in)
	})
}

func (k *KMS) cancelKeyDeletion(in *kms.CancelKeyDeletionInput) (*kms.CancelKeyDeletionOutput, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, err := k.findKey(in.KeyId)
	if err != nil {
		return nil, err
	}
	if key.state() != types.KeyStatePendingDeletion {
		return nil, errorf("KMSInvalidStateException", "%s is not pending deletion.", key.arn)
	}
	key.deletion = time.Time{}
	key.disabled = true
	arn := key.arn
	return &kms.CancelKeyDeletionOutput{KeyId: &arn}, nil
}

// maxRotations is how often a key can be rotated on demand (API Reference,
// RotateKeyOnDemand).
const maxRotations = 25

// RotateKeyOnDemand gives a key of SYMMETRIC_DEFAULT new material: what was
// encrypted before still decrypts (API Reference, RotateKeyOnDemand). It takes
// effect at once, and for all replicas of a multi-Region key, whose primary alone
// can be rotated. Keys of other specs are an UnsupportedOperationException.
func (k *KMS) RotateKeyOnDemand(ctx context.Context, in *kms.RotateKeyOnDemandInput, _ ...func(*kms.Options)) (*kms.RotateKeyOnDemandOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "RotateKeyOnDemand", in.KeyId, func() (*kms.RotateKeyOnDemandOutput, error) {
		return k.rotateKeyOnDemand(in)
	})
}

func (k *KMS) rotateKeyOnDemand(in *kms.RotateKeyOnDemandInput) (*kms.RotateKeyOnDemandOutput, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	key, err := k.findKey(in.KeyId)
	if err != nil {
		return nil, err
	}
	if err := key.checkEnabled(); err != nil {
		return nil, err
	}
	if key.spec.usage != types.KeyUsageTypeEncryptDecrypt {
		return nil, unsupported("%s is of spec %s, which cannot be rotated.", key.arn, key.spec.name)
	}
	if key.replicas != nil && key.replicas.primary.arn != key.arn {
		return nil, unsupported("%s is a replica: rotate its primary key.", key.arn)
	}
	if key.material.rotations() >= maxRotations {
		return nil, errorf("LimitExceededException", "%s has been rotated on demand %d times.", key.arn, maxRotations)
	}
	key.material.rotate(key.spec.secretSize)
	id := key.id
	return &kms.RotateKeyOnDemandOutput{KeyId: &id}, nil
}
