package authorizertest_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// An authorizer behind an API Gateway, called over HTTP.
func Example() {
	key, err := keys.HMAC("HS256", []byte("an example's secret, and not yours!"))
	if err != nil {
		log.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: key, Issuer: "login", Audience: []string{"orders"}, AllowMissingExpiry: true})
	if err != nil {
		log.Fatal(err)
	}
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage})
	if err != nil {
		log.Fatal(err)
	}
	gateway, err := authorizertest.New(authorizertest.Config{
		Kind:       authorizer.RESTToken,
		Authorizer: a, // what lambda.Start gets
		Routes: []authorizertest.Route{{Key: "GET /orders/{id}", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "order %s of %s", r.PathValue("id"), authorizertest.AuthorizerContext(r)["sub"])
		})}},
	})
	if err != nil {
		log.Fatal(err)
	}
	s, err := signer.New(signer.Config{Keys: key})
	if err != nil {
		log.Fatal(err)
	}
	token, err := s.Sign(context.Background(), jwt.RegisteredClaims{Issuer: "login", Subject: "user-1", Audience: jwt.ClaimStrings{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	for _, authorization := range []string{"Bearer " + token, "Bearer forged", ""} {
		request := httptest.NewRequest(http.MethodGet, "/orders/7", nil)
		request.Header.Set("Authorization", authorization)
		answer := httptest.NewRecorder()
		gateway.ServeHTTP(answer, request)
		fmt.Println(answer.Code, answer.Body)
	}
	// Output:
	// 200 order 7 of user-1
	// 401 {"message":"Unauthorized"}
	// 401 {"message":"Unauthorized"}
}

// An issuer that publishes its keys, and an API that needs no authorizer but API
// Gateway's own.
func ExampleJWTAuthorizer() {
	key, err := keys.GeneratePrivateKey("RS256")
	if err != nil {
		log.Fatal(err)
	}
	key = key.WithKid("2026-01")
	set, err := keys.NewSet(key.Public())
	if err != nil {
		log.Fatal(err)
	}
	login := httptest.NewUnstartedServer(nil)
	loginURL := "http://" + login.Listener.Addr().String()
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: loginURL, Keys: set})
	if err != nil {
		log.Fatal(err)
	}
	login.Config.Handler = publisher
	login.Start()
	defer login.Close()
	gateway, err := authorizertest.New(authorizertest.Config{
		JWT: &authorizertest.JWTAuthorizer{Issuer: loginURL, Audience: []string{"orders"}},
		Routes: []authorizertest.Route{
			{Key: "GET /user", Scopes: []string{"USER", "ADMIN"}, Handler: func(_ context.Context, e events.APIGatewayV2HTTPRequest) (string, error) {
				return "hello " + e.RequestContext.Authorizer.JWT.Claims["sub"], nil
			}},
			{Key: "GET /admin", Scopes: []string{"ADMIN"}, Handler: http.NotFoundHandler()},
		},
	})
	if err != nil {
		log.Fatal(err)
	}

	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: key, Issuer: loginURL, Audience: []string{"orders"}, Lifetime: 15 * time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	token, err := issuer.Issue(context.Background(), "user-1", map[string]any{"scope": "USER"})
	if err != nil {
		log.Fatal(err)
	}
	for _, path := range []string{"/user", "/admin"} {
		request := httptest.NewRequest(http.MethodGet, path, nil)
		request.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		gateway.ServeHTTP(answer, request)
		fmt.Println(answer.Code, answer.Body)
	}
	// Output:
	// 200 "hello user-1"
	// 403 {"message":"Forbidden"}
}

// What browsers get to see of refusals is in the template that the API is deployed with.
func ExampleParseGatewayResponses() {
	template := []byte(`{"Resources": {"Api": {"Type": "AWS::Serverless::Api", "Properties": {
		"GatewayResponses": {"DEFAULT_4XX": {
			"ResponseParameters": {"Headers": {"Access-Control-Allow-Origin": "'https://shop.example.com'"}},
			"ResponseTemplates": {"application/json": "{\"error\":$context.error.messageString,\"request\":\"$context.requestId\"}"}}}}}}}`)
	responses, err := authorizertest.ParseGatewayResponses(template)
	if err != nil {
		log.Fatal(err)
	}
	gateway, err := authorizertest.New(authorizertest.Config{
		Kind: authorizer.RESTToken, GatewayResponses: responses,
		Authorizer: func() error { return errors.New("Unauthorized") },
		Routes:     []authorizertest.Route{{Key: "GET /orders", Handler: http.NotFoundHandler()}},
	})
	if err != nil {
		log.Fatal(err)
	}
	answer := httptest.NewRecorder()
	gateway.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/orders", nil))
	fmt.Println(answer.Code, answer.Header().Get("Access-Control-Allow-Origin"))
	fmt.Println(answer.Body)
	// Output:
	// 401 https://shop.example.com
	// {"error":"Unauthorized","request":"request-1"}
}

// The JWT authorizer of REST APIs, which reads the issuer's documents when it is made.
func ExampleRESTJWTAuthorizer() {
	key, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		log.Fatal(err)
	}
	key = key.WithKid("2026-01")
	login := httptest.NewUnstartedServer(nil)
	loginURL := "http://" + login.Listener.Addr().String()
	login.Config.Handler, err = jwks.NewPublisher(jwks.PublisherConfig{Issuer: loginURL, Keys: key})
	if err != nil {
		log.Fatal(err)
	}
	login.Start()
	defer login.Close()
	gateway, err := authorizertest.New(authorizertest.Config{
		RESTJWT: &authorizertest.RESTJWTAuthorizer{
			Issuers: []authorizertest.JWTIssuer{{
				Issuer: loginURL, Audiences: []string{"orders"},
				AdditionalClaims: []authorizertest.JWTClaim{{ClaimName: "token_use", ExpectedValues: []string{"access"}}},
			}},
			DefaultAlgorithms: []string{"ES256"},
		},
		Routes: []authorizertest.Route{{Key: "GET /user", Handler: func(w http.ResponseWriter, r *http.Request) {
			claims := authorizertest.AuthorizerContext(r)["claims"].(map[string]any)
			fmt.Fprintf(w, "hello %s", claims["sub"])
		}}},
	})
	if err != nil {
		log.Fatal(err)
	}

	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: key, Issuer: loginURL, Audience: []string{"orders"}, Lifetime: 15 * time.Minute})
	if err != nil {
		log.Fatal(err)
	}
	for _, use := range []string{"access", "id"} {
		token, err := issuer.Issue(context.Background(), "user-1", map[string]any{"token_use": use})
		if err != nil {
			log.Fatal(err)
		}
		request := httptest.NewRequest(http.MethodGet, "/user", nil)
		request.Header.Set("Authorization", "Bearer "+token)
		answer := httptest.NewRecorder()
		gateway.ServeHTTP(answer, request)
		fmt.Println(answer.Code, answer.Body)
	}
	// Output:
	// 200 hello user-1
	// 401 {"message":"Unauthorized"}
}

// A panel beside an API shows in a browser what is decided, and why.
func ExampleGateway_Panel() {
	gateway, err := authorizertest.New(authorizertest.Config{
		Kind:   authorizer.RESTToken,
		Routes: []authorizertest.Route{{Key: "GET /hello", Handler: http.NotFoundHandler(), NoAuthorizer: true}},
	})
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", gateway)
	mux.Handle(authorizertest.PanelPath, gateway.Panel(authorizertest.PanelConfig{Title: "Orders"}))
	server := httptest.NewServer(mux)
	defer server.Close()

	answer, err := http.Get(server.URL + "/_gateway/")
	if err != nil {
		log.Fatal(err)
	}
	defer answer.Body.Close()
	fmt.Println(answer.StatusCode, answer.Header.Get("Content-Type"))
	// Output: 200 text/html; charset=utf-8
}
