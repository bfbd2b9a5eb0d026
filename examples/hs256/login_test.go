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

	"github.com/lambdajwt/authorizer/examples/hs256/users"
)

// A vector is a case of testdata/login.json: what the login and refresh functions of
// the pattern's original answered when they were run.
type vector struct {
	Endpoint string
	Case     string
	Result   json.RawMessage // status and body, or the text of a crash
	Calls    *string         `json:"password_verify_calls"`
}

const password = "three grey owls at noon"

// bodies are the requests of the vectors. REFRESH stands for a good token.
var bodies = map[string]string{
	"login/ok":                 `{"email":"ann@example.com","password":"three grey owls at noon"}`,
	"login/wrong pw":           `{"email":"ann@example.com","password":"wrong"}`,
	"login/unknown email":      `{"email":"nobody@example.com","password":"wrong"}`,
	"login/bad email":          `{"email":"ann","password":"three grey owls at noon"}`,
	"login/missing both":       `{}`,
	"login/unknown field":      `{"email":"ann@example.com","password":"three grey owls at noon","x":1}`,
	"login/pw int":             `{"email":"ann@example.com","password":1}`,
	"login/null":               `{"email":null,"password":null}`,
	"login/array":              `[]`,
	"login/not json":           `{email`,
	"login/no body key":        ``,
	"login/body null":          ``, // what JSON null becomes in the event's Go type
	"login/corrupt hash":       `{"email":"damaged@example.com","password":"three grey owls at noon"}`,
	"login/user missing names": `{"email":"nameless@example.com","password":"three grey owls at noon"}`,
	"login/email case":         `{"email":"Ann@Example.com","password":"three grey owls at noon"}`,
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
	wrongCredentialsAnswer = `{"message":{"_schema":["` + wrongCredentials + `"]}}`
	unparsable             = `{"message":"Something went wrong. Unable to parse data !"}`
)

var differences = map[string]difference{
	"login/wrong pw":           {"which of the two is wrong tells who has an account", 400, wrongCredentialsAnswer, 1},
	"login/unknown email":      {"as for a wrong password, and after as much work", 400, wrongCredentialsAnswer, 1},
	"login/corrupt hash":       {"the original crashed; a server error would tell that there is an account", 400, wrongCredentialsAnswer, 1},
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
			f.addUser(t, users.User{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
			f.addUser(t, users.User{ID: "2", Email: "nameless@example.com"}, password)
			f.addUser(t, users.User{ID: "3", Email: "damaged@example.com", FirstName: "A", LastName: "B", PasswordHash: "$argon2id$v=19$m=64"}, password)

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
		"iss": issuerName, "aud": "x", "sub": "1", "id": "1", "sid": "s", "jti": "j", "exp": f.clock.Add(time.Minute).Unix(),
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
	f.addUser(t, users.User{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	f.addUser(t, users.User{ID: "2", Email: "damaged@example.com", PasswordHash: "damaged"}, password)
	for _, email := range []string{"ann@example.com", "nobody@example.com", "damaged@example.com"} {
		f.costs = nil
		status, body := f.post(t, f.login, `{"email":"`+email+`","password":"wrong"}`)
		if status != 400 || body != wrongCredentialsAnswer {
			t.Errorf("%s: %d %s", email, status, body)
		}
		if !slices.Equal(f.costs, []cost{cheap}) {
			t.Errorf("%s: argon2 ran with %v, want once with %v", email, f.costs, cheap)
		}
	}
}

func TestADamagedHashIsLoggedWithoutTheHash(t *testing.T) {
	f := newFixture(t)
	f.addUser(t, users.User{ID: "2", Email: "damaged@example.com", PasswordHash: "$argon2id$v=19$damaged"}, password)
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
		body := `{"token":"` + f.newToken(t) + `"}`
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
	f.addUser(t, users.User{ID: "1", Email: "ann@example.com", FirstName: "Ann", LastName: "Lee"}, password)
	token, err := f.verifier.Verify(t.Context(), f.token(t, "ann@example.com", password))
	if err != nil {
		t.Fatal(err)
	}
	var c claims
	if err := token.Claims(&c); err != nil || c.ID != "1" || c.FirstName != "Ann" || c.LastName != "Lee" || len(c.Session) != 26 || c.Authenticated != f.clock.Unix() {
		t.Errorf("claims %+v, %v", c, err)
	}
	if token.Subject != "1" || token.Issuer != issuerName || !slices.Equal(token.Audience, []string{audience}) {
		t.Errorf("token %v", token)
	}
	if got := token.ExpiresAt.Sub(f.clock); got != lifetime {
		t.Errorf("good for %v, want %v", got, lifetime)
	}
}

// newToken returns a token of the service's own, of no session that is stored.
func (f *fixture) newToken(t *testing.T) string {
	t.Helper()
	token, _, err := f.issue(t.Context(), claims{ID: "1", FirstName: "Ann", LastName: "Lee", Session: "s", Authenticated: f.clock.Unix()})
	if err != nil {
		t.Fatal(err)
	}
	return token
}
