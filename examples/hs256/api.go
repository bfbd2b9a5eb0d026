package main

import (
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// cacheTTL is how long API Gateway may use a policy again. So much longer than its
// lifetime can a token be of use.
const cacheTTL = time.Minute

// api says how the functions are put behind a local API Gateway, as template.yaml puts them
// behind the one in AWS.
func (s *service) api(observer func(authorizertest.Invocation)) authorizertest.Config {
	return authorizertest.Config{
		Kind:       authorizer.RESTToken,
		Authorizer: s.functions()["authorizer"],
		Routes:     s.routes(),
		CacheTTL:   cacheTTL,
		Stage:      "Prod",
		Observer:   observer,
		Now:        s.now,
	}
}

func (s *service) routes() []authorizertest.Route {
	function := s.functions()
	return []authorizertest.Route{
		{Key: "POST /user/login", Handler: function["login"], NoAuthorizer: true},
		{Key: "POST /user/refresh-token", Handler: function["refresh"], NoAuthorizer: true},
		{Key: "POST /user/logout", Handler: function["refresh"], NoAuthorizer: true},
		{Key: "POST /user", Handler: function["account"], NoAuthorizer: true},
		{Key: "POST /user/confirm", Handler: function["account"], NoAuthorizer: true},
		{Key: "POST /user/password", Handler: function["account"], NoAuthorizer: true},
		{Key: "GET /user", Handler: function["user"]},
		{Key: "GET /user/{id}", Handler: function["user"]},
		{Key: "PUT /user/{id}", Handler: function["user"]},
		{Key: "DELETE /user/{id}", Handler: function["user"]},
	}
}
