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

	"github.com/lambdajwt/authorizer/examples/hs256/users"
	"github.com/lambdajwt/authorizer/examples/internal/run"
)

func main() {
	run.Program{Name: "hs256", Story: story, API: serve, Function: lambdaFunction}.Main()
}

func story(ctx context.Context, dir string, out io.Writer) error {
	return tellStory(ctx, dir, out, time.Now(), newID, newHasher(recommended))
}

// serve makes the API for localhost. Its secret ends with the program, and so do its users,
// unless USERS_TABLE names a table of DynamoDB.
func serve(dir, url string, logger *slog.Logger) (http.Handler, string, error) {
	store, err := localUsers(dir)
	if err != nil {
		return nil, "", err
	}
	secrets, err := newSecrets(randomSecret(), time.Now)
	if err != nil {
		return nil, "", err
	}
	var mails inbox
	s, err := newService(settings{secrets: secrets, users: store, mail: mails.send, logger: logger, now: time.Now})
	if err != nil {
		return nil, "", err
	}
	api, err := s.api(nil)
	if err != nil {
		return nil, "", err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /inbox", &mails)
	mux.Handle("/", api)
	return mux, strings.ReplaceAll(commands, "URL", url), nil
}

func localUsers(dir string) (users.Store, error) {
	if os.Getenv("USERS_TABLE") != "" {
		return environment(os.Getenv).users()
	}
	return users.OpenBolt(filepath.Join(dir, "users.db"), time.Now) // which the end of the program closes
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
