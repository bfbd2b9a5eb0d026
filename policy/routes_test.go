package policy_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

const userRoutes = `
	GET,POST       /users              users:read users:write
	GET            /users/{id}         users:read
	PUT,DELETE     /users/{id}         users:write
	GET            /users/{id}/secrets secrets:read
	GET            /health
`

func TestThePolicyForARouteServesTheCallersOtherRoutesToo(t *testing.T) {
	// The trap: made for one method, cached for all.
	asked := request("GET", "/users/7")
	single, err := policy.New("ada", asked).AllowMethod(asked.Verb, asked.Path).Build()
	if err != nil {
		t.Fatal(err)
	}
	if d := evaluate(t, single, "GET", "/health"); d != policy.ImplicitlyDenied {
		t.Errorf("a policy for one method decides %v on another", d)
	}

	whole, err := newRoutes(t, userRoutes).Policy(policy.Caller{Principal: "ada", Scopes: []string{"users:read"}}, asked)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]policy.Decision{
		"/users/7": policy.Allowed, "/users": policy.Allowed, "/health": policy.Allowed, "/users/7/secrets": policy.ExplicitlyDenied,
	} {
		if d := evaluate(t, whole, "GET", path); d != want {
			t.Errorf("GET %s is %v, want %v", path, d, want)
		}
	}
	if whole.PrincipalID != "ada" {
		t.Errorf("principal %q", whole.PrincipalID)
	}
}

func TestThePolicyDoesNotDependOnWhichRouteWasAskedFor(t *testing.T) {
	r := newRoutes(t, userRoutes)
	want := policyFor(t, r, "users:read").String()
	for _, asked := range []policy.ARN{request("GET", "/users/7"), request("DELETE", "/*"), request("GET", "/users/{id}"), testAPI} {
		got, err := r.Policy(policy.Caller{Principal: "someone", Scopes: []string{"users:read"}}, asked)
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != want {
			t.Errorf("for %s:\ngot  %s\nwant %s", asked, got, want)
		}
	}
}

func TestRoutesAllowWhatIsOpenAndDenyWhatAPatternWouldTakeIn(t *testing.T) {
	tests := []struct {
		name, routes string
		scopes       []string
		allow, deny  []string
	}{
		{
			"literal routes need no Deny",
			"GET /a s\n POST /b s\n GET /c other", []string{"s"},
			[]string{"GET/a", "POST/b"}, nil,
		},
		{
			"a route without scopes is open to all",
			"GET /a\n GET /b s", nil,
			[]string{"GET/a"}, nil,
		},
		{
			"any one scope opens a route",
			"GET /a s1 s2\n GET /b s3", []string{"s0", "s2"},
			[]string{"GET/a"}, nil,
		},
		{
			"scopes that no route has open nothing more",
			"GET /a\n GET /b s", []string{"S", "s ", "", "*"},
			[]string{"GET/a"}, nil,
		},
		{
			"the root path",
			"GET / s\n GET /a other", []string{"s"},
			[]string{"GET/"}, nil,
		},
		{
			"nothing below a parameter is allowed along with it",
			"GET /users/{id} s", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/*/*"},
		},
		{
			"the same for several verbs is one Deny",
			"GET,PUT,DELETE /users/{id} s", []string{"s"},
			[]string{"GET/users/*", "PUT/users/*", "DELETE/users/*"}, []string{"*/users/*/*"},
		},
		{
			"a closed route below an open parameter",
			"GET /users/{id} s\n GET /users/{id}/posts s\n GET /users/{id}/secrets other", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/*/secrets", "GET/users/*/secrets/"},
		},
		{
			"a closed literal beside an open parameter",
			"GET /users/{id} s\n GET /users/me other", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/me", "GET/users/*/*"},
		},
		{
			"an open literal beside a closed parameter",
			"GET /users/{id} other\n GET /users/me s", []string{"s"},
			[]string{"GET/users/me"}, nil,
		},
		{
			"a closed collection, which the parameter takes in with a slash at its end",
			"GET /users other\n GET /users/{id} s", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/", "GET/users/*/*"},
		},
		{
			"a greedy parameter",
			"GET /files/{path+} s\n GET /files/{id}/owner other", []string{"s"},
			[]string{"GET/files/*"}, []string{"GET/files/*/owner", "GET/files/*/owner/"},
		},
		{
			"a closed greedy route around an open one",
			"GET /{proxy+} other\n GET /users/{id} s", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/", "GET/users/*/*"},
		},
		{
			"ANY is written as an asterisk, which takes in other paths",
			"ANY /users s\n GET /old/users other", []string{"s"},
			[]string{"*/users"}, []string{"*/*/users"},
		},
		{
			"ANY is listed verb by verb where the asterisk would be at odds with other routes",
			"ANY /users s\n GET /{x}/users other\n GET /{x}/{y}/users s", []string{"s"},
			[]string{"GET/users", "POST/users", "PUT/users", "PATCH/users", "HEAD/users", "DELETE/users", "OPTIONS/users", "GET/*/*/users"},
			[]string{"GET/*/*/*/users"},
		},
		{
			"a verb that is closed beside an open ANY",
			"ANY /users/{id} s\n DELETE /users/{id} other", []string{"s"},
			[]string{"*/users/*"}, []string{"DELETE/users/*", "*/*/users/*", "*/users/*/*"},
		},
		{
			"an open verb beside a closed ANY",
			"ANY /users/{id} other\n GET /users/{id} s", []string{"s"},
			[]string{"GET/users/*"}, []string{"*/users/*/*"},
		},
		{
			"what another pattern allows is not repeated",
			"GET /a/{x} s\n GET /a/{x}/b s\n GET /a/c s\n GET /a/{y+} s", []string{"s"},
			[]string{"GET/a/*"}, nil,
		},
		{
			"of two routes that may be meant both have to be open",
			"GET /{a}/x s\n GET /y/{b} other", []string{"s"},
			[]string{"GET/*/x"}, []string{"GET/y/x", "GET/*/*/x"},
		},
		{
			"unless the path that both match is declared",
			"GET /{a}/x s\n GET /y/{b} other\n GET /y/x s", []string{"s"},
			[]string{"GET/*/x"}, []string{"GET/*/*/x"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := policyFor(t, newRoutes(t, tt.routes), tt.scopes...)
			if got := suffixes(t, p, "Allow"); !sameElements(got, tt.allow) {
				t.Errorf("Allow %q, want %q", got, tt.allow)
			}
			if got := suffixes(t, p, "Deny"); !sameElements(got, tt.deny) {
				t.Errorf("Deny %q, want %q", got, tt.deny)
			}
			if n := len(p.PolicyDocument.Statement); n != 1+min(len(tt.deny), 1) {
				t.Errorf("%d statements", n)
			}
		})
	}
}

func sameElements(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

func TestACallerWithoutAnyOpenRouteIsDeniedEverything(t *testing.T) {
	p := policyFor(t, newRoutes(t, "GET / s\n GET /users/{id} s"))
	if got := suffixes(t, p, "Deny"); len(p.PolicyDocument.Statement) != 1 || !slices.Equal(got, []string{"*/*"}) {
		t.Errorf("got %s", p)
	}
	for _, path := range []string{"/", "/users/7", "/elsewhere/"} {
		if d := evaluate(t, p, "GET", path); d != policy.ExplicitlyDenied {
			t.Errorf("GET %s is %v", path, d)
		}
	}
}

// REST APIs route /users/ like /users, and write either into the ARN.
func TestASlashAtTheEndDoesNotOpenAClosedRoute(t *testing.T) {
	p := policyFor(t, newRoutes(t, `
		GET /users              list
		GET /users/{id}         read
		GET /users/{id}/posts   read
		GET /users/{id}/secrets other
	`), "read")
	for path, want := range map[string]bool{
		"/users": false, "/users/": false, "/users/7": true, "/users/7/posts": true,
		"/users/7/secrets": false, "/users/7/secrets/": false,
	} {
		if got := evaluate(t, p, "GET", path) == policy.Allowed; got != want {
			t.Errorf("GET %s is allowed: %v, want %v", path, got, want)
		}
	}
}

func TestWildcardsInARequestDoNotReachFurther(t *testing.T) {
	p := policyFor(t, newRoutes(t, userRoutes), "users:read")
	for path, want := range map[string]policy.Decision{
		"/users/*": policy.Allowed, "/users/{id}": policy.Allowed, "/*": policy.ImplicitlyDenied, "/users/*/secrets": policy.ExplicitlyDenied,
	} {
		if d := evaluate(t, p, "GET", path); d != want {
			t.Errorf("GET %s is %v, want %v", path, d, want)
		}
	}
}

func TestTablesThatIAMCannotExpressAreRefusedWithTheRoutesAtOdds(t *testing.T) {
	tests := []struct {
		name, routes             string
		allowed, denied, blocked string
		pattern                  string
		scopes                   []string
	}{
		{
			"the same last segment at two depths",
			"GET /orgs/{o} org\n GET /orgs/{o}/members members\n GET /orgs/{o}/projects/{p}/members project",
			"GET /orgs/{o}", "GET /orgs/{o}/members", "GET /orgs/{o}/projects/{p}/members",
			"GET/orgs/*/members", []string{"org", "project"},
		},
		{
			"a closed parameter in an open greedy route, with an open route below it",
			"GET /{proxy+}\n GET /teams/{id} team\n GET /teams/{id}/logo",
			"GET /{proxy+}", "GET /teams/{id}", "GET /teams/{id}/logo",
			"GET/teams/*", nil,
		},
		{
			"a closed greedy route below an open parameter, with an open route in it",
			"GET /{proxy+} admin\n GET /a/{x} s\n GET /a/{x}/b s",
			"GET /a/{x}", "GET /{proxy+}", "GET /a/{x}/b",
			"GET/a/*/*", []string{"s"},
		},
		{
			"an open literal next to a closed parameter of which the rest is the same",
			"GET /staff/{id} hr\n GET /staff/{id}/pay payroll\n GET /staff/me/pay",
			"GET /staff/{id}", "GET /staff/{id}/pay", "GET /staff/me/pay",
			"GET/staff/*/pay", []string{"hr"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := policy.NewRoutes(table(tt.routes)...)
			if r != nil {
				t.Error("got routes along with an error")
			}
			var c *policy.ConflictError
			if !errors.As(err, &c) {
				t.Fatalf("got %v", err)
			}
			if c.Allowed.Key != tt.allowed || c.Denied.Key != tt.denied || len(c.Blocked) != 1 || c.Blocked[0].Key != tt.blocked ||
				c.Pattern != tt.pattern || !slices.Equal(c.Scopes, tt.scopes) {
				t.Errorf("got %+v", c)
			}
			for _, want := range []string{tt.allowed, tt.denied, tt.blocked, tt.pattern} {
				wantError(t, err, want)
			}
		})
	}
}

func TestATableAtOddsIsAcceptedOnceNoScopesCanBringItOut(t *testing.T) {
	for name, routes := range map[string]string{
		"the closed route opens with one of the scopes": "GET /orgs/{o} org\n GET /orgs/{o}/members members org\n GET /orgs/{o}/projects/{p}/members project",
		"the closed route opens to all":                 "GET /orgs/{o} org\n GET /orgs/{o}/members\n GET /orgs/{o}/projects/{p}/members project",
		"one scope opens all of them":                   "GET /orgs/{o} s\n GET /orgs/{o}/members s\n GET /orgs/{o}/projects/{p}/members s",
		"the routes have different verbs":               "GET /orgs/{o} org\n GET /orgs/{o}/members members\n POST /orgs/{o}/projects/{p}/members project",
		"the last segments differ":                      "GET /orgs/{o} org\n GET /orgs/{o}/members members\n GET /orgs/{o}/projects/{p}/team project",
	} {
		t.Run(name, func(t *testing.T) { newRoutes(t, routes) })
	}
}

func TestADenyThatHitsAParameterNamedLikeASegmentIsListedAsAnException(t *testing.T) {
	r := newRoutes(t, `
		GET /orgs/{org}                   org:read
		GET /orgs/{org}/billing           billing
		GET /orgs/{org}/members/{member}  org:read
	`)
	exceptions := r.Exceptions()
	if len(exceptions) != 1 {
		t.Fatalf("got %v", exceptions)
	}
	e := exceptions[0]
	if e.Denied.Key != "GET /orgs/{org}/billing" || len(e.Hit) != 1 || e.Hit[0].Key != "GET /orgs/{org}/members/{member}" ||
		e.Pattern != "GET/orgs/*/billing" || !slices.Equal(e.Scopes, []string{"org:read"}) {
		t.Errorf("got %s", e)
	}
	p := policyFor(t, r, e.Scopes...)
	for path, want := range map[string]bool{
		"/orgs/7/members/8": true, "/orgs/7/billing": false, "/orgs/7/members/billing": false,
	} {
		if got := evaluate(t, p, "GET", path) == policy.Allowed; got != want {
			t.Errorf("GET %s is allowed: %v, want %v", path, got, want)
		}
	}
	both := policyFor(t, r, "org:read", "billing")
	if d := evaluate(t, both, "GET", "/orgs/7/members/billing"); d != policy.Allowed {
		t.Errorf("for a caller who may see the billing it is %v", d)
	}
	if others := newRoutes(t, userRoutes).Exceptions(); len(others) != 0 {
		t.Errorf("a table without such routes has the exceptions %v", others)
	}
}

func TestNewRoutesRefusesWhatCannotBeARoute(t *testing.T) {
	many := "/" + strings.Repeat("x/", 29) + "x"
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
		{"a parameter within a segment", []string{"GET /{a}.json"}, "must not hold"},
		{"a greedy parameter before the end", []string{"GET /{a+}/b"}, "must come last"},
		{"more segments than can be compared", []string{"GET " + many}, "30 segments"},
		{"a route listed twice", []string{"GET /a", "GET /a"}, "are the same"},
		{"a route listed twice under another name", []string{"ANY /{a}", "ANY /{b}"}, "are the same"},
		{"an HTTP API's default route", []string{"$default"}, "ANY /{proxy+}"},
		{"a verb before the default route", []string{"ANY $default"}, "begin with a slash"},
		{"nothing", []string{""}, "without a verb"},
		{"a path without a verb", []string{"/a"}, "without a verb"},
		{"a route key other than $connect", []string{"$disconnect"}, "$connect"},
		{"$connect beside other routes", []string{"$connect", "GET /a"}, "$connect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var routes []policy.Route
			for _, key := range tt.keys {
				routes = append(routes, policy.Route{Key: key, AnyToken: true})
			}
			r, err := policy.NewRoutes(routes...)
			if r != nil {
				t.Error("got routes along with an error")
			}
			wantError(t, err, tt.want)
		})
	}
}

// What opens a route comes from settings, and a setting that is missing must close.
func TestARouteSaysWhoMayCallIt(t *testing.T) {
	tests := []struct {
		name  string
		route policy.Route
		want  string
	}{
		{"neither scopes nor AnyToken", policy.Route{Key: "GET /a"}, "set Scopes, or AnyToken"},
		{"an empty list of scopes", policy.Route{Key: "GET /a", Scopes: []string{}}, "set Scopes, or AnyToken"},
		{"an empty scope", policy.Route{Key: "GET /a", Scopes: []string{"s", ""}}, "scope is empty"},
		{"both scopes and AnyToken", policy.Route{Key: "GET /a", Scopes: []string{"s"}, AnyToken: true}, "one or the other"},
		{"nothing on $connect", policy.Route{Key: "$connect"}, "set Scopes, or AnyToken"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := policy.NewRoutes(tt.route)
			if r != nil {
				t.Error("got routes along with an error")
			}
			wantError(t, err, tt.want)
		})
	}
}

// Every segment is a parameter or one of two literals: the ways in which such
// routes can overlap double with each segment.
func TestATableThatOverlapsInEveryWayIsRefusedRatherThanReadForEver(t *testing.T) {
	var routes []policy.Route
	for i := range 1 << 9 {
		var path strings.Builder
		for bit := range 9 {
			path.WriteString([]string{"/a", "/{p}"}[i>>bit&1])
		}
		routes = append(routes, policy.Route{Key: "GET " + path.String(), Scopes: []string{path.String()}})
	}
	if _, err := policy.NewRoutes(routes...); err == nil {
		t.Error("accepted")
	}
}

func TestPolicyNeedsTheWholeARNOfTheSameKindOfAPI(t *testing.T) {
	http, socket := newRoutes(t, userRoutes), newConnect(t)
	connect := testAPI
	connect.Path = "$connect"
	tests := []struct {
		name   string
		routes *policy.Routes
		arn    policy.ARN
		want   string
	}{
		{"nothing", http, policy.ARN{}, "no region"},
		{"no partition", http, policy.ARN{Region: "r", Account: "1", API: "a", Stage: "s"}, "partition"},
		{"no account", http, policy.ARN{Partition: "aws", Region: "r", API: "a", Stage: "s"}, "no account"},
		{"no stage", http, policy.ARN{Partition: "aws", Region: "r", Account: "1", API: "a"}, "no stage"},
		{"a wildcard for the stage", http, policy.ARN{Partition: "aws", Region: "r", Account: "1", API: "a", Stage: "*"}, "stage"},
		{"a WebSocket API's ARN for other routes", http, connect, "WebSocket"},
		{"another ARN for the routes of a WebSocket API", socket, request("GET", "/"), "WebSocket"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := tt.routes.Policy(policy.Caller{Principal: "someone"}, tt.arn)
			if p != nil {
				t.Errorf("got %s along with an error", p)
			}
			wantError(t, err, tt.want)
		})
	}
	_, err := http.Policy(policy.Caller{Principal: "\xff"}, testAPI)
	wantError(t, err, "UTF-8")
}

func newConnect(t *testing.T) *policy.Routes {
	t.Helper()
	r, err := policy.NewRoutes(policy.Route{Key: "$connect", Scopes: []string{"chat"}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTheConnectRouteOfAWebSocketAPIOpensByScope(t *testing.T) {
	r := newConnect(t)
	arn, err := policy.ParseARN(testPrefix + "$connect")
	if err != nil {
		t.Fatal(err)
	}
	for scope, want := range map[string]policy.Decision{"chat": policy.Allowed, "mail": policy.ExplicitlyDenied} {
		p, err := r.Policy(policy.Caller{Principal: "someone", Scopes: []string{scope}}, arn)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := p.Evaluate(arn, policy.ConditionKeys{}); d != want || err != nil {
			t.Errorf("with the scope %s: %v, %v, want %v", scope, d, err, want)
		}
	}
	if r.Exceptions() != nil {
		t.Error("a WebSocket API has exceptions")
	}
}

func TestRoutesDoNotChangeWithTheSliceThatTheyWereMadeFrom(t *testing.T) {
	routes := table("GET /a s\n GET /b t")
	r, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	routes[0].Scopes[0] = "t"
	if d := evaluate(t, policyFor(t, r, "t"), "GET", "/a"); d == policy.Allowed {
		t.Error("a scope changed after NewRoutes opens a route")
	}
}

func TestRoutesCanBeUsedByManyGoroutines(t *testing.T) {
	r := newRoutes(t, fiftyRoutes)
	want := policyFor(t, r, "projects:read").String()
	done := make(chan string)
	for range 8 {
		go func() {
			p, err := r.Policy(policy.Caller{Principal: "someone", Scopes: []string{"projects:read"}}, testAPI)
			if err != nil {
				done <- err.Error()
				return
			}
			done <- p.String()
		}()
	}
	for range 8 {
		if got := <-done; got != want {
			t.Errorf("got %s", got)
		}
	}
}

// fiftyRoutes is the API of a company that sells software by subscription.
const fiftyRoutes = `
	GET           /v1/me
	PATCH         /v1/me                                                     profile:write
	GET           /v1/organizations                                          organizations:read
	POST          /v1/organizations                                          organizations:write
	GET           /v1/organizations/{organizationId}                         organizations:read
	PATCH,DELETE  /v1/organizations/{organizationId}                         organizations:write
	GET           /v1/organizations/{organizationId}/members                 members:read
	POST          /v1/organizations/{organizationId}/members                 members:write
	GET           /v1/organizations/{organizationId}/members/{memberId}      members:read
	PATCH,DELETE  /v1/organizations/{organizationId}/members/{memberId}      members:write
	GET           /v1/organizations/{organizationId}/invitations             members:read
	POST          /v1/organizations/{organizationId}/invitations             members:write
	DELETE        /v1/organizations/{organizationId}/invitations/{inviteId}  members:write
	GET           /v1/organizations/{organizationId}/billing                 billing:read
	PUT           /v1/organizations/{organizationId}/billing                 billing:write
	GET           /v1/organizations/{organizationId}/audit-log               audit:read
	GET           /v1/projects                                               projects:read
	POST          /v1/projects                                               projects:write
	GET           /v1/projects/{projectId}                                   projects:read
	PUT,DELETE    /v1/projects/{projectId}                                   projects:write
	GET           /v1/projects/{projectId}/environments                      projects:read
	POST          /v1/projects/{projectId}/environments                      projects:write
	GET           /v1/projects/{projectId}/environments/{environmentId}      projects:read
	DELETE        /v1/projects/{projectId}/environments/{environmentId}      projects:write
	GET           /v1/projects/{projectId}/secrets                           secrets:read
	POST          /v1/projects/{projectId}/secrets                           secrets:write
	DELETE        /v1/projects/{projectId}/secrets/{secretName}              secrets:write
	GET           /v1/projects/{projectId}/deployments                       deployments:read
	POST          /v1/projects/{projectId}/deployments                       deployments:write
	GET           /v1/deployments/{deploymentId}                             deployments:read
	POST          /v1/deployments/{deploymentId}/rollback                    deployments:write
	GET           /v1/deployments/{deploymentId}/logs                        deployments:read
	GET           /v1/invoices                                               billing:read
	GET           /v1/invoices/{invoiceId}                                   billing:read
	GET           /v1/invoices/{invoiceId}/pdf                               billing:read
	GET           /v1/webhooks                                               webhooks:read
	POST          /v1/webhooks                                               webhooks:write
	GET           /v1/webhooks/{webhookId}                                   webhooks:read
	PUT,DELETE    /v1/webhooks/{webhookId}                                   webhooks:write
	POST          /v1/webhooks/{webhookId}/test                              webhooks:write
	GET           /v1/api-keys                                               keys:read
	POST          /v1/api-keys                                               keys:write
	DELETE        /v1/api-keys/{keyId}                                       keys:write
	GET,POST      /v1/files                                                  files
	ANY           /v1/files/{path+}                                          files
`

// longARN is about as long as ARNs come.
var longARN = policy.ARN{
	Partition: "aws-us-gov", Region: "us-gov-west-1", Account: "123456789012", API: "a1b2c3d4e5", Stage: "production-blue",
}

// scopesOf returns every scope in a table.
func scopesOf(routes []policy.Route) []string {
	var scopes []string
	for _, r := range routes {
		scopes = append(scopes, r.Scopes...)
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

func TestFiftyRoutesFitWhateverTheScopes(t *testing.T) {
	routes := table(fiftyRoutes)
	if len(routes) != 50 {
		t.Fatalf("%d routes", len(routes))
	}
	r := newRoutes(t, fiftyRoutes)
	all := scopesOf(routes)
	sets := [][]string{nil, all}
	for i, s := range all {
		sets = append(sets, []string{s}, slices.Delete(slices.Clone(all), i, i+1))
	}
	for _, scopes := range sets {
		p, err := r.Policy(policy.Caller{Principal: "auth0|5f7c8ec7c33c6c004bbafe82", Scopes: scopes}, longARN)
		if err != nil {
			t.Errorf("scopes %v: %v", scopes, err)
			continue
		}
		checkRoutes(t, routes, p, scopes)
	}
}

// checkRoutes makes one request for each route, with and without a slash at the
// end, and compares the decisions with the table.
func checkRoutes(t *testing.T, routes []policy.Route, p *policy.Response, scopes []string) {
	t.Helper()
	for _, route := range routes {
		arn := longARN
		arn.Verb = strings.ReplaceAll(verbOf(route), "ANY", "PATCH")
		segments := strings.Split(pathOf(route), "/")
		for i, s := range segments {
			if strings.HasPrefix(s, "{") {
				segments[i] = "7b0e2c"
			}
		}
		arn.Path = strings.Join(segments, "/")
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

func TestAPolicyThatDoesNotFitSaysByHowMuch(t *testing.T) {
	var routes []policy.Route
	for i := range 120 {
		routes = append(routes, policy.Route{Key: "GET /" + strings.Repeat(string(rune('a'+i%26)), 1+i/26) + "/settings", AnyToken: true})
	}
	r, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Policy(policy.Caller{Principal: "someone"}, longARN)
	var limit *policy.LimitError
	if !errors.As(err, &limit) || limit.Limit != policy.MaxResponse || limit.Size <= limit.Limit {
		t.Fatalf("got %v", err)
	}
	fits := len(routes)
	for ; fits > 0; fits-- {
		smaller, err := policy.NewRoutes(routes[:fits]...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := smaller.Policy(policy.Caller{Principal: "someone"}, longARN); err == nil {
			break
		}
	}
	if fits < 60 {
		t.Errorf("only %d short routes fit", fits)
	}
}

// The tables in testdata are written as teams write them, and not to suit the
// package: the test keeps an eye on how many of them IAM can express.
func TestRealisticTablesHaveAPolicyForAllScopesButAFew(t *testing.T) {
	refused := map[string]string{
		"chat":                    "a caller manages channels and reacts to messages, and may not write any",
		"staff":                   "/employees/me/payslips is open, /employees/{id}/payslips is not",
		"tenants":                 "settings of a tenant and of a user",
		"single-page-application": "a billing scope without the user scope",
	}
	text, err := os.ReadFile("testdata/apis.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range strings.Split(string(text), "\napi ")[1:] {
		name, lines, _ := strings.Cut(part, "\n")
		t.Run(name, func(t *testing.T) {
			routes := table(lines)
			r, err := policy.NewRoutes(routes...)
			var conflict *policy.ConflictError
			if why, ok := refused[name]; ok {
				if !errors.As(err, &conflict) {
					t.Errorf("got %v, want a conflict: %s", err, why)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, scopes := range subsets(scopesOf(routes)[:min(len(scopesOf(routes)), 10)]) {
				p, err := r.Policy(policy.Caller{Principal: "someone", Scopes: scopes}, longARN)
				if err != nil {
					t.Fatalf("scopes %v: %v", scopes, err)
				}
				checkRoutes(t, routes, p, scopes)
			}
		})
	}
}
