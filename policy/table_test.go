package policy_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

func TestATableNamesEveryScopeOfItsRoutesOnce(t *testing.T) {
	table, err := policy.NewTable(
		policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:read", "admin"}},
		policy.Route{Key: "PUT /orders/{id}", Scopes: []string{"orders:write orders:read"}},
		policy.Route{Key: "GET /health", AnyToken: true},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"admin", "orders:read", "orders:write"}
	if got := table.Scopes(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	table.Scopes()[0] = "other"
	if got := table.Scopes(); !slices.Equal(got, want) {
		t.Errorf("after a change: %q", got)
	}
}

func TestAServerThatRoutesByItselfDecidesAsAPolicyDoes(t *testing.T) {
	routes := []policy.Route{
		{Key: "GET /orders/{id}", Scopes: []string{"orders:read", "admin"}},
		{Key: "ANY /orders/{id}", Scopes: []string{"orders:write orders:read"}},
		{Key: "GET /tenants/{tenant}/files/{path+}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id"}},
		{Key: "$default", Scopes: []string{"admin"}},
	}
	table, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		method, path, route string
		scopes, tenant      string
		want                bool
		missing             string
	}{
		{"GET", "/orders/7", "GET /orders/{id}", "orders:read", "", true, ""},
		{"GET", "/orders/a*b", "GET /orders/{id}", "admin", "", true, ""}, // nothing to IAM's taste, which is not asked
		{"GET", "/orders/7", "GET /orders/{order}", "other", "", false, "orders:read|admin"},
		{"PUT", "/orders/7", "PUT /orders/{id}", "orders:write", "", false, "orders:write orders:read"},
		{"PUT", "/orders/7", "PUT /orders/{id}", "orders:write orders:read", "", true, ""},
		{"GET", "/orders/7", "PUT /orders/{id}", "orders:read", "", false, ""},
		{"GET", "/other", "GET /other", "admin", "", false, ""},
		{"GET", "/other", "$default", "", "", false, "admin"},
		{"GET", "/other", "$default", "admin", "", true, ""},
		{"GET", "/orders/7", "$default", "admin", "", true, ""},
		{"GET", "/tenants/a/files/x/y", "GET /tenants/{tenant}/files/{path+}", "", "a", true, ""},
		{"GET", "/tenants/b/files/x/y", "GET /tenants/{tenant}/files/{path+}", "", "a", false, ""},
		{"GET", "/tenants/b/files/x", "$connect", "", "", false, ""},
		{"GET", "tenants", "$default", "admin", "", false, ""},
		{"", "/other", "$default", "admin", "", false, ""},
		{"G T", "/other", "$default", "admin", "", false, ""},
	} {
		c := policy.Caller{Principal: "a", Scopes: strings.Fields(test.scopes), Claims: map[string]string{"tenant_id": test.tenant}}
		if got := table.Allows(c, test.method, test.path, test.route); got != test.want {
			t.Errorf("%+v: got %v", test, got)
		}
		if test.path[0] != '/' || test.method == "" || test.method == "G T" {
			continue
		}
		if got := strings.Join(table.MissingScopes(c, test.method, test.route), "|"); got != test.missing {
			t.Errorf("%+v: missing %q", test, got)
		}
		if strings.Contains(test.path, "*") {
			continue
		}
		arn := policy.ARN{Partition: "aws", Region: "eu-central-1", Account: "123456789012", API: "abcdef1234", Stage: "prod", Verb: test.method, Path: test.path}
		answer, err := table.Policy(c, arn, test.route)
		if err != nil {
			t.Fatal(err)
		}
		if decision, err := answer.Evaluate(arn, policy.ConditionKeys{}); err != nil || (decision == policy.Allowed) != test.want {
			t.Errorf("%+v: the policy says %v, %v", test, decision, err)
		}
	}
}

func TestWhatIsMissingInOnePolicyForAllRoutes(t *testing.T) {
	routes, err := policy.NewRoutes(policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:read"}}, policy.Route{Key: "GET /health", AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	for route, want := range map[string]string{"GET /orders/{id}": "orders:read", "GET /health": "", "GET /other": "", "$connect": ""} {
		missing := routes.MissingScopes(policy.Caller{Principal: "a"}, "GET", route)
		if got := strings.Join(missing, "|"); got != want {
			t.Errorf("%s: got %q, want %q", route, got, want)
		}
	}
}

func TestWhatIsMissingToConnectOrWhereNothingCanBe(t *testing.T) {
	connect := policy.Route{Key: "$connect", Scopes: []string{"chat"}}
	open := policy.Route{Key: "GET /health", Scopes: []string{}, AnyToken: true}
	for _, tt := range []struct {
		route      policy.Route
		verb, path string
		scopes     []string
		want       []string
	}{
		{connect, "", "$connect", nil, []string{"chat"}},
		{connect, "", "$connect", []string{"chat"}, nil},
		{connect, "", "$default", nil, nil},
		{open, "GET", "GET /health", nil, nil},
	} {
		table, err := policy.NewTable(tt.route)
		if err != nil {
			t.Fatal(err)
		}
		routes, err := policy.NewRoutes(tt.route)
		if err != nil {
			t.Fatal(err)
		}
		c := policy.Caller{Principal: "a", Scopes: tt.scopes}
		for _, got := range [][]string{table.MissingScopes(c, tt.verb, tt.path), routes.MissingScopes(c, tt.verb, tt.path)} {
			if !slices.Equal(got, tt.want) || (got == nil) != (tt.want == nil) {
				t.Errorf("%s by %s with %q: got %#v", tt.path, tt.route.Key, tt.scopes, got)
			}
		}
	}
}

// newTable reads routes as table does.
func newTable(t testing.TB, text string) *policy.Table {
	t.Helper()
	r, err := policy.NewTable(table(text)...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// decide returns what a table decides on a request, for which API Gateway matched a
// route. The policy has to be about this request alone.
func decide(t *testing.T, r *policy.Table, c policy.Caller, verb, path, route string) policy.Decision {
	t.Helper()
	if c.Principal == "" {
		c.Principal = "someone"
	}
	p, err := r.Policy(c, request(verb, path), route)
	if err != nil {
		t.Fatalf("%s %s: %v", verb, path, err)
	}
	d := evaluate(t, p, verb, path)
	want, effect := testPrefix+"*", "Deny"
	if d == policy.Allowed {
		want, effect = request(verb, path).String(), "Allow"
	}
	s := p.PolicyDocument.Statement
	if len(s) != 1 || s[0].Effect != effect || !slices.Equal(s[0].Resource, []string{want}) || p.PrincipalID != c.Principal {
		t.Errorf("%s %s: the answer is %s", verb, path, p)
	}
	return d
}

func scopes(list ...string) policy.Caller { return policy.Caller{Scopes: list} }

const storeRoutes = `
	GET     /orders/{id}      orders:read
	ANY     /orders/{id}      orders:admin
	POST    /orders           orders:write
	GET     /
	GET     /files/{path+}    files
	DELETE  /files/{path+}    files:admin
	GET     /files/secret     secret
	ANY     /old/{proxy+}     old
`

func TestTheRouteThatAPIGatewayMatchedDecides(t *testing.T) {
	r := newTable(t, storeRoutes)
	tests := []struct {
		name, verb, path, route string
		scopes                  []string
		open                    bool
	}{
		{"a route", "GET", "/orders/7", "GET /orders/{id}", []string{"orders:read"}, true},
		{"a route without its scope", "GET", "/orders/7", "GET /orders/{id}", []string{"orders:write"}, false},
		{"a route's own verb comes before ANY", "GET", "/orders/7", "GET /orders/{id}", []string{"orders:admin"}, false},
		{"ANY for another verb", "PUT", "/orders/7", "PUT /orders/{id}", []string{"orders:admin"}, true},
		{"ANY without its scope", "PUT", "/orders/7", "PUT /orders/{id}", []string{"orders:read"}, false},
		{"another name of the parameter", "GET", "/orders/7", "GET /orders/{orderId}", []string{"orders:read"}, true},
		{"the root path", "GET", "/", "GET /", nil, true},
		{"a path that does not look like the route", "GET", "/x/y/z", "GET /orders/{id}", []string{"orders:read"}, true},
		{"a route that the table lacks", "GET", "/carts/7", "GET /carts/{id}", []string{"orders:read"}, false},
		{"the same path by a verb that the table lacks", "PUT", "/orders", "PUT /orders", []string{"orders:write"}, false},
		{"a route for another verb than the request's", "DELETE", "/orders/7", "GET /orders/{id}", []string{"orders:read"}, false},
		{"a greedy route for another verb than the request's", "GET", "/files/a", "DELETE /files/{path+}", []string{"files", "files:admin"}, false},
		{"the route's ANY rather than the request's verb", "GET", "/orders/7", "ANY /orders/{id}", []string{"orders:admin", "orders:read"}, false},
		{"a resource without a verb", "GET", "/orders/7", "/orders/{id}", []string{"orders:read"}, false},
		{"a verb alone", "GET", "/orders/7", "GET", []string{"orders:read"}, false},
		{"$connect, on an API without it", "GET", "/orders/7", "$connect", []string{"orders:read"}, false},
		{"a greedy route", "GET", "/files/a/b", "GET /files/{path+}", []string{"files"}, true},
		{"a greedy route by another name", "GET", "/files/a/b", "GET /files/{proxy+}", []string{"files"}, true},
		{"a greedy route on a path that reaches no route", "GET", "/files", "GET /files/{path+}", []string{"files"}, true},
		{"a greedy route, closed", "DELETE", "/files/a/b", "DELETE /files/{path+}", []string{"files"}, false},
		{"a parameter where the table has a greedy one", "GET", "/files/a", "GET /files/{path}", []string{"files"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := decide(t, r, scopes(tt.scopes...), tt.verb, tt.path, tt.route); (d == policy.Allowed) != tt.open {
				t.Errorf("decided %v", d)
			}
		})
	}
}

// Behind a greedy route something else routes, and what it finds must be open too.
func TestBehindAGreedyRouteEverythingThatThePathReachesMustBeOpen(t *testing.T) {
	r := newTable(t, storeRoutes)
	tests := []struct {
		name, verb, path, route string
		scopes                  []string
		open                    bool
	}{
		{"a route of its own, open", "GET", "/files/secret", "GET /files/{path+}", []string{"files", "secret"}, true},
		{"a route of its own, closed", "GET", "/files/secret", "GET /files/{path+}", []string{"files"}, false},
		{"the greedy route itself, closed", "GET", "/files/secret", "GET /files/{path+}", []string{"secret"}, false},
		{"an encoded letter", "GET", "/files/%73ecret", "GET /files/{path+}", []string{"files"}, false},
		{"an encoded letter, open", "GET", "/files/%73ecret", "GET /files/{path+}", []string{"files", "secret"}, true},
		{"an encoded slash", "GET", "/files%2Fsecret", "GET /files/{path+}", []string{"files"}, false},
		{"encoded twice", "GET", "/files/%2573ecret", "GET /files/{path+}", []string{"files"}, false},
		{"encoded more often than is looked at", "GET", "/files/%25252561", "GET /files/{path+}", []string{"files"}, false},
		{"another encoded letter", "GET", "/files/%61", "GET /files/{path+}", []string{"files"}, true},
		{"a percent sign that encodes nothing", "GET", "/files/100%", "GET /files/{path+}", []string{"files"}, true},
		{"a percent sign and one digit", "GET", "/files/100%2", "GET /files/{path+}", []string{"files"}, true},
		{"a slash at the end", "GET", "/files/secret/", "GET /files/{path+}", []string{"files"}, false},
		{"a slash at the end of nothing else", "GET", "/files/a/", "GET /files/{path+}", []string{"files"}, true},
		{"two slashes", "GET", "/files//secret", "GET /files/{path+}", []string{"files"}, false},
		{"two slashes, all open", "GET", "/files//secret", "GET /files/{path+}", []string{"files", "secret"}, true},
		{"slashes without end", "GET", "/files/////a", "GET /files/{path+}", []string{"files", "secret"}, true},
		{"one slash more", "GET", "/files//////a", "GET /files/{path+}", []string{"files", "secret"}, false},
		{"a way back", "GET", "/files/a/../secret", "GET /files/{path+}", []string{"files", "secret"}, false},
		{"an encoded way back", "GET", "/files/a/%2e%2e/secret", "GET /files/{path+}", []string{"files", "secret"}, false},
		{"a dot", "GET", "/files/./a", "GET /files/{path+}", []string{"files", "secret"}, false},
		{"a greedy route that the table lacks", "GET", "/orders/7", "GET /{proxy+}", []string{"orders:read"}, true},
		{"the same, closed", "GET", "/orders/7", "GET /{proxy+}", []string{"orders:admin"}, false},
		{"the same, and no route", "GET", "/carts/7", "GET /{proxy+}", []string{"orders:read"}, false},
		{"$default, which the table lacks", "POST", "/orders", "$default", []string{"orders:write"}, true},
		{"the same, closed", "POST", "/orders", "$default", nil, false},
		{"the same on the root path", "GET", "/", "$default", nil, true},
		{"a verb that no route names", "TRACE", "/old/a", "TRACE /old/{proxy+}", []string{"old"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := decide(t, r, scopes(tt.scopes...), tt.verb, tt.path, tt.route); (d == policy.Allowed) != tt.open {
				t.Errorf("decided %v", d)
			}
		})
	}
}

func TestTheDefaultRouteTakesWhatNoOtherDoes(t *testing.T) {
	r, err := policy.NewTable(
		policy.Route{Key: "$default", Scopes: []string{"any"}},
		policy.Route{Key: "GET /admin", Scopes: []string{"admin"}},
		policy.Route{Key: "GET /{id}/public", AnyToken: true},
	)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, path, route string
		scopes            []string
		open              bool
	}{
		{"matched", "/x/y", "$default", []string{"any"}, true},
		{"matched and closed", "/x/y", "$default", []string{"admin"}, false},
		{"on the root path", "/", "$default", []string{"any"}, true},
		{"with a closed route in the path", "/admin", "$default", []string{"any"}, false},
		{"with an open route in the path", "/admin", "$default", []string{"any", "admin"}, true},
		{"closed, with an open route in the path", "/7/public", "$default", nil, false},
		{"with an empty segment", "/admin/", "$default", []string{"admin"}, false},
		{"not known, and no other route", "/x/y", "", []string{"any"}, true},
		{"not known, closed", "/x/y", "", []string{"admin"}, false},
		{"not known, with another route", "/7/public", "", nil, true},
		{"not known, with an empty segment", "/7/public/", "", nil, false},
		{"another route, matched", "/7/public", "GET /{id}/public", nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if d := decide(t, r, scopes(tt.scopes...), "GET", tt.path, tt.route); (d == policy.Allowed) != tt.open {
				t.Errorf("decided %v", d)
			}
		})
	}
}

// Nothing of what the caller wrote may act as a pattern, in an Allow or in a Deny.
func TestAPathThatIsNoTextToIAMIsDenied(t *testing.T) {
	r := newTable(t, "GET /{proxy+}\n GET /users/{id}")
	for _, path := range []string{"/users/*", "/users/?", "/*", "/users/${aws:username}", "/users/a*b", "/users/\xff"} {
		for _, route := range []string{"GET /users/{id}", "GET /{proxy+}", ""} {
			if d := decide(t, r, policy.Caller{}, "GET", path, route); d != policy.ExplicitlyDenied {
				t.Errorf("GET %s by %q is %v", path, route, d)
			}
		}
	}
	if d := decide(t, r, policy.Caller{}, "GET", "/users/$x{y}", "GET /users/{id}"); d != policy.Allowed {
		t.Errorf("dollars and braces that are no variable: %v", d)
	}
	room := policy.MaxResource - len(testPrefix+"GET/users/")
	for _, segment := range []string{strings.Repeat("x", room), strings.Repeat("é", room)} {
		if d := decide(t, r, policy.Caller{}, "GET", "/users/"+segment, "GET /users/{id}"); d != policy.Allowed {
			t.Errorf("an ARN of %d characters is %v", policy.MaxResource, d)
		}
		if d := decide(t, r, policy.Caller{}, "GET", "/users/x"+segment, "GET /users/{id}"); d != policy.ExplicitlyDenied {
			t.Errorf("an ARN of %d characters is %v", policy.MaxResource+1, d)
		}
	}
}

// The three routes reach the table as one path: it once opened by the first.
func TestAnEmptySegmentOpensOnlyWhatAllRoutesOpen(t *testing.T) {
	const routes = "GET /files/{bucket}/{key} users\n GET /{proxy+} admins\n GET /files/{bucket}/{key+} users"
	r := newTable(t, routes)
	for _, path := range []string{"/files//k", "/files/b/", "/files///k", "//files/b/k", "/files/b//k", "/files/b/k/"} {
		for _, route := range []string{"", "GET /{proxy+}", "GET /files/{bucket}/{key+}"} {
			if d := decide(t, r, scopes("users"), "GET", path, route); d == policy.Allowed {
				t.Errorf("GET %s by %q is %v", path, route, d)
			}
			if d := decide(t, r, scopes("users", "admins"), "GET", path, route); d != policy.Allowed {
				t.Errorf("GET %s by %q is %v where all is open", path, route, d)
			}
		}
	}
	p := policyFor(t, newRoutes(t, "GET /files/{bucket}/{key} users\n GET /{proxy+} admins"), "users")
	for path, want := range map[string]bool{
		"/files/b/k": true, "/files//k": false, "/files/b/": false, "/files///k": false, "/files/b//k": false, "/files/b/k/": false,
		"/files/b%2Fx/k": false, "/files/b/%2F": false,
	} {
		if got := evaluate(t, p, "GET", path) == policy.Allowed; got != want {
			t.Errorf("GET %s is allowed by the policy: %v, want %v", path, got, want)
		}
	}
}

func TestWithoutARouteInTheEventThePathDecides(t *testing.T) {
	r := newTable(t, `
		GET  /users/{id}          users
		GET  /users/me
		ANY  /users/{id}/keys     keys
		GET  /{a}/x               ax
		GET  /y/{b}               yb
		GET  /                    root
		GET  /docs/{path+}        docs
		GET  /docs/{page}/edit    edit
	`)
	tests := []struct {
		verb, path string
		scopes     []string
		open       bool
	}{
		{"GET", "/users/7", []string{"users"}, true},
		{"GET", "/users/7", nil, false},
		{"GET", "/users/me", nil, true},
		{"GET", "/users/%6de", []string{"users"}, true},
		{"GET", "/users/%6de", nil, false}, // /users/{id} as it stands, /users/me decoded
		{"POST", "/users/7", []string{"users"}, false},
		{"POST", "/users/7/keys", []string{"keys"}, true},
		{"POST", "/users/me/keys", []string{"keys"}, true},
		{"GET", "/users/7%2Fkeys", []string{"users"}, false},
		{"GET", "/users/7%2Fkeys", []string{"users", "keys"}, true},
		{"GET", "/y/x", []string{"ax"}, false}, // of two routes that no document puts in order
		{"GET", "/y/x", []string{"yb"}, false},
		{"GET", "/y/x", []string{"ax", "yb"}, true},
		{"GET", "/", []string{"root"}, true},
		{"GET", "/", []string{"users"}, false},
		{"POST", "/", []string{"root"}, false},
		{"GET", "/docs/a/b", []string{"docs"}, true},
		{"GET", "/docs/a/edit", []string{"docs"}, false},
		{"GET", "/docs/a/edit", []string{"edit"}, true},
		{"GET", "/nothing/here", []string{"users"}, false},
	}
	for _, tt := range tests {
		if d := decide(t, r, scopes(tt.scopes...), tt.verb, tt.path, ""); (d == policy.Allowed) != tt.open {
			t.Errorf("%s %s with %q: %v", tt.verb, tt.path, tt.scopes, d)
		}
	}
}

func TestAnEntryWithSpacesNeedsAllItsScopes(t *testing.T) {
	r, err := policy.NewTable(policy.Route{Key: "GET /a", Scopes: []string{"read write", "admin"}})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := policy.NewRoutes(policy.Route{Key: "GET /a", Scopes: []string{"read write", "admin"}}, policy.Route{Key: "GET /b", AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		scopes []string
		open   bool
	}{
		{nil, false}, {[]string{"read"}, false}, {[]string{"write"}, false}, {[]string{"read write"}, false},
		{[]string{"write", "read"}, true}, {[]string{"admin"}, true}, {[]string{"read", "admin"}, true},
	} {
		if d := decide(t, r, scopes(tt.scopes...), "GET", "/a", "GET /a"); (d == policy.Allowed) != tt.open {
			t.Errorf("Table: %q is %v", tt.scopes, d)
		}
		if d := evaluate(t, policyFor(t, whole, tt.scopes...), "GET", "/a"); (d == policy.Allowed) != tt.open {
			t.Errorf("Routes: %q is %v", tt.scopes, d)
		}
	}
}

func TestABoundParameterOpensOnlyTheCallersOwn(t *testing.T) {
	routes := []policy.Route{
		{Key: "GET /tenants/{tenant}/users/{id}", Scopes: []string{"users"}, Bind: map[string]string{"tenant": "tenant_id"}},
		{Key: "ANY /tenants/{tenant}/files/{path+}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id"}},
		{Key: "GET /users/{id}/keys/{key}", AnyToken: true, Bind: map[string]string{"id": "sub", "key": "key_id"}},
	}
	r, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]string{"tenant_id": "acme", "sub": "ann", "key_id": "k1"}
	tests := []struct {
		name, path, route string
		claims            map[string]string
		open              bool
	}{
		{"the caller's own", "/tenants/acme/users/7", "GET /tenants/{tenant}/users/{id}", claims, true},
		{"another's", "/tenants/other/users/7", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"the caller's own in another case", "/tenants/ACME/users/7", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"more than the caller's own", "/tenants/acme2/users/7", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"the caller's own in another place", "/tenants/other/users/acme", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"the parameters by other names", "/tenants/acme/users/7", "GET /tenants/{t}/users/{u}", claims, true},
		{"an encoded value of another parameter", "/tenants/acme/users/a%2Fb", "GET /tenants/{tenant}/users/{id}", claims, true},
		{"an encoded letter in the value", "/tenants/%61cme/users/7", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"a slash that was encoded", "/tenants/acme/../other/users/7", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"a segment too many", "/tenants/acme/x/users/7", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"a segment too many at the end", "/tenants/acme/users/7/x", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"the beginning alone", "/tenants/acme", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"nothing for the greedy parameter", "/tenants/acme/files", "GET /tenants/{tenant}/files/{path+}", claims, false},
		{"a segment too few", "/tenants/acme/users", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"an empty segment", "/tenants/acme/users/", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"another path than the route's", "/x/acme/users/7", "GET /tenants/{tenant}/users/{id}", claims, false},
		{"no claim", "/tenants/acme/users/7", "GET /tenants/{tenant}/users/{id}", nil, false},
		{"an empty claim, and an empty segment", "/tenants//users/7", "GET /tenants/{tenant}/users/{id}", map[string]string{"tenant_id": ""}, false},
		{"a claim of one character", "/tenants/~/users/7", "GET /tenants/{tenant}/users/{id}", map[string]string{"tenant_id": "~"}, true},
		{"a claim with a wildcard", "/tenants/acme/users/7", "GET /tenants/{tenant}/users/{id}", map[string]string{"tenant_id": "*"}, false},
		{"a claim with a percent sign", "/tenants/a%20b/users/7", "GET /tenants/{tenant}/users/{id}", map[string]string{"tenant_id": "a%20b"}, false},
		{"a claim that needs encoding", "/tenants/a b/users/7", "GET /tenants/{tenant}/users/{id}", map[string]string{"tenant_id": "a b"}, false},
		{"a claim that is a way back", "/tenants/../users/7", "GET /tenants/{tenant}/users/{id}", map[string]string{"tenant_id": ".."}, false},
		{"in front of a greedy parameter", "/tenants/acme/files/a/b", "GET /tenants/{tenant}/files/{path+}", claims, true},
		{"another's, in front of a greedy parameter", "/tenants/other/files/a/b", "GET /tenants/{tenant}/files/{path+}", claims, false},
		{"a way back behind a greedy parameter", "/tenants/acme/files/../../other/files/a", "GET /tenants/{tenant}/files/{path+}", claims, false},
		{"two claims", "/users/ann/keys/k1", "GET /users/{id}/keys/{key}", claims, true},
		{"one claim of two", "/users/ann/keys/k2", "GET /users/{id}/keys/{key}", claims, false},
		{"the other claim of two", "/users/bob/keys/k1", "GET /users/{id}/keys/{key}", claims, false},
		{"two claims, changed over", "/users/k1/keys/ann", "GET /users/{id}/keys/{key}", claims, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := policy.Caller{Scopes: []string{"users"}, Claims: tt.claims}
			if d := decide(t, r, c, "GET", tt.path, tt.route); (d == policy.Allowed) != tt.open {
				t.Errorf("by its route it is %v", d)
			}
			if d := decide(t, r, c, "GET", tt.path, ""); (d == policy.Allowed) && !tt.open {
				t.Errorf("without a route it is %v", d)
			}
		})
	}
	if d := decide(t, r, policy.Caller{Claims: claims}, "GET", "/tenants/acme/users/7", "GET /tenants/{tenant}/users/{id}"); d == policy.Allowed {
		t.Error("the caller's own opens without the scope")
	}
}

func TestATableNeedsTheARNOfARequestOfTheSameKindOfAPI(t *testing.T) {
	http := newTable(t, "GET /a")
	socket, err := policy.NewTable(policy.Route{Key: "$connect", Scopes: []string{"chat"}})
	if err != nil {
		t.Fatal(err)
	}
	connect := testAPI
	connect.Path = "$connect"
	noPath, anyVerb := request("GET", ""), request("*", "/a")
	tests := []struct {
		name  string
		table *policy.Table
		arn   policy.ARN
		want  string
	}{
		{"nothing", http, policy.ARN{}, "no partition"},
		{"no method", http, testAPI, "names no method"},
		{"no path", http, noPath, "names no method"},
		{"a wildcard for the verb", http, anyVerb, "names no method"},
		{"a wildcard for the stage", http, policy.ARN{Partition: "aws", Region: "r", Account: "1", API: "a", Stage: "*", Verb: "GET", Path: "/a"}, "stage"},
		{"a WebSocket API's ARN for other routes", http, connect, "WebSocket"},
		{"another ARN for the routes of a WebSocket API", socket, request("GET", "/a"), "WebSocket"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := tt.table.Policy(policy.Caller{Principal: "someone"}, tt.arn, "GET /a")
			if p != nil {
				t.Errorf("got %s along with an error", p)
			}
			wantError(t, err, tt.want)
		})
	}
	_, err = http.Policy(policy.Caller{Principal: "\xff"}, request("GET", "/a"), "GET /a")
	wantError(t, err, "UTF-8")
	for _, route := range []string{"GET /a", "GET /b"} { // allowed, and denied
		p, err := http.Policy(policy.Caller{Principal: strings.Repeat("x", policy.MaxResponse)}, request("GET", "/a"), route)
		if wantError(t, err, "more than the limit"); p != nil {
			t.Errorf("got %s along with an error", p)
		}
	}
	for _, n := range []int{0, 511, 512, 513, 1000} {
		principal := strings.Repeat("x", n)
		if p, err := http.Policy(policy.Caller{Principal: principal}, request("GET", "/a"), "GET /a"); err != nil || p.PrincipalID != principal {
			t.Errorf("a principal of %d bytes: %v, %v", n, p, err)
		}
	}
}

func TestTheConnectRouteOfATableOpensByScope(t *testing.T) {
	r, err := policy.NewTable(policy.Route{Key: "$connect", Scopes: []string{"chat"}})
	if err != nil {
		t.Fatal(err)
	}
	connect, other := testAPI, testAPI
	connect.Path, other.Path = "$connect", "$disconnect"
	for _, tt := range []struct {
		name  string
		arn   policy.ARN
		scope string
		route string
		want  policy.Decision
	}{
		{"open", connect, "chat", "$connect", policy.Allowed},
		{"open, without a route in the event", connect, "chat", "", policy.Allowed},
		{"closed", connect, "mail", "$connect", policy.ExplicitlyDenied},
		{"another route", connect, "chat", "$default", policy.ExplicitlyDenied},
		{"another route in the ARN", other, "chat", "$connect", policy.ExplicitlyDenied},
	} {
		p, err := r.Policy(policy.Caller{Principal: "someone", Scopes: []string{tt.scope}}, tt.arn, tt.route)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := p.Evaluate(tt.arn, policy.ConditionKeys{}); d != tt.want || err != nil {
			t.Errorf("%s: %v, %v", tt.name, d, err)
		}
	}
	for _, path := range []string{"$connect", "/$connect", "/", ""} { // a server that routes has no such route
		if r.Allows(scopes("chat"), "GET", path, "$connect") {
			t.Errorf("GET %s is allowed", path)
		}
	}
}

// manyRoutes returns a table of a company's size.
func manyRoutes(n int) []policy.Route {
	var routes []policy.Route
	for i := range n / 5 {
		for _, verb := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			routes = append(routes, policy.Route{
				Key: fmt.Sprintf("%s /orgs/{org}/res%d/{id}", verb, i), Scopes: []string{fmt.Sprintf("res%d:%s", i, verb), "admin"},
			})
		}
	}
	return routes
}

func TestATableTakesThousandsOfRoutes(t *testing.T) {
	routes := append(manyRoutes(5000), policy.Route{Key: "ANY /{proxy+}", AnyToken: true})
	r, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range []string{"", "PUT /orgs/{org}/res999/{id}"} {
		if d := decide(t, r, scopes("res999:PUT"), "PUT", "/orgs/7/res999/8", route); d != policy.Allowed {
			t.Errorf("by %q it is %v", route, d)
		}
		if d := decide(t, r, scopes("res998:PUT"), "PUT", "/orgs/7/res999/8", route); d == policy.Allowed {
			t.Errorf("by %q and another scope it is %v", route, d)
		}
	}
}

func TestATableCanBeUsedByManyGoroutines(t *testing.T) {
	r := newTable(t, storeRoutes)
	done := make(chan error)
	for range 8 {
		go func() {
			p, err := r.Policy(policy.Caller{Principal: "someone", Scopes: []string{"files"}}, request("GET", "/files/%61//b"), "")
			if err == nil && p.PolicyDocument.Statement[0].Effect != "Allow" {
				err = fmt.Errorf("got %s", p)
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// Whatever the event says: no panic, and nothing of the caller's text but in the very
// ARN that is allowed.
func FuzzTable(f *testing.F) {
	for _, path := range []string{"/orders/7", "//a//b/", "/%2e%2e/%", "/*", "/files/../x", "/é\xff", "/%25%32%35"} {
		f.Add("GET", path, "GET /files/{path+}")
		f.Add("POST", path, "")
		f.Add("GET", path, "$default")
	}
	f.Add("GET", "/", "{}{+}}{ {")
	r, err := policy.NewTable(append(table(storeRoutes), policy.Route{
		Key: "GET /t/{t}/{p+}", AnyToken: true, Bind: map[string]string{"t": "sub"},
	})...)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, verb, path, route string) {
		arn := request(verb, path)
		p, err := r.Policy(policy.Caller{Principal: "someone", Scopes: []string{"files", "orders:read"}, Claims: map[string]string{"sub": path}}, arn, route)
		if err != nil {
			return
		}
		s := p.PolicyDocument.Statement
		if len(s) != 1 || len(s[0].Resource) != 1 {
			t.Fatalf("got %s", p)
		}
		denies := s[0].Effect == "Deny" && s[0].Resource[0] == testPrefix+"*"
		allows := s[0].Effect == "Allow" && s[0].Resource[0] == arn.String() && !strings.ContainsAny(path, "*?")
		if !denies && !allows {
			t.Fatalf("%q %q by %q: got %s", verb, path, route, p)
		}
	})
}

// A script decides what a random source would, so that a fuzzer can: a byte each, and
// when they are used up, some fixed numbers.
type script struct {
	bytes []byte
	after *rand.PCG
}

func (s *script) Uint64() uint64 {
	if len(s.bytes) == 0 {
		return s.after.Uint64()
	}
	b := uint64(s.bytes[0])
	s.bytes = s.bytes[1:]
	return b<<56 | 1<<40 | 1<<24 | b // package rand looks at the upper bits, and at the lower for a power of two
}

// Any table, and any requests, are decided as the plain router of the proof decides
// them, and Allows says what the policy does.
func FuzzTableAgainstARouter(f *testing.F) {
	f.Add([]byte("a table"), []byte{0, 1, 0, 2})
	f.Add([]byte{5, 200, 100, 255, 0, 31, 64, 128, 192, 224, 7, 7, 7, 250, 250, 0, 0, 90}, []byte{0, 1, 0, 0, 2, 0})
	f.Add([]byte(strings.Repeat("\xff\x80\x10\x40", 30)), []byte{0, 6, 7, 8, 0, 9, 10})
	f.Add([]byte(strings.Repeat("\xe0\x30\xc0", 40)), []byte{0, 4, 0, 5, 0, 11, 0, 1})
	for seed := range uint64(100) {
		rng, choices := rand.New(rand.NewPCG(seed, 26)), make([]byte, 300)
		for i := range choices {
			choices[i] = byte(rng.Uint32())
		}
		f.Add(choices, choices[:seed%12])
	}
	pieces := []string{"/", "a", "b", "c", "7", "own", "%2F", "%61", "%25", "%6f%77n", "*", "/..", "?", "${x}", "%", "é"}
	f.Fuzz(func(t *testing.T, choices, path []byte) {
		rng := rand.New(&script{choices, rand.NewPCG(1, 2)})
		routes := proofTable(rng, 1+rng.IntN(12))
		p, callers := newTableProof(t, routes), proofCallers(rng)
		own := "/"
		for _, b := range path[:min(len(path), 12)] {
			own += pieces[int(b)%len(pieces)]
		}
		for _, path := range []string{own, proofPath(rng, routes), proofPath(rng, routes)} {
			verb := proofVerbs[rng.IntN(len(proofVerbs))]
			for _, w := range worlds {
				p.check(t, callers, w, verb, path, map[bool]int{})
			}
			p.checkAllows(t, callers, verb, path)
		}
	})
}

// checkAllows holds Allows to what the policy for the same request decides.
func (p *tableProof) checkAllows(t *testing.T, callers []policy.Caller, verb, path string) {
	t.Helper()
	given := []string{"", "$default"}
	for _, r := range p.all.routes {
		if !isDefault(r) {
			given = append(given, verb+" "+pathOf(r))
		}
	}
	text := !strings.ContainsAny(path, "*?") && !strings.Contains(path, "${")
	for _, c := range callers {
		if p.table.Allows(c, verb, path, verb+" /unlisted/{x}/y/z/w") {
			t.Fatalf("routes %v\ncaller %v: %s %s is allowed by a route that the table does not have", p.all.routes, c, verb, path)
		}
		for _, route := range given {
			byPolicy, own := p.allows(t, c, verb, path, route), p.table.Allows(c, verb, path, route)
			if byPolicy != (own && text) {
				t.Fatalf("routes %v\ncaller %v: %s %s by %q: the policy allows it: %v, Allows: %v", p.all.routes, c, verb, path, route, byPolicy, own)
			}
		}
	}
}

func BenchmarkNewTableOfAThousand(b *testing.B) {
	routes := manyRoutes(1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.NewTable(routes...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTablePolicy(b *testing.B) {
	r, err := policy.NewTable(append(manyRoutes(1000), policy.Route{Key: "GET /files/{path+}", AnyToken: true},
		policy.Route{Key: "GET /t/{t}/x/{id}", AnyToken: true, Bind: map[string]string{"t": "tenant_id"}})...)
	if err != nil {
		b.Fatal(err)
	}
	c := policy.Caller{
		Principal: "auth0|5f7c8ec7c33c6c004bbafe82", Claims: map[string]string{"tenant_id": "acme"},
		Scopes: []string{"openid", "profile", "email", "res1:GET", "res2:GET", "res77:GET"},
	}
	for name, bench := range map[string]struct{ path, route string }{
		"matched":       {"/orgs/7b0e2c/res77/1f9a", "GET /orgs/{org}/res77/{id}"},
		"greedy":        {"/files/2026/11/report.pdf", "GET /files/{path+}"},
		"bound":         {"/t/acme/x/7", "GET /t/{t}/x/{id}"},
		"without route": {"/orgs/7b0e2c/res77/1f9a", ""},
	} {
		b.Run(name, func(b *testing.B) {
			arn := request("GET", bench.path)
			b.ReportAllocs()
			for b.Loop() {
				if p, err := r.Policy(c, arn, bench.route); err != nil || p.PolicyDocument.Statement[0].Effect != "Allow" {
					b.Fatal(p, err)
				}
			}
		})
	}
}

// Sets of routes are kept in words of 64: each route is itself, and no other.
func TestEachOfHundredsOfRoutesOpensByItsOwnScopeAlone(t *testing.T) {
	const n = 200
	routes := make([]policy.Route, n)
	for i := range routes {
		routes[i] = policy.Route{Key: fmt.Sprintf("GET /r%d", i), Scopes: []string{fmt.Sprintf("s%d", i)}}
	}
	table, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		caller := policy.Caller{Principal: "ada", Scopes: []string{fmt.Sprintf("s%d", i)}}
		for _, j := range []int{i, (i + 1) % n, (i + 63) % n, (i + 64) % n, (i + 128) % n} {
			path := fmt.Sprintf("/r%d", j)
			answer, err := table.Policy(caller, request("GET", path), "GET "+path)
			if err != nil {
				t.Fatal(err)
			}
			if d := evaluate(t, answer, "GET", path); (d == policy.Allowed) != (i == j) {
				t.Errorf("scope s%d: GET %s is %v", i, path, d)
			}
		}
	}
}

func TestWhatACallerDoesToTheMissingScopesChangesNoTable(t *testing.T) {
	route := policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:read", "orders:write"}}
	table, err := policy.NewTable(route)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := policy.NewRoutes(route)
	if err != nil {
		t.Fatal(err)
	}
	for name, missing := range map[string]func(policy.Caller, string, string) []string{"Table": table.MissingScopes, "Routes": routes.MissingScopes} {
		for range 2 {
			got := missing(policy.Caller{Principal: "a"}, "GET", route.Key)
			if !slices.Equal(got, []string{"orders:read", "orders:write"}) {
				t.Errorf("%s: got %q", name, got)
			}
			clear(got)
		}
		if got := missing(policy.Caller{Principal: "a", Scopes: []string{"orders:write"}}, "GET", route.Key); got != nil {
			t.Errorf("%s: a caller with one of the scopes misses %q", name, got)
		}
	}
}
