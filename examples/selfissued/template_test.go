package main

import (
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

func readTemplate(t *testing.T) *sam.Template {
	t.Helper()
	template, err := sam.Read("template.yaml", map[string]string{"Issuer": issuerName})
	if err != nil {
		t.Fatal(err)
	}
	return template
}

func TestTheStoryIsTheSameBehindTheTemplatesAPI(t *testing.T) {
	checkStory(t, readTemplate(t).Gateway)
}

func TestTheTemplateHasTheseRoutesAndNoOthers(t *testing.T) {
	routes, err := readTemplate(t).Routes()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range routes {
		got = append(got, r.String())
	}
	want := []string{
		`GET /protected/admin ProtectedFunction ADMIN`,
		`GET /protected/user ProtectedFunction USER`,
		`POST /token TokenFunction open`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestAFunctionMayDoThisAndNothingElse(t *testing.T) {
	got, err := readTemplate(t).Roles()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`TokenFunction: secretsmanager:GetSecretValue on ${KeysArn}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}
