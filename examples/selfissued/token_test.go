package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

const password = "of 32 random bytes, were this no test"

// newTestLogin returns a login for Ann, who may have these scopes, what it logs, and a
// verifier for its tokens.
func newTestLogin(t *testing.T, scopes ...string) (*login, *strings.Builder, verifier.Verifier) {
	t.Helper()
	now := func() time.Time { return start }
	ring, _, err := newRing(now)
	if err != nil {
		t.Fatal(err)
	}
	ann, err := newAnn(password)
	if err != nil {
		t.Fatal(err)
	}
	log := new(strings.Builder)
	l, err := newLogin(settings{
		issuer: issuerName, keys: ring, user: ann, scopes: scopes, logger: slog.New(slog.NewTextHandler(log, nil)), now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	verify, err := verifier.New(verifier.Config{Keys: ring, Issuer: issuerName, Audience: []string{audience}, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	return l, log, verify
}

func tokenIn(t *testing.T, res response) string {
	t.Helper()
	var body struct{ Token string }
	if err := json.Unmarshal([]byte(res.Body), &body); err != nil || body.Token == "" {
		t.Fatalf("no token in %+v", res)
	}
	return body.Token
}

func TestATokenHasTheScopesThatWereAskedForAndNoOthers(t *testing.T) {
	ask := func(scope string) string { return `{"user":"ann","password":"` + password + `","scope":` + scope + `}` }
	for name, test := range map[string]struct {
		mayHave []string
		body    string
		scope   string // empty means that there is no token
	}{
		"none asked for":                {[]string{"USER", "ADMIN"}, `{"user":"ann","password":"` + password + `"}`, "USER"},
		"an empty one":                  {[]string{"USER", "ADMIN"}, ask(`" "`), "USER"},
		"one of two":                    {[]string{"USER", "ADMIN"}, ask(`"ADMIN"`), "ADMIN"},
		"both":                          {[]string{"USER", "ADMIN"}, ask(`"USER  ADMIN"`), "USER ADMIN"},
		"one that is not hers":          {[]string{"USER"}, ask(`"USER ADMIN"`), ""},
		"one in lower case":             {[]string{"USER", "ADMIN"}, ask(`"admin"`), ""},
		"one that is nobody's":          {[]string{"USER", "ADMIN"}, ask(`"ROOT"`), ""},
		"one under another name":        {[]string{"USER", "ADMIN"}, `{"user":"ann","password":"` + password + `","SCOPE":"ADMIN"}`, "USER"},
		"no text":                       {[]string{"USER", "ADMIN"}, ask(`["USER"]`), ""},
		"nothing said of what she may":  {nil, ask(`"USER"`), "USER"},
		"ADMIN where nothing is said":   {nil, ask(`"ADMIN"`), ""},
		"USER where she may have other": {[]string{"ADMIN"}, ask(`""`), ""},
		"another password":              {[]string{"USER"}, `{"user":"ann","password":"a guess"}`, ""},
		"another user":                  {[]string{"USER"}, `{"user":"bob","password":"` + password + `"}`, ""},
		"no body":                       {[]string{"USER"}, ``, ""},
		"no JSON":                       {[]string{"USER"}, `user=ann`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l, _, verify := newTestLogin(t, test.mayHave...)
			res, err := l.handle(t.Context(), request{Body: test.body})
			if err != nil || res.Headers["Cache-Control"] != "no-store" || res.Headers["Content-Type"] != "application/json" {
				t.Fatalf("%+v, %v", res, err)
			}
			if test.scope == "" {
				if res.StatusCode != 403 || strings.Contains(res.Body, "token") {
					t.Errorf("%+v", res)
				}
				return
			}
			token, err := verify.Verify(t.Context(), tokenIn(t, res))
			if err != nil || token.Subject != "ann" || strings.Join(token.Scopes(), " ") != test.scope {
				t.Errorf("%v, %v", token, err)
			}
		})
	}
}

func TestABodyMayComeInBase64(t *testing.T) {
	l, _, _ := newTestLogin(t)
	for body, status := range map[string]int{
		base64.StdEncoding.EncodeToString([]byte(`{"user":"ann","password":"` + password + `"}`)): 200,
		"no base64": 403,
	} {
		res, err := l.handle(t.Context(), request{Body: body, IsBase64Encoded: true})
		if err != nil || res.StatusCode != status {
			t.Errorf("%+v, %v", res, err)
		}
	}
}

// broken is a key that cannot sign.
type broken struct{}

func (broken) SigningKey(context.Context) (keys.SigningKey, error) {
	return nil, errors.New("no key signs now")
}

func TestAKeyThatCannotSignIsAServerErrorWhichTheLogExplains(t *testing.T) {
	l, log, _ := newTestLogin(t)
	failing, err := newLogin(settings{issuer: issuerName, keys: broken{}, user: l.user, logger: l.logger, now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	res, err := failing.handle(t.Context(), request{Body: `{"user":"ann","password":"` + password + `"}`})
	if err == nil || res.Body != "" {
		t.Errorf("%+v, %v", res, err)
	}
	if text := log.String(); !strings.Contains(text, "level=ERROR") || !strings.Contains(text, "no key signs now") || strings.Contains(text, password) {
		t.Errorf("log %s", text)
	}
}
