package kmstest

import (
	"context"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// maxTags is how many tags a key has at most (Developer Guide, "Resource quotas").
const maxTags = 50

// TagResource adds tags to a key, and replaces those of the same name (API
// Reference, TagResource). A name has 1 to 128 characters, a value 0 to 256.
func (k *KMS) TagResource(ctx context.Context, in *kms.TagResourceInput, _ ...func(*kms.Options)) (*kms.TagResourceOutput, error) {
	return manage(ctx, k, in, func(in *kms.TagResourceInput) (*kms.TagResourceOutput, error) {
		if in.Tags == nil {
			return nil, invalid("Value at 'tags' failed to satisfy constraint: Member must not be null")
		}
		key, err := k.findManaged(in.KeyId)
		if err != nil {
			return nil, err
		}
		return &kms.TagResourceOutput{}, key.tag(in.Tags)
	})
}

// UntagResource takes tags away by their names. A name that no tag has is no error
// (API Reference, UntagResource).
func (k *KMS) UntagResource(ctx context.Context, in *kms.UntagResourceInput, _ ...func(*kms.Options)) (*kms.UntagResourceOutput, error) {
	return manage(ctx, k, in, func(in *kms.UntagResourceInput) (*kms.UntagResourceOutput, error) {
		if in.TagKeys == nil {
			return nil, invalid("Value at 'tagKeys' failed to satisfy constraint: Member must not be null")
		}
		key, err := k.findManaged(in.KeyId)
		if err != nil {
			return nil, err
		}
		for _, name := range in.TagKeys {
			delete(key.tags, name)
		}
		return &kms.UntagResourceOutput{}, nil
	})
}

// ListResourceTags lists the tags of a key in whatever state it is, in pages of 1 to
// 50, by default 50 (API Reference, ListResourceTags).
func (k *KMS) ListResourceTags(ctx context.Context, in *kms.ListResourceTagsInput, _ ...func(*kms.Options)) (*kms.ListResourceTagsOutput, error) {
	return manage(ctx, k, in, func(in *kms.ListResourceTagsInput) (*kms.ListResourceTagsOutput, error) {
		key, err := k.findKey(in.KeyId)
		if err != nil {
			return nil, err
		}
		page, next, err := pageOf(key.tagEntries(), in.Limit, 50, 50, in.Marker)
		return &kms.ListResourceTagsOutput{Tags: page, NextMarker: next, Truncated: next != nil}, err
	})
}

func (p *particulars) tagEntries() map[string]types.Tag {
	entries := map[string]types.Tag{}
	for name, value := range p.tags {
		entries[name] = types.Tag{TagKey: &name, TagValue: &value}
	}
	return entries
}

// tag adds tags, all or none. The codes of the errors are (M).
func (p *particulars) tag(tags []types.Tag) error {
	added := map[string]string{}
	for _, t := range tags {
		if err := checkTag(t); err != nil {
			return err
		}
		if _, twice := added[*t.TagKey]; twice {
			return errorf("TagException", "Duplicate tag keys")
		}
		added[*t.TagKey] = *t.TagValue
	}
	all := maps.Clone(p.tags)
	maps.Copy(all, added)
	if len(all) > maxTags {
		return errorf("TagException", "Too many tags")
	}
	p.tags = all
	return nil
}

func checkTag(t types.Tag) error {
	if err := requireText("tagKey", t.TagKey, 128); err != nil {
		return err
	}
	if t.TagValue == nil || utf8.RuneCountInString(*t.TagValue) > 256 {
		return invalid("Value at 'tagValue' failed to satisfy constraint: Member must have length between 0 and 256")
	}
	if strings.HasPrefix(strings.ToLower(*t.TagKey), "aws:") {
		return errorf("TagException", "Tags beginning with aws: are reserved")
	}
	return nil
}
