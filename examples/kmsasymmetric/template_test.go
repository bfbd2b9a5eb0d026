package main

import (
	"regexp"
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

func readTemplate(t *testing.T) *sam.Template {
	t.Helper()
	return runtest.Template(t, "template.yaml", nil)
}

// The story also plays what is wrong with other caches, and the document's API.
func TestTheStoryIsTheSameBehindTheTemplatesAPI(t *testing.T) {
	template, templates := readTemplate(t), 0
	checkStory(t, func(cfg authorizertest.Config) (*authorizertest.Gateway, error) {
		if !slices.Equal(cfg.IdentitySources, identitySources()) {
			return authorizertest.New(cfg)
		}
		templates++
		return template.Gateway(cfg)
	})
	if templates == 0 {
		t.Error("the template's API has not been used")
	}
}

func TestTheTemplateHasTheseRoutesAndNoOthers(t *testing.T) {
	want := []string{
		`DELETE /reports/{region} Reports`,
		`GET /reports/{region} Reports`,
		`GET /whoami Whoami`,
		`POST /token TokenFunction open`,
	}
	if got := runtest.Routes(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestAFunctionMayDoThisAndNothingElse(t *testing.T) {
	want := []string{
		`Authorizer: kms:GetPublicKey on ${SigningKey}`,
		`TokenFunction: kms:Sign on ${SigningKey} if {"StringEquals":{"kms:MessageType":"DIGEST","kms:SigningAlgorithm":"RSASSA_PKCS1_V1_5_SHA_256"}}`,
	}
	if got := runtest.Roles(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestAPreviousKeyIsReadAndSignsNothing(t *testing.T) {
	template := runtest.Template(t, "template.yaml", map[string]string{"SigningKey": "arn:new", "PreviousKey": "arn:old"})
	want := []string{
		`Authorizer: kms:GetPublicKey on arn:new,arn:old`,
		`TokenFunction: kms:Sign on arn:new if {"StringEquals":{"kms:MessageType":"DIGEST","kms:SigningAlgorithm":"RSASSA_PKCS1_V1_5_SHA_256"}}`,
	}
	if got := runtest.Roles(t, template); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
	functions, err := template.Functions()
	if err != nil {
		t.Fatal(err)
	}
	if env := functions["Authorizer"].Environment; env["KMS_KEY"] != "arn:new" || env["KMS_KEY_PREVIOUS"] != "arn:old" {
		t.Errorf("%q", env)
	}
}

// The key's own policy lets these roles use it, and lets nobody else be allowed to.
func TestTheKeyIsForTheseRolesAlone(t *testing.T) {
	template := runtest.Template(t, "key.yaml", nil)
	key := template.Resources["Key"]
	if key.DeletionPolicy != "Retain" || key.Replacement != "Retain" {
		t.Error("the key goes with its stack")
	}
	grants, err := template.KeyPolicy("Key")
	if err != nil {
		t.Fatal(err)
	}
	for _, action := range grants[0].Actions {
		if regexp.MustCompile(`^kms:(\*|C(\*|reate(\*|Grant))|Sign|Decrypt|Encrypt|Re|Generate|Verify|Derive)`).MatchString(action) {
			t.Errorf("whoever manages the key may %s", action)
		}
	}
	var got []string
	for _, grant := range grants[1:] {
		got = append(got, grant.String())
	}
	want := []string{
		`kms:Sign on * if {"ArnLike":{"aws:PrincipalArn":"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/kmsasymmetric-TokenFunctionRole-*"},"StringEquals":{"kms:MessageType":"DIGEST","kms:SigningAlgorithm":"RSASSA_PKCS1_V1_5_SHA_256"}}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// The policy is about one request, and so the method, the path and the route are among them.
func TestAnswersAreCachedByWhatTheyHangOn(t *testing.T) {
	cfg, err := readTemplate(t).Config(authorizertest.Config{Routes: routes(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(cfg.IdentitySources, identitySources()) || cfg.Kind != authorizer.HTTPFormat2 || cfg.EnableSimpleResponses || cfg.CacheTTL != cacheTTL {
		t.Errorf("%v %v, for %v", cfg.Kind, cfg.IdentitySources, cfg.CacheTTL)
	}
}
