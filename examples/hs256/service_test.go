package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

// cheap is a cost that no one should use but a test.
var cheap = cost{memory: 64, passes: 1, threads: 1}

const testSecret = "a secret of at least 32 bytes, for tests only"

// A fixture is a service with a clock that the test moves and a hasher that counts.
type fixture struct {
	*service
	clock time.Time
	inbox inbox
	log   strings.Builder
	mu    sync.Mutex
	costs []cost // of the passwords hashed
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	now := func() time.Time { return f.clock }
	store, err := users.OpenBolt(filepath.Join(t.TempDir(), "users.db"), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	secrets, err := newSecrets(fromEnvironment(variables("JWT_SECRET="+testSecret)), now)
	if err != nil {
		t.Fatal(err)
	}
	f.service, err = newService(settings{
		secrets: secrets, users: store, mail: f.inbox.send,
		logger: slog.New(slog.NewTextHandler(&f.log, nil)), now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	f.hasher = newHasher(cheap)
	derive := f.hasher.derive
	f.hasher.derive = func(password, salt []byte, c cost) []byte {
		f.mu.Lock()
		f.costs = append(f.costs, c)
		f.mu.Unlock()
		return derive(password, salt, c)
	}
	return f
}

// variables is an environment of these ("NAME=value").
func variables(all ...string) func(string) string {
	return func(name string) string {
		for _, variable := range all {
			if value, found := strings.CutPrefix(variable, name+"="); found {
				return value
			}
		}
		return ""
	}
}

// addUser puts a user with a password into the store, confirmed.
func (f *fixture) addUser(t *testing.T, u users.User, password string) {
	t.Helper()
	hash, err := f.hasher.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if u.PasswordHash == "" {
		u.PasswordHash = hash
	}
	u.EmailKey, u.ConfirmBy = u.Email, f.clock.Add(time.Hour)
	if err := errors.Join(f.users.Create(t.Context(), u), f.users.Confirm(t.Context(), u.ID)); err != nil {
		t.Fatal(err)
	}
	f.costs = nil
}

// change changes a stored user.
func (f *fixture) change(t *testing.T, id string, change func(*users.User)) {
	t.Helper()
	u, err := f.users.ByID(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	change(&u)
	if err := f.users.Update(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// post calls a function with a body.
func (f *fixture) post(t *testing.T, call func(context.Context, request) (*response, error), body string) (int, string) {
	t.Helper()
	res, err := call(t.Context(), request{HTTPMethod: "POST", Body: body})
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Body
}

// token logs a user in and returns the token.
func (f *fixture) token(t *testing.T, email, password string) string {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"email": email, "password": password})
	status, answer := f.post(t, f.login, string(body))
	if status != 200 {
		t.Fatalf("login: %d %s", status, answer)
	}
	return tokenIn(t, answer)
}

func tokenIn(t *testing.T, answer string) string {
	t.Helper()
	var body struct{ Data tokenData }
	if err := json.Unmarshal([]byte(answer), &body); err != nil || body.Data.Token == "" {
		t.Fatalf("no token in %s", answer)
	}
	return body.Data.Token
}
