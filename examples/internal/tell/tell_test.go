package tell_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/tell"
	"github.com/lambdajwt/authorizer/policy"
)

// aToken is like a token; nobody verifies it here.
const aToken = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"

// An answer is what the authorizer of a test says.
type answer struct {
	allow string // a path
	err   error
}

// open has the teller tell of an API with such an authorizer, and a function that
// returns what it gets.
func open(t *testing.T, teller *tell.Teller, says answer) {
	t.Helper()
	echo := func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }
	gateway, err := authorizertest.New(authorizertest.Config{
		Kind: authorizer.RESTToken,
		Authorizer: func(_ context.Context, event struct{ MethodArn string }) (*policy.Response, error) {
			if says.err != nil {
				return nil, says.err
			}
			arn, err := policy.ParseARN(event.MethodArn)
			if err != nil {
				return nil, err
			}
			return policy.New("ann", arn).AllowMethod("*", says.allow).Build()
		},
		Observer: teller.Invocation,
		Routes: []authorizertest.Route{
			{Key: "POST /open", Handler: http.HandlerFunc(echo), NoAuthorizer: true},
			{Key: "POST /a", Handler: http.HandlerFunc(echo)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(teller.Open(gateway))
}

func TestACallTellsWhatTheAuthorizerHadToDoWithIt(t *testing.T) {
	for name, test := range map[string]struct {
		do, token string
		says      answer
		status    int
		want      string
	}{
		"a route that is open":     {"POST /open", "", answer{}, 200, "open to all: no authorizer"},
		"no token":                 {"POST /a", "", answer{}, 401, "API Gateway answers by itself"},
		"an allowing policy":       {"POST /a", aToken, answer{allow: "/a"}, 200, "authorizer called: its policy allows this"},
		"a policy for other paths": {"POST /a", aToken, answer{allow: "/b"}, 403, "authorizer called: its policy does not allow this"},
		"a failing authorizer":     {"POST /a", aToken, answer{err: errors.New("KMS is away")}, 500, "authorizer called: it failed: KMS is away"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			teller := tell.New(&out)
			open(t, teller, test.says)
			teller.Call(t.Context(), tell.Request{Do: test.do, Token: test.token, Body: map[string]string{"password": `se"cret`}, Want: test.status}, nil)
			if err := teller.End(); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"→ " + test.do, "· " + test.want, fmt.Sprintf("← %d", test.status)} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in\n%s", want, out.String())
				}
			}
			for _, hidden := range []string{"cret", aToken, "\x1b"} {
				if strings.Contains(out.String(), hidden) {
					t.Errorf("%q in\n%s", hidden, out.String())
				}
			}
		})
	}
}

func TestASignatureInStandardBase64IsHiddenAndCountedToo(t *testing.T) {
	var out bytes.Buffer
	teller := tell.New(&out)
	token := "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.ab+/cd+/eQ=="
	teller.Token(token)
	teller.JSON("answer", []byte(`{"token": "`+token+`"}`))
	if got := out.String(); !strings.Contains(got, "\n      7 bytes\n") || !strings.Contains(got, `{"token": "eyJhbGciOi…"}`) {
		t.Errorf("%s", got)
	}
}

func TestATokenGoesAndComesInHeadersToo(t *testing.T) {
	var out bytes.Buffer
	teller := tell.New(&out)
	t.Cleanup(teller.Open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("Jwt_Token", r.Header.Get("Auth"))
		}
	})))
	var got string
	teller.Call(t.Context(), tell.Request{Do: "POST /a", Token: aToken, Header: "Auth", Answer: "JWT_Token", Want: 200}, &got)
	if err := teller.End(); err != nil || got != aToken {
		t.Errorf("%q, %v", got, err)
	}
	for _, want := range []string{"\n    Auth: eyJhbGciOi…\n", "\n    JWT_Token: eyJhbGciOi…\n"} {
		if !strings.Contains(out.String(), want) || strings.Contains(out.String(), aToken) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestTheGatewayOfAStoryAnswersUnderItsOwnNameAlone(t *testing.T) {
	teller := tell.New(io.Discard)
	open(t, teller, answer{})
	req, err := http.NewRequestWithContext(t.Context(), "POST", teller.URL()+"/open", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = "evil.example"
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMisdirectedRequest {
		t.Errorf("status %d", res.StatusCode)
	}
}

func TestACallOutOfTheCacheIsToldAsSuch(t *testing.T) {
	var out bytes.Buffer
	teller := tell.New(&out)
	open(t, teller, answer{allow: "/a"})
	for range 2 {
		teller.Call(t.Context(), tell.Request{Do: "POST /a", Token: aToken, Want: 200}, nil)
	}
	if err := teller.End(); err != nil || !strings.Contains(out.String(), "authorizer not called: the policy in the cache allows this") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestAnOutcomeSaysWhyATokenWasRefused(t *testing.T) {
	var out bytes.Buffer
	teller := tell.New(&out)
	server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		teller.Outcome(r.Context(), authorizer.Outcome{Reason: "expired"})
		teller.Invocation(authorizertest.Invocation{Err: errors.New("Unauthorized")})
		w.WriteHeader(401)
	})
	t.Cleanup(teller.Open(server))
	teller.Call(t.Context(), tell.Request{Do: "GET /a", Token: aToken, Want: 401}, nil)
	if !strings.Contains(out.String(), `authorizer called: "Unauthorized", and for the log: expired`) {
		t.Error(out.String())
	}
}

func TestAnOutcomeSaysWhyAPolicyDenies(t *testing.T) {
	for want, outcome := range map[string]authorizer.Outcome{
		"its policy denies this, and for the log: expired\n":          {Reason: "expired"},
		"its policy denies this, and for the log: missing a or b c\n": {MissingScopes: []string{"a", "b c"}},
		"its policy denies this\n":                                    {},
	} {
		var out bytes.Buffer
		teller := tell.New(&out)
		t.Cleanup(teller.Open(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			teller.Outcome(r.Context(), outcome)
			teller.Invocation(authorizertest.Invocation{Event: []byte("{}"), Answer: []byte("{}"), Decision: policy.ExplicitlyDenied})
			w.WriteHeader(403)
		})))
		teller.Call(t.Context(), tell.Request{Do: "GET /a", Token: aToken, Want: 403}, nil)
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestAStoryThatTakesAnotherTurnFailsAndFallsSilent(t *testing.T) {
	var out bytes.Buffer
	teller := tell.New(&out)
	open(t, teller, answer{allow: "/a"})
	teller.Call(t.Context(), tell.Request{Do: "POST /a", Token: aToken, Want: 403}, nil)
	told := out.Len()
	teller.Say("The end.")
	teller.Call(t.Context(), tell.Request{Do: "POST /a", Token: aToken, Want: 200}, nil)
	if err := teller.End(); err == nil || err.Error() != "POST /a answered 200, and the story needs 403" {
		t.Errorf("error %v", err)
	}
	if out.Len() != told {
		t.Errorf("it talks on: %s", out.String()[told:])
	}
}

func TestJSONIsOnOneLineIfItFits(t *testing.T) {
	const long = `"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"`
	for text, want := range map[string]string{
		`{"b":1,"a":{"x":[1,2,null]}}`: `{"b": 1, "a": {"x": [1, 2, null]}}`,
		`{}`:                           `{}`,
		`[ ]`:                          `[]`,
		`"text"`:                       `"text"`,
		`not JSON`:                     `not JSON`,
		`{"b":` + long + `,"a":{"x":[1]}}`: `{
        "b": ` + long + `,
        "a": {"x": [1]}
      }`,
		`[` + long + `,[]]`: `[
        ` + long + `,
        []
      ]`,
		`{"token":"` + aToken + `","password":"\"x"}`: `{"token": "eyJhbGciOi…", "password": "•••"}`,
		`{"new_password":"x","password":"y"}`:         `{"new_password": "•••", "password": "•••"}`,
	} {
		var out bytes.Buffer
		tell.New(&out).JSON("name", []byte(text))
		if got := strings.TrimPrefix(out.String(), "    name\n      "); got != want+"\n" {
			t.Errorf("%s:\n%s\nwant\n%s", text, got, want)
		}
	}
}

func TestAParagraphIsWrapped(t *testing.T) {
	var out bytes.Buffer
	tell.New(&out).Say("%s\n\t\tand %s", strings.Repeat("wörd ", 20), "more")
	want := strings.TrimSpace(strings.Repeat("wörd ", 16)) + "\n" + strings.Repeat("wörd ", 4) + "and more\n\n"
	if out.String() != want {
		t.Errorf("%q", out.String())
	}
}

func TestATokenIsOpened(t *testing.T) {
	var out bytes.Buffer
	teller := tell.New(&out)
	teller.Token(aToken)
	want := "    header\n      {\"alg\": \"HS256\"}\n    claims\n      {\"sub\": \"ann\"}\n    signature\n      9 bytes\n\n"
	if out.String() != want || teller.End() != nil {
		t.Errorf("%s%v", out.String(), teller.End())
	}
	teller.Token("abc")
	if teller.End() == nil {
		t.Error("no error for what is no token")
	}
}

func TestATamperedTokenKeepsItsSignature(t *testing.T) {
	got := tell.Tamper(aToken, "ann", "bob")
	if want := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJib2IifQ.c2lnbmF0dXJl"; got != want {
		t.Errorf("%s", got)
	}
	if got := tell.Tamper("", "ann", "bob"); got != "" {
		t.Errorf("%q", got)
	}
}

func TestAConfusedTokenHasTheClaimsAndAnotherAlgorithm(t *testing.T) {
	got := strings.Split(tell.Confuse(aToken, "secret"), ".")
	header, err := base64.RawURLEncoding.DecodeString(got[0])
	if err != nil || len(got) != 3 || string(header) != `{"alg":"HS256","typ":"JWT"}` || got[1] != strings.Split(aToken, ".")[1] {
		t.Errorf("%q, %v", got, err)
	}
	mac := hmac.New(sha256.New, []byte("secret"))
	mac.Write([]byte(got[0] + "." + got[1]))
	if want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)); got[2] != want {
		t.Errorf("signature %s, want %s", got[2], want)
	}
	_ = tell.Confuse("", "secret") // does not panic
}
