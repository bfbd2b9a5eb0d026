package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
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
		"DELETE /user/{id} User", "GET /user User", "GET /user/{id} User",
		"POST /user Account open", "POST /user/confirm Account open", "POST /user/login Login open",
		"POST /user/logout Refresh open", "POST /user/password Account open", "POST /user/refresh-token Refresh open",
		"PUT /user/{id} User",
	}
	if got := runtest.Routes(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// What they may ask of the table is held against what they ask in lambda_test.go.
func TestAFunctionMayDoThisBesideAndNothingElse(t *testing.T) {
	got := slices.DeleteFunc(runtest.Roles(t, readTemplate(t)), func(line string) bool { return strings.Contains(line, "dynamodb:") })
	want := []string{
		`Account: secretsmanager:GetSecretValue on ${Secret}`,
		`Account: ses:SendEmail on arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${MailIdentity} if {"StringEquals":{"ses:FromAddress":"${MailFrom}"}}`,
		`Authorizer: secretsmanager:GetSecretValue on ${Secret}`,
		`Login: secretsmanager:GetSecretValue on ${Secret}`,
		`Refresh: secretsmanager:GetSecretValue on ${Secret}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// The policy is about every route, and so the token alone will do.
func TestAnswersAreCachedByWhatTheyHangOn(t *testing.T) {
	cfg, err := readTemplate(t).Config(newFixture(t).api(nil))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(cfg.IdentitySources, []string{"method.request.header.Authorization"}) || cfg.Kind != authorizer.RESTToken || cfg.CacheTTL != cacheTTL {
		t.Errorf("%v %v, for %v", cfg.Kind, cfg.IdentitySources, cfg.CacheTTL)
	}
}
