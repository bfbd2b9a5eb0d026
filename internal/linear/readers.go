package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// A reader reads one kind of thing.
type reader struct {
	name   string
	length int // a moderate one, of which four times as much can still be read

	// open makes a thing of a length and returns what reads it.
	open func(ctx context.Context, n int) (read func() error, err error)
}

var readers = []reader{
	{"a token of many claims", 100, func(ctx context.Context, n int) (func() error, error) {
		claims := map[string]any{}
		for i := range n {
			claims[fmt.Sprintf("claim-%03d", i)] = "value"
		}
		return verifying(ctx, claims)
	}},
	{"a token of a long claim", 2000, func(ctx context.Context, n int) (func() error, error) {
		return verifying(ctx, map[string]any{"claim": strings.Repeat("é\"", n/3)})
	}},
	{"a token of many scopes", 300, func(ctx context.Context, n int) (func() error, error) {
		var scopes []string
		for i := range n {
			scopes = append(scopes, fmt.Sprintf("s:%d", i))
		}
		return verifying(ctx, map[string]any{"scope": strings.Join(scopes, " ")})
	}},
	{"a token of long nested lists", 400, func(ctx context.Context, n int) (func() error, error) {
		return verifying(ctx, map[string]any{"claim": [][][]int{{make([]int, n)}, {make([]int, n)}}})
	}},
	{"a set of many keys", 50, func(_ context.Context, n int) (func() error, error) {
		var entries []string
		for i := range n {
			k, err := keys.GeneratePrivateKey("EdDSA")
			if err != nil {
				return nil, err
			}
			text, err := k.WithKid(fmt.Sprintf("kid-%04d", i)).Public().MarshalJSON()
			if err != nil {
				return nil, err
			}
			entries = append(entries, string(text))
		}
		set := []byte(`{"keys":[` + strings.Join(entries, ",") + `]}`)
		return func() error { _, err := keys.ParseJWKS(set); return err }, nil
	}},
	{"a table of many routes", 200, func(_ context.Context, n int) (func() error, error) {
		routes := manyRoutes(n)
		return func() error { _, err := policy.NewTable(routes...); return err }, nil
	}},
	{"a request for one of many routes", 200, func(_ context.Context, n int) (func() error, error) {
		return lookingUp("/orgs/7/r007/7", manyRoutes(n))
	}},
	{"a request that reaches many routes", 200, func(_ context.Context, n int) (func() error, error) {
		return lookingUp(strings.Repeat("/a", segments), overlappingRoutes(n))
	}},
	{"an OpenAPI document of many paths", 100, func(_ context.Context, n int) (func() error, error) {
		paths := map[string]any{}
		for i := range n {
			paths[fmt.Sprintf("/r%03d/{id}", i)] = map[string]any{"get": map[string]any{"security": []any{map[string]any{"jwt": []string{"s1"}}}}}
		}
		document, err := json.Marshal(map[string]any{"openapi": "3.0.1", "paths": paths})
		if err != nil {
			return nil, err
		}
		return func() error { _, err := policy.ParseOpenAPI(document); return err }, nil
	}},
	{"a policy of many resources", 100, func(_ context.Context, n int) (func() error, error) {
		var resources []string
		for i := range n {
			resources = append(resources, fmt.Sprintf("GET/r%03d/*", i))
		}
		return evaluating("GET", "/other/x", resources...), nil
	}},
	{"a policy for a long path", 200, func(_ context.Context, n int) (func() error, error) {
		return evaluating("GET", "/"+strings.Repeat("ab", n/2), "GET/*a*a*a*a*a*c"), nil
	}},
	{"a policy of many wildcards", 40, func(_ context.Context, n int) (func() error, error) {
		return evaluating("GET", "/"+strings.Repeat("a", 500), "GET/"+strings.Repeat("*a", n)+"*c"), nil
	}},
}

// verifying returns what verifies a token and reads all that it says.
func verifying(ctx context.Context, claims map[string]any) (func() error, error) {
	k, err := keys.HMAC("HS256", []byte("a secret of these readers, 32+ bytes"))
	if err != nil {
		return nil, err
	}
	signs, err := signer.New(signer.Config{Keys: k})
	if err != nil {
		return nil, err
	}
	v, err := verifier.New(verifier.Config{Keys: k, SkipIssuerCheck: true, SkipAudienceCheck: true, AllowMissingExpiry: true})
	if err != nil {
		return nil, err
	}
	token, err := signs.Sign(ctx, jwt.MapClaims(claims))
	if err != nil {
		return nil, err
	}
	return func() error {
		got, err := v.Verify(ctx, token)
		if err != nil {
			return err
		}
		_ = got.Scopes()
		var all map[string]any
		return got.Claims(&all)
	}, nil
}

func manyRoutes(n int) []policy.Route {
	var routes []policy.Route
	for i := range n {
		routes = append(routes, policy.Route{Key: fmt.Sprintf("GET /orgs/{org}/r%03d/{id}", i), Scopes: []string{fmt.Sprintf("s%d", i%20)}})
	}
	return routes
}

// segments is how many the overlapping routes have.
const segments = 10

// overlappingRoutes returns up to 1<<segments routes that all match one path.
func overlappingRoutes(n int) []policy.Route {
	var routes []policy.Route
	for i := range n {
		key := "GET "
		for j := range segments {
			if i>>j&1 == 0 {
				key += "/a"
			} else {
				key += fmt.Sprintf("/{p%d}", j)
			}
		}
		routes = append(routes, policy.Route{Key: key, Scopes: []string{fmt.Sprintf("s%d", i%20)}})
	}
	return routes
}

// lookingUp returns what asks a table whether somebody with all scopes may make a request.
func lookingUp(path string, routes []policy.Route) (func() error, error) {
	t, err := policy.NewTable(routes...)
	if err != nil {
		return nil, err
	}
	request := policy.ARN{Partition: "aws", Region: "us-east-1", Account: "123456789012", API: "abc", Stage: "prod", Verb: "GET", Path: path}
	caller := policy.Caller{Principal: "u", Scopes: t.Scopes()}
	return func() error {
		answer, err := t.Policy(caller, request, "")
		if err == nil && answer.PolicyDocument.Statement[0].Effect != "Allow" {
			err = errors.New("denied, so that not all was looked at")
		}
		return err
	}, nil
}

// evaluating returns what asks a policy that allows some resources for another.
func evaluating(verb, path string, resources ...string) func() error {
	arn := policy.ARN{Partition: "aws", Region: "us-east-1", Account: "123456789012", API: "abc", Stage: "prod", Verb: verb, Path: path}
	answer := &policy.Response{PrincipalID: "u", PolicyDocument: policy.Document{Version: "2012-10-17"}}
	for _, r := range resources {
		answer.PolicyDocument.Statement = append(answer.PolicyDocument.Statement, policy.Statement{
			Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{"arn:aws:execute-api:us-east-1:123456789012:abc/prod/" + r},
		})
	}
	return func() error {
		decision, err := answer.Evaluate(arn, policy.ConditionKeys{})
		if err == nil && decision == policy.Allowed {
			err = errors.New("allowed, so that not all was looked at")
		}
		return err
	}
}
