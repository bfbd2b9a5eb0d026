package authorizertest_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
)

const (
	loginURL     = "https://login.example.com"
	discoveryURL = loginURL + "/.well-known/openid-configuration"
	jwksURL      = loginURL + "/.well-known/jwks.json"
)

// A login is an issuer of tokens with its clock. As an http.RoundTripper it is the
// network, on which it is the only host.
type login struct {
	t      testing.TB
	now    time.Time
	issuer string

	mu      sync.Mutex
	keys    keys.PublicSource // what it publishes
	fetches []string          // the addresses that were asked for
	answer  http.HandlerFunc  // instead of what it publishes, if not nil
}

// newLogin returns a login that publishes these keys.
func newLogin(t testing.TB, published ...*keys.PrivateKey) *login {
	t.Helper()
	l := &login{t: t, now: time.Unix(1_700_000_000, 0), issuer: loginURL}
	l.publish(published...)
	return l
}

func (l *login) clock() time.Time { return l.now }

func (l *login) publish(published ...*keys.PrivateKey) {
	l.t.Helper()
	var public []*keys.PublicKey
	for _, key := range published {
		public = append(public, key.Public())
	}
	set, err := keys.NewSet(public...)
	if err != nil {
		l.t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys = set
}

func (l *login) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	l.fetches = append(l.fetches, r.URL.String())
	source, answer := l.keys, l.answer
	l.mu.Unlock()
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: l.issuer, Keys: source})
	if err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	if answer != nil {
		answer(w, r)
	} else {
		publisher.ServeHTTP(w, r)
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// config returns an API that trusts the login: GET /orders for all of its users, GET
// /admin for those with a scope.
func (l *login) config() authorizertest.Config {
	return authorizertest.Config{
		JWT: &authorizertest.JWTAuthorizer{Issuer: loginURL, Audience: []string{"orders", "billing"}, Client: &http.Client{Transport: l}},
		Now: l.clock,
		Routes: []authorizertest.Route{
			{Key: "GET /orders", Handler: backend},
			{Key: "GET /admin", Handler: backend, Scopes: []string{"admin", "root"}},
			{Key: "GET /health", Handler: backend, NoAuthorizer: true},
		},
	}
}

func (l *login) gateway() *authorizertest.Gateway {
	l.t.Helper()
	return newGateway(l.t, l.config())
}

// claims returns those of a good token, with changes; a nil takes one out.
func (l *login) claims(changes map[string]any) map[string]any {
	claims := map[string]any{
		"iss": l.issuer, "aud": "orders", "sub": "user-1",
		"iat": l.now.Unix(), "nbf": l.now.Unix(), "exp": l.now.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}

// token returns a token of these claims.
func (l *login) token(key *keys.PrivateKey, changes map[string]any) string {
	l.t.Helper()
	return l.signed(key, map[string]any{"alg": key.Algorithm(), "kid": key.Kid(), "typ": "JWT"}, l.claims(changes))
}

// signed signs any header and payload, each the JSON of a value or, if it is a string,
// that very text.
func (l *login) signed(key keys.SigningKey, header, payload any) string {
	l.t.Helper()
	input := segment(l.t, header) + "." + segment(l.t, payload)
	signature, err := key.Sign(context.Background(), []byte(input))
	if err != nil {
		l.t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func segment(t testing.TB, value any) string {
	t.Helper()
	text, ok := value.(string)
	if !ok {
		encoded, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		text = string(encoded)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

var rsaKey = testkeys.Private

// wantRefused checks an answer of the gateway's own, to the byte.
func wantRefused(t testing.TB, name string, got *http.Response, status int, challenge string) {
	t.Helper()
	want := map[int]string{401: `{"message":"Unauthorized"}`, 403: `{"message":"Forbidden"}`}[status]
	text := body(t, got)
	if got.StatusCode != status || text != want || got.Header.Get("Www-Authenticate") != challenge || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s: got %d %s\n%s\nwant %d\n%s", name, got.StatusCode, text, got.Header.Get("Www-Authenticate"), status, challenge)
	}
}

func invalidToken(description string) string {
	return `Bearer scope="" error="invalid_token" error_description="` + description + `"`
}

// bearer puts the prefix before a token.
func bearer(token string) string { return strings.Join([]string{"Bearer", token}, " ") }
