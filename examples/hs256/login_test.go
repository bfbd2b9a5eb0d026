package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// A vector is a case of testdata/login.json: what the login and refresh functions of
// the pattern's original answered when they were run.
type vector struct {
	Endpoint string
	Case     string
	Result   json.RawMessage // status and body, or the text of a crash
	Calls    *string         `json:"password_verify_calls"`
}

const password = "correct horse battery staple"

// bodies are the requests of the vectors. REFRESH stands for a good token.
var bodies = map[string]string{
	"login/ok":                 `{"email":"ann@example.com","password":"correct horse battery staple"}`,
	"login/wrong pw":           `{"email":"ann@example.com","password":"wrong"}`,
	"login/unknown email":      `{"email":"nobody@example.com","password":"wrong"}`,
	"login/bad email":          `{"email":"ann","password":"correct horse battery staple"}`,
	"login/missing both":       `{}`,
	"login/unknown field":      `{"email":"ann@example.com","password":"correct horse battery staple","x":1}`,
	"login/pw int":             `{"email":"ann@example.com","password":1}`,
	"login/null":               `{"email":null,"password":null}`,
	"login/array":              `[]`,
	"login/not json":           `{email`,
	"login/no body key":        ``,
	"login/body null":          ``, // what JSON null becomes in the event's Go type
	"login/corrupt hash":       `{"email":"damaged@example.com","password":"correct horse battery staple"}`,
	"login/user missing names": `{"email":"nameless@example.com","password":"correct horse battery staple"}`,
	"login/email case":         `{"email":"Ann@Example.com","password":"correct horse battery staple"}`,
	"refresh/ok":               `{"token":"GOOD"}`,
	"refresh/expired":          `{"token":"EXPIRED"}`,
	"refresh/bad":              `{"token":"abc"}`,
	"refresh/missing":          `{}`,
	"refresh/int":              `{"token":1}`,
	"refresh/no body":          ``,
	"refresh/aud":              `{"token":"FOREIGN"}`,
}

// A difference is an answer that is not the original's, and why.
type difference struct {
	reason string
	status int
	body   string
	calls  int
}

const (
	wrongCredentials = `{"message":{"_schema":["The e-mail address or the password is wrong."]}}`
	unparsable       = `{"message":"Something went wrong. Unable to parse data !"}`
)

var differences = map[string]difference{
	"login/wrong pw":           {"which of the two is wrong tells who has an account", 400, wrongCredentials, 1},
	"login/unknown email":      {"as for a wrong password, and after as much work", 400, wrongCredentials, 1},
	"login/corrupt hash":       {"the original crashed; a server error would tell that there is an account", 400, wrongCredentials, 1},
	"login/email case":         {"mail providers do not tell case apart, and neither do people", 200, `{"message":"Welcome !","data":{"token":"TOKEN"}}`, 1},
	"login/user missing names": {"an exception's text is nothing to show", 400, `{"message":"Something went wrong. The account has no name."}`, 1},
	"login/no body key":        {"an exception's text is nothing to show", 400, unparsable, 0},
	"login/not json":           {"the original crashed", 400, unparsable, 0},
	"login/body null":          {"the original crashed", 400, unparsable, 0},
	"refresh/aud":              {"the original crashed", 400, `{"message":{"_schema":["Unable to decode data !"]}}`, 0},
}

func TestLoginAndRefreshAnswerAsTheOriginalUnlessThereIsAReason(t *testing.T) {
	vectors := readVectors(t)
	if len(vectors) != 22 || len(bodies) != 22 {
		t.Fatalf("%d vectors and %d bodies, want 22 of each", len(vectors), len(bodies))
	}
	for _, v := range vectors {
		name := v.Endpoint + "/" + v.Case
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.addUser(t, user{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
			f.addUser(t, user{ID: "2", Email: "nameless@example.com"}, password)
			f.addUser(t, user{ID: "3", Email: "damaged@example.com", FirstName: "A", LastName: "B", PasswordHash: "$argon2id$v=19$m=64"}, password)

			call := f.login
			if v.Endpoint == "refresh" {
				call = f.refresh
			}
			body, found := bodies[name]
			if !found {
				t.Fatal("no body for this case")
			}
			body = f.fillIn(t, body)
			f.costs = nil
			status, got := f.post(t, call, body)

			want := wanted(t, v)
			if d, differs := differences[name]; differs {
				if d.status == want.status && sameJSON(t, d.body, want.body) && d.calls == want.calls {
					t.Error("this is the original's answer: take it out of the differences")
				}
				want = d
			}
			if status != want.status || !sameJSON(t, hideToken(got), want.body) {
				t.Errorf("answer %d %s\nwant   %d %s", status, got, want.status, want.body)
			}
			if len(f.costs) != want.calls {
				t.Errorf("%d passwords were verified, want %d", len(f.costs), want.calls)
			}
		})
	}
}

// fillIn puts tokens where a body has a word for them.
func (f *fixture) fillIn(t *testing.T, body string) string {
	if !strings.Contains(body, `"token":"`) {
		return body
	}
	good := f.token(t, "ann@example.com", password)
	body = strings.Replace(body, "GOOD", good, 1)
	if strings.Contains(body, "EXPIRED") {
		body = strings.Replace(body, "EXPIRED", good, 1)
		f.clock = f.clock.Add(lifetime)
	}
	return strings.Replace(body, "FOREIGN", f.sign(t, map[string]any{
		"iss": issuerName, "aud": "x", "sub": "1", "id": "1", "exp": f.clock.Add(time.Minute).Unix(),
	}), 1)
}

func readVectors(t *testing.T) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/login.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// wanted returns what the original answered; nothing, if it crashed.
func wanted(t *testing.T, v vector) difference {
	t.Helper()
	var result struct {
		StatusCode int
		Body       json.RawMessage
	}
	want := difference{body: "null"}
	if v.Calls != nil && *v.Calls == "1" {
		want.calls = 1
	}
	if strings.HasPrefix(string(v.Result), `"UNCAUGHT`) {
		return want
	}
	if err := json.Unmarshal(v.Result, &result); err != nil {
		t.Fatal(err)
	}
	want.status, want.body = result.StatusCode, hideToken(string(result.Body))
	return want
}

var tokens = regexp.MustCompile(`eyJ[\w-]+\.[\w-]+\.[\w-]+`)

func hideToken(body string) string { return tokens.ReplaceAllString(body, "TOKEN") }

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal([]byte(a), &x), json.Unmarshal([]byte(b), &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestALoginTakesTheSameWorkWhateverIsWrong(t *testing.T) {
	f := newFixture(t)
	f.addUser(t, user{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	f.addUser(t, user{ID: "2", Email: "damaged@example.com", PasswordHash: "damaged"}, password)
	for _, email := range []string{"ann@example.com", "nobody@example.com", "damaged@example.com"} {
		f.costs = nil
		status, body := f.post(t, f.login, `{"email":"`+email+`","password":"wrong"}`)
		if status != 400 || body != wrongCredentials {
			t.Errorf("%s: %d %s", email, status, body)
		}
		if !slices.Equal(f.costs, []cost{cheap}) {
			t.Errorf("%s: argon2 ran with %v, want once with %v", email, f.costs, cheap)
		}
	}
}

func TestADamagedHashIsLoggedWithoutTheHash(t *testing.T) {
	f := newFixture(t)
	f.addUser(t, user{ID: "2", Email: "damaged@example.com", PasswordHash: "$argon2id$v=19$damaged"}, password)
	f.post(t, f.login, `{"email":"damaged@example.com","password":"wrong"}`)
	log := f.log.String()
	if !strings.Contains(log, "hash cannot be read") || strings.Contains(log, "argon2id") {
		t.Errorf("log: %s", log)
	}
}

func TestALoginWhoseStoreFailsIsAnOutageAndNotAWrongPassword(t *testing.T) {
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range map[string]func(context.Context, request) (*response, error){"login": f.login, "refresh": f.refresh} {
		body := `{"token":"` + f.issue(t) + `"}`
		if name == "login" {
			body = bodies["login/ok"]
		}
		if res, err := call(ctx, request{Body: body}); !errors.Is(err, context.Canceled) || res != nil {
			t.Errorf("%s: %v, %v", name, res, err)
		}
	}
}

func TestATokenSaysWhoLoggedIn(t *testing.T) {
	f := newFixture(t)
	f.addUser(t, user{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	token, err := f.verifier.Verify(t.Context(), f.token(t, "ann@example.com", password))
	if err != nil {
		t.Fatal(err)
	}
	var p profile
	if err := token.Claims(&p); err != nil || p != (profile{"1", "Ann", "Lee"}) {
		t.Errorf("profile %+v, %v", p, err)
	}
	if token.Subject != "1" || token.Issuer != issuerName || !slices.Equal(token.Audience, []string{audience}) {
		t.Errorf("token %v", token)
	}
	if got := token.ExpiresAt.Sub(f.clock); got != lifetime {
		t.Errorf("good for %v, want %v", got, lifetime)
	}
}

func TestARefreshedTokenKeepsTheClaimsAndLivesLonger(t *testing.T) {
	f := newFixture(t)
	f.addUser(t, user{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	old := f.token(t, "ann@example.com", password)
	f.clock = f.clock.Add(4 * time.Minute)
	status, body := f.post(t, f.refresh, `{"token":"`+old+`"}`)
	if status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	token, err := f.verifier.Verify(t.Context(), tokenIn(t, body))
	if err != nil {
		t.Fatal(err)
	}
	var p profile
	if err := token.Claims(&p); err != nil || p != (profile{"1", "Ann", "Lee"}) {
		t.Errorf("profile %+v, %v", p, err)
	}
	if got := token.ExpiresAt.Sub(f.clock); got != lifetime {
		t.Errorf("good for %v, want %v", got, lifetime)
	}
}

func TestASessionEnds(t *testing.T) {
	const over = `{"message":{"_schema":["The session is over. Please log in again."]}}`
	f := newFixture(t)
	f.addUser(t, user{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)

	token, start := f.token(t, "ann@example.com", password), f.clock
	for f.clock.Sub(start) < session-lifetime {
		f.clock = f.clock.Add(lifetime - time.Minute)
		status, body := f.post(t, f.refresh, `{"token":"`+token+`"}`)
		if status != 200 {
			t.Fatalf("after %v: %d %s", f.clock.Sub(start), status, body)
		}
		token = tokenIn(t, body)
	}
	last, err := f.verifier.Verify(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if got := last.ExpiresAt.Sub(start); got != session {
		t.Errorf("the last token ends after %v, want %v", got, session)
	}

	t.Run("for a user who is gone", func(t *testing.T) {
		token := f.token(t, "ann@example.com", password)
		if err := f.users.remove(t.Context(), "1"); err != nil {
			t.Fatal(err)
		}
		if status, body := f.post(t, f.refresh, `{"token":"`+token+`"}`); status != 400 || body != over {
			t.Errorf("%d %s", status, body)
		}
	})
	t.Run("for one whose token says so, whatever its expiry", func(t *testing.T) {
		f.addUser(t, user{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
		token := f.sign(t, map[string]any{
			"iss": issuerName, "aud": audience, "sub": "1", "id": "1",
			"auth_time": f.clock.Add(-session).Unix(), "exp": f.clock.Add(time.Minute).Unix(),
		})
		if status, body := f.post(t, f.refresh, `{"token":"`+token+`"}`); status != 400 || body != over {
			t.Errorf("%d %s", status, body)
		}
	})
}

func TestATokenForAnotherAudienceAsWellIsNotRenewed(t *testing.T) {
	f := newFixture(t)
	f.addUser(t, user{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	token := f.sign(t, map[string]any{
		"iss": issuerName, "aud": []string{audience, "x"}, "sub": "1", "id": "1",
		"iat": f.clock.Unix(), "exp": f.clock.Add(time.Minute).Unix(),
	})
	status, body := f.post(t, f.refresh, `{"token":"`+token+`"}`)
	if status != 400 || body != `{"message":{"_schema":["Unable to decode data !"]}}` {
		t.Errorf("%d %s", status, body)
	}
}

func TestAnEmailAddressIsOneAddressAndNothingElse(t *testing.T) {
	for text, want := range map[string]bool{
		"ann@example.com":            true,
		"ann+tag@example.co.uk":      true,
		"jürgen@example.com":         true,
		"":                           false,
		"ann":                        false,
		"ann@":                       false,
		"Ann <ann@example.com>":      false,
		"ann@example.com, b@x.com":   false,
		" ann@example.com":           false,
		"ann@example.com\r\nBcc: b@": false,
		strings.Repeat("a", 250) + "@example.com": false,
	} {
		if got := isEmail(text); got != want {
			t.Errorf("isEmail(%q) = %v", text, got)
		}
	}
}

// issue returns a token of the service's own.
func (f *fixture) issue(t *testing.T) string {
	t.Helper()
	token, err := f.issuer.Issue(t.Context(), "1", profile{ID: "1", FirstName: "Ann", LastName: "Lee"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}
