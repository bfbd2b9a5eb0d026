// Command kmsasymmetric has KMS sign tokens with a private key that never leaves it,
// and verifies them with the public key, which the authorizer fetches once. Before an HTTP
// API it decides by a table of routes. API Gateway caches its answers by the token and the
// request's method, path and route. Run it without arguments to see that happen and what
// it costs in calls to KMS, and with -serve to try it with curl. Both bring a KMS in memory
// along.
//
// On Lambda it is the function that the Handler setting names: token, authorizer, whoami
// or reports. With VERIFY_IN_KMS=1 the authorizer has KMS verify each token. With
// AS_DOCUMENT=1 the functions are those of the document that this pattern comes from: see
// document.go. That one verified in KMS.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/run"
	"github.com/lambdajwt/authorizer/examples/internal/setting"
)

func main() {
	run.Program{Name: "kmsasymmetric", Story: story, API: serve, Function: lambdaFunction}.Main()
}

func story(ctx context.Context, _ string, out io.Writer) error {
	return tellStory(ctx, out, nil, time.Now())
}

// serve makes the API for localhost. Its KMS ends with the program.
func serve(_, url string, logger *slog.Logger) (http.Handler, string, error) {
	clock := new(run.Clock)
	return serveWith(awskms.NewLocal(clock.Now), clock, url, logger)
}

// serveWith is serve with the KMS that it is given.
func serveWith(local *awskms.Local, clock *run.Clock, url string, logger *slog.Logger) (http.Handler, string, error) {
	password := rand.Text()
	set, err := localSettings(local, password)
	if err != nil {
		return nil, "", err
	}
	set.logger, set.now = logger, clock.Now
	api, err := newAPI(local.Client, set, nil)
	if err != nil {
		return nil, "", err
	}
	panel := authorizertest.PanelConfig{Title: "kmsasymmetric", Forward: clock.Forward, Outage: local.Outage, Sections: local.Sections}
	return run.WithPanel(api, api, panel), strings.NewReplacer("URL", url, "PASSWORD", password).Replace(commands), nil
}

const commands = `  curl URL/token -d '{"user": "ann", "password": "a guess"}'     # 403

  TOKEN=$(curl -s URL/token -d '{"user": "ann", "password": "PASSWORD"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')

  curl URL/whoami                                             # 401: no token
  curl -H "Authorization: Bearer $TOKEN" URL/whoami
  curl -H "Authorization: Bearer $TOKEN" URL/reports/eu
  curl -H "Authorization: Bearer $TOKEN" URL/reports/us         # 403: not her region
  curl -H "Authorization: Bearer $TOKEN" URL/reports/eu -X DELETE     # 403: for admins
  curl -H "Authorization: Bearer $TOKEN.x" URL/whoami         # 401
`

// localSettings are for a new key in a KMS in memory, and for Ann, who reads the reports
// of one region.
func localSettings(local *awskms.Local, password string) (settings, error) {
	key, err := local.KMS.AddKey(types.KeySpecRsa2048, nil)
	return settings{
		algorithm: defaultAlgorithm, key: key,
		user: onelogin.Ann(password), grants: grants{scopeRead, "eu"},
		logger: slog.New(slog.DiscardHandler), now: time.Now,
	}, err
}

// lambdaFunction makes the Lambda function of a name. token and authorizer need
// KMS_KEY, the ARN of an asymmetric KMS key, and JWT_ALGORITHM if that is not RS256.
// token needs LOGIN_USER and LOGIN_PASSWORD_SHA256 too, and LOGIN_SCOPES and
// LOGIN_REGION, what this user may do. The authorizer also takes tokens of the key in
// KMS_KEY_PREVIOUS, if there is one, and has KMS verify if VERIFY_IN_KMS is 1. All but
// reports are those of document.go if AS_DOCUMENT is 1.
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	set := settings{
		algorithm: getenv("JWT_ALGORITHM"), key: getenv("KMS_KEY"), previous: getenv("KMS_KEY_PREVIOUS"),
		grants: grants{getenv("LOGIN_SCOPES"), getenv("LOGIN_REGION")},
		logger: logger, now: time.Now,
	}
	if set.algorithm == "" {
		set.algorithm = defaultAlgorithm
	}
	var inDocument, inKMS error
	set.asDocument, inDocument = setting.Flag(getenv, "AS_DOCUMENT")
	set.inKMS, inKMS = setting.Flag(getenv, "VERIFY_IN_KMS")
	if err := errors.Join(inDocument, inKMS); err != nil {
		return nil, err
	}
	switch {
	case set.asDocument && set.algorithm != defaultAlgorithm:
		return nil, errors.New("JWT_ALGORITHM must be RS256 with AS_DOCUMENT=1: the document's functions know no other")
	case name == "whoami" && set.asDocument:
		return documentWhoami, nil
	case name == "whoami": // needs no KMS, and so gets none
		return whoami, nil
	case name == "reports":
		return reports, nil
	case name == "token":
		return tokenOnLambda(set, getenv)
	case name == "authorizer":
		return authorizerOnLambda(set, getenv)
	}
	return nil, fmt.Errorf("there is no function %q: set Handler to token, authorizer, whoami or reports", name)
}

func tokenOnLambda(set settings, getenv func(string) string) (any, error) {
	client, err := awskms.OnLambda(getenv)
	if err != nil {
		return nil, err
	}
	if set.user, err = onelogin.FromEnvironment(getenv); err != nil {
		return nil, err
	}
	l, err := newLogin(client, set)
	if err != nil {
		return nil, fmt.Errorf("KMS_KEY, JWT_ALGORITHM: %w", err)
	}
	return l.Handle, nil
}

func authorizerOnLambda(set settings, getenv func(string) string) (any, error) {
	client, err := awskms.OnLambda(getenv)
	if err != nil {
		return nil, err
	}
	a, err := newAuthorizer(client, set)
	if err != nil {
		return nil, fmt.Errorf("KMS_KEY, KMS_KEY_PREVIOUS, JWT_ALGORITHM: %w", err)
	}
	return a, nil
}
