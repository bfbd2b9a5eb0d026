package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
)

// cacheTTL is how long API Gateway may use a policy again.
const cacheTTL = 300 * time.Second

// identitySources are what API Gateway's cache goes by: the answer to one request is never
// used for another method, path or route. Paths are decoded, so that one may belong to two
// routes: the route is among the sources, too.
func identitySources() []string {
	return []string{"$request.header.Authorization", "$context.httpMethod", "$context.path", "$context.routeKey"}
}

// A builder makes a local API Gateway.
type builder func(authorizertest.Config) (*authorizertest.Gateway, error)

// newAPI puts the functions behind a local API Gateway, as template.yaml puts them
// behind the one in AWS: an HTTP API, or the document's REST API. change, if not nil, may
// change the API.
func newAPI(client *kms.Client, set settings, change func(*authorizertest.Config)) (*authorizertest.Gateway, error) {
	l, err := newLogin(client, set)
	if err != nil {
		return nil, err
	}
	a, err := newAuthorizer(client, set)
	if err != nil {
		return nil, err
	}
	cfg := authorizertest.Config{
		Kind: authorizer.HTTPFormat2, Authorizer: a, Routes: routes(l),
		IdentitySources: identitySources(), CacheTTL: cacheTTL, Now: set.now,
	}
	if set.asDocument {
		cfg = authorizertest.Config{
			Kind: authorizer.RESTToken, Authorizer: a, Routes: documentRoutes(l), CacheTTL: documentCacheTTL, Now: set.now,
		}
	}
	if change != nil {
		change(&cfg)
	}
	if set.build == nil {
		set.build = authorizertest.New
	}
	return set.build(cfg)
}

func routes(l *onelogin.Login) []authorizertest.Route {
	return []authorizertest.Route{
		{Key: "POST /token", Handler: l.Handle, NoAuthorizer: true},
		{Key: "GET /whoami", Handler: whoami},
		{Key: "GET /reports/{region}", Handler: reports},
		{Key: "DELETE /reports/{region}", Handler: reports},
	}
}

func documentRoutes(l *onelogin.Login) []authorizertest.Route {
	return []authorizertest.Route{
		{Key: "POST /token", Handler: l.Handle, NoAuthorizer: true},
		{Key: "GET /whoami", Handler: documentWhoami},
	}
}
