package authorizertest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// queryToken stands in the query string alone.
const queryToken = "cXVlcnktdG9r"

const secretToken = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEifQ.c2lnbmF0dXJlLW9mLXRoaXM"

// logOf returns the lines that a request leaves in the log, each a JSON object.
func logOf(t *testing.T, cfg authorizertest.Config, token string) []map[string]any {
	t.Helper()
	var b bytes.Buffer
	cfg.Logger = slog.New(slog.NewJSONHandler(&b, nil))
	g := newGateway(t, cfg)
	r := httptest.NewRequest(http.MethodGet, "/orders?token="+queryToken, nil)
	r.Header.Set("Authorization", token)
	r.Header.Set("X-Token", "header-only-token")
	r.Header.Set("X-Short", "short-token")
	r.Header.Set("Cookie", "session=cookie-only-token")
	g.ServeHTTP(httptest.NewRecorder(), r)
	for _, part := range strings.Split(secretToken, ".") {
		if strings.Contains(b.String(), part) {
			t.Errorf("the log has the token: %s", b.String())
		}
	}
	var lines []map[string]any
	for line := range strings.Lines(b.String()) {
		members := map[string]any{}
		if err := json.Unmarshal([]byte(line), &members); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, members)
	}
	return lines
}

func TestTheLogSaysWhatAnAuthorizerHasFailedWith(t *testing.T) {
	large := effect("Allow", "*")
	large["context"] = map[string]any{"x": strings.Repeat("x", 9000)}
	list := effect("Allow", "*")
	list["context"] = map[string]any{"roles": []string{"a"}}
	for name, test := range map[string]struct {
		authorizer any
		want       string
	}{
		"an error":                {func() error { return errors.New("KMS is throttled") }, "KMS is throttled"},
		"an error with the token": {func() error { return fmt.Errorf("cannot verify Bearer %s", secretToken) }, "cannot verify Bearer [hidden].[hidden].[hidden]"},
		"a panic":                 {func() error { panic("index out of range") }, "index out of range"},
		"over 8 KB":               {func() any { return large }, "more than 8192"},
		"a list in the context":   {func() any { return list }, `"roles"`},
		"an unknown effect":       {func() any { return effect("allow", "*") }, "allow"},
		"no principal":            {func() any { return map[string]any{} }, "principalId"},
		"no JSON":                 {text("Allow"), "malformed"},
	} {
		handler := test.authorizer
		if makes, ok := handler.(func() any); ok {
			handler = func() (any, error) { return makes(), nil }
		}
		lines := logOf(t, authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: handler, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}}}, "Bearer "+secretToken)
		if len(lines) != 1 {
			t.Errorf("%s: %v", name, lines)
			continue
		}
		got := lines[0]
		if message, _ := got["error"].(string); !strings.Contains(message, test.want) || got["level"] != "ERROR" || got["msg"] != "the authorizer failed" || got["route"] != "GET /orders" || got["requestId"] != "request-1" {
			t.Errorf("%s: %v", name, got)
		}
		if stack, found := got["stack"].(string); strings.Contains(stack, "log_test.go") != (name == "a panic") || found != (name == "a panic") {
			t.Errorf("%s: stack %q", name, stack)
		}
	}
}

func TestTheLogSaysWhatAFunctionHasFailedWith(t *testing.T) {
	for kind, name := range map[authorizer.Kind]string{authorizer.RESTToken: "a REST API", authorizer.HTTPFormat2: "an HTTP API"} {
		for want, handler := range map[string]any{
			"no connection":          func() error { return errors.New("no connection") },
			"nil pointer":            func() error { panic("nil pointer") },
			"statusCode is 7":        func() (any, error) { return map[string]any{"statusCode": 7}, nil },
			"is no JSON":             text("hello"),
			"is not in base64":       text(`{"statusCode":200,"body":"?","isBase64Encoded":true}`),
			"cannot unmarshal":       text(`{"statusCode":200,"headers":7}`),
			"[hidden].[hidden].[hid": func() error { return errors.New(secretToken) },
		} {
			lines := logOf(t, authorizertest.Config{Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: handler}}}, secretToken)
			if len(lines) != 1 || lines[0]["msg"] != "the function failed" || !strings.Contains(fmt.Sprint(lines[0]["error"]), want) {
				t.Errorf("%s, %s: %v", name, want, lines)
			}
		}
	}
}

// A refusal is no failure.
func TestTheLogIsSilentOnWhatWorks(t *testing.T) {
	for name, handler := range map[string]any{
		"an allow": grant, "a denial": func() (any, error) { return effect("Deny", "*"), nil }, "the error Unauthorized": func() error { return errors.New("Unauthorized") },
	} {
		if lines := logOf(t, authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: handler, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}}}, secretToken); len(lines) > 0 {
			t.Errorf("%s: %v", name, lines)
		}
	}
	cfg := authorizertest.Config{
		Kind: authorizer.HTTPFormat2, Authorizer: func() error { return errors.New("Unauthorized") }, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		Unconfirmed: authorizertest.Unconfirmed{UnauthorizedFails: true},
	}
	if lines := logOf(t, cfg, secretToken); len(lines) != 1 {
		t.Errorf("where it is one: %v", lines)
	}
}

// What else was sent may be said; parts too short for a token are left alone.
func TestTheLogHidesEveryIdentitySource(t *testing.T) {
	leak := func(_ context.Context, event json.RawMessage) error { return errors.New(string(event)) }
	for _, test := range []struct {
		sources       []string
		query, header bool // whether they are shown
	}{
		{[]string{"method.request.header.Authorization"}, true, true},
		{[]string{"method.request.querystring.token"}, false, true},
		{[]string{"method.request.header.X-Token", "method.request.header.X-Short"}, true, false},
		{[]string{"method.request.header.X-Token", "method.request.querystring.token", "context.identity.sourceIp"}, false, false},
	} {
		lines := logOf(t, authorizertest.Config{
			Kind: authorizer.RESTRequest, Authorizer: leak, IdentitySources: test.sources, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		}, "Bearer "+secretToken)
		if len(lines) != 1 {
			t.Errorf("%v: %v", test.sources, lines)
			continue
		}
		got, _ := lines[0]["error"].(string)
		if strings.Contains(got, queryToken) != test.query || strings.Contains(got, "header-only-token") != test.header || strings.Contains(got, "cookie-only-token") ||
			!strings.Contains(got, "short-token") || !strings.Contains(got, "192.0.2.1") {
			t.Errorf("%v: %s", test.sources, got)
		}
	}
}

func TestTheLogSaysThatKeysCouldNotBeFetched(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	l.answer = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	var b bytes.Buffer
	cfg := l.config()
	cfg.Logger = slog.New(slog.NewTextHandler(&b, nil))
	g := newGateway(t, cfg)
	call(g, "/orders", l.token(key, nil))
	if got := b.String(); !strings.Contains(got, "answers 503") || strings.Contains(got, segment(t, l.claims(nil))) {
		t.Errorf("got %s", got)
	}
	b.Reset()
	l.answer = instead(jwksURL, "<html>")
	call(g, "/orders", l.token(key, nil))
	if got := b.String(); !strings.Contains(got, "JWKS communication error") {
		t.Errorf("got %s", got)
	}
	b.Reset()
	l.answer = nil
	call(g, "/orders", l.token(key, map[string]any{"iss": "https://else.example.com"}))
	call(g, "/orders", "")
	if got := b.String(); got != "" {
		t.Errorf("of refusals: %s", got)
	}
}
