package authorizer_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestNewSaysWhichSettingToMend(t *testing.T) {
	for want, cfg := range map[string]authorizer.Config{
		"Verifier":  {Policy: authorizer.AllowStage},
		"Policy":    {Verifier: acceptGood},
		"OnInvalid": {Verifier: acceptGood, Policy: authorizer.AllowStage, OnInvalid: 7},
	} {
		if a, err := authorizer.New(cfg); a != nil || err == nil || !strings.Contains(err.Error(), "Config."+want) {
			t.Errorf("%s: got %v, %v", want, a, err)
		}
	}
}

func TestAnAuthorizerIsSafeForConcurrentUse(t *testing.T) {
	shared, err := policy.New("user-1", policy.ARN{Partition: "aws", Region: "*", Account: "210987654321", API: "*", Stage: "*"}).AllowAllMethods().Context("own", "x").Build()
	if err != nil {
		t.Fatal(err)
	}
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Policy = func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) {
			return shared, nil
		}
	})
	var wait sync.WaitGroup
	for name := range kinds {
		event := golden(t, name)
		wait.Go(func() {
			for range 20 {
				answer, err := decide(context.Background(), a, event)
				if err != nil || answer.Context["own"] != "x" || answer.Context["sub"] != "user-1" {
					t.Errorf("%s: got %v, %v", name, answer, err)
				}
			}
		})
	}
	wait.Wait()
	if len(shared.Context) != 1 {
		t.Errorf("the user's own answer was changed: %v", shared.Context)
	}
}

func TestTheBoundsOfTheSettingsAreThese(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*authorizer.Config)
		want   string // what the error names; empty if there is none
	}{
		"no cache of fields":               {func(c *authorizer.Config) { c.FieldsTTL = 0 }, ""},
		"less than none":                   {func(c *authorizer.Config) { c.FieldsTTL = -1 }, "FieldsTTL"},
		"the longest":                      {func(c *authorizer.Config) { c.FieldsTTL = time.Hour }, ""},
		"longer than the longest":          {func(c *authorizer.Config) { c.FieldsTTL = time.Hour + 1 }, "FieldsTTL"},
		"the first refusal":                {func(c *authorizer.Config) { c.OnInvalid = authorizer.Unauthorized }, ""},
		"less than the first":              {func(c *authorizer.Config) { c.OnInvalid = authorizer.Unauthorized - 1 }, "OnInvalid"},
		"the last refusal":                 {func(c *authorizer.Config) { c.OnInvalid = authorizer.DenyCertain }, ""},
		"more than the last":               {func(c *authorizer.Config) { c.OnInvalid = authorizer.DenyCertain + 1 }, "OnInvalid"},
		"neither a policy nor fields":      {func(c *authorizer.Config) { c.Policy = nil }, "Policy"},
		"fields instead of a policy":       {func(c *authorizer.Config) { c.Policy, c.Fields = nil, authorizer.AllFields }, ""},
		"a verifier that nobody has made":  {func(c *authorizer.Config) { c.Verifier = new(verifier.Local) }, "Verifier"},
		"a verifier that is a nil pointer": {func(c *authorizer.Config) { c.Verifier = (*verifier.Cache)(nil) }, "Verifier"},
	} {
		cfg := authorizer.Config{Verifier: acceptGood, Policy: authorizer.AllowStage}
		test.change(&cfg)
		a, err := authorizer.New(cfg)
		if (err == nil) != (test.want == "") || (a == nil) != (err != nil) || err != nil && !strings.Contains(err.Error(), "Config."+test.want) {
			t.Errorf("%s: got %v, %v", name, a, err)
		}
	}
}

// The scheme DPoP is for tokens that are bound, which only a Binding can check.
func TestTheSchemeDPoPIsReadOnlyWithABinding(t *testing.T) {
	answer, err := decide(context.Background(), newAuthorizer(t, nil), tokenEvent("DPoP good.token"))
	if answer != nil || verifier.ReasonOf(err) != verifier.NoToken {
		t.Errorf("got %v, %v", answer, err)
	}
}
