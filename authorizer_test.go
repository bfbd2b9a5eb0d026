package authorizer_test

import (
	"context"
	"strings"
	"sync"
	"testing"

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
