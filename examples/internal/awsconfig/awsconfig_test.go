package awsconfig_test

import (
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/internal/awsconfig"
)

func lambda(without string) func(string) string {
	env := map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "session",
		"AWS_ENDPOINT_URL_X": "http://127.0.0.1:1",
	}
	delete(env, without)
	return func(name string) string { return env[name] }
}

func TestClientsHaveTheFunctionsRegionAndCredentials(t *testing.T) {
	cfg, err := awsconfig.OnLambda(lambda(""))
	if err != nil || cfg.Region != "eu-west-1" {
		t.Fatalf("%q, %v", cfg.Region, err)
	}
	got, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || got.AccessKeyID != "id" || got.SecretAccessKey != "secret" || got.SessionToken != "session" {
		t.Errorf("%v, %v", got.AccessKeyID, err)
	}
}

func TestNoRequestIsSentUnsigned(t *testing.T) {
	for _, without := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		if _, err := awsconfig.OnLambda(lambda(without)); err == nil || !strings.Contains(err.Error(), without) {
			t.Errorf("without %s: %v", without, err)
		}
	}
}

func TestAnEndpointThatIsNotSetIsThatOfAWS(t *testing.T) {
	if got := awsconfig.Endpoint(lambda(""), "AWS_ENDPOINT_URL_X"); got == nil || *got != "http://127.0.0.1:1" {
		t.Errorf("got %v", got)
	}
	if got := awsconfig.Endpoint(lambda(""), "AWS_ENDPOINT_URL_Y"); got != nil {
		t.Errorf("got %v", *got)
	}
}

func TestAClientWaitsForNoAnswerForLong(t *testing.T) {
	cfg, err := awsconfig.OnLambda(lambda(""))
	if err != nil {
		t.Fatal(err)
	}
	client, ok := cfg.HTTPClient.(interface{ GetTimeout() time.Duration })
	if !ok || client.GetTimeout() != 2*time.Second {
		t.Errorf("%T", cfg.HTTPClient)
	}
}
