package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// What the functions agree on, beside the secret.
const (
	issuerName = "https://login.example.com"
	audience   = "rotation-api"
)

// settings are what differs between Lambda, a laptop and a test.
type settings struct {
	load     loader // of the secret's versions
	times    times
	user     onelogin.User // who may log in; the authorizer needs none
	logger   *slog.Logger
	now      func() time.Time
	observer func(context.Context, authorizer.Outcome) // of the authorizer; may be nil
}

// newLogin makes the token function, which signs. It has secrets of its own, as every
// function has that Lambda starts.
func newLogin(set settings) (*onelogin.Login, error) {
	secrets, err := set.times.source(set.load, set.now)
	if err != nil {
		return nil, err
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: secrets, Issuer: issuerName, Audience: []string{audience}, Lifetime: set.times.lifetime, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	issue := func(ctx context.Context, user string) (string, error) { return issuer.Issue(ctx, user, nil) }
	return &onelogin.Login{User: set.user, Issue: issue, Logger: set.logger}, nil
}

// newAuthorizer makes the authorizer, which verifies.
func newAuthorizer(set settings) (*authorizer.Authorizer, error) {
	secrets, err := set.times.source(set.load, set.now)
	if err != nil {
		return nil, err
	}
	v, err := verifier.New(verifier.Config{Keys: secrets, Issuer: issuerName, Audience: []string{audience}, Now: set.now})
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{
		Verifier: v, Policy: authorizer.AllowStage, Logger: set.logger, Observer: set.observer, Now: set.now,
	})
}

// whoami is GET /whoami: it tells callers who they are, as the authorizer has said.
func whoami(_ context.Context, req events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	caller, err := authorizer.FromContext[struct {
		User string `json:"sub"`
	}](req.RequestContext.Authorizer)
	if err != nil {
		return events.APIGatewayProxyResponse{}, err
	}
	return onelogin.Answer(http.StatusOK, map[string]string{"user": caller.User})
}

// newAPI puts the functions behind a local API Gateway, as template.yaml puts them behind
// the one in AWS.
func newAPI(l *onelogin.Login, a *authorizer.Authorizer, observer func(authorizertest.Invocation), now func() time.Time) authorizertest.Config {
	return authorizertest.Config{
		Kind: authorizer.RESTToken, Authorizer: a, CacheTTL: authorizertest.NoCache, Stage: "Prod", Observer: observer, Now: now,
		Routes: []authorizertest.Route{
			{Key: "POST /token", Handler: l.Handle, NoAuthorizer: true},
			{Key: "GET /whoami", Handler: whoami},
		},
	}
}
