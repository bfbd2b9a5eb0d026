package authorizertest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

func TestEachIdentitySourceIsFoundWhereItsNotationSays(t *testing.T) {
	// What the request below has, and what nothing has.
	const there, missing = 200, 401
	for kind, sources := range map[authorizer.Kind]map[string]int{
		authorizer.RESTRequest: {
			"method.request.header.X-A": there, "method.request.header.x-a": there, "method.request.header.Host": there, "method.request.header.X-B": missing,
			"method.request.header.X-Empty": missing, "method.request.querystring.q": there, "method.request.querystring.Q": missing,
			"method.request.querystring.empty": missing, "stageVariables.v": there, "stageVariables.w": missing,
			"context.resourcePath": there, "context.httpMethod": there, "context.path": there, "context.stage": there, "context.apiId": there,
			"context.identity.sourceIp": there, "context.identity.userAgent": missing,
		},
		authorizer.HTTPFormat2: {
			"$request.header.X-A": there, "$request.header.X-B": missing, "$request.querystring.q": there, "$context.routeKey": there,
			"$stageVariables.v": there, "$stageVariables.w": missing,
		},
	} {
		for source, want := range sources {
			g := newGateway(t, authorizertest.Config{
				Kind: kind, Authorizer: grant, IdentitySources: []string{source}, StageVariables: map[string]string{"v": "1"},
				Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
			})
			r := httptest.NewRequest(http.MethodGet, "/orders?q=1&empty=", nil)
			r.Header.Set("X-A", "1")
			r.Header.Set("X-Empty", "")
			w := httptest.NewRecorder()
			g.ServeHTTP(w, r)
			if w.Code != want || g.Calls() != map[int]int{there: 1, missing: 0}[want] {
				t.Errorf("%s: got %d after %d calls, want %d", source, w.Code, g.Calls(), want)
			}
		}
	}
}

func TestAnIdentitySourceOfAnotherKindOfAPIIsRefused(t *testing.T) {
	for source, kind := range map[string]authorizer.Kind{
		"$request.header.X":                authorizer.RESTRequest,
		"method.request.header.X":          authorizer.HTTPFormat1,
		"route.request.header.X":           authorizer.HTTPFormat2,
		"method.request.querystring.token": authorizer.RESTToken, // a TOKEN authorizer reads a header
		"method.request.header.":           authorizer.RESTRequest,
		"method.request.body.X":            authorizer.RESTRequest,
		"context.authorizer.sub":           authorizer.RESTRequest,
		"stageVariables.v":                 authorizer.HTTPFormat2,
	} {
		g, err := authorizertest.New(authorizertest.Config{
			Kind: kind, Authorizer: grant, IdentitySources: []string{source}, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		})
		if err == nil {
			t.Errorf("%s on %s: got %v", source, kind, g)
		}
	}
}

func TestAnAuthorizerWithoutIdentitySourcesIsAlwaysAsked(t *testing.T) {
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTRequest, Authorizer: grant, IdentitySources: []string{}, CacheTTL: authorizertest.NoCache,
		Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
	})
	for n := range 2 {
		if got := call(g, "/orders", ""); got.StatusCode != 200 || g.Calls() != n+1 {
			t.Errorf("got %d after %d calls", got.StatusCode, g.Calls())
		}
	}
}

// Two sources are not one with the same text: a cache that joined them would serve
// one caller's answer to another.
func TestValuesOfIdentitySourcesDoNotRunTogetherInTheCache(t *testing.T) {
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTRequest, Authorizer: grant,
		IdentitySources: []string{"method.request.querystring.a", "method.request.querystring.b"},
		Routes:          []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
	})
	for n, query := range []string{"a=1&b=23", "a=12&b=3", "a=1,2&b=3", "a=1&b=2,3", "a=1%22%222&b=3"} {
		if got := call(g, "/orders?"+query, ""); got.StatusCode != 200 || g.Calls() != n+1 {
			t.Errorf("%s: got %d after %d calls, want %d", query, got.StatusCode, g.Calls(), n+1)
		}
	}
}

func TestTheCacheForgetsTheLeastRecentlyUsed(t *testing.T) {
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTToken, Authorizer: grant, CacheTTL: time.Hour, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
	})
	for n := range 1000 {
		call(g, "/orders", fmt.Sprint("token-", n))
	}
	if call(g, "/orders", "token-0"); g.Calls() != 1000 {
		t.Errorf("the first of 1,000 is forgotten: %d calls", g.Calls())
	}
	call(g, "/orders", "token-1000")
	if call(g, "/orders", "token-1000"); g.Calls() != 1001 {
		t.Errorf("the latest is forgotten: %d calls", g.Calls())
	}
	if call(g, "/orders", "token-1"); g.Calls() != 1002 {
		t.Errorf("the least recently used of 1,001 is remembered: %d calls", g.Calls())
	}
}
