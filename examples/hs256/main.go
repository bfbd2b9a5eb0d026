// Command hs256 logs users in with a password and gives them tokens of HS256, signed
// with one secret that the login function and the authorizer share. Run it without
// arguments to see that happen, and with -serve to try it with curl.
//
// On Lambda it is the function that the Handler setting names: login, refresh, account,
// user or authorizer. README.md says what each does and needs.
package main

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/examples/internal/run"
	"github.com/lambdajwt/authorizer/keys"
)

func main() {
	run.Program{Name: "hs256", Story: story, API: serve, Function: lambdaFunction}.Main()
}

func story(ctx context.Context, dir string, out io.Writer) error {
	return tellStory(ctx, dir, out, authorizertest.New, time.Now(), newID, newHasher(recommended))
}

// serve makes the API for localhost. Its secret ends with the program, and so do its users,
// unless USERS_TABLE names a table of DynamoDB.
func serve(dir, url string, logger *slog.Logger) (http.Handler, string, error) {
	clock, outage := new(run.Clock), new(run.Outage)
	store, err := localUsers(dir, clock.Now)
	if err != nil {
		return nil, "", err
	}
	load := randomSecret()
	secrets, err := keys.NewRefreshing(keys.RefreshingConfig{
		MaxAge: time.Second, Grace: -1, Now: clock.Now, // so that the panel's outage shows at once
		Load: func(ctx context.Context) (*keys.Ring, error) {
			if err := outage.Err(); err != nil {
				return nil, err
			}
			return load(ctx)
		},
	})
	if err != nil {
		return nil, "", err
	}
	var mails inbox
	s, err := newService(settings{secrets: secrets, users: store, mail: mails.send, logger: logger, now: clock.Now})
	if err != nil {
		return nil, "", err
	}
	api, err := authorizertest.New(s.api(nil))
	if err != nil {
		return nil, "", err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /inbox", &mails)
	mux.Handle("/", api)
	panel := authorizertest.PanelConfig{Title: "hs256", Forward: clock.Forward, Outage: outage.Set}
	return run.WithPanel(mux, api, panel), strings.ReplaceAll(commands, "URL", url), nil
}

func localUsers(dir string, now func() time.Time) (users.Store, error) {
	if os.Getenv("USERS_TABLE") != "" {
		return environment(os.Getenv).users()
	}
	return users.OpenBolt(filepath.Join(dir, "users.db"), now) // which the end of the program closes
}

// randomSecret loads one that is made here and now.
func randomSecret() loader {
	secret := rand.Text() + rand.Text()
	return fromEnvironment(func(name string) string {
		if name == "JWT_SECRET" {
			return secret
		}
		return ""
	})
}

const commands = `  curl URL/user -d '{"email": "ann@example.com", "password": "three grey owls at noon", "first_name": "Ann", "last_name": "Lee"}'

  MAIL=$(curl -s URL/inbox | sed 's/.*"token":"\([^"]*\)".*/\1/')

  curl URL/user/confirm -d "{\"token\": \"$MAIL\", \"password\": \"three grey owls at noon\"}"

  TOKEN=$(curl -s URL/user/login -d '{"email": "ann@example.com", "password": "three grey owls at noon"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')

  curl URL/user                                       # 401: no token
  curl -H "Authorization: Bearer $TOKEN" URL/user     # the names of all
  curl -H "Authorization: Bearer $TOKEN" URL/user/somebody-else -X DELETE     # 403
  curl URL/user/refresh-token -d "{\"token\": \"$TOKEN\"}"
  curl URL/user/refresh-token -d "{\"token\": \"$TOKEN\"}"     # 400: the token has been renewed, and so the session is over
`
