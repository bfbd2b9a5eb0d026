// Command hs256 logs users in with a password and gives them tokens of HS256, signed
// with one secret that the login function and the authorizer share. Run it without
// arguments to see that happen, and with -serve to try it with curl.
//
// On Lambda it is the function that the Handler setting names: login, refresh, user
// or authorizer.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/examples/internal/run"
)

func main() {
	run.Program{Name: "hs256", Story: story, API: serve, Function: lambdaFunction}.Main()
}

func story(ctx context.Context, dir string, out io.Writer) error {
	return tellStory(ctx, dir, out, time.Now(), newID, newHasher(recommended))
}

// serve makes the API for localhost. Its users and its secret end with the program.
func serve(dir, url string, logger *slog.Logger) (http.Handler, string, error) {
	store, err := newBoltUsers(filepath.Join(dir, "users.db"))
	if err != nil {
		return nil, "", err
	}
	s, err := newService(settings{
		secret: newSecret(), users: store, logger: logger, now: time.Now,
	})
	if err != nil {
		return nil, "", err
	}
	api, err := s.api(nil)
	return api, strings.ReplaceAll(commands, "URL", url), err
}

const commands = `  curl URL/user -d '{"email": "ann@example.com", "password": "correct horse battery staple", "first_name": "Ann", "last_name": "Lee"}'

  TOKEN=$(curl -s URL/user/login -d '{"email": "ann@example.com", "password": "correct horse battery staple"}' | sed 's/.*"token":"\([^"]*\)".*/\1/')

  curl URL/user                                       # 401: no token
  curl -H "Authorization: Bearer $TOKEN" URL/user     # everybody's name
  curl -H "Authorization: Bearer $TOKEN" URL/user/somebody-else -X DELETE     # 403
  curl URL/user/refresh-token -d "{\"token\": \"$TOKEN\"}"
`

func newSecret() []byte {
	secret := make([]byte, 32)
	rand.Read(secret) // never fails
	return secret
}

// lambdaFunction makes the Lambda function of a name. JWT_SECRET is the secret, of at
// least 32 bytes, and USERS_DB the users' file: on a file system that the functions
// share (EFS), as Lambda's own forget. To keep users elsewhere, replace newBoltUsers.
func lambdaFunction(name string, getenv func(string) string, logger *slog.Logger) (any, error) {
	set := settings{secret: []byte(getenv("JWT_SECRET")), logger: logger, now: time.Now}
	switch name {
	case "authorizer": // needs no users, and so gets none
	case "login", "refresh", "user":
		path := getenv("USERS_DB")
		if path == "" {
			return nil, errors.New("set USERS_DB to the path of the users' file")
		}
		store, err := newBoltUsers(path)
		if err != nil {
			return nil, err
		}
		set.users = store
	default:
		return nil, fmt.Errorf("there is no function %q: set Handler to login, refresh, user or authorizer", name)
	}
	s, err := newService(set)
	if err != nil {
		return nil, fmt.Errorf("JWT_SECRET: %w", err)
	}
	return s.functions()[name], nil
}
