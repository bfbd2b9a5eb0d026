package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/awskms"
	"github.com/lambdajwt/authorizer/examples/internal/tellkms"
)

const (
	password  = "of 32 random bytes, were this no test"
	goodBody  = `{"user":"ann","password":"` + password + `"}`
	methodARN = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/Prod/GET/whoami"
)

// A fixture is an API whose KMS is in memory and whose clock the test moves.
type fixture struct {
	local *awskms.Local
	set   settings
	api   *authorizertest.Gateway
	clock time.Time
	log   strings.Builder
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{local: newLocal(t), clock: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	var err error
	if f.set, err = localSettings(f.local, password); err != nil {
		t.Fatal(err)
	}
	f.set.now = func() time.Time { return f.clock }
	f.set.logger = slog.New(slog.NewTextHandler(&f.log, nil))
	f.open(t)
	return f
}

func newLocal(t *testing.T) *awskms.Local {
	t.Helper()
	local := awskms.NewLocal(time.Now)
	t.Cleanup(local.Close)
	return local
}

// open makes an API with empty caches.
func (f *fixture) open(t *testing.T) {
	t.Helper()
	api, err := newAPI(f.local.Client, f.set, nil)
	if err != nil {
		t.Fatal(err)
	}
	f.api = api
}

// calls names all calls to KMS so far.
func (f *fixture) calls() string {
	return tellkms.Count(f.local.KMS).Since(tellkms.Counts{})
}

// post calls the token function through the gateway.
func (f *fixture) post(t *testing.T, body string) (status int, answer string) {
	t.Helper()
	return f.do(t, httptest.NewRequestWithContext(t.Context(), "POST", "/token", strings.NewReader(body)))
}

// whoami calls the function behind the authorizer.
func (f *fixture) whoami(t *testing.T, token string) (status int, answer string) {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), "GET", "/whoami", nil)
	req.Header.Set("Authorization", "Bearer "+token)
	return f.do(t, req)
}

func (f *fixture) do(t *testing.T, req *http.Request) (status int, answer string) {
	t.Helper()
	w := httptest.NewRecorder()
	f.api.ServeHTTP(w, req)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

// token returns a new one of Ann's.
func (f *fixture) token(t *testing.T) string {
	t.Helper()
	status, answer := f.post(t, goodBody)
	if status != 200 {
		t.Fatalf("token: %d %s", status, answer)
	}
	return tokenIn(t, answer)
}

func tokenIn(t *testing.T, answer string) string {
	t.Helper()
	var body struct{ Token string }
	if err := json.Unmarshal([]byte(answer), &body); err != nil || body.Token == "" {
		t.Fatalf("no token in %s", answer)
	}
	return body.Token
}

func tokenEvent(token string) events.APIGatewayCustomAuthorizerRequest {
	return events.APIGatewayCustomAuthorizerRequest{Type: "TOKEN", MethodArn: methodARN, AuthorizationToken: "Bearer " + token}
}
