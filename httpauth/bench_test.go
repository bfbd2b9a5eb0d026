package httpauth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/verifier"
)

// quick is a verifier that takes no time: what is measured is the middleware.
type quick struct{ token *verifier.Token }

func (q quick) Verify(context.Context, string) (*verifier.Token, error) { return q.token, nil }

func BenchmarkMiddleware(b *testing.B) {
	token, err := verifier.TrustClaims([]byte(known["ann"].(string)))
	if err != nil {
		b.Fatal(err)
	}
	auth := newAuth(b, func(c *httpauth.Config) { c.Verifier = quick{token} })
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(http.ResponseWriter, *http.Request) {})
	for name, test := range map[string]struct {
		handler http.Handler
		token   string
	}{"the mux alone": {mux, "x"}, "allowed": {auth.Wrap(mux), "x"}, "refused": {auth.Wrap(mux), ""}} {
		b.Run(name, func(b *testing.B) {
			r := request("GET /orders/7", test.token)
			b.ReportAllocs()
			for b.Loop() {
				test.handler.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
