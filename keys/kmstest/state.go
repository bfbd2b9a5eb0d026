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
	return manage(ctx, k, in, func(in *kms.EnableKeyInput) (*kms.EnableKeyOutput, error) {
		return &kms.EnableKeyOutput{}, k.setDisabled(in.KeyId, false)
	})
}

// DisableKey has every use of a key answered with DisabledException (API Reference,
// DisableKey). A key pending deletion is a KMSInvalidStateException.
func (k *KMS) DisableKey(ctx context.Context, in *kms.DisableKeyInput, _ ...func(*kms.Options)) (*kms.DisableKeyOutput, error) {
	return manage(ctx, k, in, func(in *kms.DisableKeyInput) (*kms.DisableKeyOutput, error) {
		return &kms.DisableKeyOutput{}, k.setDisabled(in.KeyId, true)
	})
}

func (k *KMS) setDisabled(keyID *string, disabled bool) error {
	key, err := k.findManaged(keyID)
	if err != nil {
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
	return manage(ctx, k, in, k.scheduleKeyDeletion)
}

func (k *KMS) scheduleKeyDeletion(in *kms.ScheduleKeyDeletionInput) (*kms.ScheduleKeyDeletionOutput, error) {
	days := int32(30)
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < 7 || days > 30 {
		return nil, invalid("Value '%d' at 'pendingWindowInDays' failed to satisfy constraint: Member must be between 7 and 30", days)
	}
	key, err := k.findManaged(in.KeyId)
	if err != nil {
		return nil, err
	}
	key.deletion = k.timestamp().Add(time.Duration(days) * day)
	return &kms.ScheduleKeyDeletionOutput{
		KeyId:               copied(key.arn),
		DeletionDate:        copied(key.deletion),
		KeyState:            types.KeyStatePendingDeletion,
		PendingWindowInDays: &days,
	}, nil
}

// CancelKeyDeletion leaves the key disabled (API Reference, CancelKeyDeletion). A
// key that is not pending deletion is a KMSInvalidStateException.
func (k *KMS) CancelKeyDeletion(ctx context.Context, in *kms.CancelKeyDeletionInput, _ ...func(*kms.Options)) (*kms.CancelKeyDeletionOutput, error) {
	return manage(ctx, k, in, k.cancelKeyDeletion)
}

func (k *KMS) cancelKeyDeletion(in *kms.CancelKeyDeletionInput) (*kms.CancelKeyDeletionOutput, error) {
	key, err := k.findKey(in.KeyId)
	if err != nil {
		return nil, err
	}
	if key.state() != types.KeyStatePendingDeletion {
		return nil, errorf("KMSInvalidStateException", "%s is not pending deletion.", key.arn)
	}
	key.deletion = time.Time{}
	key.disabled = true
	return &kms.CancelKeyDeletionOutput{KeyId: copied(key.arn)}, nil
}
