package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// cheap is a cost that no one should use but a test.
var cheap = cost{memory: 64, passes: 1, threads: 1}

const testSecret = "a secret of at least 32 bytes, for tests only"

// A fixture is a service with a clock that the test moves and a hasher that counts.
type fixture struct {
	*service
	clock time.Time
	log   strings.Builder
	mu    sync.Mutex
	costs []cost // of the passwords hashed
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	store, err := newBoltUsers(filepath.Join(t.TempDir(), "users.db"))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	f.service, err = newService(settings{
		secret: []byte(testSecret), users: store,
		logger: slog.New(slog.NewTextHandler(&f.log, nil)),
		now:    func() time.Time { return f.clock },
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

// addUser puts a user with a password into the store.
func (f *fixture) addUser(t *testing.T, u user, password string) user {
	t.Helper()
	hash, err := f.hasher.hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	if u.PasswordHash == "" {
		u.PasswordHash = hash
	}
	if err := f.users.create(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	f.costs = nil
	return u
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

// login returns a token for a user.
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
