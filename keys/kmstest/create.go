package kmstest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// AddKey puts a key with material of your own into the KMS, and returns its ARN:
// keys from a fixture, or one that a test holds the private half of. spec names its
// kind, which implies its usage.
//
// material is a crypto.Signer for an asymmetric spec (*rsa.PrivateKey,
// *ecdsa.PrivateKey, ed25519.PrivateKey, *mldsa.PrivateKey), and bytes for
// SYMMETRIC_DEFAULT (32) and HMAC_224 to HMAC_512 (28, 32, 48 and 64). nil has it
// made, as CreateKey does. The error says what does not fit.
func (k *KMS) AddKey(name types.KeySpec, material any) (arn string, err error) {
	s, err := checkSpec(name)
	if err != nil {
		return "", err
	}
	m, err := importMaterial(s, material)
	if err != nil {
		return "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.insert(k.newKey(s, m, "", false)).arn, nil
}

// CreateKey makes a key (API Reference, CreateKey). It reads KeySpec, KeyUsage,
// Description and MultiRegion; Policy and Tags are ignored; Origin is AWS_KMS alone.
// The material is made when it is first needed.
func (k *KMS) CreateKey(ctx context.Context, in *kms.CreateKeyInput, _ ...func(*kms.Options)) (*kms.CreateKeyOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "CreateKey", nil, func() (*kms.CreateKeyOutput, error) {
		return k.createKey(in)
	})
}

func (k *KMS) createKey(in *kms.CreateKeyInput) (*kms.CreateKeyOutput, error) {
	s, err := checkSpec(specIn(in))
	if err != nil {
		return nil, err
	}
	if err := checkUsage(s, in.KeyUsage); err != nil {
		return nil, err
	}
	if err := checkOrigin(in); err != nil {
		return nil, err
	}
	description := ""
	if in.Description != nil {
		description = *in.Description
	}
	if len(description) > 8192 {
		return nil, invalid("Value at 'description' failed to satisfy constraint: Member must have length between 0 and 8192")
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	created := k.insert(k.newKey(s, newMaterial(s), description, in.MultiRegion != nil && *in.MultiRegion))
	return &kms.CreateKeyOutput{KeyMetadata: k.metadata(created)}, nil
}

// specIn returns the key spec of a request, which older clients send under its
// former name.
func specIn(in *kms.CreateKeyInput) types.KeySpec {
	if in.KeySpec != "" {
		return in.KeySpec
	}
	return types.KeySpec(in.CustomerMasterKeySpec) //lint:ignore SA1019 KMS still reads it
}

func checkUsage(s spec, usage types.KeyUsageType) error {
	if usage == "" {
		if s.name == types.KeySpecSymmetricDefault {
			return nil
		}
		return invalid("You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.") // (M)
	}
	if err := oneOf("keyUsage", usage, usage.Values()); err != nil {
		return err
	}
	if usage == s.usage {
		return nil
	}
	if s.asymmetric() && otherUsage(s.name) == usage {
		return unsupported("kmstest has keys of %s for %s only", s.name, s.usage)
	}
	return invalid("KeyUsage %s is not compatible with KeySpec %s", usage, s.name) // (M)
}

// otherUsage is what KMS, but not this one, lets keys of a spec do besides signing.
func otherUsage(name types.KeySpec) types.KeyUsageType {
	switch name {
	case types.KeySpecRsa2048, types.KeySpecRsa3072, types.KeySpecRsa4096:
		return types.KeyUsageTypeEncryptDecrypt
	case types.KeySpecEccNistP256, types.KeySpecEccNistP384, types.KeySpecEccNistP521:
		return types.KeyUsageTypeKeyAgreement
	}
	return ""
}

func checkOrigin(in *kms.CreateKeyInput) error {
	if in.Origin == "" || in.Origin == types.OriginTypeAwsKms {
		if in.CustomKeyStoreId != nil || in.XksKeyId != nil {
			return unsupported("kmstest has no custom key stores")
		}
		return nil
	}
	if err := oneOf("origin", in.Origin, in.Origin.Values()); err != nil {
		return err
	}
	return unsupported("kmstest has no keys of origin %s: AddKey takes key material", in.Origin)
}

// insert adds a key. The caller holds k.mu.
func (k *KMS) insert(key *key) *key {
	k.keys[key.id] = key
	return key
}

// DescribeKey describes a key in whatever state it is (API Reference, DescribeKey).
func (k *KMS) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput, _ ...func(*kms.Options)) (*kms.DescribeKeyOutput, error) {
	in = orZero(in)
	return perform(ctx, k, "DescribeKey", in.KeyId, func() (*kms.DescribeKeyOutput, error) {
		if err := requireText("keyId", in.KeyId, 2048); err != nil {
			return nil, err
		}
		k.mu.Lock()
		defer k.mu.Unlock()
		key, err := k.find(*in.KeyId)
		if err != nil {
			return nil, err
		}
		return &kms.DescribeKeyOutput{KeyMetadata: k.metadata(key)}, nil
	})
}
