package policy_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// This story takes tables of routes as teams write them, and not such as suit the
// package, with several ways of giving out scopes. A Table serves all of them. Routes
// says when the program starts which it does not.

// apis returns the tables of testdata by name.
func apis(t *testing.T) map[string][]policy.Route {
	t.Helper()
	text, err := os.ReadFile("testdata/apis.txt")
	if err != nil {
		t.Fatal(err)
	}
	tables := map[string][]policy.Route{"fifty": table(fiftyRoutes)}
	for _, part := range strings.Split(string(text), "\napi ")[1:] {
		name, lines, _ := strings.Cut(part, "\n")
		tables[name] = table(lines)
	}
	return tables
}

// ways of giving out scopes, from a route's own scopes, its verb and its path.
var waysOfScopes = map[string]func(r policy.Route) []string{
	"as written":                  func(r policy.Route) []string { return r.Scopes },
	"none":                        func(policy.Route) []string { return nil },
	"one for all":                 func(policy.Route) []string { return []string{"api"} },
	"one for each route":          func(r policy.Route) []string { return []string{strings.ReplaceAll(r.Key, " ", "")} },
	"read and write":              func(r policy.Route) []string { return []string{access(r)} },
	"by resource":                 func(r policy.Route) []string { return []string{resource(r)} },
	"by resource, read and write": func(r policy.Route) []string { return []string{resource(r) + ":" + access(r)} },
	"by the last segment":         func(r policy.Route) []string { return []string{r.Key[strings.LastIndex(r.Key, "/"):]} },
	"by resource, or an admin's":  func(r policy.Route) []string { return []string{resource(r), "admin " + access(r)} },
}

func access(r policy.Route) string {
	if verbOf(r) == "GET" || verbOf(r) == "HEAD" {
		return "read"
	}
	return "write"
}

// resource returns the last literal segment of a route.
func resource(r policy.Route) string {
	name := "root"
	for _, s := range segmentsOf(r) {
		if !strings.HasPrefix(s, "{") {
			name = s
		}
	}
	return name
}

func TestATableServesEveryAPIAndRoutesSaysWhichItDoesNot(t *testing.T) {
	tables, served := 0, 0
	for api, routes := range apis(t) {
		for way, scopesFor := range waysOfScopes {
			routes := slices.Clone(routes)
			for i, r := range routes {
				routes[i].Scopes = scopesFor(r)
				routes[i].AnyToken = len(routes[i].Scopes) == 0
			}
			r := policiesOf(t, api+", "+way, routes)
			if tables++; r != nil {
				served++
			}
			checkAPI(t, api+", "+way, routes, r)
		}
	}
	t.Logf("%d tables, of which one policy says %d", tables, served)
	if tables < 100 || served < tables/2 {
		t.Errorf("%d tables, of which one policy says %d", tables, served)
	}
}

// policiesOf returns the routes if one policy can say them. The error is one that
// names the way out.
func policiesOf(t *testing.T, name string, routes []policy.Route) *policy.Routes {
	t.Helper()
	r, err := policy.NewRoutes(routes...)
	if err == nil {
		return r
	}
	var conflict *policy.ConflictError
	var limit *policy.LimitError
	if !errors.As(err, &conflict) && !errors.As(err, &limit) || !strings.Contains(err.Error(), "authorizer.ByRoute with policy.NewTable") {
		t.Errorf("%s: %v", name, err)
	}
	return nil
}

// checkAPI makes one request for each route by callers with few scopes and with many,
// and compares both ways of deciding with the scopes.
func checkAPI(t *testing.T, name string, routes []policy.Route, r *policy.Routes) {
	t.Helper()
	tb, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	all := scopesOf(routes)
	sets := [][]string{nil, all}
	for i, s := range all {
		sets = append(sets, []string{s}, slices.Delete(slices.Clone(all), i, i+1))
	}
	for _, scopes := range sets {
		c := policy.Caller{Principal: strings.Repeat("p", 256), Scopes: scopes}
		for _, route := range routes {
			verb, path := strings.ReplaceAll(verbOf(route), "ANY", "PATCH"), pathFor(route)
			arn := longARN
			arn.Verb, arn.Path = verb, path
			p, err := tb.Policy(c, arn, verb+" "+pathOf(route))
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d, err := p.Evaluate(arn, policy.ConditionKeys{}); (d == policy.Allowed) != isOpen(route, scopes) || err != nil {
				t.Errorf("%s: with %q %s is %v, %v", name, scopes, route.Key, d, err)
			}
		}
		if r == nil {
			continue
		}
		p, err := r.Policy(c, longARN)
		if err != nil {
			t.Errorf("%s: with %q: %v", name, scopes, err)
			continue
		}
		checkRoutes(t, routes, p, scopes)
	}
}

// pathFor returns a path that is for a route, and for none with more literals.
func pathFor(r policy.Route) string {
	segments := segmentsOf(r)
	for i, s := range segments {
		if strings.HasPrefix(s, "{") {
			segments[i] = "7b0e2c"
		}
	}
	return "/" + strings.Join(segments, "/")
}

// checkRoutes makes one request for each route, with and without a slash at the
// end, and compares the decisions with the table.
func checkRoutes(t *testing.T, routes []policy.Route, p *policy.Response, scopes []string) {
	t.Helper()
	for _, route := range routes {
		arn := longARN
		arn.Verb, arn.Path = strings.ReplaceAll(verbOf(route), "ANY", "PATCH"), pathFor(route)
		open := isOpen(route, scopes)
		d, err := p.Evaluate(arn, policy.ConditionKeys{})
		if (d == policy.Allowed) != open || err != nil {
			t.Errorf("scopes %v: %s is open: %v, and the policy decides %v, %v", scopes, route.Key, open, d, err)
		}
		if arn.Path += "/"; !open && pathOf(route) != "/" {
			if d, err := p.Evaluate(arn, policy.ConditionKeys{}); d == policy.Allowed || err != nil {
				t.Errorf("scopes %v: %s with a slash at the end: %v, %v", scopes, route.Key, d, err)
			}
		}
	}
}

// Three routes of a well-known API are enough for what no IAM policy can say.
func TestThreeRoutesThatNoPolicyCanSayAreServedByATable(t *testing.T) {
	routes := apis(t)["github-organizations"]
	if r := policiesOf(t, "three routes", routes); r != nil {
		t.Error("accepted as one policy")
	}
	checkAPI(t, "three routes", routes, nil)
}

// The settings of a tenant and those of its users are at odds in one policy, until
// the tenant is bound to the caller's.
func TestBindingATenantMakesItsRoutesFitOnePolicy(t *testing.T) {
	routes := apis(t)["tenants"]
	if r := policiesOf(t, "tenants", routes); r != nil {
		t.Error("accepted without binding")
	}
	routes = slices.DeleteFunc(slices.Clone(routes), func(r policy.Route) bool { return slices.Contains(r.Scopes, "platform") })
	for i, r := range routes {
		if strings.Contains(r.Key, "{tenant}") {
			routes[i].Bind = map[string]string{"tenant": "tenant_id"}
		}
	}
	r, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := r.Policy(policy.Caller{Principal: "ann", Scopes: []string{"tenant:read"}, Claims: map[string]string{"tenant_id": "acme"}}, testAPI)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/tenants/acme/users": true, "/tenants/acme/users/7": true, "/tenants/acme/users/7/settings": true, "/health": true,
		"/tenants/acme/settings": false, "/tenants/other/users": false, "/tenants/other/users/7": false, "/tenants/acme/x/users": false,
		"/tenants/acme%2Fusers/7": false, "/tenants//users/7": false, "/tenants/acme2/users/7": false,
	} {
		if got := evaluate(t, p, "GET", path) == policy.Allowed; got != want {
			t.Errorf("GET %s is allowed: %v, want %v", path, got, want)
		}
	}
}
