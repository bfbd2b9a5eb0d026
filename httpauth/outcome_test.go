package httpauth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// slow is a verifier that takes a millisecond.
type slow struct {
	tokens
	clock *clocktest.Manual
}

func (v slow) Verify(ctx context.Context, text string) (*verifier.Token, error) {
	v.clock.Add(time.Millisecond)
	return v.tokens.Verify(ctx, text)
}

// tell returns what is told of one request, and the fields of its log line.
func tell(t *testing.T, r *http.Request) (httpauth.Outcome, map[string]any) {
	t.Helper()
	var outcomes []httpauth.Outcome
	var log bytes.Buffer
	clock := clocktest.NewManual()
	auth := newAuth(t, func(c *httpauth.Config) {
		c.Verifier, c.Now = slow{known, clock}, clock.Now
		c.Logger = slog.New(slog.NewJSONHandler(&log, nil))
		c.Observer = func(_ context.Context, o httpauth.Outcome) { outcomes = append(outcomes, o) }
	})
	serve(patterns(auth), r)
	var line map[string]any
	if err := json.Unmarshal(log.Bytes(), &line); err != nil || len(outcomes) != 1 {
		t.Fatalf("%d outcomes, %v: %s", len(outcomes), err, log.String())
	}
	delete(line, "time")
	return outcomes[0], line
}

func TestEachRequestHasOneOutcomeAndOneLine(t *testing.T) {
	for name, test := range map[string]struct {
		do, token string
		want      httpauth.Outcome
		line      string
	}{
		"allowed": {
			"GET /orders/7", "ann",
			httpauth.Outcome{Route: "GET /orders/{id}", Subject: "ann", Issuer: "https://login.example.com", Decision: httpauth.Allowed, Duration: time.Millisecond},
			`map[decision:allowed duration_ms:1 issuer:https://login.example.com level:INFO msg:httpauth route:GET /orders/{id} subject:ann]`,
		},
		"denied for scopes": {
			"GET /orders/7", "plain",
			httpauth.Outcome{Route: "GET /orders/{id}", Subject: "bob", Decision: httpauth.Denied, MissingScopes: []string{"orders:read", "admin audit"}, Duration: time.Millisecond},
			`map[decision:denied duration_ms:1 level:INFO missing_scopes:[orders:read admin audit] msg:httpauth route:GET /orders/{id} subject:bob]`,
		},
		"denied for a scope": {
			"POST /orders", "plain",
			httpauth.Outcome{Route: "POST /orders", Subject: "bob", Decision: httpauth.Denied, MissingScopes: []string{"orders:write"}, Duration: time.Millisecond},
			`map[decision:denied duration_ms:1 level:INFO missing_scopes:[orders:write] msg:httpauth route:POST /orders subject:bob]`,
		},
		"denied for no route": {
			"GET /unknown", "plain",
			httpauth.Outcome{Subject: "bob", Decision: httpauth.Denied, Duration: time.Millisecond},
			`map[decision:denied duration_ms:1 level:INFO msg:httpauth subject:bob]`,
		},
		"refused": {
			"GET /orders/7", "expired",
			httpauth.Outcome{Route: "GET /orders/{id}", Decision: httpauth.Refused, Reason: verifier.Expired, Err: verifier.ErrInvalidToken, Duration: time.Millisecond},
			`map[decision:refused duration_ms:1 error:token is invalid: expired level:INFO msg:httpauth reason:expired route:GET /orders/{id}]`,
		},
		"no token": {
			"GET /orders/7", "",
			httpauth.Outcome{Route: "GET /orders/{id}", Decision: httpauth.Refused, Reason: verifier.NoToken, Err: verifier.ErrNoToken},
			`map[decision:refused duration_ms:0 error:finding the token: token is invalid: no_token level:INFO msg:httpauth reason:no_token route:GET /orders/{id}]`,
		},
		"failed": {
			"GET /orders/7", "down",
			httpauth.Outcome{Route: "GET /orders/{id}", Decision: httpauth.Failed, Err: errDown, Duration: time.Millisecond},
			`map[decision:failed duration_ms:1 error:fetching keys: connection refused level:ERROR msg:httpauth route:GET /orders/{id}]`,
		},
	} {
		got, line := tell(t, request(test.do, test.token))
		if !errors.Is(got.Err, test.want.Err) {
			t.Errorf("%s: error %v", name, got.Err)
		}
		got.Err, test.want.Err = nil, nil
		if !slices.Equal(got.MissingScopes, test.want.MissingScopes) {
			t.Errorf("%s: missing %q", name, got.MissingScopes)
		}
		got.MissingScopes, test.want.MissingScopes = nil, nil
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s: got %+v\nwant %+v", name, got, test.want)
		}
		if fmt.Sprint(line) != test.line {
			t.Errorf("%s: got %v\nwant %s", name, line, test.line)
		}
	}
}

func TestAClientThatHasGoneIsNoErrorInTheLog(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	got, line := tell(t, request("GET /orders/7", "ann").WithContext(ctx))
	if got.Decision != httpauth.Failed || line["level"] != "INFO" {
		t.Errorf("%+v, %v", got, line)
	}
}

func TestAnOutageIsAnErrorInTheLogAlsoIfTheClientHasGone(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log bytes.Buffer
	auth := newAuth(t, func(c *httpauth.Config) { c.Verifier, c.Logger = noToken{}, slog.New(slog.NewTextHandler(&log, nil)) })
	if got := serve(auth.Wrap(handler), request("GET /orders/7", "x").WithContext(ctx)); got.Code != 503 || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("%d %s", got.Code, log.String())
	}
}

func TestAVerifierThatGivesUpWhileTheClientWaitsIsAnError(t *testing.T) {
	var log bytes.Buffer
	auth := newAuth(t, func(c *httpauth.Config) {
		c.Verifier = tokens{"x": fmt.Errorf("fetching keys: %w", context.Canceled)}
		c.Logger = slog.New(slog.NewTextHandler(&log, nil)) // and no Observer
	})
	if got := status(auth, "GET /orders/7", "x"); got != 503 || !strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("%d %s", got, log.String())
	}
}

func TestAnOutcomeNamesTheKeyOfTheToken(t *testing.T) {
	token, err := verifier.TrustClaims([]byte(`{"sub":"ann","scope":"orders:read"}`))
	if err != nil {
		t.Fatal(err)
	}
	token.Header.Kid = "2026-01"
	var log bytes.Buffer
	var seen httpauth.Outcome
	auth := newAuth(t, func(c *httpauth.Config) {
		c.Verifier, c.Logger = quick{token}, slog.New(slog.NewTextHandler(&log, nil))
		c.Observer = func(_ context.Context, o httpauth.Outcome) { seen = o }
	})
	if got := status(auth, "GET /orders/7", "x"); got != 200 || seen.Kid != "2026-01" || !strings.Contains(log.String(), "kid=2026-01") {
		t.Errorf("%d %+v %s", got, seen, log.String())
	}
}

// Whose token somebody else has sent is what there is to look into.
func TestAnOutcomeNamesWhoseTokenWasStolen(t *testing.T) {
	c := newClient(t)
	for name, b := range map[string]binding.Binding{"DPoP": c.binding(t, false), "no binding": nil} {
		var got httpauth.Outcome
		auth := newAuth(t, func(cfg *httpauth.Config) {
			cfg.Verifier, cfg.Binding = c.tokens(), b
			cfg.Observer = func(_ context.Context, o httpauth.Outcome) { got = o }
		})
		for _, do := range []string{"GET /orders/7", "POST /orders"} { // of which the token opens one
			r := request(do, "")
			r.Header.Set("Authorization", map[bool]string{true: "Bearer bound", false: "DPoP bound"}[b == nil])
			serve(auth.Wrap(handler), r)
			if got.Decision != httpauth.Refused || got.Reason == verifier.NoToken || got.Subject != "ann" {
				t.Errorf("%s, %s: %+v", name, do, got)
			}
		}
	}
}

func TestALogHasNothingOfABadTokenOrItsRequest(t *testing.T) {
	const marker = "marker"
	for _, value := range []string{"Bearer " + marker, "Bearer a " + marker, "Basic " + marker, "Bearer " + marker + ",x"} {
		r := request("GET /"+marker+"?"+marker, "")
		r.Header.Set("Authorization", value)
		got, line := tell(t, r)
		if text := fmt.Sprintf("%+v %v", got, line); strings.Contains(text, marker) {
			t.Errorf("%s", text)
		}
	}
}

// A pattern without a method takes those that callers make up, which must not become names in
// logs and metrics.
func TestAnOutcomeNamesNoMethodThatACallerMakesUp(t *testing.T) {
	names := map[string]string{"PROPFIND": "ANY /any", "get": "ANY /any", strings.Repeat("X", 1000): "ANY /any"}
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"} {
		names[method] = method + " /any"
	}
	for method, want := range names {
		var got httpauth.Outcome
		auth := newAuth(t, func(c *httpauth.Config) {
			c.Table, c.AnyToken = nil, true
			c.Observer = func(_ context.Context, o httpauth.Outcome) { got = o }
		})
		mux := http.NewServeMux()
		mux.HandleFunc("/any", func(http.ResponseWriter, *http.Request) {})
		r := httptest.NewRequest(http.MethodGet, "/any", nil)
		r.Method = method
		r.Header.Set("Authorization", "Bearer ann")
		auth.Wrap(mux).ServeHTTP(httptest.NewRecorder(), r)
		if got.Route != want || got.Decision != httpauth.Allowed {
			t.Errorf("%.20s: got %+v", method, got)
		}
	}
}
