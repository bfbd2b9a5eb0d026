package secretstest_test

import (
	"errors"
	"maps"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
)

const arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jwt-AbCdEf"

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

// newManager returns a Secrets Manager and the SDK's client for it.
func newManager(t *testing.T) (*secretstest.SecretsManager, *secretsmanager.Client) {
	t.Helper()
	manager := secretstest.NewSecretsManager(arn, "1", "one", func() time.Time { return noon })
	server := httptest.NewServer(manager)
	t.Cleanup(server.Close)
	return manager, secretsmanager.New(secretsmanager.Options{Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1})
}

func text(s string) *string { return &s }

func TestTheSDKsClientReadsAndWritesASecret(t *testing.T) {
	manager, client := newManager(t)
	out, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: text(arn)})
	if err != nil || *out.SecretString != "one" || *out.VersionId != "1" || !out.CreatedDate.Equal(noon) {
		t.Fatalf("%+v, %v", out, err)
	}
	manager.Rotate("2")
	var none *types.ResourceNotFoundException
	if _, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: text(arn), VersionStage: text("AWSPENDING")}); !errors.As(err, &none) {
		t.Errorf("a version without a value: %v", err)
	}
	put := &secretsmanager.PutSecretValueInput{SecretId: text(arn), ClientRequestToken: text("2"), SecretString: text("two"), VersionStages: []string{"AWSPENDING"}}
	for range 2 { // the second changes nothing
		if _, err := client.PutSecretValue(t.Context(), put); err != nil {
			t.Fatal(err)
		}
	}
	put.SecretString = text("another")
	var exists *types.ResourceExistsException
	if _, err := client.PutSecretValue(t.Context(), put); !errors.As(err, &exists) {
		t.Errorf("another value for a version: %v", err)
	}
	move := &secretsmanager.UpdateSecretVersionStageInput{SecretId: text(arn), VersionStage: text("AWSCURRENT"), MoveToVersionId: text("2")}
	var invalid *types.InvalidRequestException
	if _, err := client.UpdateSecretVersionStage(t.Context(), move); !errors.As(err, &invalid) {
		t.Errorf("a label is moved without saying from where: %v", err)
	}
	move.RemoveFromVersionId = text("1")
	if _, err := client.UpdateSecretVersionStage(t.Context(), move); err != nil {
		t.Fatal(err)
	}
	if got, want := manager.Stages(), map[string]string{"AWSCURRENT": "2", "AWSPREVIOUS": "1", "AWSPENDING": "2"}; !maps.Equal(got, want) {
		t.Errorf("labels %v, want %v", got, want)
	}
	described, err := client.DescribeSecret(t.Context(), &secretsmanager.DescribeSecretInput{SecretId: text(arn)})
	if err != nil || !*described.RotationEnabled || len(described.VersionIdsToStages["2"]) != 2 {
		t.Errorf("%+v, %v", described, err)
	}
	if _, err := client.UpdateSecretVersionStage(t.Context(), &secretsmanager.UpdateSecretVersionStageInput{
		SecretId: text(arn), VersionStage: text("AWSPREVIOUS"), RemoveFromVersionId: text("1"),
	}); err != nil || manager.Stages()["AWSPREVIOUS"] != "" {
		t.Errorf("a label that is taken off: %v, %v", manager.Stages(), err)
	}
}

func TestASecretsManagerThatFailsOrHasNoSuchSecret(t *testing.T) {
	manager, client := newManager(t)
	var none *types.ResourceNotFoundException
	for _, in := range []*secretsmanager.GetSecretValueInput{
		{SecretId: text("another")}, {SecretId: text(arn), VersionId: text("3")}, {SecretId: text(arn), VersionId: text("1"), VersionStage: text("AWSPENDING")},
	} {
		if _, err := client.GetSecretValue(t.Context(), in); !errors.As(err, &none) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	manager.Fail(errors.New("away"))
	if _, err := client.GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: text(arn)}); err == nil || errors.As(err, &none) {
		t.Errorf("an outage: %v", err)
	}
	if got := manager.Calls(); got != 4 {
		t.Errorf("%d calls, want 4", got)
	}
}
