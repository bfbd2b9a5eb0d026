package httpauth_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

var errDown = errors.New("connection refused")

// tokens is a verifier that knows the claims of good tokens by their text, and why others are
// not good.
type tokens map[string]any

func (v tokens) Verify(ctx context.Context, text string) (*verifier.Token, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("asking for the keys: %w", err)
	}
	switch known := v[text].(type) {
	case string:
		return verifier.TrustClaims([]byte(known))
	case error:
		return nil, known
	}
	return nil, &verifier.Error{Reason: verifier.WrongSignature}
}

var known = tokens{
	"ann":           `{"iss":"https://login.example.com","sub":"ann","scope":"orders:read","tenant":"acme"}`,
	"admin":         `{"sub":"root","scope":"orders:read orders:write admin files secret"}`,
	"nobody":        `{"scope":"orders:read"}`,
	"plain":         `{"sub":"bob"}`,
	"expired":       &verifier.Error{Reason: verifier.Expired},
	"old":           &verifier.Error{Reason: verifier.TooOld},
	"down":          fmt.Errorf("fetching keys: %w", errDown),
	"misconfigured": fmt.Errorf("no permission: %w", keys.ErrMisconfigured),
	"strange":       nil,
}

var routes = []policy.Route{
	{Key: "GET /", AnyToken: true},
	{Key: "GET /orders/{id}", Scopes: []string{"orders:read", "admin audit"}},
	{Key: "POST /orders", Scopes: []string{"orders:write"}},
	{Key: "GET /tenants/{tenant}/users", AnyToken: true, Bind: map[string]string{"tenant": "tenant"}},
	{Key: "GET /files/{path+}", Scopes: []string{"files"}},
	{Key: "GET /files/secret/{path+}", Scopes: []string{"secret"}},
	{Key: "ANY /any/{id}", AnyToken: true},
}

func table(t testing.TB, routes ...policy.Route) *policy.Table {
	t.Helper()
	table, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// newAuth returns a middleware with the tokens and routes above, changed by the given function.
func newAuth(t testing.TB, change func(*httpauth.Config)) *httpauth.Middleware {
	t.Helper()
	cfg := httpauth.Config{Verifier: known, Table: table(t, routes...)}
	if change != nil {
		change(&cfg)
	}
	auth, err := httpauth.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return auth
}

// handler answers with who has called.
var handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	token, ok := httpauth.TokenFrom(r.Context())
	if !ok {
		http.Error(w, "no token in the context", http.StatusTeapot)
		return
	}
	fmt.Fprint(w, "hello ", token.Subject)
})

// request returns a request such as "GET /orders/7" with a bearer token, unless that is empty.
func request(do, token string) *http.Request {
	method, target, _ := strings.Cut(do, " ")
	r := httptest.NewRequest(method, target, http.NoBody)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return r
}

// serve returns the answer of a handler.
func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// status returns the status with which a middleware, before a handler without routes, answers.
func status(auth *httpauth.Middleware, do, token string) int {
	return serve(auth.Wrap(handler), request(do, token)).Code
}
