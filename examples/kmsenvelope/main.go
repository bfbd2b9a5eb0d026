// Command kmsenvelope signs each token with a key of its own, a data key of KMS, that
// goes along encrypted in the token's header: the authorizer has KMS decrypt it. Run
// it without arguments to see that happen and what it costs in calls to KMS, and with
// -serve to try it with curl. Both bring a KMS in memory along.
//
// On Lambda it is the function that the Handler setting names: login, authorizer or
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
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/run"
)

func main() {
	run.Program{Name: "kmsenvelope", Story: story, API: serve, Function: lambdaFunction}.Main()
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
	hash := sha256.Sum256([]byte(password))
	ann, err := onelogin.New("ann", hex.EncodeToString(hash[:]))
	return settings{key: key, user: ann, logger: slog.New(slog.DiscardHandler), now: time.Now}, err
}

// lambdaFunction makes the Lambda function of a name. login and authorizer need
// KMS_KEY, the ARN of a symmetric KMS key. login needs LOGIN_USER and
// LOGIN_PASSWORD_SHA256 too, and TOKENS_PER_DATA_KEY may say how many tokens share a
// data key. The authorizer takes the tokens of the blueprint's own login function,
// and no others, if JWT_FORMAT is "blueprint".
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	set := settings{key: getenv("KMS_KEY"), logger: logger, now: time.Now}
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
	if set.user, err = onelogin.New(getenv("LOGIN_USER"), getenv("LOGIN_PASSWORD_SHA256")); err != nil {
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
	newOne := newAuthorizer
	switch format := getenv("JWT_FORMAT"); format {
	case "":
	case "blueprint":
		newOne = newBlueprintAuthorizer
	default:
		return nil, fmt.Errorf("set JWT_FORMAT to blueprint, or not at all: it is %q", format)
	}
	a, err := newOne(client, set)
	if err != nil {
		return nil, fmt.Errorf("KMS_KEY: %w", err)
	}
	return a, nil
}
