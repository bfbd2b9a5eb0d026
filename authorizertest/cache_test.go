package authorizertest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// API Gateway evaluates conditions on every request, from the cache too: one on the
// time ends a cached Allow with the token.
func TestAPolicyThatEndsWithTheTokenIsNotOutlived(t *testing.T) {
	untilExpiry := func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
		return policy.New(t.Subject, r.ARN).AllowMethodWithConditions("*", "*", policy.Conditions{
			"DateLessThan": {"aws:CurrentTime": t.ExpiresAt.UTC().Format(time.RFC3339)},
		}).Build()
	}
	s := newShop(t)
	g := s.gateway(t, authorizer.RESTToken, 5*time.Minute, untilExpiry)
	token := s.token(t, "user-1", "", time.Minute)
	for _, seconds := range []int{0, 59} {
		s.now = time.Unix(1_700_000_000, 0).Add(time.Duration(seconds) * time.Second)
		if got := call(g, "/orders", token); got.StatusCode != 200 {
			t.Errorf("after %d seconds: got %d, want 200", seconds, got.StatusCode)
		}
	}
	s.now = time.Unix(1_700_000_060, 0)
	if got := call(g, "/orders", token); got.StatusCode != 403 || g.Calls() != 1 {
		t.Errorf("at its expiry: got %d after %d calls, want 403 from the cache", got.StatusCode, g.Calls())
	}
}

// isAuthorized is about one route. Cached by the token alone it opens the others, unless the
// authorizer looks at what the event says of the cache.
func TestASimpleAnswerThatIsCachedByTheTokenAloneOpensOtherRoutes(t *testing.T) {
	routes, err := policy.NewRoutes(
		policy.Route{Key: "GET /orders", Scopes: []string{"read"}},
		policy.Route{Key: "GET /admin", Scopes: []string{"admin"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		sources []string
		admin   int
	}{
		"by the token alone":      {[]string{"$request.header.Authorization"}, 200}, // the trap, for who skips the check
		"by the token and route":  {[]string{"$request.header.Authorization", "$context.routeKey"}, 403},
		"without a cache at all":  {nil, 403},
		"by the route and tenant": {[]string{"$context.routeKey", "$request.header.Authorization", "$request.querystring.tenant"}, 403},
	} {
		s := newShop(t)
		a := s.authorizerWith(t, authorizer.Config{Policy: authorizer.ByScope(routes), EnableSimpleResponses: true, SkipIdentitySourceCheck: true})
		ttl := time.Minute
		if test.sources == nil {
			ttl = authorizertest.NoCache
		}
		g := newGateway(t, authorizertest.Config{
			Kind: authorizer.HTTPFormat2, EnableSimpleResponses: true, Authorizer: a, CacheTTL: ttl, IdentitySources: test.sources, Now: s.clock,
			Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}, {Key: "GET /admin", Handler: backend}},
		})
		token := s.token(t, "user-1", "read", time.Hour)
		if got := call(g, "/orders?tenant=a", token); got.StatusCode != 200 {
			t.Errorf("%s: /orders: got %d", name, got.StatusCode)
		}
		if got := call(g, "/admin?tenant=a", token); got.StatusCode != test.admin {
			t.Errorf("%s: /admin: got %d, want %d", name, got.StatusCode, test.admin)
		}
		if test.admin == 200 {
			g, _ := authorizertest.New(authorizertest.Config{
				Kind: authorizer.HTTPFormat2, EnableSimpleResponses: true, CacheTTL: ttl, IdentitySources: test.sources, Now: s.clock,
				Authorizer: s.authorizerWith(t, authorizer.Config{Policy: authorizer.ByScope(routes), EnableSimpleResponses: true}),
				Routes:     []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
			})
			if got := call(g, "/orders?tenant=a", token); got.StatusCode != 500 {
				t.Errorf("%s, checked: got %d", name, got.StatusCode)
			}
		}
	}
}

// What the blueprint does: it denies where it should say 401, and the denial of a
// token that has become good meanwhile stays for as long as the cache.
func TestADenialOfABadTokenIsCached(t *testing.T) {
	s := newShop(t)
	v, err := verifier.New(verifier.Config{Keys: s.key, Issuer: "login", Audience: []string{"shop"}, Now: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage, OnInvalid: authorizer.Deny, Now: s.clock})
	if err != nil {
		t.Fatal(err)
	}
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTToken, Authorizer: a, CacheTTL: 5 * time.Minute, Now: s.clock,
		Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
	})
	s.now = s.now.Add(time.Minute)
	token := s.token(t, "user-1", "", time.Hour) // by a clock that is ahead
	for minutes, want := range []int{403, 403, 403, 403, 403, 200} {
		s.now = time.Unix(1_700_000_000, 0).Add(time.Duration(minutes) * time.Minute)
		if got := call(g, "/orders", token); got.StatusCode != want {
			t.Errorf("after %d minutes: got %d, want %d", minutes, got.StatusCode, want)
		}
	}
}

func TestAMalformedAnswerIsNotCached(t *testing.T) {
	for name, answer := range map[string]any{"no answer": nil, "an unknown effect": effect("allow", "*")} {
		g := newGateway(t, authorizertest.Config{
			Kind: authorizer.RESTToken, Authorizer: func() (any, error) { return answer, nil }, CacheTTL: time.Hour,
			Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		})
		for n := range 2 {
			if got := call(g, "/orders", "t"); got.StatusCode != 500 || g.Calls() != n+1 {
				t.Errorf("%s: got %d after %d calls", name, got.StatusCode, g.Calls())
			}
		}
	}
}

func TestConditionsAreEvaluatedWithTheRequest(t *testing.T) {
	for name, test := range map[string]struct {
		condition policy.Conditions
		want      int
	}{
		"TLS":             {policy.Conditions{"Bool": {"aws:SecureTransport": "true"}}, 200},
		"no TLS":          {policy.Conditions{"Bool": {"aws:SecureTransport": "false"}}, 403},
		"the address":     {policy.Conditions{"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, 200},
		"another address": {policy.Conditions{"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}}, 403},
		"the referer":     {policy.Conditions{"StringEquals": {"aws:Referer": "https://shop.example.com/"}}, 200},
		"another referer": {policy.Conditions{"StringEquals": {"aws:Referer": "https://example.org/"}}, 403},
		"the user agent":  {policy.Conditions{"StringLike": {"aws:UserAgent": "test/*"}}, 200},
	} {
		g := newGateway(t, authorizertest.Config{
			Kind: authorizer.RESTToken, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
			Authorizer: func() (any, error) {
				return policy.New("user-1", policy.ARN{Partition: "aws", Region: "*", Account: "123456789012", API: "*", Stage: "*"}).AllowMethodWithConditions("*", "*", test.condition).Build()
			},
		})
		r := withToken(httptest.NewRequest(http.MethodGet, "/orders", nil))
		r.Header.Set("Referer", "https://shop.example.com/")
		r.Header.Set("User-Agent", "test/1")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("%s: got %d, want %d", name, w.Code, test.want)
		}
	}
}

// The trap of the console's default: a policy for the requested route alone decides about
// the next route for five minutes.
func TestAnHTTPAPIWithIdentitySourcesCachesFor300SecondsByDefault(t *testing.T) {
	onlyThis := func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
		return policy.New(t.Subject, r.ARN).AllowMethod(r.ARN.Verb, r.ARN.Path).Build()
	}
	for _, kind := range []authorizer.Kind{authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
		for name, test := range map[string]struct {
			sources     []string
			ttl         time.Duration
			next, later int
			calls       int
		}{
			"by the token":                  {nil, 0, 403, 200, 2},
			"without identity sources":      {[]string{}, 0, 200, 200, 3},
			"with the cache off":            {nil, authorizertest.NoCache, 200, 200, 3},
			"by the token, method and path": {[]string{"$request.header.Authorization", "$context.httpMethod", "$context.path"}, 0, 200, 200, 2},
		} {
			s := newShop(t)
			g := newGateway(t, authorizertest.Config{
				Kind: kind, Authorizer: s.authorizer(t, onlyThis), IdentitySources: test.sources, CacheTTL: test.ttl, Now: s.clock,
				Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}, {Key: "GET /orders/{id}", Handler: backend}},
			})
			token := s.token(t, "user-1", "", time.Hour)
			first := call(g, "/orders", token).StatusCode
			s.now = s.now.Add(300*time.Second - 1)
			next := call(g, "/orders/7", token).StatusCode
			s.now = s.now.Add(1)
			later := call(g, "/orders/7", token).StatusCode
			if first != 200 || next != test.next || later != test.later || g.Calls() != test.calls {
				t.Errorf("%s, %s: got %d, %d and %d after %d calls", kind, name, first, next, later, g.Calls())
			}
		}
	}
}

// Reported of HTTP APIs: the first answer works, and the same one from the cache does not.
func TestJSONInTheContextCanFailFromTheCache(t *testing.T) {
	for _, test := range []struct {
		value any
		fails bool
	}{
		{`{"id":7}`, true}, {`["a"]`, true}, {`"a"`, true}, {" []", true},
		{"text", false}, {"", false}, {"7", false}, {"true", false}, {`say "a"`, false}, {"{", false}, {"eyJpZCI6N30", false},
		{7, false}, {[]string{"a"}, false}, {map[string]any{"id": 7}, false},
	} {
		for _, kind := range []authorizer.Kind{authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
			for _, switched := range []bool{false, true} {
				answer := effect("Allow", "*")
				answer["context"] = map[string]any{"x": test.value}
				g := newGateway(t, authorizertest.Config{
					Kind: kind, Unconfirmed: authorizertest.Unconfirmed{CachedJSONFails: switched},
					Authorizer: func() (any, error) { return answer, nil }, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
				})
				want := 200
				if test.fails && switched {
					want = 500
				}
				if first, second := call(g, "/orders", "t"), call(g, "/orders", "t"); first.StatusCode != 200 || second.StatusCode != want || g.Calls() != 1 {
					t.Errorf("%s, %v: got %d, and then %d", kind, test.value, first.StatusCode, second.StatusCode)
				}
			}
		}
	}
}

// An HTTP API shows paths decoded. If it takes the route of the path as it was sent (L), two
// routes have the same ARN, and a cache that does not go by the route mixes them up.
func TestTheCacheHasToGoByTheRouteWherePathsAreDecoded(t *testing.T) {
	table, err := policy.NewTable(
		policy.Route{Key: "GET /users/me", AnyToken: true},
		policy.Route{Key: "GET /users/{id}", Scopes: []string{"admin"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	sources := []string{"$request.header.Authorization", "$context.httpMethod", "$context.path"}
	for want, sources := range map[int][]string{200: sources, 403: append(sources, "$context.routeKey")} {
		s := newShop(t)
		g := newGateway(t, authorizertest.Config{
			Kind: authorizer.HTTPFormat2, Authorizer: s.authorizer(t, authorizer.ByRoute(table)), IdentitySources: sources, Now: s.clock,
			Routes: []authorizertest.Route{{Key: "GET /users/me", Handler: backend}, {Key: "GET /users/{id}", Handler: backend}},
		})
		token := s.token(t, "user-1", "", time.Hour)
		if got := call(g, "/users/me", token); got.StatusCode != 200 {
			t.Errorf("%v: /users/me: got %d", sources, got.StatusCode)
		}
		if got := call(g, "/users/%6De", token); got.StatusCode != want {
			t.Errorf("%v: /users/%%6De: got %d, want %d", sources, got.StatusCode, want)
		}
	}
}
