package kmstest

import (
	"context"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// An alias is a name for a key.
type alias struct {
	target           string // a key ID
	created, updated time.Time
}

// CreateAlias gives a key a name, "alias/…" (API Reference, CreateAlias).
func (k *KMS) CreateAlias(ctx context.Context, in *kms.CreateAliasInput, _ ...func(*kms.Options)) (*kms.CreateAliasOutput, error) {
	return manage(ctx, k, in, k.createAlias)
}

func (k *KMS) createAlias(in *kms.CreateAliasInput) (*kms.CreateAliasOutput, error) {
	target, err := k.aliasTarget(in.AliasName, in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	if _, exists := k.aliases[*in.AliasName]; exists {
		return nil, errorf("AlreadyExistsException", "An alias with the name %s already exists", k.arn(*in.AliasName))
	}
	now := k.timestamp()
	k.aliases[*in.AliasName] = &alias{target: target.id, created: now, updated: now}
	return &kms.CreateAliasOutput{}, nil
}

// UpdateAlias points an alias at another key of the same kind and usage (API
// Reference, UpdateAlias). That another kind is a ValidationException is (L).
func (k *KMS) UpdateAlias(ctx context.Context, in *kms.UpdateAliasInput, _ ...func(*kms.Options)) (*kms.UpdateAliasOutput, error) {
	return manage(ctx, k, in, k.updateAlias)
}

func (k *KMS) updateAlias(in *kms.UpdateAliasInput) (*kms.UpdateAliasOutput, error) {
	target, err := k.aliasTarget(in.AliasName, in.TargetKeyId)
	if err != nil {
		return nil, err
	}
	current, err := k.find(*in.AliasName)
	if err != nil {
		return nil, err
	}
	if current.spec.usage != target.spec.usage || current.spec.asymmetric() != target.spec.asymmetric() {
		return nil, invalid("Alias %s cannot be changed from a key for %s to a key for %s", k.arn(*in.AliasName), current.spec.usage, target.spec.usage)
	}
	updated := k.aliases[*in.AliasName]
	updated.target, updated.updated = target.id, k.timestamp()
	return &kms.UpdateAliasOutput{}, nil
}

// DeleteAlias takes a name away and leaves the key (API Reference, DeleteAlias).
func (k *KMS) DeleteAlias(ctx context.Context, in *kms.DeleteAliasInput, _ ...func(*kms.Options)) (*kms.DeleteAliasOutput, error) {
	return manage(ctx, k, in, k.deleteAlias)
}

func (k *KMS) deleteAlias(in *kms.DeleteAliasInput) (*kms.DeleteAliasOutput, error) {
	if err := checkAliasName(in.AliasName); err != nil {
		return nil, err
	}
	if _, err := k.find(*in.AliasName); err != nil {
		return nil, err
	}
	delete(k.aliases, *in.AliasName)
	return &kms.DeleteAliasOutput{}, nil
}

// ListAliases lists the aliases, of one key if KeyId names it by its ID or ARN, in
// pages of 1 to 100, by default 50 (API Reference, ListAliases). Those of AWS's own
// keys, alias/aws/…, are not there.
func (k *KMS) ListAliases(ctx context.Context, in *kms.ListAliasesInput, _ ...func(*kms.Options)) (*kms.ListAliasesOutput, error) {
	return manage(ctx, k, in, k.listAliases)
}

func (k *KMS) listAliases(in *kms.ListAliasesInput) (*kms.ListAliasesOutput, error) {
	var only *key
	if in.KeyId != nil {
		found, err := k.findKey(in.KeyId)
		if err != nil {
			return nil, err
		}
		only = found
	}
	entries := map[string]types.AliasListEntry{}
	for name, a := range k.aliases {
		if only == nil || only.id == a.target {
			entries[name] = types.AliasListEntry{
				AliasName: copied(name), AliasArn: copied(k.arn(name)), TargetKeyId: copied(a.target),
				CreationDate: copied(a.created), LastUpdatedDate: copied(a.updated),
			}
		}
	}
	page, next, err := pageOf(entries, in.Limit, 100, 50, in.Marker)
	return &kms.ListAliasesOutput{Aliases: page, NextMarker: next, Truncated: next != nil}, err
}

// aliasTarget checks the name of an alias and returns the key that it is to stand for.
func (k *KMS) aliasTarget(name, keyID *string) (*key, error) {
	if err := checkAliasName(name); err != nil {
		return nil, err
	}
	if keyID != nil && strings.HasPrefix(*keyID, "alias/") {
		return nil, invalid("Aliases must refer to keys. Not aliases") // (M)
	}
	return k.findManaged(keyID)
}

func checkAliasName(name *string) error {
	if err := requireText("aliasName", name, 256); err != nil {
		return err
	}
	if !strings.HasPrefix(*name, "alias/") {
		return invalid("Alias must start with the prefix \"alias/\"") // (M)
	}
	if !regexp.MustCompile(`^alias/[a-zA-Z0-9/_-]+$`).MatchString(*name) {
		return errorf("InvalidAliasNameException", "Alias contains invalid characters for an alias") // (M)
	}
	if strings.HasPrefix(*name, "alias/aws/") {
		return errorf("NotAuthorizedException", "The prefix alias/aws/ is reserved for AWS managed keys") // (M)
	}
	return nil
}
