// Command staticpem verifies tokens of RS256 with a public key that stands in the
// program: the smallest authorizer for tokens that somebody else issues. Run it
// without arguments to see what it makes of three tokens, and with -serve to try it
// with curl.
//
// On Lambda it is the function that the Handler setting names: authorizer or whoami.
package main

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/run"
)

func main() {
	run.Program{Name: "staticpem", Story: story, API: serve, Function: lambdaFunction}.Main()
}

// newAPI says how the functions are put behind a local API Gateway, as template.yaml puts
// them behind the one in AWS.
func newAPI(a *authorizer.Authorizer, observer func(authorizertest.Invocation)) authorizertest.Config {
	return authorizertest.Config{
		Kind:       authorizer.RESTToken,
		Authorizer: a,
		CacheTTL:   time.Minute, // and so at most past a token's exp
		Stage:      "Prod",
		Observer:   observer,
		Routes:     []authorizertest.Route{{Key: "GET /whoami", Handler: whoami}},
	}
}

// serve makes the API for localhost, which takes the document's tokens.
func serve(_, url string, logger *slog.Logger) (http.Handler, string, error) {
	rules, err := sampleRules()
	if err != nil {
		return nil, "", err
	}
	clock := new(run.Clock)
	rules.Now = clock.Now
	a, err := newAuthorizer(rules, logger, nil)
	if err != nil {
		return nil, "", err
	}
	cfg := newAPI(a, nil)
	cfg.Now = clock.Now
	api, err := authorizertest.New(cfg)
	if err != nil {
		return nil, "", err
	}
	// There is no button for an outage: a key in the program cannot fail.
	panel := authorizertest.PanelConfig{Title: "staticpem", Forward: clock.Forward}
	return run.WithPanel(api, api, panel), strings.NewReplacer("URL", url, "FIRST", firstSample, "SECOND", secondSample).Replace(commands), nil
}

const commands = `  curl URL/whoami     # 401: no token

  curl URL/whoami -H "Authorization: Bearer FIRST"

  curl URL/whoami -H "Authorization: Bearer SECOND"     # 401: lost two characters in print
`

// lambdaFunction makes the Lambda function of a name. The authorizer's variables are
// JWT_PUBLIC_KEY, in PEM, JWT_ISSUER and JWT_AUDIENCE.
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	switch name {
	case "whoami":
		return whoami, nil
	case "authorizer":
		rules, err := ownRules(getenv("JWT_PUBLIC_KEY"), getenv("JWT_ISSUER"), getenv("JWT_AUDIENCE"))
		if err != nil {
			return nil, fmt.Errorf("JWT_PUBLIC_KEY: %w", err)
		}
		a, err := newAuthorizer(rules, logger, nil)
		if err != nil {
			return nil, fmt.Errorf("set JWT_ISSUER and JWT_AUDIENCE to the tokens' iss and aud: %w", err)
		}
		return a, nil
	}
	return nil, fmt.Errorf("there is no function %q: set Handler to authorizer or whoami", name)
}
