package main

import (
	"regexp"
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/sam"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

func readTemplate(t *testing.T) *sam.Template {
	t.Helper()
	return runtest.Template(t, "template.yaml", nil)
}

// The story ends with the document's API, which is another.
func TestTheStoryIsTheSameBehindTheTemplatesAPI(t *testing.T) {
	template, templates := readTemplate(t), 0
	checkStory(t, func(cfg authorizertest.Config) (*authorizertest.Gateway, error) {
		if cfg.IdentitySources != nil {
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
		`GET /whoami Whoami`,
		`POST /login Login open`,
	}
	if got := runtest.Routes(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestAFunctionMayDoThisAndNothingElse(t *testing.T) {
	want := []string{
		`Authorizer: kms:Decrypt on ${KeyArn} if {"StringEquals":{"kms:EncryptionContext:aud":"envelope-api","kms:EncryptionContext:iss":"https://login.example.com"}}`,
		`Login: kms:GenerateDataKey on ${KeyArn} if {"StringEquals":{"kms:EncryptionContext:aud":"envelope-api","kms:EncryptionContext:iss":"https://login.example.com"}}`,
	}
	if got := runtest.Roles(t, readTemplate(t)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestTheConditionsAreTheTokensContext(t *testing.T) {
	functions, err := readTemplate(t).Functions()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Login", "Authorizer"} {
		conditions, _ := functions[name].Grants[0].Condition["StringEquals"].(map[string]any)
		context := kmskeys.TokenContext(issuerName, audience)
		for member, value := range context {
			if conditions["kms:EncryptionContext:"+member] != value {
				t.Errorf("%s: %v", name, conditions)
			}
		}
		if len(conditions) != len(context) {
			t.Errorf("%s: %v", name, conditions)
		}
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
		`kms:GenerateDataKey on * if {"ArnLike":{"aws:PrincipalArn":"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/kmsenvelope-LoginRole-*"},"StringEquals":{"kms:EncryptionContext:aud":"envelope-api","kms:EncryptionContext:iss":"https://login.example.com"}}`,
		`kms:Decrypt on * if {"ArnLike":{"aws:PrincipalArn":"arn:${AWS::Partition}:iam::${AWS::AccountId}:role/kmsenvelope-AuthorizerRole-*"},"StringEquals":{"kms:EncryptionContext:aud":"envelope-api","kms:EncryptionContext:iss":"https://login.example.com"}}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// The policy is about every route, and so the token alone will do.
func TestAnswersAreCachedByWhatTheyHangOn(t *testing.T) {
	cfg, err := readTemplate(t).Config(authorizertest.Config{Routes: routes(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(cfg.IdentitySources, []string{"method.request.header.Authorization"}) || cfg.Kind != authorizer.RESTToken || cfg.CacheTTL != cacheTTL {
		t.Errorf("%v %v, for %v", cfg.Kind, cfg.IdentitySources, cfg.CacheTTL)
	}
}
