package kmstest

import (
	"context"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// CreateAlias gives a key a name, "alias/…" (API Reference, CreateAlias).
func (k *KMS) CreateAlias(ctx context.Context, in *kms.CreateAliasInput, _ ...func(*kms.Options)) (*kms.CreateAliasOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "CreateAlias", in.TargetKeyId, func() (*kms.CreateAliasOutput, error) {
		return &kms.CreateAliasOutput{}, k.createAlias(in)
	})
}

func (k *KMS) createAlias(in *kms.CreateAliasInput) error {
	if err := checkAliasName(in.AliasName); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	target, err := k.aliasTarget(in.TargetKeyId)
	if err != nil {
		return err
	}
	if _, exists := k.aliases[*in.AliasName]; exists {
		return errorf("AlreadyExistsException", "An alias with the name %s already exists", k.aliasARN(*in.AliasName))
	}
	k.aliases[*in.AliasName] = target.id
	return nil
}

// UpdateAlias points an alias at another key of the same kind and usage (API
// Reference, UpdateAlias). That another kind is a ValidationException is (L).
func (k *KMS) UpdateAlias(ctx context.Context, in *kms.UpdateAliasInput, _ ...func(*kms.Options)) (*kms.UpdateAliasOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "UpdateAlias", in.TargetKeyId, func() (*kms.UpdateAliasOutput, error) {
		return &kms.UpdateAliasOutput{}, k.updateAlias(in)
	})
}

func (k *KMS) updateAlias(in *kms.UpdateAliasInput) error {
	if err := checkAliasName(in.AliasName); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	target, err := k.aliasTarget(in.TargetKeyId)
	if err != nil {
		return err
	}
	current, err := k.find(*in.AliasName)
	if err != nil {
		return err
	}
	if current.spec.usage != target.spec.usage || current.spec.asymmetric() != target.spec.asymmetric() {
		return invalid("Alias %s cannot be changed from a key for %s to a key for %s", k.aliasARN(*in.AliasName), current.spec.usage, target.spec.usage)
	}
	k.aliases[*in.AliasName] = target.id
	return nil
}

// DeleteAlias takes a name away and leaves the key (API Reference, DeleteAlias).
func (k *KMS) DeleteAlias(ctx context.Context, in *kms.DeleteAliasInput, _ ...func(*kms.Options)) (*kms.DeleteAliasOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "DeleteAlias", in.AliasName, func() (*kms.DeleteAliasOutput, error) {
		return &kms.DeleteAliasOutput{}, k.deleteAlias(in)
	})
}

func (k *KMS) deleteAlias(in *kms.DeleteAliasInput) error {
	if err := checkAliasName(in.AliasName); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := k.find(*in.AliasName); err != nil {
		return err
	}
	delete(k.aliases, *in.AliasName)
	return nil
}

// aliasTarget returns the key that an alias is to stand for. The caller holds k.mu.
func (k *KMS) aliasTarget(keyID *string) (*key, error) {
	if keyID != nil && strings.HasPrefix(*keyID, "alias/") {
		return nil, invalid("Aliases must refer to keys. Not aliases") // (M)
	}
	target, err := k.findKey(keyID)
	if err != nil {
		return nil, err
	}
	return target, target.checkNotPending()
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
