package httpauth_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/verifier"
)

type claims struct {
	Subject string `json:"sub"`
	Tenant  string `json:"tenant"`
}

func TestAHandlerReadsTheTokenAndItsClaims(t *testing.T) {
	called := false
	h := newAuth(t, nil).Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		called = true
		token, ok := httpauth.TokenFrom(r.Context())
		if !ok || token.Subject != "ann" || token.Issuer != "https://login.example.com" {
			t.Errorf("%v, %v", token, ok)
		}
		got, err := httpauth.Claims[claims](r.Context())
		if err != nil || got != (claims{"ann", "acme"}) {
			t.Errorf("%+v, %v", got, err)
		}
		wrong, err := httpauth.Claims[struct {
			Subject string `json:"sub"`
			Tenant  int    `json:"tenant"`
		}](r.Context())
		if err == nil || errors.Is(err, verifier.ErrInvalidToken) || wrong.Subject != "" {
			t.Errorf("%+v, %v", wrong, err)
		}
	}))
	if serve(h, request("GET /orders/7", "ann")); !called {
		t.Error("the handler was not called")
	}
}

func TestThereIsNoTokenWithoutAMiddleware(t *testing.T) {
	if token, ok := httpauth.TokenFrom(t.Context()); ok || token != nil {
		t.Errorf("%v", token)
	}
	if got, err := httpauth.Claims[claims](t.Context()); err == nil || errors.Is(err, verifier.ErrInvalidToken) || !strings.Contains(err.Error(), "Wrap") || got != (claims{}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// The token of the inner middleware is that of the handler.
func TestMiddlewareMayStandInMiddleware(t *testing.T) {
	inner := newAuth(t, func(c *httpauth.Config) {
		c.Extract = func(r *http.Request) (string, error) { return r.Header.Get("X-Inner"), nil }
	})
	h := newAuth(t, nil).Wrap(inner.Wrap(handler))
	r := request("GET /orders/7", "ann")
	r.Header.Set("X-Inner", "admin")
	if got := serve(h, r); got.Body.String() != "hello root" {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}
