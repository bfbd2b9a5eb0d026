package authorizer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// exampleKey stands for a key of your own.
func exampleKey() *keys.Secret {
	key, err := keys.HMAC("HS256", []byte("an example's secret, and not yours!"))
	check(err)
	return key
}

// exampleToken is what a user's client sends.
func exampleToken() string {
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: exampleKey(), Issuer: "https://login.example.com", Audience: []string{"orders"}, Lifetime: time.Minute})
	check(err)
	token, err := issuer.Issue(context.Background(), "user-1", map[string]any{"scope": "orders:read"})
	check(err)
	return token
}

// exampleEvent is what API Gateway sends to a TOKEN authorizer for GET /orders/7.
func exampleEvent() json.RawMessage {
	event, err := json.Marshal(map[string]string{
		"type": "TOKEN", "authorizationToken": "Bearer " + exampleToken(),
		"methodArn": "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/orders/7",
	})
	check(err)
	return event
}

// A whole authorizer: in a Lambda function, lambda.Start(a) ends it.
func Example() {
	v, err := verifier.New(verifier.Config{Keys: exampleKey(), Issuer: "https://login.example.com", Audience: []string{"orders"}})
	check(err)
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage})
	check(err)

	answer, err := a.Invoke(context.Background(), exampleEvent())
	check(err)
	document, _, _ := bytes.Cut(answer, []byte(`,"context"`)) // which has the token's claims
	fmt.Println(string(document))
	_, err = a.Invoke(context.Background(), []byte(`{"type":"TOKEN","authorizationToken":"Bearer forged",
		"methodArn":"arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/orders/7"}`))
	fmt.Println(err)
	// Output:
	// {"principalId":"user-1","policyDocument":{"Version":"2012-10-17","Statement":[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":["arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/*/*"]}]}
	// Unauthorized
}

// Routes opened by scope and by claim, each request by itself. The authorizer's cache has to
// go by the method and path beside the token.
func ExampleByRoute() {
	table, err := policy.NewTable(
		policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:read"}},
		policy.Route{Key: "GET /orgs/{org}", AnyToken: true},
		policy.Route{Key: "GET /orgs/{org}/members", Scopes: []string{"admin", "members:read org:read"}},
		policy.Route{Key: "GET /tenants/{tenant}/files/{path+}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id"}},
	)
	check(err)
	v, err := verifier.New(verifier.Config{Keys: exampleKey(), Issuer: "https://login.example.com", Audience: []string{"orders"}})
	check(err)
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.ByRoute(table)})
	check(err)

	for _, route := range []string{"GET /orders/{id}", "GET /orgs/{org}/members"} {
		r := httptest.NewRequest("GET", strings.NewReplacer("{id}", "7", "{org}", "acme").Replace(route[4:]), http.NoBody)
		r.Header.Set("Authorization", "Bearer "+exampleToken())
		answer, err := a.Decide(context.Background(), authorizertest.NewRequest(authorizer.HTTPFormat2, route, r))
		check(err)
		fmt.Println(answer.PolicyDocument.Statement[0].Effect, answer.PolicyDocument.Statement[0].Resource)
	}
	// Output:
	// Allow [arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/GET/orders/7]
	// Deny [arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/*]
}

// Routes opened by scope, in one policy that is right for every route however API
// Gateway caches it.
func ExampleByScope() {
	routes, err := policy.NewRoutes(
		policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:read"}},
		policy.Route{Key: "POST /orders", Scopes: []string{"orders:write"}},
		policy.Route{Key: "GET /health", AnyToken: true},
	)
	check(err)
	v, err := verifier.New(verifier.Config{Keys: exampleKey(), Issuer: "https://login.example.com", Audience: []string{"orders"}})
	check(err)
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.ByScope(routes)})
	check(err)

	request, err := authorizer.ParseRequest(exampleEvent())
	check(err)
	answer, err := a.Decide(context.Background(), request)
	check(err)
	for _, resource := range answer.PolicyDocument.Statement[0].Resource {
		fmt.Println(resource)
	}
	// Output:
	// arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/orders/*
	// arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/GET/health
}

// In the function behind the authorizer, on a REST API, all values are strings.
func ExampleFromContext() {
	type user struct {
		Subject string `json:"sub"`
		Admin   bool   `json:"admin"`
		Level   int    `json:"level"`
	}
	u, err := authorizer.FromContext[user](map[string]any{"sub": "user-1", "admin": "true", "level": "3", "principalId": "user-1"})
	check(err)
	fmt.Println(u.Subject, u.Admin, u.Level)
	// Output: user-1 true 3
}
