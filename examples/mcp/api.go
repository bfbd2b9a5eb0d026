package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// What the functions and the template agree on.
const (
	mcpPath  = "/mcp"
	scope    = "orders:read"
	cacheFor = 5 * time.Minute // in API Gateway; a policy ends with its token
)

// settings are what differs between Lambda, a laptop and a test.
type settings struct {
	issuer    string            // iss, and where the keys are published
	resource  string            // the URL of the API as clients write it, and aud
	transport http.RoundTripper // fetches the keys; nil means the usual one
	observer  func(context.Context, authorizer.Outcome)
	logger    *slog.Logger
	now       func() time.Time
}

// newVerifier verifies access tokens with the keys that the issuer publishes. A token for
// another API of the issuer has another aud, and is no good here. Where an issuer does not keep
// to RFC 9068, verifier.New takes its tokens.
func newVerifier(set settings) (*verifier.Local, error) {
	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: set.issuer, Transport: set.transport, Now: set.now})
	if err != nil {
		return nil, err
	}
	return verifier.NewRFC9068(verifier.Config{Keys: remote, Audience: []string{set.resource}, Now: set.now})
}

// newAuthorizer opens the protocol's one route to tokens with the scope.
func newAuthorizer(set settings) (*authorizer.Authorizer, error) {
	v, err := newVerifier(set)
	if err != nil {
		return nil, err
	}
	routes, err := policy.NewRoutes(routesOf()...)
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{
		Verifier: v, Policy: authorizer.ExpireWithToken(authorizer.ByScope(routes)), Logger: set.logger, Observer: set.observer, Now: set.now,
	})
}

func routesOf() []policy.Route {
	return []policy.Route{{Key: "ANY " + mcpPath, Scopes: []string{scope}}}
}

// newMetadata tells clients where to log in.
func newMetadata(set settings) (*httpauth.Metadata, error) {
	return httpauth.NewMetadata(httpauth.MetadataConfig{
		Resource: set.resource, AuthorizationServers: []string{set.issuer}, Scopes: []string{scope}, Name: "Orders",
	})
}

// newAPI puts the functions behind a local API Gateway, as template.yaml puts them behind the
// one in AWS: with a gateway response that leads clients to the metadata.
func newAPI(set settings, observer func(authorizertest.Invocation)) (cfg authorizertest.Config, err error) {
	metadata, err := newMetadata(set)
	if err != nil {
		return cfg, err
	}
	definition, err := json.Marshal(map[string]json.RawMessage{"x-amazon-apigateway-gateway-responses": metadata.GatewayResponses()})
	if err != nil {
		return cfg, err
	}
	responses, err := authorizertest.ParseGatewayResponses(definition)
	if err != nil {
		return cfg, err
	}
	a, err := newAuthorizer(set)
	if err != nil {
		return cfg, err
	}
	return authorizertest.Config{
		Kind: authorizer.RESTRequest, Authorizer: a, CacheTTL: cacheFor, Stage: "Prod", GatewayResponses: responses,
		Routes: []authorizertest.Route{
			{Key: "ANY " + mcpPath, Handler: proxy(newMCP())},
			{Key: "GET " + metadata.Path(), Handler: proxy(metadata), NoAuthorizer: true},
		},
		Observer: observer, Logger: set.logger, Now: set.now,
	}, nil
}

// newContainer puts the same server behind the middleware, as in a container or on a laptop:
// there is no API Gateway.
func newContainer(set settings) (http.Handler, error) {
	metadata, err := newMetadata(set)
	if err != nil {
		return nil, err
	}
	v, err := newVerifier(set)
	if err != nil {
		return nil, err
	}
	table, err := policy.NewTable(routesOf()...)
	if err != nil {
		return nil, err
	}
	auth, err := httpauth.New(httpauth.Config{Verifier: v, Table: table, ResourceMetadata: metadata.URL(), Logger: set.logger, Now: set.now})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle(metadata.Path(), metadata)
	mux.Handle(mcpPath, auth.Wrap(newMCP()))
	return mux, nil
}
