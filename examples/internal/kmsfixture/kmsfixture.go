// Package kmsfixture is what tests of the examples with a KMS begin with: a KMS in
// memory, a clock that the test moves, a log, and requests to an API.
package kmsfixture

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/examples/internal/tellkms"
)

// Password is Ann's, and LoginBody logs her in.
const (
	Password  = "of 32 random bytes, were this no test"
	LoginBody = `{"user":"ann","password":"` + Password + `"}`
)

// A Fixture is an API whose KMS is in memory and whose clock the test moves.
type Fixture struct {
	Local *awskms.Local
	Clock time.Time
	Log   strings.Builder
	API   http.Handler // for the example to make
}

// New returns one without an API.
func New(t *testing.T) *Fixture {
	t.Helper()
	f := &Fixture{Local: awskms.NewLocal(time.Now), Clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	t.Cleanup(f.Local.Close)
	return f
}

// Now is the clock.
func (f *Fixture) Now() time.Time { return f.Clock }

// Logger writes to the log.
func (f *Fixture) Logger() *slog.Logger { return slog.New(slog.NewTextHandler(&f.Log, nil)) }

// NewKey returns the ARN of another KMS key.
func (f *Fixture) NewKey(t *testing.T, spec types.KeySpec) (arn string) {
	t.Helper()
	arn, err := f.Local.KMS.AddKey(spec, nil)
	if err != nil {
		t.Fatal(err)
	}
	return arn
}

// Calls names all calls to KMS so far.
func (f *Fixture) Calls() string { return tellkms.Count(f.Local.KMS).Since(tellkms.Counts{}) }

// Environment is what a function finds on Lambda, and the KMS that it is to use.
func (f *Fixture) Environment(more ...string) []string {
	return append(f.Local.Environment(), more...)
}

// LoginEnvironment is Environment for a function that logs Ann in.
func (f *Fixture) LoginEnvironment(more ...string) []string {
	hash := sha256.Sum256([]byte(Password))
	return append(f.Environment("LOGIN_USER=ann", "LOGIN_PASSWORD_SHA256="+hex.EncodeToString(hash[:])), more...)
}

// Request makes a request, such as to "GET /whoami", with headers of the form
// "Name: value".
func Request(t *testing.T, do, body string, headers ...string) *http.Request {
	t.Helper()
	method, target, _ := strings.Cut(do, " ")
	req := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		req.Header.Set(name, value)
	}
	return req
}

// Do sends a request to the API.
func (f *Fixture) Do(t *testing.T, do, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	f.API.ServeHTTP(w, Request(t, do, body, headers...))
	return w
}

// Call is Do with a token as Bearer, which returns what most tests look at.
func (f *Fixture) Call(t *testing.T, do, token string) (status int, answer string) {
	t.Helper()
	w := f.Do(t, do, "", "Authorization: Bearer "+token)
	return w.Code, w.Body.String()
}

// TokenIn returns the token in the answer to a login.
func TokenIn(t *testing.T, answer string) string {
	t.Helper()
	var body struct{ Token string }
	if err := json.Unmarshal([]byte(answer), &body); err != nil || body.Token == "" {
		t.Fatalf("no token in %s", answer)
	}
	return body.Token
}
