package kmstest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func policyOf(t *testing.T, k *kmstest.KMS, key *string) string {
	t.Helper()
	out, err := k.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: key})
	check(t, err)
	if *out.PolicyName != "default" {
		t.Errorf("the policy is called %s", *out.PolicyName)
	}
	return *out.Policy
}

func TestAKeyWithoutAPolicyHasTheDefaultOne(t *testing.T) {
	k := kmstest.New(kmstest.Config{Region: "cn-north-1", Account: "444455556666"})
	var policy struct {
		Version   string
		Statement []struct {
			Effect, Action, Resource string
			Principal                struct{ AWS string }
		}
	}
	check(t, json.Unmarshal([]byte(policyOf(t, k, add(t, k, types.KeySpecHmac256))), &policy))
	if len(policy.Statement) != 1 {
		t.Fatalf("got %+v", policy)
	}
	got := policy.Statement[0]
	if policy.Version != "2012-10-17" || got.Effect != "Allow" || got.Action != "kms:*" || got.Resource != "*" || got.Principal.AWS != "arn:aws-cn:iam::444455556666:root" {
		t.Errorf("got %+v", policy)
	}
}

func TestAPolicyIsKeptAsItCame(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	const policy = `{ "Statement": [] }`
	created, err := k.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: ptr(policy)})
	check(t, err)
	key := created.KeyMetadata.Arn
	_, err = k.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: key})
	check(t, err)
	if got := policyOf(t, k, key); got != policy {
		t.Errorf("got %s", got)
	}
	for name, code := range map[string]string{
		"default": "", "other": "NotFoundException", "": "ValidationException",
		strings.Repeat("a", 128): "NotFoundException", strings.Repeat("a", 129): "ValidationException",
	} {
		_, err := k.GetKeyPolicy(t.Context(), &kms.GetKeyPolicyInput{KeyId: key, PolicyName: &name})
		wantCode(t, err, code)
	}
}

func TestAPolicyThatIsNoneIsRefused(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for policy, code := range map[string]string{
		"":                                   "ValidationException",
		"allow everything":                   "MalformedPolicyDocumentException",
		"null":                               "MalformedPolicyDocumentException",
		"[]":                                 "MalformedPolicyDocumentException",
		"{}" + strings.Repeat(" ", 131072-2): "",
		"{}" + strings.Repeat(" ", 131072-1): "ValidationException",
	} {
		_, err := k.CreateKey(t.Context(), &kms.CreateKeyInput{Policy: &policy})
		wantCode(t, err, code)
	}
}
