// Command kmsasymmetric has KMS sign tokens with a private key that never leaves it,
// and verifies them with the public key, which the authorizer fetches once. Run it
// without arguments to see that happen and what it costs in calls to KMS, and with
// -serve to try it with curl. Both bring a KMS in memory along.
//
// On Lambda it is the function that the Handler setting names: token, authorizer or
// whoami.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
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
)

func main() {
	run.Program{Name: "kmsasymmetric", Story: story, API: serve, Function: lambdaFunction}.Main()
}

func story(ctx context.Context, _ string, out io.Writer) error {
	return tellStory(ctx, out, time.Now())
}

// serve makes the API for localhost. Its KMS ends with the program.
func serve(_, url string, logger *slog.Logger) (http.Handler, string, error) {
	clock := new(run.Clock)
	local := awskms.NewLocal(clock.Now)
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

  curl URL/whoami                                         # 401: no token
  curl -H "Authorization: Bearer $TOKEN" URL/whoami
  curl -H "Authorization: Bearer $TOKEN.x" URL/whoami     # 401
`

// localSettings are for a new key in a KMS in memory, and for Ann.
func localSettings(local *awskms.Local, password string) (settings, error) {
	key, err := local.KMS.AddKey(types.KeySpecRsa2048, nil)
	if err != nil {
		return settings{}, err
	}
	hash := sha256.Sum256([]byte(password))
	ann, err := onelogin.New("ann", hex.EncodeToString(hash[:]))
	return settings{
		algorithm: defaultAlgorithm, key: key, user: ann,
		logger: slog.New(slog.DiscardHandler), now: time.Now,
	}, err
}

// lambdaFunction makes the Lambda function of a name. token and authorizer need
// KMS_KEY, the ARN of an asymmetric KMS key, and JWT_ALGORITHM if that is not RS256.
// token needs LOGIN_USER and LOGIN_PASSWORD_SHA256 too. The authorizer also takes
// tokens of the key in KMS_KEY_PREVIOUS, if there is one.
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	set := settings{
		algorithm: getenv("JWT_ALGORITHM"), key: getenv("KMS_KEY"), previous: getenv("KMS_KEY_PREVIOUS"),
		logger: logger, now: time.Now,
	}
	if set.algorithm == "" {
		set.algorithm = defaultAlgorithm
	}
	switch name {
	case "whoami": // needs no KMS, and so gets none
		return whoami, nil
	case "token":
		return tokenOnLambda(set, getenv)
	case "authorizer":
		return authorizerOnLambda(set, getenv)
	}
	return nil, fmt.Errorf("there is no function %q: set Handler to token, authorizer or whoami", name)
}

func tokenOnLambda(set settings, getenv func(string) string) (any, error) {
	client, err := awskms.OnLambda(getenv)
	if err != nil {
		return nil, err
	}
	if set.user, err = onelogin.New(getenv("LOGIN_USER"), getenv("LOGIN_PASSWORD_SHA256")); err != nil {
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
