// Command selfissued issues tokens of RS256 for an API whose routes are protected by API
// Gateway's own JWT authorizer: no Lambda authorizer, no identity provider, but an
// issuer's public keys in two files that API Gateway reads. Run it without arguments to
// see how such keys are made, published, rotated and revoked, and with -serve to try it
// with curl.
//
// With keys as its first argument it makes those files and rotates the keys:
//
//	selfissued keys init                       makes the first key
//	selfissued keys publish -issuer URL DIR    writes the files to publish into DIR
//	selfissued keys secret                     prints what the token function loads
//	selfissued keys rotate                     makes the next key
//	selfissued keys revoke KID                 withdraws a key in an emergency
//
// On Lambda it is the function that the Handler setting names: token or protected.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/awsconfig"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/run"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

func main() {
	switch {
	case len(os.Args) < 2:
	case os.Args[1] == "-h", os.Args[1] == "-help", os.Args[1] == "--help":
		fmt.Print(keysUsage, "\n")
	case os.Args[1] == "keys":
		if err := keysCommand(context.Background(), os.Args[2:], time.Now(), os.Stdout); err != nil {
			fmt.Fprintf(os.Stderr, "selfissued keys: %v\n", err)
			os.Exit(1)
		}
		return
	}
	run.Program{Name: "selfissued", Story: story, API: serve, Function: lambdaFunction}.Main()
}

func story(ctx context.Context, dir string, out io.Writer) error {
	return tellStory(ctx, dir, out, authorizertest.New, time.Now())
}

// serve makes the API for localhost, and publishes the keys there as well. They end with
// the program.
func serve(_, url string, logger *slog.Logger) (http.Handler, string, error) {
	clock, outage := new(run.Clock), new(run.Outage)
	ring, schedule, err := newRing(clock.Now)
	if err != nil {
		return nil, "", err
	}
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: url, Keys: ring})
	if err != nil {
		return nil, "", err
	}
	password := rand.Text()
	ann, err := newAnn(password)
	if err != nil {
		return nil, "", err
	}
	cfg, err := newAPI(settings{
		issuer: url, keys: ring, user: ann, scopes: []string{scopeUser, scopeAdmin}, logger: logger, now: clock.Now,
	}, http.DefaultClient, nil)
	if err != nil {
		return nil, "", err
	}
	api, err := authorizertest.New(cfg)
	if err != nil {
		return nil, "", err
	}
	mux := http.NewServeMux()
	mux.Handle("/", api)
	mux.Handle(publisher.DiscoveryPath(), outage.Before(publisher))
	mux.Handle(publisher.JWKSPath(), outage.Before(publisher))
	panel := authorizertest.PanelConfig{Title: "selfissued", Forward: clock.Forward, Outage: outage.Set, Sections: sections(schedule)}
	return run.WithPanel(mux, api, panel), strings.NewReplacer("URL", url, "PASSWORD", password).Replace(commands), nil
}

const commands = `  curl URL/.well-known/jwks.json     # the public keys, as API Gateway reads them

  curl URL/token -d '{"user": "ann", "password": "a guess"}'     # 403

  TOKEN=$(curl -s URL/token -d '{"user": "ann", "password": "PASSWORD"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')

  curl URL/protected/user                                       # 401: no token
  curl -H "Authorization: Bearer $TOKEN" URL/protected/user
  curl -H "Authorization: Bearer $TOKEN" URL/protected/admin     # 403: its scope is USER

  ADMIN=$(curl -s URL/token -d '{"user": "ann", "password": "PASSWORD", "scope": "USER ADMIN"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')

  curl -H "Authorization: Bearer $ADMIN" URL/protected/admin
`

// newRing returns a ring with two keys, which are in no file, and its schedule: one key signs
// now, and the other as soon as everybody can know it.
func newRing(now func() time.Time) (*rotation.Ring, *rotation.Schedule, error) {
	schedule := &rotation.Schedule{TokenLifetime: lifetime}
	var pairs []rotation.Pair
	for _, kid := range []string{"first", "second"} {
		key, err := keys.GeneratePrivateKey(algorithm)
		if err != nil {
			return nil, nil, err
		}
		pairs = append(pairs, rotation.PairOf(key.WithKid(kid)))
		if schedule, err = schedule.Next(now(), kid); err != nil {
			return nil, nil, err
		}
	}
	ring, err := rotation.NewRing(rotation.RingConfig{Schedule: schedule, Keys: pairs, Now: now})
	return ring, schedule, err
}

func newAnn(password string) (onelogin.User, error) {
	hash := sha256.Sum256([]byte(password))
	return onelogin.New("ann", hex.EncodeToString(hash[:]))
}

// startWithin is how long the token function may take to load the keys when it starts.
const startWithin = 5 * time.Second

// lambdaFunction makes the Lambda function of a name. token needs JWT_ISSUER, the URL
// where the keys are published; KEYS_SECRET_ID, the secret of "keys secret" in AWS Secrets
// Manager; LOGIN_USER and LOGIN_PASSWORD_SHA256; and LOGIN_SCOPES, the scopes that this
// user may have, USER if there is none. protected needs nothing.
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	switch name {
	case "protected":
		return protected, nil
	case "token":
		l, err := tokenOnLambda(getenv, logger)
		if err != nil {
			return nil, err
		}
		return l.handle, nil
	}
	return nil, fmt.Errorf("there is no function %q: set Handler to token or protected", name)
}

func tokenOnLambda(getenv func(string) string, logger *slog.Logger) (*login, error) {
	user, err := onelogin.New(getenv("LOGIN_USER"), getenv("LOGIN_PASSWORD_SHA256"))
	if err != nil {
		return nil, err
	}
	ring, err := keysOnLambda(getenv)
	if err != nil {
		return nil, err
	}
	issuer := getenv("JWT_ISSUER")
	if err := checkIssuer(issuer, ring); err != nil {
		return nil, fmt.Errorf("JWT_ISSUER: %w", err)
	}
	l, err := newLogin(settings{
		issuer: issuer, keys: ring, user: user, scopes: strings.Fields(getenv("LOGIN_SCOPES")),
		logger: logger, now: time.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("JWT_ISSUER, LOGIN_SCOPES: %w", err)
	}
	return l, nil
}

// keysOnLambda loads the keys once, so that a secret that will not do is found now.
func keysOnLambda(getenv func(string) string) (*keys.Refreshing, error) {
	id := getenv("KEYS_SECRET_ID")
	if id == "" {
		return nil, errors.New(`set KEYS_SECRET_ID to the secret in AWS Secrets Manager that "keys secret" has made`)
	}
	cfg, err := awsconfig.OnLambda(getenv)
	if err != nil {
		return nil, err
	}
	client := secretsmanager.NewFromConfig(cfg, func(o *secretsmanager.Options) {
		o.BaseEndpoint = awsconfig.Endpoint(getenv, "AWS_ENDPOINT_URL_SECRETS_MANAGER")
	})
	ring, err := newKeys(fromSecretsManager(client, id), time.Now)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	return ring, ring.Ready(ctx)
}

// checkIssuer refuses an issuer that API Gateway has no authorizer for: tokens of its name
// would be good nowhere.
func checkIssuer(issuer string, published keys.PublicSource) error {
	if !strings.HasPrefix(issuer, "https://") || strings.HasSuffix(issuer, "/") {
		return fmt.Errorf("%q: set it to the https URL where the keys are published, without a slash at the end", issuer)
	}
	_, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: issuer, Keys: published})
	return err
}
