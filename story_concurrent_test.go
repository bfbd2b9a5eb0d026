package authorizer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/internal/runtimeapi"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

const concurrentSecret = "of a function with several events"

// concurrentFunction is the program that TestSeveralInvocationsAtATimeAreDecidedEachByItself
// starts: an authorizer as users write it.
func concurrentFunction() {
	key, err := keys.HMAC("HS256", []byte(os.Getenv("JWT_SECRET")))
	if err != nil {
		panic(err)
	}
	v, err := verifier.New(verifier.Config{Keys: key, Issuer: "login", Audience: []string{"api"}})
	if err != nil {
		panic(err)
	}
	cached, err := verifier.Cached(v, verifier.CacheConfig{Size: 10})
	if err != nil {
		panic(err)
	}
	routes, err := policy.NewRoutes(policy.Route{Key: "GET /orders", Scopes: []string{"read"}})
	if err != nil {
		panic(err)
	}
	a, err := authorizer.New(authorizer.Config{Verifier: cached, Policy: authorizer.ByScope(routes)})
	if err != nil {
		panic(err)
	}
	lambda.Start(a)
}

// The loop of aws-lambda-go gives the authorizer several events at a time, as on Lambda
// Managed Instances. With the race detector on, it is on in the program as well.
func TestSeveralInvocationsAtATimeAreDecidedEachByItself(t *testing.T) {
	const workers, requests = 8, 1600
	f, err := runtimeapi.Start(runtimeapi.Config{
		Program: os.Args[0], Handler: "concurrent", Env: []string{"JWT_SECRET=" + concurrentSecret}, Concurrency: workers,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	key, err := keys.HMAC("HS256", []byte(concurrentSecret))
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: key, Issuer: "login", Audience: []string{"api"}, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for i := range 30 {
		token, err := issuer.Issue(t.Context(), fmt.Sprint("user-", i), map[string]any{"scope": []string{"read", "write"}[i%2]})
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for n := w; n < requests; n += workers {
				i := n * 7 % len(tokens)
				if err := askConcurrently(t.Context(), f, tokens[i], i, n%5 == 0); err != nil {
					t.Errorf("request %d: %v", n, err)
					return
				}
			}
		})
	}
	all.Wait()
	if text := f.Printed(); strings.Contains(text, "DATA RACE") {
		t.Error(text)
	}
}

// askConcurrently has a token of user i decided, or a forgery of it.
func askConcurrently(ctx context.Context, f *runtimeapi.Function, token string, i int, forged bool) error {
	if forged {
		token = token[:len(token)-4] + "AAAA"
	}
	event, err := json.Marshal(map[string]string{
		"type": "TOKEN", "authorizationToken": "Bearer " + token,
		"methodArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/orders",
	})
	if err != nil {
		return err
	}
	answer, err := f.Invoke(ctx, event)
	if forged {
		if err == nil || !strings.Contains(err.Error(), "Unauthorized") {
			return fmt.Errorf("a forgery: %s, %v", answer, err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	var decided policy.Response
	if err := json.Unmarshal(answer, &decided); err != nil {
		return err
	}
	want := []string{"Allow", "Deny"}[i%2]
	if decided.PrincipalID != fmt.Sprint("user-", i) || decided.PolicyDocument.Statement[0].Effect != want {
		return fmt.Errorf("user %d gets %s", i, answer)
	}
	return nil
}
