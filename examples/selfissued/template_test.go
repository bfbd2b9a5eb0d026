package main

import (
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

func readTemplate(t *testing.T) *sam.Template {
	t.Helper()
	return runtest.Template(t, "template.yaml", map[string]string{"Issuer": issuerName})
}

func TestTheStoryIsTheSameBehindTheTemplatesAPI(t *testing.T) {
	checkStory(t, readTemplate(t).Gateway)
}

func TestTheTemplateHasTheseRoutesAndNoOthers(t *testing.T) {
	want := []string{
		`GET /protected/admin ProtectedFunction ADMIN`,
		`GET /protected/user ProtectedFunction USER`,
		`POST /token TokenFunction open`,
	}
	if got := runtest.Routes(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestAFunctionMayDoThisAndNothingElse(t *testing.T) {
	want := []string{
		`TokenFunction: secretsmanager:GetSecretValue on ${KeysArn}`,
	}
	if got := runtest.Roles(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
