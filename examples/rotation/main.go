// Command rotation replaces the secret of HS256 tokens while functions sign and verify with
// it: in AWS Secrets Manager by a rotation function of its own, and in Parameter Store. Run
// it without arguments to see a rotation at noon, and with -serve to try one with curl. Both
// bring the stores in memory along.
//
// A new version is accepted as soon as a function has loaded it, and signs once every
// function has. The one before is accepted until its last token has expired.
//
// On Lambda it is the function that the Handler setting names: token, authorizer, rotate or
// whoami.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/run"
	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
)

func main() {
	run.Program{Name: "rotation", Story: story, API: serve, Function: lambdaFunction}.Main()
}

func story(ctx context.Context, _ string, out io.Writer) error {
	return tellStory(ctx, out, authorizertest.New, time.Now().UTC().Truncate(24*time.Hour).Add(12*time.Hour))
}

// localARN is the ARN of the secret in memory.
const localARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:jwt-AbCdEf"

// inSeconds are the times of the API on localhost, which has no five minutes to wait.
var inSeconds = times{lifetime: 5 * time.Minute, maxAge: 2 * time.Second, grace: time.Second, finish: time.Second, margin: time.Second}

// serve makes the API for localhost. Its secret ends with the program.
func serve(_, url string, logger *slog.Logger) (http.Handler, string, error) {
	clock, outage := new(run.Clock), new(run.Outage)
	manager := secretstest.NewSecretsManager(localARN, "version-1", newSecret(), clock.Now)
	password := rand.Text()
	set := settings{
		load: fromSecretsManager(manager, localARN, inSeconds, clock.Now), times: inSeconds, user: onelogin.Ann(password), logger: logger, now: clock.Now,
	}
	login, err := newLogin(set)
	if err != nil {
		return nil, "", err
	}
	a, err := newAuthorizer(set)
	if err != nil {
		return nil, "", err
	}
	api, err := authorizertest.New(newAPI(login, a, nil, clock.Now))
	if err != nil {
		return nil, "", err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /rotate", outage.Before(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := rotateNow(r.Context(), manager, clock.Now); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
		}
	})))
	mux.Handle("/", api)
	panel := authorizertest.PanelConfig{Title: "rotation", Forward: clock.Forward, Outage: func(failing bool) {
		outage.Set(failing)
		manager.Fail(outage.Err())
	}}
	return run.WithPanel(mux, api, panel), strings.NewReplacer("URL", url, "PASSWORD", password).Replace(commands), nil
}

// rotateNow takes all four steps of a rotation, as Secrets Manager does.
func rotateNow(ctx context.Context, manager *secretstest.SecretsManager, now func() time.Time) error {
	id := "version-" + rand.Text()
	r := &rotator{client: manager, arn: localARN, times: inSeconds, now: now}
	manager.Rotate(id)
	for _, step := range steps {
		if err := r.handle(ctx, rotationEvent{Step: step, SecretId: localARN, ClientRequestToken: id}); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	return nil
}

// steps are those of a rotation, in order.
var steps = []string{"createSecret", "setSecret", "testSecret", "finishSecret"}

const commands = `  TOKEN=$(curl -s URL/token -d '{"user": "ann", "password": "PASSWORD"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')

  curl -H "Authorization: Bearer $TOKEN" URL/whoami
  curl -X POST URL/rotate                               # new tokens have another kid, from three seconds later on
  curl -H "Authorization: Bearer $TOKEN" URL/whoami     # the secret before is still good
  curl -X POST URL/rotate                               # 409: the last rotation is not over yet
`
