package main

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestWhoamiReadsWhatTheAuthorizerSaidAsItWas(t *testing.T) {
	req := events.APIGatewayProxyRequest{RequestContext: events.APIGatewayProxyRequestContext{
		Authorizer: map[string]any{"user_id": "ncc1701a", "first_name": "brian", "last_name": "slattery", "admin": "true"},
	}}
	var res events.APIGatewayProxyResponse
	if err := runtest.Invoke(t, "whoami", nil, req, &res); err != nil {
		t.Fatal(err)
	}
	if want := `{"user_id":"ncc1701a","first_name":"brian","last_name":"slattery","admin":true}`; res.StatusCode != 200 || res.Body != want {
		t.Errorf("%d %s", res.StatusCode, res.Body)
	}
}

func TestWhoamiWithoutAnAuthorizerBeforeItIsAServerErrorAndTellsNobodysName(t *testing.T) {
	api, err := authorizertest.New(authorizertest.Config{
		Kind:   authorizer.RESTToken,
		Routes: []authorizertest.Route{{Key: "GET /whoami", Handler: whoami, NoAuthorizer: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	api.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/whoami", nil))
	if w.Code != 502 || w.Body.String() != `{"message": "Internal server error"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestWhoamiNeedsNoMoreOfATokenThanTheAuthorizer(t *testing.T) {
	private, _ := newKey(t)
	a, err := newAuthorizer(verifier.Config{
		Keys: private.Public(), Issuer: issuer, Audience: []string{audience}, RequiredClaims: []string{"user_id"},
	}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	api, err := authorizertest.New(newAPI(a, nil))
	if err != nil {
		t.Fatal(err)
	}
	token := sign(t, private, map[string]any{"iss": issuer, "aud": audience, "exp": time.Now().Add(time.Hour).Unix(), "user_id": "u1"})
	r := httptest.NewRequestWithContext(t.Context(), "GET", "/whoami", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	if api.ServeHTTP(w, r); w.Code != 200 || w.Body.String() != `{"user_id":"u1"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
