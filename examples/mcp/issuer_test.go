package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
)

const secret = "a verifier of at least 43 characters, of which few know"

// A login is an issuer under test, with a clock.
type login struct {
	*issuer
	clock *clocktest.Manual
	mux   *http.ServeMux
}

func newLogin(t *testing.T) *login {
	t.Helper()
	clock := clocktest.NewManual()
	i, err := newIssuer(settings{
		issuer: "https://login.example.com", resource: "https://api.example.com/mcp", logger: slog.New(slog.DiscardHandler), now: clock.Now,
	}, "password")
	if err != nil {
		t.Fatal(err)
	}
	return &login{i, clock, i.mux()}
}

// question returns a good question, but for the changes; an empty one takes a parameter out.
func goodQuestion(changes map[string]string) url.Values {
	challenge := sha256.Sum256([]byte(secret))
	return changed(map[string]string{
		"response_type": "code", "client_id": clientID, "redirect_uri": "http://127.0.0.1:1234/callback", "scope": scope, "state": "s&t",
		"code_challenge": base64.RawURLEncoding.EncodeToString(challenge[:]), "code_challenge_method": "S256", "resource": "https://api.example.com/mcp",
	}, changes)
}

func goodRequest(code string, changes map[string]string) url.Values {
	return changed(map[string]string{
		"grant_type": "authorization_code", "code": code, "client_id": clientID, "redirect_uri": "http://127.0.0.1:1234/callback",
		"code_verifier": secret, "resource": "https://api.example.com/mcp",
	}, changes)
}

func changed(values, changes map[string]string) url.Values {
	maps.Copy(values, changes)
	all := url.Values{}
	for name, value := range values {
		if value != "" {
			all.Set(name, value)
		}
	}
	return all
}

func (l *login) post(target string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", target, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	l.mux.ServeHTTP(w, r)
	return w
}

// ask logs ann in, and returns what she takes back to the client.
func (l *login) ask(t *testing.T, question url.Values, password string) (status int, back url.Values) {
	t.Helper()
	w := l.post("/authorize?"+question.Encode(), url.Values{"user": {"ann"}, "password": {password}})
	if w.Header().Get("Location") == "" {
		return w.Code, nil
	}
	location, err := url.Parse(w.Header().Get("Location"))
	if err != nil || !strings.HasPrefix(location.String(), question.Get("redirect_uri")) {
		t.Fatalf("%v, %s", err, w.Header().Get("Location"))
	}
	return w.Code, location.Query()
}

func (l *login) code(t *testing.T) string {
	t.Helper()
	status, back := l.ask(t, goodQuestion(nil), "password")
	if status != 303 || back.Get("code") == "" || back.Get("state") != "s&t" || back.Get("iss") != "https://login.example.com" {
		t.Fatalf("%d %v", status, back)
	}
	return back.Get("code")
}

func (l *login) redeemed(t *testing.T, form url.Values) (status int, body map[string]any) {
	t.Helper()
	w := l.post("/token", form)
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Header().Get("Cache-Control") != "no-store" {
		t.Fatalf("%v in %s %v", err, w.Body, w.Header())
	}
	return w.Code, body
}

func TestACodeIsGoodForATokenOnce(t *testing.T) {
	l := newLogin(t)
	code := l.code(t)
	status, body := l.redeemed(t, goodRequest(code, nil))
	if status != 200 || body["token_type"] != "Bearer" || body["expires_in"] != 900.0 || body["scope"] != scope {
		t.Fatalf("%d %v", status, body)
	}
	var claims struct {
		Sub, Aud, Client_id, Scope string
	}
	parts := strings.Split(body["access_token"].(string), ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil || claims.Sub != "ann" || claims.Aud != "https://api.example.com/mcp" || claims.Client_id != clientID || claims.Scope != scope {
		t.Errorf("%v in %s", err, text)
	}
	if status, body := l.redeemed(t, goodRequest(code, nil)); status != 400 || body["error"] != "invalid_grant" {
		t.Errorf("the code was good twice: %d %v", status, body)
	}
}

func TestACodeIsGoodForTheClientThatAskedForIt(t *testing.T) {
	l := newLogin(t)
	code := l.code(t)
	for name, test := range map[string]struct {
		changes map[string]string
		want    string
	}{
		"another verifier": {map[string]string{"code_verifier": secret + "x"}, "invalid_grant"},
		"no verifier":      {map[string]string{"code_verifier": ""}, "invalid_grant"},
		"another client":   {map[string]string{"client_id": "other"}, "invalid_grant"},
		"no client":        {map[string]string{"client_id": ""}, "invalid_grant"},
		"another address":  {map[string]string{"redirect_uri": "http://127.0.0.1:1235/callback"}, "invalid_grant"},
		"another API":      {map[string]string{"resource": "https://other.example.com"}, "invalid_grant"},
		"another grant":    {map[string]string{"grant_type": "password"}, "unsupported_grant_type"},
		"no code":          {map[string]string{"code": ""}, "invalid_grant"},
		"a forged code":    {map[string]string{"code": code + "x"}, "invalid_grant"},
	} {
		if status, body := l.redeemed(t, goodRequest(code, test.changes)); status != 400 || body["error"] != test.want || body["access_token"] != nil {
			t.Errorf("%s: %d %v", name, status, body)
		}
	}
	l.clock.Add(codeLifetime)
	if status, body := l.redeemed(t, goodRequest(code, nil)); status != 400 || body["error"] != "invalid_grant" {
		t.Errorf("an old code: %d %v", status, body)
	}
}

func TestACodeIsNoTokenAndATokenNoCode(t *testing.T) {
	l := newLogin(t)
	_, body := l.redeemed(t, goodRequest(l.code(t), nil))
	if status, body := l.redeemed(t, goodRequest(body["access_token"].(string), nil)); status != 400 {
		t.Errorf("%d %v", status, body)
	}
	w := httptest.NewRecorder()
	l.mux.ServeHTTP(w, httptest.NewRequest("GET", l.publisher.JWKSPath(), nil))
	set := l.set
	set.transport = answers{"/.well-known/openid-configuration": discovery(t, l), l.publisher.JWKSPath(): w.Body.String()}
	v, err := newVerifier(set)
	if err != nil {
		t.Fatal(err)
	}
	if token, err := v.Verify(t.Context(), body["access_token"].(string)); err != nil || token.Subject != "ann" {
		t.Errorf("%v, %v", token, err)
	}
	if token, err := v.Verify(t.Context(), l.code(t)); err == nil {
		t.Errorf("a code passed for a token: %v", token)
	}
}

// answers is a network with a few pages.
type answers map[string]string

func (a answers) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.WriteString(a[r.URL.Path])
	return w.Result(), nil
}

func discovery(t *testing.T, l *login) string {
	t.Helper()
	text, err := l.publisher.Discovery(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAQuestionThatCannotBeIsAnswered(t *testing.T) {
	l := newLogin(t)
	for name, test := range map[string]struct {
		changes map[string]string
		status  int
		want    string // the error that the client is told, if it is sure who it is
	}{
		"an unknown client":            {map[string]string{"client_id": "other"}, 400, ""},
		"no client":                    {map[string]string{"client_id": ""}, 400, ""},
		"an address elsewhere":         {map[string]string{"redirect_uri": "http://evil.example.com/"}, 400, ""},
		"an address in a name":         {map[string]string{"redirect_uri": "http://127.0.0.1.evil.example.com/"}, 400, ""},
		"an address with a user":       {map[string]string{"redirect_uri": "http://localhost@evil.example.com/"}, 400, ""},
		"an address of another scheme": {map[string]string{"redirect_uri": "javascript://localhost/%0aalert(1)"}, 400, ""},
		"no address":                   {map[string]string{"redirect_uri": ""}, 400, ""},
		"another response":             {map[string]string{"response_type": "token"}, 303, "unsupported_response_type"},
		"no challenge":                 {map[string]string{"code_challenge": ""}, 303, "invalid_request"},
		"a challenge in plain text":    {map[string]string{"code_challenge_method": "plain"}, 303, "invalid_request"},
		"another scope":                {map[string]string{"scope": "admin"}, 303, "invalid_scope"},
		"another API":                  {map[string]string{"resource": "https://other.example.com"}, 303, "invalid_target"},
		"no API":                       {map[string]string{"resource": ""}, 303, "invalid_target"},
	} {
		status, back := l.ask(t, goodQuestion(test.changes), "password")
		if status != test.status || back.Get("error") != test.want || back.Get("code") != "" {
			t.Errorf("%s: %d %v", name, status, back)
		}
		w := httptest.NewRecorder()
		l.mux.ServeHTTP(w, httptest.NewRequest("GET", "/authorize?"+goodQuestion(test.changes).Encode(), nil))
		if w.Code != test.status {
			t.Errorf("%s: the form is shown: %d", name, w.Code)
		}
	}
}

func TestTheLoginIsAFormThatNobodyFrames(t *testing.T) {
	l := newLogin(t)
	w := httptest.NewRecorder()
	l.mux.ServeHTTP(w, httptest.NewRequest("GET", "/authorize?"+goodQuestion(nil).Encode(), nil))
	if w.Code != 200 || !strings.Contains(w.Header().Get("Content-Security-Policy"), "frame-ancestors 'none'") || !strings.Contains(w.Body.String(), `<form method="post">`) {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if status, back := l.ask(t, goodQuestion(nil), "a guess"); status != 403 || back != nil {
		t.Errorf("%d %v", status, back)
	}
	if status, back := l.ask(t, goodQuestion(map[string]string{"scope": ""}), "password"); status != 303 || back.Get("code") == "" {
		t.Errorf("without a scope: %d %v", status, back)
	}
}
