package main

import (
	"log/slog"
	"net/http"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/keys"
)

// What the functions, the published files and the two templates agree on. A stolen token
// is good for one lifetime.
const (
	audience  = "selfissued-api"
	algorithm = "RS256" // API Gateway takes no others than those of RSA
	lifetime  = 15 * time.Minute
)

const (
	scopeUser  = "USER"
	scopeAdmin = "ADMIN"
)

// settings are what differs between Lambda, a laptop and a test.
type settings struct {
	issuer string             // where the keys are published, and iss
	keys   keys.SigningSource // sign the tokens
	user   onelogin.User      // who may log in
	scopes []string           // that this user may have; none means USER
	logger *slog.Logger
	now    func() time.Time
}

// newAPI says how the functions are put behind a local API Gateway, as template.yaml puts
// them behind the one in AWS. It fetches the published keys with client.
func newAPI(set settings, client *http.Client, observer func(authorizertest.Invocation)) (authorizertest.Config, error) {
	l, err := newLogin(set)
	return authorizertest.Config{
		Kind:   authorizer.HTTPFormat2,
		JWT:    &authorizertest.JWTAuthorizer{Issuer: set.issuer, Audience: []string{audience}, Client: client},
		Routes: routes(l), Observer: observer, Now: set.now,
	}, err
}

func routes(l *login) []authorizertest.Route {
	return []authorizertest.Route{
		{Key: "POST /token", Handler: l.handle, NoAuthorizer: true},
		{Key: "GET /protected/user", Handler: protected, Scopes: []string{scopeUser}},
		{Key: "GET /protected/admin", Handler: protected, Scopes: []string{scopeAdmin}},
	}
}

// scopesByRoute returns what jwks.CheckGateway wants to know of the routes.
func scopesByRoute() map[string][]string {
	scopes := map[string][]string{}
	for _, r := range routes(nil) {
		if len(r.Scopes) > 0 {
			scopes[r.Key] = r.Scopes
		}
	}
	return scopes
}
