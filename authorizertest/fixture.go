package authorizertest

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/verifier"
)

// NewRequest returns what an authorizer gets to see of a request to a route, such as
// "GET /orders/{id}", to test [authorizer.Authorizer.Decide], a PolicyFunc or an
// Extractor with. A WebSocket's route is "$connect". Of kind RESTToken it is the header
// Authorization that becomes the token. The Host of r is the Domain, and the first of its
// TLS.PeerCertificates the ClientCert.
//
// It panics if API Gateway would not ask an authorizer about such a request, as
// [net/http/httptest.NewRequest] does.
func NewRequest(kind authorizer.Kind, route string, r *http.Request) *authorizer.Request {
	cfg := Config{
		Kind: kind, Authorizer: func() error { return nil }, CacheTTL: NoCache,
		Routes: []Route{{Key: route, Handler: http.NotFoundHandler()}},
	}
	if kind != authorizer.RESTToken {
		cfg.IdentitySources = []string{} // so that a request without a token gets there
	}
	gateway, err := New(cfg)
	if err != nil {
		panic(err)
	}
	event, err := gateway.AuthorizerEvent(r)
	if err != nil {
		panic(err)
	}
	request, err := authorizer.ParseRequest(event)
	if err != nil {
		panic(err)
	}
	return request
}

// NewToken returns the token of a claims set, which is anything that encoding/json writes
// as an object. Nothing has verified it: it is for tests of what comes after a verifier.
// It panics if no token can have these claims.
func NewToken(claims any) *verifier.Token {
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	token, err := verifier.TrustClaims(text)
	if err != nil {
		panic(errors.Join(errors.New("authorizertest: these claims are none of a token"), err))
	}
	return token
}
