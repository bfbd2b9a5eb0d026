package policy_test

import (
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// What a path reaches where no event says which route was matched.
func TestWhichRoutesAPathReaches(t *testing.T) {
	open := func(key string) policy.Route { return policy.Route{Key: key, AnyToken: true} }
	closed := func(key string) policy.Route { return policy.Route{Key: key, Scopes: []string{"admin"}} }
	for _, test := range []struct {
		name   string
		routes []policy.Route
		path   string
		want   bool
	}{
		{"the root's own route beats a greedy one", []policy.Route{open("GET /"), closed("GET /{proxy+}")}, "/", true},
		{"the root's own route decides", []policy.Route{closed("GET /"), open("GET /{proxy+}")}, "/", false},
		{"a literal beats a parameter", []policy.Route{open("GET /a/me"), closed("GET /a/{id}")}, "/a/me", true},
		{"a literal beats a parameter, also if it is closed", []policy.Route{closed("GET /a/me"), open("GET /a/{id}")}, "/a/me", false},
		{"a literal before a parameter beats two parameters", []policy.Route{open("GET /a/{id}"), closed("GET /{x}/{y}")}, "/a/7", true},
		{"a parameter beats a greedy one", []policy.Route{open("GET /a/{id}"), closed("GET /a/{id+}")}, "/a/7", true},
		{"the name of a greedy one is no segment", []policy.Route{closed("GET /a/id"), open("GET /a/{id+}")}, "/a/id", false},
		{"a literal beats a parameter of its name", []policy.Route{open("GET /b/x"), closed("GET /{b}/x")}, "/b/x", true},
		{"what a path reaches as it stands beats nothing once it is decoded", []policy.Route{open("GET /a/{x}"), closed("GET /{p+}")}, "/a/b%2Fc", false},
		{"a greedy one takes one segment or more", []policy.Route{open("GET /a/{id+}")}, "/a", false},
		{"a greedy one takes what is longer", []policy.Route{open("GET /a/{id}"), closed("GET /a/{id+}")}, "/a/7/8", false},
		{"of two of which no document says which wins both must be open", []policy.Route{open("GET /a/{y}"), closed("GET /{x}/b")}, "/a/b", false},
		{"the same, the other closed", []policy.Route{closed("GET /a/{y}"), open("GET /{x}/b")}, "/a/b", false},
		{"the same, both open", []policy.Route{open("GET /a/{y}"), open("GET /{x}/b")}, "/a/b", true},
		{"another verb's route does not matter", []policy.Route{open("GET /a"), closed("PUT /a")}, "/a", true},
		{"the verb's own route beats ANY", []policy.Route{open("GET /a"), closed("ANY /a")}, "/a", true},
		{"nothing", []policy.Route{open("GET /a")}, "/b", false},
		{"nothing below", []policy.Route{open("GET /a")}, "/a/b", false},
		{"nothing above", []policy.Route{open("GET /a/b")}, "/a", false},
		{"nothing behind an empty segment", []policy.Route{open("GET /health"), closed("GET /orders/{id}")}, "//nothing", false},
		{"nothing before an empty segment", []policy.Route{open("GET /health"), closed("GET /orders/{id}")}, "/nothing/", false},
		{"nothing but empty segments", []policy.Route{open("GET /health")}, "//", false},
		{"an empty segment that may be left out", []policy.Route{open("GET /health")}, "/health/", true},
		{"an empty segment that may be a value", []policy.Route{open("GET /health"), closed("GET /health/{x}")}, "/health/", false},
		{"an empty segment before a greedy route", []policy.Route{open("GET /health"), closed("GET /health/{x+}")}, "/health//", false},
		{"four empty segments", []policy.Route{open("GET /a/{x+}")}, "/a////b/", true},
		{"five empty segments", []policy.Route{open("GET /a/{x+}")}, "/a/////b/", false},
		{"a dot", []policy.Route{open("GET /{x+}")}, "/a/./b", false},
		{"two dots", []policy.Route{open("GET /{x+}")}, "/a/../b", false},
		{"three dots", []policy.Route{open("GET /{x+}")}, "/a/.../b", true},
		{"an encoded dot", []policy.Route{open("GET /{x+}")}, "/a/%2e/b", false},
		{"a character that is encoded once", []policy.Route{open("GET /a/b")}, "/a/%62", true},
		{"the same below a greedy route", []policy.Route{open("GET /{x+}"), closed("GET /a/b")}, "/a/%62", false},
		{"encoded twice", []policy.Route{open("GET /{x+}"), closed("GET /a/b")}, "/a/%2562", false},
		{"encoded once, and open", []policy.Route{open("GET /{x+}")}, "/a/%62", true},
		{"encoded twice, and open", []policy.Route{open("GET /{x+}")}, "/a/%2562", true},
		{"encoded three times", []policy.Route{open("GET /{x+}")}, "/a/%252562", false},
		{"an encoded letter beyond ASCII", []policy.Route{open("GET /caf%C3%A9"), closed("GET /{id}")}, "/caf%C3%A9", false},
		{"the root's own route beats $default", []policy.Route{open("GET /"), closed("$default")}, "/", true},
		{"an empty path may be the value of a parameter", []policy.Route{closed("GET /{id}"), open("$default")}, "/", false},
		{"an empty path may be for a greedy route", []policy.Route{open("GET /{x+}")}, "/", true},
		{"a parameter before an empty segment", []policy.Route{open("GET /a/{id}")}, "/a/7/", true},
		{"the same, closed", []policy.Route{closed("GET /a/{id}"), open("GET /{x+}")}, "/a/7/", false},
		{"a percent sign before a slash", []policy.Route{open("GET /{id}/a"), closed("GET /{id}")}, "/x%/a", true},
		{"an encoded slash", []policy.Route{open("GET /a/{x}"), closed("GET /a/{x}/b")}, "/a/c%2Fb", false},
		{"a percent sign that encodes nothing", []policy.Route{open("GET /{x+}")}, "/a/%zz", true},
		{"a percent sign at the end", []policy.Route{open("GET /{x+}")}, "/a/%", true},
		{"a percent sign and a digit at the end", []policy.Route{open("GET /{x+}"), closed("GET /a/b")}, "/a/%6", true},
	} {
		table, err := policy.NewTable(test.routes...)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := table.Policy(policy.Caller{Principal: "ada"}, request("GET", test.path), "")
		if err != nil {
			t.Fatal(err)
		}
		if d := evaluate(t, answer, "GET", test.path); (d == policy.Allowed) != test.want {
			t.Errorf("%s: GET %s is %v", test.name, test.path, d)
		}
	}
}

func TestWhatIsBoundOfARequest(t *testing.T) {
	table, err := policy.NewTable(
		policy.Route{Key: "GET /tenants/{tenant}/{user}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id", "user": "sub"}},
		policy.Route{Key: "GET /health", AnyToken: true},
		policy.Route{Key: "PUT /orders", Scopes: []string{"s"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for route, want := range map[string]int{"GET /tenants/{a}/{b}": 2, "GET /health": 0, "GET /nothing": 0, "$default": 0, "": 0, "PUT /orders": 0} {
		verb, _, _ := strings.Cut(route, " ")
		bound := table.Bound(verb, route)
		if len(bound) != want || want == 0 && bound != nil || want == 2 && (bound["a"] != "tenant_id" || bound["b"] != "sub") {
			t.Errorf("%s: %v", route, bound)
		}
	}
	if bound, missing := table.Bound("PUT", "GET /tenants/{a}/{b}"), table.MissingScopes(policy.Caller{}, "GET", "PUT /orders"); bound != nil || missing != nil {
		t.Errorf("a route of another verb binds %q and misses %q", bound, missing)
	}
	for _, path := range []string{"/tenants/acme/ada", "/tenants/acme/.", "/tenants/acme/..", "/tenants/acme/", "/tenants/acme", "/tenants/acme/ada/x"} {
		caller := policy.Caller{Principal: "ada", Claims: map[string]string{"tenant_id": "acme", "sub": path[strings.LastIndexByte(path, '/')+1:]}}
		answer, err := table.Policy(caller, request("GET", path), "GET /tenants/{a}/{b}")
		if err != nil {
			t.Fatal(err)
		}
		if d := evaluate(t, answer, "GET", path); (d == policy.Allowed) != (path == "/tenants/acme/ada") {
			t.Errorf("%s: %v", path, d)
		}
	}
}

// A segment that is taken for something else moves the others.
func TestABoundRouteTakesNoDotsInAnySegment(t *testing.T) {
	table, err := policy.NewTable(policy.Route{Key: "GET /tenants/{tenant}/{file}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id"}})
	if err != nil {
		t.Fatal(err)
	}
	caller := policy.Caller{Principal: "ada", Claims: map[string]string{"tenant_id": "acme"}}
	for file, want := range map[string]bool{"a": true, "...": true, ".a": true, ".": false, "..": false, "": false} {
		path := "/tenants/acme/" + file
		answer, err := table.Policy(caller, request("GET", path), "GET /tenants/{tenant}/{file}")
		if err != nil {
			t.Fatal(err)
		}
		if d := evaluate(t, answer, "GET", path); (d == policy.Allowed) != want {
			t.Errorf("%s: %v", path, d)
		}
	}
}
