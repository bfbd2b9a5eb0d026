package kmstest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// AddKey puts a key with material of your own into the KMS, and returns its ARN:
// keys from a fixture, or one that a test holds the private half of. spec names its
// kind, which implies its usage: keys of RSA sign.
//
// material is a crypto.Signer for an asymmetric spec (*rsa.PrivateKey,
// *ecdsa.PrivateKey, ed25519.PrivateKey, *mldsa.PrivateKey), and bytes for
// SYMMETRIC_DEFAULT (32) and HMAC_224 to HMAC_512 (28, 32, 48 and 64). nil has it
// made, as CreateKey does. The error says what does not fit.
func (k *KMS) AddKey(spec types.KeySpec, material any) (arn string, err error) {
	s, err := checkSpec(spec)
	if err != nil {
		return "", err
	}
	m, err := importMaterial(s, material)
	if err != nil {
		return "", err
	}
	p, err := k.particularsOf(nil, nil, nil)
	if err != nil {
		return "", err
	}
	k.lock()
	defer k.mu.Unlock()
	return k.insert(newKeyID(false), s, m, p).arn, nil
}

// CreateKey makes a key (API Reference, CreateKey). It reads KeySpec, KeyUsage,
// Description, MultiRegion, Policy and Tags; Origin is AWS_KMS alone. The material is
// made when it is first needed.
func (k *KMS) CreateKey(ctx context.Context, in *kms.CreateKeyInput, _ ...func(*kms.Options)) (*kms.CreateKeyOutput, error) {
	return manage(ctx, k, in, k.createKey)
}

func (k *KMS) createKey(in *kms.CreateKeyInput) (*kms.CreateKeyOutput, error) {
	s, err := checkSpec(specIn(in))
	if err != nil {
		return nil, err
	}
	if s, err = s.usedFor(in.KeyUsage); err != nil {
		return nil, err
	}
	if err := checkOrigin(in); err != nil {
		return nil, err
	}
	p, err := k.particularsOf(in.Description, in.Policy, in.Tags)
	if err != nil {
		return nil, err
	}
	multiRegion := deref(in.MultiRegion)
	created := k.insert(newKeyID(multiRegion), s, newMaterial(s), p)
	if multiRegion {
		created.replicas = &replicas{primary: place{arn: created.arn, region: k.region}}
	}
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
