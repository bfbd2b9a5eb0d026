package awskms_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// environment is what Lambda sets, but for the endpoint.
func environment(endpoint string) map[string]string {
	return map[string]string{
		"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN": "session", "AWS_ENDPOINT_URL_KMS": endpoint,
	}
}

func TestTheClientForLambdaTakesEverythingFromTheEnvironment(t *testing.T) {
	local := awskms.NewLocal(time.Now)
	defer local.Close()
	key, err := local.KMS.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		t.Fatal(err)
	}
	env := environment(local.URL())
	client, err := awskms.OnLambda(func(name string) string { return env[name] })
	if err != nil {
		t.Fatal(err)
	}
	out, err := client.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: &key, KeySpec: types.DataKeySpecAes256})
	if err != nil || len(out.Plaintext) != 32 {
		t.Errorf("%v, %v", out, err)
	}
	got, err := client.Options().Credentials.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "AKIDEXAMPLE" || got.SecretAccessKey != "secret" || got.SessionToken != "session" {
		t.Errorf("other credentials, or none: %v", err)
	}
}

func TestWithoutRegionOrCredentialsThereIsNoClientThatWouldSendUnsignedRequests(t *testing.T) {
	for _, missing := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		env := environment("")
		delete(env, missing)
		client, err := awskms.OnLambda(func(name string) string { return env[name] })
		if client != nil || err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: %v, %v", missing, client, err)
		}
	}
}

func TestACallThatFailsIsTriedASecondTimeAndNoMore(t *testing.T) {
	local := awskms.NewLocal(time.Now)
	defer local.Close()
	key, err := local.KMS.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		t.Fatal(err)
	}
	local.KMS.Fail("DescribeKey", 3, kmstest.Error("KMSInternalException", ""))
	in := &kms.DescribeKeyInput{KeyId: &key}
	if _, err := local.Client.DescribeKey(t.Context(), in); err == nil || local.KMS.Calls("DescribeKey") != 2 {
		t.Errorf("%v after %d calls", err, local.KMS.Calls("DescribeKey"))
	}
	if _, err := local.Client.DescribeKey(t.Context(), in); err != nil || local.KMS.Calls("DescribeKey") != 4 {
		t.Errorf("%v after %d calls", err, local.KMS.Calls("DescribeKey"))
	}
}
