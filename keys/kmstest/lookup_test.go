package kmstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestAKeyIdentifierOfElsewhereIsNotFoundOrDenied(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := *add(t, k, types.KeySpecHmac256)
	if _, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: ptr("alias/login"), TargetKeyId: &key}); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ id, code string }{
		"an alias behind key/": {key[:strings.Index(key, ":key/")] + ":key/alias/login", "NotFoundException"},
		"another Region":       {strings.Replace(key, "us-east-1", "us-west-2", 1), "NotFoundException"},
		"another partition":    {strings.Replace(key, "arn:aws:", "arn:aws-cn:", 1), "NotFoundException"},
		"another service":      {strings.Replace(key, ":kms:", ":sqs:", 1), "NotFoundException"},
		"another account":      {strings.Replace(key, "111122223333", "444455556666", 1), "AccessDeniedException"},
		"another resource":     {strings.Replace(key, ":key/", ":grant/", 1), "NotFoundException"},
		"half an ARN":          {key[:20], "NotFoundException"},
		"another key":          {key[:len(key)-4] + "0000", "NotFoundException"},
		"an alias without end": {"alias/" + strings.Repeat("a", 2048), "ValidationException"},
		"empty":                {"", "ValidationException"},
		"an injected log line": {"alias/login\n2026-11-21 all is well", "NotFoundException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &test.id})
			wantCode(t, err, test.code)
		})
	}
}

func TestManagingAKeyTakesNoAlias(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	alias := ptr("alias/login")
	if _, err := k.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: alias, TargetKeyId: add(t, k, types.KeySpecSymmetricDefault)}); err != nil {
		t.Fatal(err)
	}
	_, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: alias})
	wantCode(t, err, "NotFoundException")
	_, err = k.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: alias})
	wantCode(t, err, "NotFoundException")
	_, err = k.RotateKeyOnDemand(t.Context(), &kms.RotateKeyOnDemandInput{KeyId: alias})
	wantCode(t, err, "NotFoundException")
}
