package policy_test

import (
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// wantRefused fails the test unless both ways of deciding refuse the routes.
func wantRefused(t *testing.T, want string, routes ...policy.Route) {
	t.Helper()
	r, err := policy.NewRoutes(routes...)
	if r != nil {
		t.Error("NewRoutes: got routes along with an error")
	}
	wantError(t, err, want)
	table, err := policy.NewTable(routes...)
	if table != nil {
		t.Error("NewTable: got a table along with an error")
	}
	wantError(t, err, want)
}

func TestWhatCannotBeARouteIsRefused(t *testing.T) {
	tests := []struct {
		name string
		keys []string
		want string
	}{
		{"no routes", nil, "no routes"},
		{"an unknown verb", []string{"FETCH /a"}, "invalid HTTP verb"},
		{"a verb in lower case", []string{"get /a"}, "invalid HTTP verb"},
		{"an asterisk for the verb", []string{"* /a"}, "invalid HTTP verb"},
		{"no path", []string{"GET "}, "begin with a slash"},
		{"no slash at the beginning", []string{"GET a"}, "begin with a slash"},
		{"two spaces", []string{"GET  /a"}, "begin with a slash"},
		{"a slash at the end", []string{"GET /a/"}, "slash at its end"},
		{"an empty segment", []string{"GET /a//b"}, "empty segment"},
		{"an asterisk", []string{"GET /a/*"}, "declare a parameter"},
		{"a question mark", []string{"GET /a?"}, "must not hold"},
		{"a space", []string{"GET /a b"}, "must not hold"},
		{"a policy variable", []string{"GET /${x}"}, "policy variable"},
		{"a parameter with a space in its name", []string{"GET /{a b}"}, "must not hold"},
		{"a parameter with braces in its name", []string{"GET /{{a}}"}, "must not hold"},
		{"a parameter without a name", []string{"GET /{}"}, "must not hold"},
		{"a greedy parameter without a name", []string{"GET /{+}"}, "must not hold"},
		{"a parameter within a segment", []string{"GET /{a}.json"}, "must not hold"},
		{"a greedy parameter before the end", []string{"GET /{a+}/b"}, "{a+} must come last"},
		{"two parameters of one name", []string{"GET /{a}/b/{a}"}, "two parameters are called a"},
		{"two parameters of one name, one of them greedy", []string{"GET /{a}/{a+}"}, "two parameters are called a"},
		{"a route listed twice", []string{"GET /a", "GET /a"}, "are the same"},
		{"a route listed twice under another name", []string{"ANY /{a}", "ANY /{b}"}, "are the same"},
		{"a greedy route listed twice under another name", []string{"ANY /x/{a+}", "ANY /x/{b+}"}, "are the same"},
		{"a verb before the default route", []string{"ANY $default"}, "begin with a slash"},
		{"nothing", []string{""}, "has no verb"},
		{"a path without a verb", []string{"/a"}, "has no verb"},
		{"a route key other than $connect", []string{"$disconnect"}, "has no verb"},
		{"$connect beside other routes", []string{"$connect", "GET /a"}, "$connect"},
		{"$connect after other routes", []string{"GET /a", "$connect"}, "$connect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var routes []policy.Route
			for _, key := range tt.keys {
				routes = append(routes, policy.Route{Key: key, AnyToken: true})
			}
			wantRefused(t, tt.want, routes...)
		})
	}
}

// A greedy parameter and one that is not take other requests: two routes.
func TestRoutesThatDifferInGreedOrVerbAreNotTheSame(t *testing.T) {
	for _, keys := range [][2]string{{"GET /x/{a}", "GET /x/{a+}"}, {"GET /x/{a}", "ANY /x/{a}"}, {"ANY /", "$default"}} {
		routes := []policy.Route{{Key: keys[0], AnyToken: true}, {Key: keys[1], AnyToken: true}}
		if _, err := policy.NewTable(routes...); err != nil {
			t.Errorf("NewTable: %v", err)
		}
		if _, err := policy.NewRoutes(routes...); err != nil {
			t.Errorf("NewRoutes: %v", err)
		}
	}
}

func TestALiteralMayBeNamedLikeAParameter(t *testing.T) {
	for _, key := range []string{"GET /{a}/a", "GET /a/{a}", "GET /a/a", "GET /{a}/a/{b}"} {
		if _, err := policy.NewTable(policy.Route{Key: key, AnyToken: true}); err != nil {
			t.Error(err)
		}
	}
}

// What opens a route comes from settings, and a setting that is missing must close.
func TestARouteSaysWhoMayCallIt(t *testing.T) {
	tests := []struct {
		name  string
		route policy.Route
		want  string
	}{
		{"neither scopes nor AnyToken", policy.Route{Key: "GET /a"}, "set either Scopes, or AnyToken"},
		{"an empty list of scopes", policy.Route{Key: "GET /a", Scopes: []string{}}, "set either Scopes, or AnyToken"},
		{"both scopes and AnyToken", policy.Route{Key: "GET /a", Scopes: []string{"s"}, AnyToken: true}, "set either Scopes, or AnyToken"},
		{"nothing on $connect", policy.Route{Key: "$connect"}, "set either Scopes, or AnyToken"},
		{"an empty scope", policy.Route{Key: "GET /a", Scopes: []string{"s", ""}}, "is empty, or has spaces"},
		{"a space for a scope", policy.Route{Key: "GET /a", Scopes: []string{" "}}, "is empty, or has spaces"},
		{"a space before a scope", policy.Route{Key: "GET /a", Scopes: []string{" s"}}, "is empty, or has spaces"},
		{"two spaces between scopes", policy.Route{Key: "GET /a", Scopes: []string{"s  t"}}, "is empty, or has spaces"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantRefused(t, tt.want, tt.route) })
	}
}

func TestOnlyParametersOfOneSegmentCanBeBoundToClaims(t *testing.T) {
	tests := []struct {
		name, key string
		bind      map[string]string
		want      string
	}{
		{"a greedy parameter", "GET /files/{path+}", map[string]string{"path": "p"}, "greedy parameter"},
		{"a parameter that is not there", "GET /tenants/{tenant}", map[string]string{"tenantId": "t"}, "{tenantId} is not in the path"},
		{"a literal segment", "GET /tenants/{tenant}", map[string]string{"tenants": "t"}, "not in the path"},
		{"no claim", "GET /tenants/{tenant}", map[string]string{"tenant": ""}, "{tenant} has no name of a claim"},
		{"no parameter", "GET /tenants", map[string]string{"": "t"}, "not in the path"},
		{"the default route", "$default", map[string]string{"tenant": "t"}, "no parameter"},
		{"a WebSocket API", "$connect", map[string]string{"tenant": "t"}, "no parameter"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			wantRefused(t, tt.want, policy.Route{Key: tt.key, AnyToken: true, Bind: tt.bind})
		})
	}
}

func TestClaimsAreThoseThatRoutesBind(t *testing.T) {
	routes := []policy.Route{
		{Key: "GET /tenants/{t}/users/{u}", AnyToken: true, Bind: map[string]string{"t": "tenant_id", "u": "sub"}},
		{Key: "PUT /tenants/{t}", AnyToken: true, Bind: map[string]string{"t": "tenant_id"}},
		{Key: "GET /open", AnyToken: true},
	}
	r, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	table, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"sub", "tenant_id"}
	if got := r.Claims(); !sameElements(got, want) {
		t.Errorf("Routes: %q", got)
	}
	r.Claims()[0] = "x"
	if got := r.Claims(); !sameElements(got, want) {
		t.Errorf("Routes after a change: %q", got)
	}
	if got := table.Claims(); !sameElements(got, want) {
		t.Errorf("Table: %q", got)
	}
}

func TestWhatARouteWasReadFromCanBeChangedLater(t *testing.T) {
	scopes, bind := []string{"s"}, map[string]string{"t": "tenant_id"}
	routes := []policy.Route{{Key: "GET /tenants/{t}", Scopes: scopes, Bind: bind}}
	r, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	table, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatal(err)
	}
	scopes[0], bind["t"], routes[0].AnyToken = "other", "sub", true
	c := policy.Caller{Principal: "someone", Scopes: []string{"other"}, Claims: map[string]string{"sub": "7"}}
	p, err := r.Policy(c, testAPI)
	if err != nil {
		t.Fatal(err)
	}
	if d := evaluate(t, p, "GET", "/tenants/7"); d == policy.Allowed {
		t.Error("what was changed after NewRoutes opens a route")
	}
	if d := decide(t, table, c, "GET", "/tenants/7", "GET /tenants/{t}"); d == policy.Allowed {
		t.Error("what was changed after NewTable opens a route")
	}
	for _, missing := range [][]string{r.MissingScopes(c, "GET", "GET /tenants/{t}"), table.MissingScopes(c, "GET", "GET /tenants/{t}")} {
		if !slices.Equal(missing, []string{"s"}) {
			t.Errorf("missing %q", missing)
		}
	}
}
