package policy_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

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
	exceptions[0] = policy.Exception{}
	if again := r.Exceptions(); again[0].Denied.Key != e.Denied.Key {
		t.Errorf("what a caller did to the list has become %v", again)
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
