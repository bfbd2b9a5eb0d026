// Command kmsenvelope signs each token with a key of its own, a data key of KMS, that
// goes along encrypted in the token's header: the authorizer has KMS decrypt it. Run
// it without arguments to see that happen and what it costs in calls to KMS, and with
// -serve to try it with curl. Both bring a KMS in memory along.
//
// On Lambda it is the function that the Handler setting names: login, authorizer or
// whoami. With AS_DOCUMENT=1 in their environment, login and authorizer are those of the
// document that this pattern comes from: see document.go.
//
// # Made-up data keys
//
// Anybody can make up a token whose claims look right and whose data key only KMS can
// tell from a good one. An authorizer has at most 50 new ones a second decrypted, after
// the first 100 (kmskeys.DefaultDecryptRate and DefaultDecryptBurst), and answers 500 to
// the rest, good or bad. Users whose tokens it has verified before notice nothing of a
// flood: their data keys have a budget of their own. A user who has just logged in has
// to share the budget with the flood: at 1,000 made-up data keys a second one try in
// twenty gets through. A fiftieth of a second after the flood every try does. Each
// execution environment has these budgets for itself and begins without any verified
// token: if a flood makes Lambda start more of them, every user is new to those.
//
// Two limits belong before the API:
//
//   - A rate-based rule of AWS WAF by address, on the stage. It stops the one who floods
//     and lets everybody else in.
//   - Throttling of the whole stage (/*, as in template.yaml) and a reserved concurrency
//     of the authorizer. They are for all callers together: they bound what a flood of
//     many addresses can cost, in calls to KMS and of its quota.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
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
	run.Program{Name: "kmsenvelope", Story: story, API: serve, Function: lambdaFunction}.Main()
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
	panel := authorizertest.PanelConfig{Title: "kmsenvelope", Forward: clock.Forward, Outage: local.Outage, Sections: local.Sections}
	return run.WithPanel(api, api, panel), strings.NewReplacer("URL", url, "PASSWORD", password).Replace(commands), nil
}

const commands = `  curl URL/login -d '{"user": "ann", "password": "a guess"}'     # 403

  TOKEN=$(curl -s URL/login -d '{"user": "ann", "password": "PASSWORD"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')

  curl URL/whoami                                         # 401: no token
  curl -H "Authorization: Bearer $TOKEN" URL/whoami
  curl -H "Authorization: Bearer $TOKEN.x" URL/whoami     # 401
`

// localSettings are for a new key in a KMS in memory, and for Ann.
func localSettings(local *awskms.Local, password string) (settings, error) {
	key, err := local.KMS.AddKey(types.KeySpecSymmetricDefault, nil)
	if err != nil {
		return settings{}, err
	}
	return settings{key: key, user: onelogin.Ann(password), logger: slog.New(slog.DiscardHandler), now: time.Now}, nil
}

// lambdaFunction makes the Lambda function of a name. login and authorizer need
// KMS_KEY, the ARN of a symmetric KMS key, and have AS_DOCUMENT=1 if the API is to be
// that of document.go. login needs LOGIN_USER and LOGIN_PASSWORD_SHA256 too, and
// TOKENS_PER_DATA_KEY may say how many tokens share a data key.
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	set := settings{key: getenv("KMS_KEY"), logger: logger, now: time.Now}
	var err error
	if set.asDocument, err = setting.Flag(getenv, "AS_DOCUMENT"); err != nil {
		return nil, err
	}
	switch name {
	case "whoami": // needs no KMS, and so gets none
		return whoami, nil
	case "login":
		return loginOnLambda(set, getenv)
	case "authorizer":
		return authorizerOnLambda(set, getenv)
	}
	return nil, fmt.Errorf("there is no function %q: set Handler to login, authorizer or whoami", name)
}

func loginOnLambda(set settings, getenv func(string) string) (any, error) {
	client, err := awskms.OnLambda(getenv)
	if err != nil {
		return nil, err
	}
	if set.user, err = onelogin.FromEnvironment(getenv); err != nil {
		return nil, err
	}
	if text := getenv("TOKENS_PER_DATA_KEY"); text != "" {
		if set.tokensPerKey, err = strconv.Atoi(text); err != nil || set.tokensPerKey < 1 {
			return nil, fmt.Errorf("set TOKENS_PER_DATA_KEY to a number from 1, or not at all: it is %q", text)
		}
	}
	l, err := newLogin(client, set)
	if err != nil {
		return nil, fmt.Errorf("KMS_KEY: %w", err)
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
		return nil, fmt.Errorf("KMS_KEY: %w", err)
	}
	return a, nil
}
