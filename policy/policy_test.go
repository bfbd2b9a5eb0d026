package policy_test

import (
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// testAPI names a stage of an API as the ARN of a request does.
var testAPI = policy.ARN{
	Partition: "aws", Region: "eu-central-1", Account: "123456789012", API: "a1b2c3d4e5", Stage: "prod",
}

// testPrefix is what every resource of testAPI begins with.
const testPrefix = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/"

// request returns the ARN of a request to testAPI.
func request(verb, path string) policy.ARN {
	arn := testAPI
	arn.Verb, arn.Path = verb, path
	return arn
}

// evaluate returns what a policy decides on a request without conditions.
func evaluate(t *testing.T, r *policy.Response, verb, path string) policy.Decision {
	t.Helper()
	d, err := r.Evaluate(request(verb, path), policy.ConditionKeys{})
	if err != nil {
		t.Fatalf("%s %s: %v", verb, path, err)
	}
	return d
}

// suffixes returns the resources with an effect, without testPrefix.
func suffixes(t *testing.T, r *policy.Response, effect string) []string {
	t.Helper()
	var list []string
	for _, s := range r.PolicyDocument.Statement {
		if s.Effect != effect {
			continue
		}
		for _, resource := range s.Resource {
			suffix, ok := strings.CutPrefix(resource, testPrefix)
			if !ok {
				t.Fatalf("resource %q does not begin with %s", resource, testPrefix)
			}
			list = append(list, suffix)
		}
	}
	return list
}

// wantError fails the test unless err's text holds want.
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", want)
	}
	if !strings.Contains(err.Error(), want) {
		t.Fatalf("error %q, want one with %q", err, want)
	}
}

// table reads routes from lines of verbs, a path and scopes:
//
//	GET,HEAD /users/{id} users:read admin
func table(text string) []policy.Route {
	var routes []policy.Route
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		for verb := range strings.SplitSeq(fields[0], ",") {
			routes = append(routes, policy.Route{Key: verb + " " + fields[1], Scopes: fields[2:], AnyToken: len(fields) == 2})
		}
	}
	return routes
}

// newRoutes reads routes as table does.
func newRoutes(t testing.TB, text string) *policy.Routes {
	t.Helper()
	r, err := policy.NewRoutes(table(text)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func verbOf(r policy.Route) string {
	verb, _, _ := strings.Cut(r.Key, " ")
	return verb
}

func pathOf(r policy.Route) string {
	_, path, _ := strings.Cut(r.Key, " ")
	return path
}

// policyFor returns the policy for some scopes on testAPI.
func policyFor(t testing.TB, r *policy.Routes, scopes ...string) *policy.Response {
	t.Helper()
	p, err := r.Policy(policy.Caller{Principal: "someone", Scopes: scopes}, testAPI)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
