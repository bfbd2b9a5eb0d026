package authorizertest_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestNewRequestIsWhatAnAuthorizerSeesOfARequest(t *testing.T) {
	for kind, route := range map[authorizer.Kind]string{
		authorizer.RESTToken: "GET /orders/{id}", authorizer.RESTRequest: "GET /orders/{id}", authorizer.WebSocket: "$connect",
		authorizer.HTTPFormat1: "GET /orders/{id}", authorizer.HTTPFormat2: "ANY /orders/{id}",
	} {
		target, path := "/orders/7?expand=items", "/orders/7"
		if kind == authorizer.WebSocket {
			target, path = "/?expand=items", "$connect"
		}
		r := httptest.NewRequest("GET", target, nil)
		r.Header.Set("Authorization", "Bearer good.token")
		got := authorizertest.NewRequest(kind, route, r)
		token, err := authorizer.Bearer(got)
		if got.Kind != kind || got.ARN.Path != path || token != "good.token" || err != nil {
			t.Errorf("%s: %v %s, %s, %v", kind, got, got.ARN, token, err)
		}
		if kind == authorizer.RESTToken {
			continue // of which there is no more in the event
		}
		if want := map[bool]string{true: "$connect", false: "GET /orders/{id}"}[kind == authorizer.WebSocket]; got.Route != want {
			t.Errorf("%s: route %q", kind, got.Route)
		}
		if expand := got.Query("expand"); len(expand) != 1 || expand[0] != "items" {
			t.Errorf("%s: query %q", kind, expand)
		}
	}
}

func TestARequestWithoutATokenReachesAnExtractor(t *testing.T) {
	for kind, route := range allKinds {
		if kind == authorizer.RESTToken {
			continue
		}
		got := authorizertest.NewRequest(kind, route, httptest.NewRequest("GET", "/orders", nil))
		if token, err := authorizer.Bearer(got); token != "" || !errors.Is(err, verifier.ErrNoToken) {
			t.Errorf("%s: got %q, %v", kind, token, err)
		}
	}
}

func TestFixturesPanicWhereAPIGatewayWouldNotAsk(t *testing.T) {
	for name, make := range map[string]func(){
		"a TOKEN event without a token": func() { authorizertest.NewRequest(authorizer.RESTToken, "GET /", httptest.NewRequest("GET", "/", nil)) },
		"another route": func() {
			authorizertest.NewRequest(authorizer.RESTRequest, "GET /a", httptest.NewRequest("GET", "/b", nil))
		},
		"a route that is none":    func() { authorizertest.NewRequest(authorizer.RESTRequest, "/a", httptest.NewRequest("GET", "/a", nil)) },
		"claims that are a list":  func() { authorizertest.NewToken([]string{"a"}) },
		"claims that are no JSON": func() { authorizertest.NewToken(map[string]any{"f": func() {}}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			make()
		}()
	}
	if token := authorizertest.NewToken(map[string]any{"sub": "ann", "scope": "a b"}); token.Subject != "ann" || len(token.Scopes()) != 2 {
		t.Errorf("got %v", token)
	}
}
