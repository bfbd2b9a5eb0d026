package main

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
)

// cacheTTL is how long API Gateway may use a policy again. So much longer than its
// lifetime can a token be of use.
const cacheTTL = time.Minute

// A builder makes a local API Gateway.
type builder func(authorizertest.Config) (*authorizertest.Gateway, error)

// newAPI puts the functions behind a local API Gateway, as template.yaml puts them
// behind the one in AWS.
func newAPI(client *kms.Client, set settings, observer func(authorizertest.Invocation)) (*authorizertest.Gateway, error) {
	l, err := newLogin(client, set)
	if err != nil {
		return nil, err
	}
	a, err := newAuthorizer(client, set)
	if err != nil {
		return nil, err
	}
	cfg := authorizertest.Config{
		Kind:       authorizer.RESTToken,
		Authorizer: a,
		Routes:     routes(l),
		CacheTTL:   cacheTTL,
		Stage:      "Prod",
		Observer:   observer,
		Now:        set.now,
	}
	if set.asDocument {
		cfg.CacheTTL = documentCacheTTL
		cfg.IdentitySources = []string{"method.request.header." + requestHeader}
	}
	if set.build == nil {
		set.build = authorizertest.New
	}
	return set.build(cfg)
}

func routes(l *onelogin.Login) []authorizertest.Route {
	return []authorizertest.Route{
		{Key: "POST /login", Handler: l.Handle, NoAuthorizer: true},
		{Key: "GET /whoami", Handler: whoami},
	}
}
