package policy_test

import (
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

func BenchmarkAllowAllMethods(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.New("auth0|5f7c8ec7c33c6c004bbafe82", longARN).AllowAllMethods().Build(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewRoutesOfFifty(b *testing.B) {
	routes := table(fiftyRoutes)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.NewRoutes(routes...); err != nil {
			b.Fatal(err)
		}
	}
}

// The scopes open about twenty of the fifty routes.
func BenchmarkPolicyOfFiftyRoutes(b *testing.B) {
	r := newRoutes(b, fiftyRoutes)
	scopes := []string{"organizations:read", "members:read", "projects:read", "billing:read", "deployments:read", "files"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Policy(policy.Caller{Principal: "auth0|5f7c8ec7c33c6c004bbafe82", Scopes: scopes}, longARN); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	p := policyFor(b, newRoutes(b, fiftyRoutes), scopesOf(table(fiftyRoutes))...)
	arn := request("GET", "/v1/organizations/7b0e2c/members/1f9a")
	b.ReportAllocs()
	for b.Loop() {
		if d, err := p.Evaluate(arn, policy.ConditionKeys{}); d != policy.Allowed || err != nil {
			b.Fatal(d, err)
		}
	}
}

func BenchmarkParseARN(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.ParseARN("arn:aws:execute-api:us-east-1:123456789012:abcdef1234/Prod/GET/pets/7"); err != nil {
			b.Fatal(err)
		}
	}
}
