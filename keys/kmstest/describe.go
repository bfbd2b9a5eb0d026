package kmstest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// DescribeKey describes a key in whatever state it is (API Reference, DescribeKey).
func (k *KMS) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	return manage(ctx, k, in, func(in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error) {
		if err := requireText("keyId", in.KeyId, 2048); err != nil {
			return nil, err
		}
		key, err := k.find(*in.KeyId)
		if err != nil {
			return nil, err
		}
		return &kms.DescribeKeyOutput{KeyMetadata: k.metadata(key)}, nil
	})
}

// ListKeys lists the keys, in whatever state they are, in pages of 1 to 1,000, by
// default 100 (API Reference, ListKeys).
func (k *KMS) ListKeys(ctx context.Context, in *kms.ListKeysInput, _ ...func(*kms.Options)) (*kms.ListKeysOutput, error) {
	return manage(ctx, k, in, func(in *kms.ListKeysInput) (*kms.ListKeysOutput, error) {
		entries := map[string]types.KeyListEntry{}
		for id, key := range k.keys {
			entries[id] = types.KeyListEntry{KeyId: copied(id), KeyArn: copied(key.arn)}
		}
		page, next, err := pageOf(entries, in.Limit, 1000, 100, in.Marker)
		return &kms.ListKeysOutput{Keys: page, NextMarker: next, Truncated: next != nil}, err
	})
}
