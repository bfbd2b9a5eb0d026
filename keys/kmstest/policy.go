package kmstest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/kms"
)

// GetKeyPolicy returns the policy that a key was created with, or the default
// one of AWS, which leaves permissions to IAM (API Reference, GetKeyPolicy). This KMS
// keeps policies, but permits everything whatever they say.
func (k *KMS) GetKeyPolicy(ctx context.Context, in *kms.GetKeyPolicyInput, _ ...func(*kms.Options)) (*kms.GetKeyPolicyOutput, error) {
	return manage(ctx, k, in, k.getKeyPolicy)
}

func (k *KMS) getKeyPolicy(in *kms.GetKeyPolicyInput) (*kms.GetKeyPolicyOutput, error) {
	name := in.PolicyName
	if name == nil {
		name = copied("default")
	}
	if err := requireText("policyName", name, 128); err != nil {
		return nil, err
	}
	key, err := k.findKey(in.KeyId)
	if err != nil {
		return nil, err
	}
	if *name != "default" {
		return nil, errorf("NotFoundException", "No such policy exists") // (M)
	}
	return &kms.GetKeyPolicyOutput{Policy: copied(key.policy), PolicyName: copied("default")}, nil
}

// policyOf returns the policy of a new key: the one that is asked for, which must be a
// JSON object of at most 128 KiB, or the default one.
func (k *KMS) policyOf(asked *string) (string, error) {
	if asked == nil {
		return fmt.Sprintf(defaultPolicy, k.partition, k.account.id), nil
	}
	if err := requireText("policy", asked, 131072); err != nil {
		return "", err
	}
	var document map[string]any
	if err := json.Unmarshal([]byte(*asked), &document); err != nil || document == nil {
		return "", errorf("MalformedPolicyDocumentException", "The policy is no JSON object")
	}
	return *asked, nil
}

// defaultPolicy is that of keys created without one (Developer Guide, "Default key
// policy").
const defaultPolicy = `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:%s:iam::%s:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`
