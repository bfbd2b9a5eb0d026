package authorizer_test

import (
	"context"
	"errors"
	"fmt"
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
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		table, err := policy.NewTable(policy.Route{
			Key: method + " /tenants/{tenant}/files/{path+}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id"},
		})
		if err != nil {
			t.Fatal(err)
		}
		event := func(path, parameter string) string {
			return `{"version":"2.0","type":"REQUEST","routeArn":"arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/$default/` + method + path + `",` +
				`"routeKey":"` + method + ` /tenants/{id}/files/{proxy+}","pathParameters":{` + parameter + `}}`
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

// An answer beside an error is none.
func TestExpireWithTokenPassesNoAnswerOnThatComesWithAnError(t *testing.T) {
	r := routeRequest("GET", "/orders/7", "GET /orders/{id}")
	both := func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) {
		answer, err := policy.New("a", r.ARN).AllowAllMethods().Build()
		return answer, errors.Join(err, errOutage)
	}
	answer, err := authorizer.ExpireWithToken(both)(context.Background(), r, authorizertest.NewToken(map[string]any{"sub": "a", "exp": 1_700_000_000}))
	if answer != nil || !errors.Is(err, errOutage) {
		t.Errorf("got %v, %v", answer, err)
	}
}

func TestAPolicyFuncOfNothingOrForNobodyIsAMistakeOfTheProgram(t *testing.T) {
	table, err := policy.NewTable(orderRoutes...)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := policy.NewRoutes(orderRoutes...)
	if err != nil {
		t.Fatal(err)
	}
	r, token := routeRequest("GET", "/orders/7", "GET /orders/{id}"), authorizertest.NewToken(map[string]any{"sub": "a"})
	of := map[string]authorizer.PolicyFunc{"AllowStage": authorizer.AllowStage, "ByRoute": authorizer.ByRoute(table), "ByScope": authorizer.ByScope(routes)}
	for name, decide := range of {
		for _, test := range []struct {
			r *authorizer.Request
			t *verifier.Token
		}{{nil, token}, {r, nil}, {nil, nil}, {&authorizer.Request{}, token}} {
			if answer, err := decide(context.Background(), test.r, test.t); answer != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
				t.Errorf("%s of %v and %v: got %v, %v", name, test.r, test.t, answer, err)
			}
		}
		if answer, err := decide(context.Background(), r, token); answer == nil || err != nil {
			t.Errorf("%s: got %v, %v", name, answer, err)
		}
	}
	for name, decide := range map[string]authorizer.PolicyFunc{"ByRoute": authorizer.ByRoute(nil), "ByScope": authorizer.ByScope(nil), "ExpireWithToken": authorizer.ExpireWithToken(nil)} {
		if decide == nil {
			t.Errorf("%s of nil is nil", name)
			continue
		}
		if answer, err := decide(context.Background(), r, token); answer != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s of nil: got %v, %v", name, answer, err)
		}
	}
}

// OpenID Connect Core section 2 lets sub have 255 characters. What is too large without a
// longer one is the program's fault.
func TestOnlyASubjectThatIsTooLongIsBlamed(t *testing.T) {
	long := func(stage int) *authorizer.Request {
		r := routeRequest("GET", "/orders/7", "GET /orders/{id}")
		r.ARN.Stage = strings.Repeat("s", stage)
		return r
	}
	for name, test := range map[string]struct {
		sub, stage int
		want       verifier.Reason // empty: the program's fault
	}{
		"a subject that fills the answer":                     {9000, 1, verifier.ContextTooLarge},
		"an API that is too long, and a usual subject":        {255, 2000, ""},
		"an API that is too long, and a subject that is, too": {256, 2000, ""},
		"an API that fills the answer, and a usual subject":   {255, 9000, ""},
	} {
		token := authorizertest.NewToken(map[string]any{"sub": strings.Repeat("x", test.sub)})
		answer, err := authorizer.AllowStage(context.Background(), long(test.stage), token)
		if answer != nil || err == nil || verifier.ReasonOf(err) != test.want {
			t.Errorf("%s: got %v, %v, want %q", name, answer, err, test.want)
		}
	}
}

// The answer of a table says as much as its routes: at its greatest it may lack room for a
// subject that is longer than usual, and not for a usual one.
func TestATableWithRoomForAUsualSubjectBlamesALongerOne(t *testing.T) {
	r := routeRequest("GET", "/orders/7", "GET /orders/{id}")
	fits := func(routes int) *policy.Routes {
		var list []policy.Route
		for i := range routes {
			list = append(list, policy.Route{Key: fmt.Sprintf("GET /%s/%d", strings.Repeat("p", 100), i), AnyToken: true})
		}
		table, err := policy.NewRoutes(list...)
		if err != nil {
			return nil
		}
		return table
	}
	n := 1
	for n < 200 && fits(n+1) != nil {
		n++
	}
	decide := authorizer.ByScope(fits(n))
	// A longer ARN than was foreseen is nobody's fault who sends a token.
	longer := *r
	longer.ARN.Stage = strings.Repeat("s", 200)
	for size, want := range map[int]string{1: "", 255: "", 256: "sub", 300: "sub"} {
		answer, err := decide(context.Background(), &longer, authorizertest.NewToken(map[string]any{"sub": strings.Repeat("x", size)}))
		var refusal *verifier.Error
		if blamed := errors.As(err, &refusal); answer != nil || err == nil || blamed != (want != "") || blamed && (refusal.Claim != want || refusal.Reason != verifier.ContextTooLarge) {
			t.Errorf("a long ARN and a subject of %d: got %v, %v", size, answer, err)
		}
	}
	blamed := 0
	for size := 1; size < 3000; size++ {
		answer, err := decide(context.Background(), r, authorizertest.NewToken(map[string]any{"sub": strings.Repeat("x", size)}))
		switch {
		case err == nil && answer != nil && blamed == 0:
		case size > 255 && answer == nil && verifier.ReasonOf(err) == verifier.ContextTooLarge:
			blamed++
		default:
			t.Fatalf("a subject of %d: got %v, %v", size, answer, err)
		}
	}
	if blamed == 0 {
		t.Error("every subject fits")
	}
}

// A token has claims by the dozen, and the table looks at some.
func TestATableIsToldOnlyTheClaimsThatItsRoutesAreBoundTo(t *testing.T) {
	table, err := policy.NewTable(policy.Route{Key: "GET /tenants/{tenant}/{user}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id", "user": "sub"}})
	if err != nil {
		t.Fatal(err)
	}
	decide := authorizer.ByRoute(table)
	for claims, want := range map[string]bool{
		`{"sub":"u","tenant_id":"acme"}`: true, `{"other":"x","tenant_id":"acme","sub":"u","more":1}`: true, `{"sub":"u","tenant":"acme"}`: false, `{"sub":"u"}`: false,
	} {
		if got := allowed(t, decide, routeRequest("GET", "/tenants/acme/u", "GET /tenants/{tenant}/{user}"), claims); got != want {
			t.Errorf("%s: got %v", claims, got)
		}
	}
}
