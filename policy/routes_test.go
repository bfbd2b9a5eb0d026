package policy_test

import (
	"errors"
	"fmt"
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
		odd          bool // odd paths are denied too
	}{
		{
			"literal routes need no Deny",
			"GET /a s\n POST /b s\n GET /c other", []string{"s"},
			[]string{"GET/a", "POST/b"}, nil, false,
		},
		{
			"a route without scopes is open to all",
			"GET /a\n GET /b s", nil,
			[]string{"GET/a"}, nil, false,
		},
		{
			"any one scope opens a route",
			"GET /a s1 s2\n GET /b s3", []string{"s0", "s2"},
			[]string{"GET/a"}, nil, false,
		},
		{
			"scopes that no route has open nothing more",
			"GET /a\n GET /b s", []string{"S", "s ", "", "*"},
			[]string{"GET/a"}, nil, false,
		},
		{
			"the root path",
			"GET / s\n GET /a other", []string{"s"},
			[]string{"GET/"}, nil, false,
		},
		{
			"nothing below a parameter is allowed along with it",
			"GET /users/{id} s", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/*/*"}, false,
		},
		{
			"the same for several verbs is one Deny",
			"GET,PUT,DELETE /users/{id} s", []string{"s"},
			[]string{"GET/users/*", "PUT/users/*", "DELETE/users/*"}, []string{"*/users/*/*"}, false,
		},
		{
			"unless that would deny another open route",
			"GET,PUT /users/{id} s\n POST /users/{id}/{x} s", []string{"s"},
			[]string{"GET/users/*", "PUT/users/*", "POST/users/*/*"}, []string{"GET/users/*/*", "PUT/users/*/*", "POST/users/*/*/*"}, false,
		},
		{
			"a closed route is denied as a whole where it can be",
			"GET /a/{x} s\n GET /c/{x} s\n GET /{p}/{q}/b other", []string{"s"},
			[]string{"GET/a/*", "GET/c/*"}, []string{"GET/a/*/*", "GET/c/*/*", "GET/*/*/b"}, true,
		},
		{
			"a closed route below an open parameter",
			"GET /users/{id} s\n GET /users/{id}/posts s\n GET /users/{id}/secrets other", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/*/secrets"}, true,
		},
		{
			"a closed literal beside an open parameter",
			"GET /users/{id} s\n GET /users/me other", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/me", "GET/users/*/*"}, true,
		},
		{
			"an open literal beside a closed parameter",
			"GET /users/{id} other\n GET /users/me s", []string{"s"},
			[]string{"GET/users/me"}, nil, false,
		},
		{
			"a closed collection, which the parameter takes in with a slash at its end",
			"GET /users other\n GET /users/{id} s", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/*/*"}, true,
		},
		{
			"a greedy parameter",
			"GET /files/{path+} s\n GET /files/{id}/owner other", []string{"s"},
			[]string{"GET/files/*"}, []string{"GET/files/*/owner"}, true,
		},
		{
			"a closed greedy route around an open one",
			"GET /{proxy+} other\n GET /users/{id} s", []string{"s"},
			[]string{"GET/users/*"}, []string{"GET/users/*/*"}, true,
		},
		{
			"ANY is written as an asterisk, which takes in other paths",
			"ANY /users s\n GET /old/users other", []string{"s"},
			[]string{"*/users"}, []string{"*/*/users"}, true,
		},
		{
			"ANY is listed verb by verb where the asterisk would be at odds with other routes",
			"ANY /users s\n GET /{x}/users other\n GET /{x}/{y}/users s", []string{"s"},
			[]string{"GET/users", "POST/users", "PUT/users", "PATCH/users", "HEAD/users", "DELETE/users", "OPTIONS/users", "GET/*/*/users"},
			[]string{"GET/*/*/*/users"}, true,
		},
		{
			"a verb that is closed beside an open ANY",
			"ANY /users/{id} s\n DELETE /users/{id} other", []string{"s"},
			[]string{"*/users/*"}, []string{"DELETE/users/*", "*/*/users/*", "*/users/*/*"}, true,
		},
		{
			"an open verb beside a closed ANY",
			"ANY /users/{id} other\n GET /users/{id} s", []string{"s"},
			[]string{"GET/users/*"}, []string{"*/users/*/*"}, false,
		},
		{
			"what another pattern allows is not repeated",
			"GET /a/{x} s\n GET /a/{x}/b s\n GET /a/c s\n GET /a/{y+} s", []string{"s"},
			[]string{"GET/a/*"}, nil, false,
		},
		{
			"of two routes that may be meant both have to be open",
			"GET /{a}/x s\n GET /y/{b} other", []string{"s"},
			[]string{"GET/*/x"}, []string{"GET/y/x", "GET/*/*/x"}, true,
		},
		{
			"unless the path that both match is declared",
			"GET /{a}/x s\n GET /y/{b} other\n GET /y/x s", []string{"s"},
			[]string{"GET/*/x"}, []string{"GET/*/*/x"}, true,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := policyFor(t, newRoutes(t, tt.routes), tt.scopes...)
			if got := suffixes(t, p, "Allow"); !sameElements(got, tt.allow) {
				t.Errorf("Allow %q, want %q", got, tt.allow)
			}
			deny := tt.deny
			if tt.odd {
				deny = append(deny, "*//*", "*/*/", "*%*")
			}
			if got := suffixes(t, p, "Deny"); !sameElements(got, deny) {
				t.Errorf("Deny %q, want %q", got, deny)
			}
			if n := len(p.PolicyDocument.Statement); n != 1+min(len(deny), 1) {
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
		{"nothing", http, policy.ARN{}, "partition"},
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

func TestAPolicyThatMightNotFitIsRefusedWhenTheProgramStarts(t *testing.T) {
	var routes []policy.Route
	for i := range 120 {
		routes = append(routes, policy.Route{Key: "GET /" + strings.Repeat(string(rune('a'+i%26)), 1+i/26) + "/settings", AnyToken: true})
	}
	_, err := policy.NewRoutes(routes...)
	var limit *policy.LimitError
	if !errors.As(err, &limit) || limit.Limit != policy.MaxResponse || limit.Size <= limit.Limit {
		t.Fatalf("got %v", err)
	}
	wantError(t, err, "authorizer.ByRoute with policy.NewTable")
	fits := len(routes)
	for ; fits > 0; fits-- {
		r, err := policy.NewRoutes(routes[:fits]...)
		if err != nil {
			continue
		}
		if _, err := r.Policy(policy.Caller{Principal: strings.Repeat("p", 256)}, longARN); err != nil {
			t.Errorf("%d routes that were accepted: %v", fits, err)
		}
		break
	}
	if fits < 60 {
		t.Errorf("only %d short routes fit", fits)
	}

	long := policy.Route{Key: "GET /" + strings.Repeat("x", policy.MaxResource), AnyToken: true}
	_, err = policy.NewRoutes(long)
	if !errors.As(err, &limit) || limit.Limit != policy.MaxResource {
		t.Errorf("a long path: %v", err)
	}
	if _, err := policy.NewTable(long); err != nil {
		t.Errorf("a long path in a table: %v", err)
	}
}

// A caller with few scopes may need more than one with all of them: what is closed
// takes a Deny.
func TestTheSizeIsThatForTheCallerWithTheMost(t *testing.T) {
	routes := []policy.Route{{Key: "ANY /{proxy+}", AnyToken: true}}
	for i := range 90 {
		name := strings.Repeat(string(rune('a'+i%26)), 1+i/26)
		routes = append(routes, policy.Route{Key: "GET /" + name + "/settings", Scopes: []string{"s"}})
	}
	_, err := policy.NewRoutes(routes...)
	var limit *policy.LimitError
	if !errors.As(err, &limit) {
		t.Errorf("got %v", err)
	}
	if r, err := policy.NewRoutes(routes[:60]...); err != nil {
		t.Errorf("60 routes: %v", err)
	} else if _, err := r.Policy(policy.Caller{Principal: strings.Repeat("p", 256)}, longARN); err != nil {
		t.Errorf("60 routes: %v", err)
	}
}

// Routes that lie within another need no resource of their own where that is open.
func TestRoutesWithinAGreedyOneCountOnlyWhereTheyAreClosed(t *testing.T) {
	routes := []policy.Route{{Key: "ANY /{proxy+}", AnyToken: true}}
	for i := range 150 {
		name := strings.Repeat(string(rune('a'+i%26)), 1+i/26)
		routes = append(routes, policy.Route{Key: "GET /" + name + "/settings", AnyToken: true})
	}
	r, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	if got := suffixes(t, policyFor(t, r), "Allow"); !sameElements(got, []string{"*/*"}) {
		t.Errorf("Allow %q", got)
	}
}

// So many scopes cannot be tried one by one, and need not be where every route has a
// resource of its own at the most.
func TestManyScopesInOnePartOfTheTableAreBounded(t *testing.T) {
	for n, fits := range map[int]bool{50: true, 75: false} {
		routes := []policy.Route{{Key: "GET /orgs/{org}", Scopes: []string{"org"}}}
		for i := range n {
			routes = append(routes, policy.Route{Key: fmt.Sprintf("GET /orgs/{org}/res%d", i), Scopes: []string{fmt.Sprintf("s%d", i)}})
		}
		r, err := policy.NewRoutes(routes...)
		if (err == nil) != fits {
			t.Errorf("%d routes: %v", n, err)
		}
		var limit *policy.LimitError
		if err != nil && !errors.As(err, &limit) {
			t.Errorf("%d routes: %v", n, err)
		}
		if r == nil {
			continue
		}
		for _, scopes := range [][]string{{"org"}, {"s0", "s1", "s2"}, scopesOf(routes), scopesOf(routes)[1:]} {
			if _, err := r.Policy(policy.Caller{Principal: strings.Repeat("p", 256), Scopes: scopes}, longARN); err != nil {
				t.Errorf("%d routes, %d scopes: %v", n, len(scopes), err)
			}
		}
	}
}

func TestAPrincipalOrAnARNThatIsLongerThanAssumedIsALimitError(t *testing.T) {
	var routes []policy.Route
	for i := range 70 {
		routes = append(routes, policy.Route{Key: "GET /" + strings.Repeat(string(rune('a'+i%26)), 1+i/26) + "/s", AnyToken: true})
	}
	r, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	longest := longARN
	longest.Stage = strings.Repeat("s", 128)
	var limit *policy.LimitError
	if _, err := r.Policy(policy.Caller{Principal: "someone"}, longest); !errors.As(err, &limit) {
		t.Errorf("a long stage: %v", err)
	}
	if _, err := r.Policy(policy.Caller{Principal: strings.Repeat("p", 4000)}, longARN); !errors.As(err, &limit) {
		t.Errorf("a long principal: %v", err)
	}
}

// Each of two hundred routes overlaps with others: they are read, or refused, at once.
func TestManyRoutesOfTenantsAreRefusedWithTheWayOut(t *testing.T) {
	for name, routes := range map[string][]policy.Route{
		"by themselves":            manyRoutes(200),
		"too many even for a look": append(manyRoutes(5000), policy.Route{Key: "ANY /{proxy+}", AnyToken: true}),
		"in a proxy":               append(manyRoutes(200), policy.Route{Key: "ANY /{proxy+}", AnyToken: true}),
		"in a tenant's":            append(manyRoutes(200), policy.Route{Key: "ANY /orgs/{org}/{proxy+}", Scopes: []string{"admin"}}),
	} {
		_, err := policy.NewRoutes(routes...)
		if err == nil {
			t.Fatal(name)
		}
		wantError(t, err, "authorizer.ByRoute with policy.NewTable")
	}
	if _, err := policy.NewRoutes(manyRoutes(50)...); err != nil {
		t.Errorf("fifty of them: %v", err)
	}
}

func TestRoutesRefusePathsThatAreTooDeepToCompare(t *testing.T) {
	routes := []policy.Route{{Key: "GET " + strings.Repeat("/x", 17), AnyToken: true}}
	_, err := policy.NewRoutes(routes...)
	wantError(t, err, "more than 16 segments: use authorizer.ByRoute with policy.NewTable")
	for _, n := range []int{8, 10, 12, 14, 15, 16} {
		var key strings.Builder
		for i := range n {
			fmt.Fprintf(&key, "/{p%d}", i)
		}
		routes = append(routes, policy.Route{Key: "GET " + key.String(), Scopes: []string{key.String()}})
		routes = append(routes, policy.Route{Key: "GET " + key.String() + "/x", Scopes: []string{"x"}})
	}
	if _, err := policy.NewRoutes(routes[1:]...); err == nil {
		t.Error("paths of many parameters have a policy")
	}
	if _, err := policy.NewTable(routes...); err != nil {
		t.Errorf("NewTable: %v", err)
	}
}

func TestRoutesRefuseALiteralThatIsEncoded(t *testing.T) {
	route := policy.Route{Key: "GET /caf%C3%A9/{id}", AnyToken: true}
	_, err := policy.NewRoutes(route)
	wantError(t, err, "authorizer.ByRoute with policy.NewTable")
	if _, err := policy.NewTable(route); err != nil {
		t.Errorf("NewTable: %v", err)
	}
}

func TestTheDefaultRouteOfRoutesTakesWhatNoOtherDoes(t *testing.T) {
	r, err := policy.NewRoutes(
		policy.Route{Key: "$default", Scopes: []string{"any"}},
		policy.Route{Key: "GET /admin", Scopes: []string{"admin"}},
		policy.Route{Key: "GET /public", AnyToken: true},
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		method string
		scopes []string
		want   bool
	}{
		{"GET /x/y", []string{"any"}, true}, {"DELETE /", []string{"any"}, true}, {"GET /admin", []string{"any"}, false},
		{"POST /admin", []string{"any"}, true}, {"GET /public", []string{"any"}, true}, {"GET /admin/x", []string{"any"}, true},
		{"GET /x", nil, false}, {"GET /", nil, false}, {"GET /public", nil, true}, {"POST /public", nil, false},
		{"GET /admin", []string{"admin"}, true}, {"GET /x", []string{"admin"}, false},
		{"GET /admin/", []string{"any"}, false}, {"GET /%61dmin", []string{"any"}, false}, {"GET //admin", []string{"any"}, false},
	} {
		verb, path, _ := strings.Cut(tt.method, " ")
		if got := evaluate(t, policyFor(t, r, tt.scopes...), verb, path) == policy.Allowed; got != tt.want {
			t.Errorf("%s with %q is allowed: %v, want %v", tt.method, tt.scopes, got, tt.want)
		}
	}
}

func TestADefaultRouteThatOthersLeaveNothingForAllowsNothing(t *testing.T) {
	r, err := policy.NewRoutes(
		policy.Route{Key: "$default", Scopes: []string{"any"}},
		policy.Route{Key: "ANY /", Scopes: []string{"root"}},
		policy.Route{Key: "ANY /{proxy+}", Scopes: []string{"rest"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	p := policyFor(t, r, "any")
	if got := suffixes(t, p, "Allow"); got != nil {
		t.Errorf("Allow %q", got)
	}
	for _, path := range []string{"/", "/a", "//a", "/a/"} {
		if d := evaluate(t, p, "GET", path); d != policy.ExplicitlyDenied {
			t.Errorf("GET %s is %v", path, d)
		}
	}
	if d := evaluate(t, policyFor(t, r, "root", "rest"), "GET", "//a"); d == policy.Allowed {
		t.Errorf("a path that the default route might take is %v", d)
	}
}

func TestADefaultRouteThatIsLeftTheRootPathAllowsThatAlone(t *testing.T) {
	routes := append(table("GET,POST,PUT,PATCH,HEAD,DELETE,OPTIONS /{proxy+}"), policy.Route{Key: "$default", Scopes: []string{"any"}})
	r, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"GET/*", "POST/*", "PUT/*", "PATCH/*", "HEAD/*", "DELETE/*", "OPTIONS/*", "*/"}
	if got := suffixes(t, policyFor(t, r, "any"), "Allow"); !sameElements(got, want) {
		t.Errorf("Allow %q, want %q", got, want)
	}
}

func TestBoundParametersAreWrittenIntoThePolicyAsTheCallersOwn(t *testing.T) {
	routes := []policy.Route{
		{Key: "GET /tenants/{tenant}/users/{id}", Scopes: []string{"users"}, Bind: map[string]string{"tenant": "tenant_id"}},
		{Key: "GET /users/{id}/keys", AnyToken: true, Bind: map[string]string{"id": "sub"}},
		{Key: "GET /health", AnyToken: true},
	}
	r, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name          string
		tenant, sub   string
		allowed       []string
		allow, denied []string
	}{
		{"the caller's own", "acme", "ann", []string{"/tenants/acme/users/7", "/users/ann/keys", "/health"},
			[]string{"GET/tenants/acme/users/*", "GET/users/ann/keys", "GET/health"}, []string{"/tenants/other/users/7", "/users/bob/keys", "/tenants/acme/users/7/x"}},
		{"no claims", "", "", []string{"/health"}, []string{"GET/health"}, []string{"/tenants/acme/users/7", "/tenants//users/7"}},
		{"a wildcard", "*", "a?", []string{"/health"}, []string{"GET/health"}, []string{"/tenants/acme/users/7"}},
		{"slashes", "acme/users", "..", []string{"/health"}, []string{"GET/health"}, []string{"/tenants/acme/users/users/7"}},
		{"percent signs", "ac%6De", "a%2Fb", []string{"/health"}, []string{"GET/health"}, []string{"/tenants/acme/users/7"}},
		{"a variable", "${aws:username}", "$", []string{"/health"}, []string{"GET/health"}, []string{"/tenants/acme/users/7"}},
		{"the name of a segment", "users", "ann", []string{"/users/ann/keys"}, []string{"GET/users/ann/keys", "GET/health"}, []string{"/tenants/users/users/7"}},
		{"the name of a parameter", "tenant", "id", []string{"/tenants/tenant/users/7", "/users/id/keys", "/health"},
			[]string{"GET/tenants/tenant/users/*", "GET/users/id/keys", "GET/health"}, []string{"/tenants/id/users/7"}},
		{"the same value twice", "ann", "ann", []string{"/users/ann/keys"}, []string{"GET/users/ann/keys", "GET/health"}, []string{"/tenants/ann/users/7"}},
		{"a value of one character", "~", "ann", []string{"/tenants/~/users/7", "/users/ann/keys"},
			[]string{"GET/tenants/~/users/*", "GET/users/ann/keys", "GET/health"}, nil},
		{"the longest value with a character that JSON escapes", strings.Repeat("x", 34) + "&", "ann", []string{"/users/ann/keys"},
			[]string{"GET/tenants/" + strings.Repeat("x", 34) + "&/users/*", "GET/users/ann/keys", "GET/health"}, nil},
		{"a longer value with such a character", strings.Repeat("x", 35) + "&", "ann", []string{"/users/ann/keys"}, []string{"GET/users/ann/keys", "GET/health"}, nil},
		{"the longest value", strings.Repeat("x", 40), "ann", []string{"/tenants/" + strings.Repeat("x", 40) + "/users/7"},
			[]string{"GET/tenants/" + strings.Repeat("x", 40) + "/users/*", "GET/users/ann/keys", "GET/health"}, nil},
		{"a longer value", strings.Repeat("x", 41), "ann", []string{"/users/ann/keys"}, []string{"GET/users/ann/keys", "GET/health"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := policy.Caller{Principal: "ann", Scopes: []string{"users"}, Claims: map[string]string{"tenant_id": tt.tenant, "sub": tt.sub}}
			p, err := r.Policy(c, testAPI)
			if err != nil {
				t.Fatal(err)
			}
			if got := suffixes(t, p, "Allow"); !sameElements(got, tt.allow) {
				t.Errorf("Allow %q, want %q", got, tt.allow)
			}
			for _, path := range tt.allowed {
				if d := evaluate(t, p, "GET", path); d != policy.Allowed {
					t.Errorf("GET %s is %v", path, d)
				}
			}
			for _, deny := range suffixes(t, p, "Deny") {
				if strings.Contains(deny, "//") && deny != "*//*" {
					t.Errorf("Deny %s, of a claim that is missing", deny)
				}
			}
			for _, path := range tt.denied {
				if d := evaluate(t, p, "GET", path); d == policy.Allowed {
					t.Errorf("GET %s is %v", path, d)
				}
			}
		})
	}
}

// A route whose parameter is bound is closed with the values of others.
func TestWhatBelongsToOthersIsDeniedAndIsNoRouteThatADenyMustSpare(t *testing.T) {
	for _, tt := range []struct {
		name        string
		routes      string
		bound       policy.Route
		allow, deny []string
	}{
		{
			"a Deny for every verb may hit it",
			"GET,PUT /x/{id}", policy.Route{Key: "GET /y/{tenant}/c/d", AnyToken: true, Bind: map[string]string{"tenant": "t"}},
			[]string{"GET/x/*", "PUT/x/*", "GET/y/acme/c/d"}, []string{"*/x/*/*"},
		},
		{
			"an odd path may reach it",
			"GET /a/{x}", policy.Route{Key: "GET /{tenant}/a/{y}", AnyToken: true, Bind: map[string]string{"tenant": "t"}},
			[]string{"GET/a/*", "GET/acme/a/*"}, []string{"GET/a/*/*", "GET/acme/a/*/*", "*//*", "*/*/", "*%*"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := policy.NewRoutes(append(table(tt.routes), tt.bound)...)
			if err != nil {
				t.Fatal(err)
			}
			p, err := r.Policy(policy.Caller{Principal: "ada", Claims: map[string]string{"t": "acme"}}, testAPI)
			if err != nil {
				t.Fatal(err)
			}
			if allow, deny := suffixes(t, p, "Allow"), suffixes(t, p, "Deny"); !sameElements(allow, tt.allow) || !sameElements(deny, tt.deny) {
				t.Errorf("Allow %q, Deny %q, want %q and %q", allow, deny, tt.allow, tt.deny)
			}
		})
	}
}

func TestAPolicyToConnectKeepsToTheLimits(t *testing.T) {
	arn, err := policy.ParseARN(testPrefix + "$connect")
	if err != nil {
		t.Fatal(err)
	}
	for _, scopes := range [][]string{{"chat"}, nil} {
		p, err := newConnect(t).Policy(policy.Caller{Principal: strings.Repeat("p", policy.MaxResponse), Scopes: scopes}, arn)
		var limit *policy.LimitError
		if p != nil || !errors.As(err, &limit) {
			t.Errorf("%q: %v, %v", scopes, p, err)
		}
	}
}

// Sets of routes are kept in words of 64: each route is itself, and no other.
func TestEachOfMoreThan64RoutesOpensByItsOwnScopeAlone(t *testing.T) {
	const n = 80 // for the caller of all of them one policy has room
	list := make([]policy.Route, n)
	for i := range list {
		list[i] = policy.Route{Key: fmt.Sprintf("GET /%d", i), Scopes: []string{fmt.Sprint(i)}}
	}
	routes, err := policy.NewRoutes(list...)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(i))
		answer, err := routes.Policy(policy.Caller{Principal: "ada", Scopes: []string{fmt.Sprint(i)}}, request("GET", "/"))
		if err != nil {
			t.Fatal(err)
		}
		for j := range n {
			if d := evaluate(t, answer, "GET", fmt.Sprintf("/%d", j)); (d == policy.Allowed) != (i == j) {
				t.Errorf("scope %d: GET /%d is %v", i, j, d)
			}
		}
	}
	answer, err := routes.Policy(policy.Caller{Principal: "ada", Scopes: all}, request("GET", "/"))
	if err != nil {
		t.Fatal(err)
	}
	for j := range n {
		if d := evaluate(t, answer, "GET", fmt.Sprintf("/%d", j)); d != policy.Allowed {
			t.Errorf("every scope: GET /%d is %v", j, d)
		}
	}
}
