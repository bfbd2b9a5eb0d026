package authorizer_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

var orderRoutes = []policy.Route{
	{Key: "GET /orders/{id}", Scopes: []string{"orders:read"}},
	{Key: "DELETE /orders/{id}", Scopes: []string{"orders:write"}},
	{Key: "GET /tenants/{tenant}/orders", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id"}},
}

// routeRequest returns a request to an HTTP API's route.
func routeRequest(method, path, route string) *authorizer.Request {
	return authorizertest.NewRequest(authorizer.HTTPFormat2, route, httptest.NewRequest(method, path, http.NoBody))
}

// allowed reports whether a PolicyFunc lets a token's bearer through.
func allowed(t *testing.T, decide authorizer.PolicyFunc, r *authorizer.Request, claims string) bool {
	t.Helper()
	token, err := verifier.TrustClaims([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := decide(context.Background(), r, token)
	if err != nil {
		t.Fatal(err)
	}
	decision, err := answer.Evaluate(r.ARN, policy.ConditionKeys{Time: time.Unix(1_700_000_000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return decision == policy.Allowed
}

func TestRoutesOpenByScopesAndByClaimsInBothWays(t *testing.T) {
	table, err := policy.NewTable(orderRoutes...)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := policy.NewRoutes(orderRoutes...)
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]authorizer.PolicyFunc{"ByRoute": authorizer.ByRoute(table), "ByScope": authorizer.ByScope(routes)}
	for _, test := range []struct {
		method, path, route string
		claims              string
		want                bool
	}{
		{"GET", "/orders/7", "GET /orders/{id}", `{"sub":"a","scope":"orders:read"}`, true},
		{"GET", "/orders/7", "GET /orders/{id}", `{"sub":"a","scp":["orders:read"]}`, true},
		{"GET", "/orders/7", "GET /orders/{id}", `{"sub":"a","scope":"orders:write"}`, false},
		{"DELETE", "/orders/7", "DELETE /orders/{id}", `{"sub":"a","scope":"orders:read"}`, false},
		{"DELETE", "/orders/7", "DELETE /orders/{id}", `{"sub":"a","scope":"orders:write"}`, true},
		{"GET", "/tenants/acme/orders", "GET /tenants/{tenant}/orders", `{"sub":"a","tenant_id":"acme"}`, true},
		{"GET", "/tenants/acme/orders", "GET /tenants/{tenant}/orders", `{"sub":"a","tenant_id":"other"}`, false},
		{"GET", "/tenants/acme/orders", "GET /tenants/{tenant}/orders", `{"sub":"a","tenant_id":"*"}`, false},
		{"GET", "/tenants/acme/orders", "GET /tenants/{tenant}/orders", `{"sub":"a","tenant_id":["acme"]}`, false},
		{"GET", "/tenants/acme/orders", "GET /tenants/{tenant}/orders", `{"sub":"a"}`, false},
		{"GET", "/tenants/42/orders", "GET /tenants/{tenant}/orders", `{"sub":"a","tenant_id":42}`, true},
		{"GET", "/tenants/42.0/orders", "GET /tenants/{tenant}/orders", `{"sub":"a","tenant_id":42.0}`, false},
		{"GET", "/tenants/4e1/orders", "GET /tenants/{tenant}/orders", `{"sub":"a","tenant_id":4e1}`, false},
		{"GET", "/tenants/true/orders", "GET /tenants/{tenant}/orders", `{"sub":"a","tenant_id":true}`, false},
	} {
		for name, decide := range ways {
			if got := allowed(t, decide, routeRequest(test.method, test.path, test.route), test.claims); got != test.want {
				t.Errorf("%s: %s %s for %s: got %v, want %v", name, test.method, test.path, test.claims, got, test.want)
			}
		}
	}
}

// If API Gateway took the route of the encoded path and wrote the decoded one into the ARN,
// the identifier "acme/x" would look like acme's. The event's path parameter tells.
func TestABoundParameterIsWhatTheEventSaysItIs(t *testing.T) {
	table, err := policy.NewTable(policy.Route{
		Key: "GET /tenants/{tenant}/files/{path+}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id"},
	})
	if err != nil {
		t.Fatal(err)
	}
	event := func(path, parameter string) string {
		return `{"version":"2.0","type":"REQUEST","routeArn":"arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/$default/GET` + path + `",` +
			`"routeKey":"GET /tenants/{id}/files/{proxy+}","pathParameters":{` + parameter + `}}`
	}
	for _, test := range []struct {
		event string
		want  bool
	}{
		{event("/tenants/acme/files/a", `"id":"acme","proxy":"a"`), true},
		{event("/tenants/acme/files/a", `"id":"acme/files","proxy":"a"`), false},
		{event("/tenants/acme/files/a", `"id":"acme%2Ffiles","proxy":"a"`), false},
		{event("/tenants/acme/files/a", `"tenant":"acme"`), false},
		{event("/tenants/acme/files/a", ""), false},
		{event("/tenants/other/files/a", `"id":"acme"`), false},
	} {
		r, err := authorizer.ParseRequest([]byte(test.event))
		if err != nil {
			t.Fatal(err)
		}
		if got := allowed(t, authorizer.ByRoute(table), r, `{"sub":"a","tenant_id":"acme"}`); got != test.want {
			t.Errorf("%s: got %v", test.event, got)
		}
	}
}

func TestATokenWithoutSubHasNoPrincipal(t *testing.T) {
	table, err := policy.NewTable(orderRoutes...)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := policy.NewRoutes(orderRoutes...)
	if err != nil {
		t.Fatal(err)
	}
	for name, decide := range map[string]authorizer.PolicyFunc{
		"AllowStage": authorizer.AllowStage, "ByRoute": authorizer.ByRoute(table), "ByScope": authorizer.ByScope(routes),
	} {
		answer, err := decide(context.Background(), routeRequest("GET", "/orders/7", "GET /orders/{id}"), authorizertest.NewToken(map[string]any{"scope": "orders:read"}))
		if answer != nil || verifier.ReasonOf(err) != verifier.MissingClaim {
			t.Errorf("%s: got %v, %v", name, answer, err)
		}
	}
}

// Two requests with one cached answer: the second comes after the token has expired.
func TestAPolicyThatExpiresWithTheTokenAllowsNothingAfterwards(t *testing.T) {
	exp := time.Unix(1_700_000_000, 0)
	decide := authorizer.ExpireWithToken(authorizer.AllowStage)
	r := routeRequest("GET", "/orders/7", "GET /orders/{id}")
	answer, err := decide(context.Background(), r, authorizertest.NewToken(map[string]any{"sub": "a", "exp": exp.Unix()}))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[time.Time]policy.Decision{exp.Add(-time.Second): policy.Allowed, exp: policy.ImplicitlyDenied} {
		if got, err := answer.Evaluate(r.ARN, policy.ConditionKeys{Time: at}); err != nil || got != want {
			t.Errorf("at exp%+v: got %v, %v; want %v", at.Sub(exp), got, err, want)
		}
	}
	if allowed(t, decide, r, `{"sub":"a"}`) {
		t.Error("a token without exp is allowed something")
	}
}

func TestExpireWithTokenPassesErrorsOnAndChangesNoSharedAnswer(t *testing.T) {
	shared, err := policy.New("a", routeRequest("GET", "/orders/7", "GET /orders/{id}").ARN).AllowAllMethods().Build()
	if err != nil {
		t.Fatal(err)
	}
	before := shared.String()
	token := authorizertest.NewToken(map[string]any{"sub": "a", "exp": 1_700_000_000})
	same := func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) {
		return shared, nil
	}
	answer, err := authorizer.ExpireWithToken(same)(context.Background(), nil, token)
	if err != nil || !strings.Contains(answer.String(), "aws:CurrentTime") || shared.String() != before {
		t.Errorf("got %v, %v; the shared answer is %v", answer, err, shared)
	}
	fails := func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) {
		return nil, errOutage
	}
	if answer, err := authorizer.ExpireWithToken(fails)(context.Background(), nil, token); answer != nil || !errors.Is(err, errOutage) {
		t.Errorf("got %v, %v", answer, err)
	}
	gives := func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) { return nil, nil }
	if answer, err := authorizer.ExpireWithToken(gives)(context.Background(), nil, token); answer != nil || err != nil {
		t.Errorf("got %v, %v", answer, err)
	}
}
