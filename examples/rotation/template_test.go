package main

import (
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

func readTemplate(t *testing.T) *sam.Template {
	t.Helper()
	return runtest.Template(t, "template.yaml", nil)
}

func TestTheStoryIsTheSameBehindTheTemplatesAPI(t *testing.T) {
	checkStory(t, readTemplate(t).Gateway)
}

func TestTheTemplateHasTheseRoutesAndNoOthers(t *testing.T) {
	want := []string{
		`GET /whoami Whoami`,
		`POST /token TokenFunction open`,
	}
	if got := runtest.Routes(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestAFunctionMayDoThisAndNothingElse(t *testing.T) {
	want := []string{
		`Authorizer: secretsmanager:GetSecretValue on ${Secret}`,
		`Rotate: secretsmanager:DescribeSecret,secretsmanager:GetSecretValue,secretsmanager:PutSecretValue,secretsmanager:UpdateSecretVersionStage on ${Secret}`,
		`TokenFunction: secretsmanager:GetSecretValue on ${Secret}`,
	}
	if got := runtest.Roles(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestSecretsManagerOfThisAccountAloneCallsTheRotationFunction(t *testing.T) {
	template := readTemplate(t)
	permissions := template.Named("AWS::Lambda::Permission")
	if len(permissions) != 1 {
		t.Fatalf("%q", permissions)
	}
	permission := template.Resources[permissions[0]].Properties
	for member, want := range map[string]any{
		"Action": "lambda:InvokeFunction", "FunctionName": "${Rotate}", "Principal": "secretsmanager.amazonaws.com", "SourceAccount": "${AWS::AccountId}",
	} {
		if permission[member] != want {
			t.Errorf("%s is %v, want %v", member, permission[member], want)
		}
	}
	if schedule := template.Resources["Schedule"].Properties; schedule["SecretId"] != "${Secret}" || schedule["RotationLambdaARN"] != "${Rotate.Arn}" {
		t.Errorf("%v", schedule)
	}
}

// An answer from the cache would outlive a version of the secret.
func TestNoAnswerIsCached(t *testing.T) {
	cfg, err := readTemplate(t).Config(newAPI(&onelogin.Login{}, nil, nil, nil))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(cfg.IdentitySources, []string{"method.request.header.Authorization"}) || cfg.Kind != authorizer.RESTToken || cfg.CacheTTL != authorizertest.NoCache {
		t.Errorf("%v %v, for %v", cfg.Kind, cfg.IdentitySources, cfg.CacheTTL)
	}
}
