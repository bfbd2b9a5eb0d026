package httpauth_test

import (
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// A client without a good token is led to the document by a REST API.
func TestARESTAPISendsClientsToTheDocument(t *testing.T) {
	m := newMetadata(t, nil)
	definition := `{"openapi":"3.0.1","x-amazon-apigateway-gateway-responses":` + string(m.GatewayResponses()) + `}`
	responses, err := authorizertest.ParseGatewayResponses([]byte(definition))
	if err != nil {
		t.Fatal(err)
	}
	a, err := authorizer.New(authorizer.Config{Verifier: known, Policy: authorizer.ByRoute(table(t, routes...))})
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := authorizertest.New(authorizertest.Config{
		Kind: authorizer.RESTRequest, Authorizer: a, CacheTTL: authorizertest.NoCache, GatewayResponses: responses,
		Routes: []authorizertest.Route{{Key: "GET /orders/{id}", Handler: handler}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for token, want := range map[string]int{"": 401, "forged": 401, "plain": 403, "down": 500} {
		got := serve(gateway, request("GET /orders/7", token))
		challenge := got.Header().Get("WWW-Authenticate")
		if got.Code != want || (challenge == m.Challenge()) != (want == 401) {
			t.Errorf("%q: %d %v %s", token, got.Code, got.Header(), got.Body)
		}
		if want == 401 && got.Body.String() != `{"message":"Unauthorized"}` {
			t.Errorf("%q: %s", token, got.Body)
		}
	}
}
