package authorizer_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// printed returns v under every verb and as log/slog writes it.
func printed(v any) string {
	var b strings.Builder
	slog.New(slog.NewJSONHandler(&b, nil)).Info("", "v", v)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		b.WriteString(fmt.Sprintf(verb, v))
	}
	return b.String()
}

var errOutage = errors.New("throttled")

// The table of outcomes, from what happened to what the handler returns.
func TestOutcomes(t *testing.T) {
	verify := func(token *verifier.Token, err error) verifier.Verifier {
		return verifierFunc(func(context.Context, string) (*verifier.Token, error) { return token, err })
	}
	answers := func(p *policy.Response, err error) authorizer.PolicyFunc {
		return func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) { return p, err }
	}
	noPrincipal := &policy.Response{PolicyDocument: policy.Document{Version: "2012-10-17", Statement: []policy.Statement{
		{Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{"*"}}}}}
	withoutStatements := &policy.Response{PrincipalID: "a", PolicyDocument: policy.Document{Version: "2012-10-17"}}
	panics := func() { panic("a panic about good.token") }
	for _, test := range []struct {
		name          string
		authorization string // "" means a good one
		change        func(*authorizer.Config)
		want          authorizer.Decision
		reason        verifier.Reason
	}{
		{"a good token", "", nil, authorizer.Allowed, ""},
		{"a good token that is not permitted", "", func(c *authorizer.Config) { c.Policy = allowNothing }, authorizer.Denied, ""},

		{"no token", " ", nil, authorizer.Refused, verifier.NoToken},
		{"another scheme", "Basic Zm9v", nil, authorizer.Refused, verifier.NoToken},
		{"no scheme", "good.token", nil, authorizer.Refused, verifier.NoToken},
		{"two tokens", "Bearer good.token,Bearer good.token", nil, authorizer.Refused, verifier.AmbiguousToken},
		{"a bad token", "Bearer bad.token", nil, authorizer.Refused, verifier.WrongSignature},
		{"a token that is no token", "Bearer a b", nil, authorizer.Refused, verifier.Malformed},
		{"a token that the verifier's check refuses", "", func(c *authorizer.Config) {
			c.Verifier = verify(nil, fmt.Errorf("revoked: %w", verifier.ErrInvalidToken))
		}, authorizer.Refused, verifier.RefusedByCheck},
		{"a token that the policy refuses", "", func(c *authorizer.Config) {
			c.Policy = answers(nil, fmt.Errorf("no tenant: %w", verifier.ErrInvalidToken))
		}, authorizer.Refused, verifier.RefusedByCheck},
		{"a token that the context refuses", "", func(c *authorizer.Config) {
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
				return nil, fmt.Errorf("no tenant: %w", verifier.ErrInvalidToken)
			}
		}, authorizer.Refused, verifier.RefusedByCheck},
		{"a token without sub", "", func(c *authorizer.Config) { c.Verifier = verify(verifier.TrustClaims([]byte(`{}`))) }, authorizer.Refused, verifier.MissingClaim},

		{"an outage of the verifier", "", func(c *authorizer.Config) { c.Verifier = verify(nil, errOutage) }, authorizer.Failed, ""},
		{"an outage that says Unauthorized", "", func(c *authorizer.Config) { c.Verifier = verify(nil, errors.New("Unauthorized")) }, authorizer.Failed, ""},
		{"a verifier without an answer", "", func(c *authorizer.Config) { c.Verifier = verify(nil, nil) }, authorizer.Failed, ""},
		{"an outage of the policy", "", func(c *authorizer.Config) { c.Policy = answers(nil, errOutage) }, authorizer.Failed, ""},
		{"a policy that says Unauthorized", "", func(c *authorizer.Config) { c.Policy = answers(nil, errors.New("Unauthorized")) }, authorizer.Failed, ""},
		{"no policy", "", func(c *authorizer.Config) { c.Policy = answers(nil, nil) }, authorizer.Failed, ""},
		{"a policy without a principal", "", func(c *authorizer.Config) { c.Policy = answers(noPrincipal, nil) }, authorizer.Failed, ""},
		{"a policy without statements", "", func(c *authorizer.Config) { c.Policy = answers(withoutStatements, nil) }, authorizer.Failed, ""},
		{"an outage of the extractor", "", func(c *authorizer.Config) {
			c.Extract = func(*authorizer.Request) (string, error) { return "good.token", errOutage }
		}, authorizer.Failed, ""},
		{"an extractor without an answer", "", func(c *authorizer.Config) { c.Extract = func(*authorizer.Request) (string, error) { return "", nil } }, authorizer.Refused, verifier.NoToken},
		{"an outage of the context", "", func(c *authorizer.Config) {
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
				return nil, errOutage
			}
		}, authorizer.Failed, ""},
		{"a context that API Gateway would fail on", "", func(c *authorizer.Config) {
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
				return map[string]any{"x": []string{}}, nil
			}
		}, authorizer.Failed, ""},
		{"a context over the limit", "", func(c *authorizer.Config) {
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
				return map[string]any{"x": strings.Repeat("x", 8192)}, nil
			}
		}, authorizer.Refused, verifier.ContextTooLarge},

		{"a panic in the verifier", "", func(c *authorizer.Config) {
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { panics(); return nil, nil })
		}, authorizer.Failed, ""},
		{"a panic in the policy", "", func(c *authorizer.Config) {
			c.Policy = func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) {
				panics()
				return nil, nil
			}
		}, authorizer.Failed, ""},
		{"a panic in the context", "", func(c *authorizer.Config) {
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
				panics()
				return nil, nil
			}
		}, authorizer.Failed, ""},
		{"a panic in the extractor", "", func(c *authorizer.Config) {
			c.Extract = func(*authorizer.Request) (string, error) { panics(); return "", nil }
		}, authorizer.Failed, ""},
		{"a nil dereference", "", func(c *authorizer.Config) {
			c.Policy = func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) {
				var r *policy.Response
				return r, errors.New(r.PrincipalID)
			}
		}, authorizer.Failed, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, onInvalid := range []authorizer.Refusal{authorizer.Unauthorized, authorizer.Deny} {
				var outcomes []authorizer.Outcome
				var logged strings.Builder
				a := newAuthorizer(t, func(c *authorizer.Config) {
					c.OnInvalid = onInvalid
					c.Observer = func(_ context.Context, o authorizer.Outcome) { outcomes = append(outcomes, o) }
					c.Logger = slog.New(slog.NewTextHandler(&logged, nil))
					if test.change != nil {
						test.change(c)
					}
				})
				if test.authorization == "" {
					test.authorization = "Bearer good.token"
				}
				answer, err := decide(context.Background(), a, tokenEvent(test.authorization))
				checkOutcome(t, answer, err, test.want, onInvalid)
				if len(outcomes) != 1 || outcomes[0].Decision != test.want || outcomes[0].Reason != test.reason || outcomes[0].Kind != authorizer.RESTToken {
					t.Errorf("got outcomes %+v, want %s for %q", outcomes, test.want, test.reason)
				}
				if text := logged.String(); strings.Count(text, "\n") != 1 || strings.Contains(text, "good.token") || !strings.Contains(text, "decision="+string(test.want)) {
					t.Errorf("logged %q", text)
				}
				if err != nil && strings.Contains(fmt.Sprintf("%v %+v", err, err), "good.token") {
					t.Errorf("the error shows the token: %v", err)
				}
			}
		})
	}
}

func checkOutcome(t *testing.T, response *policy.Response, err error, want authorizer.Decision, onInvalid authorizer.Refusal) {
	t.Helper()
	arn, _ := policy.ParseARN("arn:aws:execute-api:eu-central-1:210987654321:k3mq9zt1ab/prod/GET/orders/7")
	switch {
	case want == authorizer.Failed:
		if response != nil || err == nil || err.Error() == "Unauthorized" || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("a failure: got %v, %v", response, err)
		}
		return
	case want == authorizer.Refused && onInvalid == authorizer.Unauthorized:
		if response != nil || err == nil || err.Error() != "Unauthorized" || !errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("a refusal: got %v, %v", response, err)
		}
		return
	case err != nil || response == nil:
		t.Errorf("got %v, %v", response, err)
		return
	}
	decision, err := response.Evaluate(arn, policy.ConditionKeys{Time: time.Unix(0, 0)})
	wanted := map[authorizer.Decision]policy.Decision{
		authorizer.Allowed: policy.Allowed, authorizer.Denied: policy.ImplicitlyDenied, authorizer.Refused: policy.ExplicitlyDenied,
	}[want]
	if err != nil || decision != wanted {
		t.Errorf("the policy says %v, %v; want %v", decision, err, wanted)
	}
}

// The policy that most users begin with would fail on its own, and another need not.
func TestAVerifierThatGivesNeitherTokenNorErrorAllowsNothingWhateverThePolicy(t *testing.T) {
	for _, onInvalid := range []authorizer.Refusal{authorizer.Unauthorized, authorizer.Deny, authorizer.DenyCertain} {
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.OnInvalid = onInvalid
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return nil, nil })
			c.Policy = func(_ context.Context, r *authorizer.Request, _ *verifier.Token) (*policy.Response, error) {
				return policy.New("anybody", r.ARN).AllowAllMethods().Build()
			}
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) { return nil, nil }
			c.Fields = authorizer.AllFields
		})
		for _, event := range []json.RawMessage{golden(t, "http_2"), golden(t, "rest_token"), golden(t, "appsync")} {
			answer, err := a.Invoke(context.Background(), event)
			if answer != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) || !strings.Contains(err.Error(), "neither a token nor an error") {
				t.Errorf("got %s, %v", answer, err)
			}
		}
	}
}

func TestAPolicyThatCannotBeUsedIsSaidToBe(t *testing.T) {
	whole, err := policy.New("a", policy.ARN{Partition: "aws", Region: "*", Account: "210987654321", API: "*", Stage: "*"}).AllowAllMethods().Build()
	if err != nil {
		t.Fatal(err)
	}
	without := func(change func(*policy.Response)) *policy.Response {
		r := *whole
		change(&r)
		return &r
	}
	for name, test := range map[string]struct {
		answer *policy.Response
		want   string
	}{
		"none":               {nil, "Config.Policy gave no policy"},
		"without principal":  {without(func(r *policy.Response) { r.PrincipalID = "" }), "without a principal"},
		"without a version":  {without(func(r *policy.Response) { r.PolicyDocument.Version = "" }), "Config.Policy: "},
		"without statements": {without(func(r *policy.Response) { r.PolicyDocument.Statement = nil }), "Config.Policy: "},
	} {
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Policy = func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) {
				return test.answer, nil
			}
		})
		answer, err := a.Invoke(context.Background(), golden(t, "http_2"))
		if answer != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "panic") || strings.Contains(err.Error(), "nil") {
			t.Errorf("%s: got %s, %v", name, answer, err)
		}
	}
}

// Scopes are missing only where they are why.
func TestOnlyADenialTellsOfMissingScopes(t *testing.T) {
	table, err := policy.NewTable(policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:admin"}})
	if err != nil {
		t.Fatal(err)
	}
	var got authorizer.Outcome
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Policy = authorizer.ByRoute(table)
		c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
		c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
			return nil, errOutage
		}
	})
	if _, err := a.Invoke(context.Background(), golden(t, "http_2")); err == nil || got.Decision != authorizer.Failed || got.MissingScopes != nil {
		t.Errorf("got %+v, %v", got, err)
	}

	table, err = policy.NewTable(policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:read"}, Bind: map[string]string{"id": "order"}})
	if err != nil {
		t.Fatal(err)
	}
	a = newAuthorizer(t, func(c *authorizer.Config) {
		c.Policy = authorizer.ByRoute(table)
		c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
	})
	if invoke(t, a, golden(t, "http_2")); got.Decision != authorizer.Denied || got.MissingScopes != nil {
		t.Errorf("a claim is missing: got %+v", got)
	}
}

// Each outcome is one line, with or without an Observer beside the Logger.
func TestTheLogLineOfEachOutcome(t *testing.T) {
	about := map[string]any{"msg": "authorizer", "kind": "http_2", "api": "h2bn6wr8df", "stage": "$default", "route": "GET /orders/{id}", "request_id": "JKJaXmPLvHcESHA=", "cached_by": "token", "duration_ms": 1.5}
	for _, test := range []struct {
		name     string
		change   func(*authorizer.Config)
		want     map[string]any // beside the above
		observer bool
	}{
		{"allowed", nil, map[string]any{"level": "INFO", "decision": "allowed", "subject": "user-1"}, false},
		{"allowed, and observed", nil, map[string]any{"level": "INFO", "decision": "allowed", "subject": "user-1"}, true},
		{"allowed, with all that a token tells", func(c *authorizer.Config) {
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) {
				return &verifier.Token{Subject: "s", Issuer: "i", Header: keys.Header{Kid: "k"}}, nil
			})
		}, map[string]any{"level": "INFO", "decision": "allowed", "subject": "s", "issuer": "i", "kid": "k"}, false},
		{"denied", func(c *authorizer.Config) { c.Policy = allowNothing }, map[string]any{"level": "INFO", "decision": "denied", "subject": "user-1"}, false},
		{"refused", func(c *authorizer.Config) {
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) {
				return nil, &verifier.Error{Reason: verifier.Expired}
			})
		}, map[string]any{"level": "INFO", "decision": "refused", "reason": "expired", "error": "token is invalid: expired"}, false},
		{"refused with a denial", func(c *authorizer.Config) {
			c.OnInvalid, c.Extract = authorizer.Deny, authorizer.Header("no-such-header")
		}, map[string]any{"level": "INFO", "decision": "refused", "reason": "no_token", "error": "Config.Extract: token is invalid: no_token"}, false},
		{"refused by the policy", func(c *authorizer.Config) {
			c.Policy = func(context.Context, *authorizer.Request, *verifier.Token) (*policy.Response, error) {
				return nil, verifier.Refuse(errors.New("no tenant"))
			}
		}, map[string]any{"level": "INFO", "decision": "refused", "reason": "refused_by_check", "error": "Config.Policy: no tenant", "subject": "user-1"}, false},
		{"failed", func(c *authorizer.Config) {
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return nil, errOutage })
		}, map[string]any{"level": "ERROR", "decision": "failed", "error": "throttled"}, false},
		{"failed, and observed", func(c *authorizer.Config) {
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return nil, errOutage })
		}, map[string]any{"level": "ERROR", "decision": "failed", "error": "throttled"}, true},
	} {
		var logged bytes.Buffer
		observed := 0
		now := time.Unix(0, 0)
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Now = func() time.Time { now = now.Add(1500 * time.Microsecond); return now }
			c.Logger = slog.New(slog.NewJSONHandler(&logged, nil))
			if test.observer {
				c.Observer = func(context.Context, authorizer.Outcome) { observed++ }
			}
			if test.change != nil {
				test.change(c)
			}
		})
		_, _ = a.Invoke(context.Background(), golden(t, "http_2"))
		var line map[string]any
		if err := json.Unmarshal(logged.Bytes(), &line); err != nil {
			t.Errorf("%s: %v in %s", test.name, err, logged.String())
			continue
		}
		delete(line, "time")
		want := maps.Clone(about)
		maps.Copy(want, test.want)
		if !reflect.DeepEqual(line, want) || (observed == 1) != test.observer {
			t.Errorf("%s: logged %v\nwant %v, observed %d times", test.name, line, want, observed)
		}
	}
}

// Who wants errors only pays for no other line.
func TestALoggerThatTakesErrorsOnlyGetsNoOtherLine(t *testing.T) {
	for _, outage := range []error{nil, errOutage} {
		var logged strings.Builder
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelError}))
			if outage != nil {
				c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return nil, outage })
			}
		})
		_, _ = a.Invoke(context.Background(), golden(t, "http_2"))
		if (logged.Len() > 0) != (outage != nil) {
			t.Errorf("outage %v: logged %q", outage, logged.String())
		}
	}
}

func TestAnUnauthorizedErrorWrapsItsCause(t *testing.T) {
	key, err := keys.HMAC("HS256", []byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: key, SkipIssuerCheck: true, SkipAudienceCheck: true})
	if err != nil {
		t.Fatal(err)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"exp": 1}).SignedString([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	a := newAuthorizer(t, func(c *authorizer.Config) { c.Verifier = v })
	_, err = decide(context.Background(), a, tokenEvent("Bearer "+token))
	if err == nil || err.Error() != "Unauthorized" || !errors.Is(err, jwt.ErrTokenExpired) || verifier.ReasonOf(err) != verifier.Expired {
		t.Errorf("got %v", err)
	}
}

func TestAFailureIsTheErrorItself(t *testing.T) {
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return nil, errOutage })
	})
	if _, err := decide(context.Background(), a, tokenEvent("Bearer good.token")); !errors.Is(err, errOutage) {
		t.Errorf("got %v", err)
	}
}

func TestAPanicInTheObserverOrTheLoggerIsAFailure(t *testing.T) {
	for name, change := range map[string]func(*authorizer.Config){
		"observer": func(c *authorizer.Config) { c.Observer = func(context.Context, authorizer.Outcome) { panic("x") } },
		"logger":   func(c *authorizer.Config) { c.Logger = slog.New(panicHandler{}) },
	} {
		for _, authorization := range []string{"Bearer good.token", "Bearer bad.token"} {
			response, err := decide(context.Background(), newAuthorizer(t, change), tokenEvent(authorization))
			if response != nil || err == nil || err.Error() == "Unauthorized" {
				t.Errorf("%s: got %v, %v", name, response, err)
			}
		}
	}
}

type panicHandler struct{ slog.Handler }

func (panicHandler) Enabled(context.Context, slog.Level) bool { panic("x") }

func TestACancelledContextIsAFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	response, err := decide(ctx, newAuthorizer(t, func(c *authorizer.Config) {
		c.OnInvalid = authorizer.Deny
		c.Verifier = verifierFunc(func(ctx context.Context, token string) (*verifier.Token, error) {
			t.Error("the verifier was asked")
			return acceptGood(ctx, token)
		})
	}), tokenEvent("Bearer good.token"))
	if response != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", response, err)
	}
}

func TestTheContextReachesWhatTheUserBrings(t *testing.T) {
	type key struct{}
	ctx := context.WithValue(context.Background(), key{}, "value")
	var seen []any
	note := func(ctx context.Context) { seen = append(seen, ctx.Value(key{})) }
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Verifier = verifierFunc(func(ctx context.Context, token string) (*verifier.Token, error) {
			note(ctx)
			return acceptGood(ctx, token)
		})
		c.Policy = func(ctx context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
			note(ctx)
			return authorizer.AllowStage(ctx, r, t)
		}
		c.Context = func(ctx context.Context, r *authorizer.Request, t *verifier.Token) (map[string]any, error) {
			note(ctx)
			return authorizer.ScalarClaims(ctx, r, t)
		}
		c.Observer = func(ctx context.Context, _ authorizer.Outcome) { note(ctx) }
	})
	if _, err := decide(ctx, a, tokenEvent("Bearer good.token")); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(seen, []any{"value", "value", "value", "value"}) {
		t.Errorf("got %v", seen)
	}
}

// A REST API's event has no route key, and that of an HTTP API can be one of ANY.
func TestTheOutcomeTellsTheRouteOfTheRequest(t *testing.T) {
	for want, event := range map[string][]byte{
		"GET /orders/{id}": golden(t, "rest_request"),
		"POST /orders":     golden(t, "http_1"),
		"GET /all/{id}":    cachedEvent(t, nil, map[string]string{"GET /orders/{id}": "ANY /all/{id}"}),
	} {
		var got authorizer.Outcome
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
		})
		if invoke(t, a, event); got.Route != want {
			t.Errorf("got %q, want %q", got.Route, want)
		}
	}
}

func TestTheOutcomeTellsHowLongItTook(t *testing.T) {
	now := time.Unix(0, 0)
	var got authorizer.Outcome
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Now = func() time.Time { now = now.Add(time.Millisecond); return now }
		c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
	})
	if _, err := decide(context.Background(), a, golden(t, "http_2")); err != nil {
		t.Fatal(err)
	}
	want := authorizer.Outcome{
		Kind: authorizer.HTTPFormat2, API: "h2bn6wr8df", Stage: "$default", Route: "GET /orders/{id}", RequestID: "JKJaXmPLvHcESHA=", Subject: "user-1",
		Decision: authorizer.Allowed, CachedBy: authorizer.CachedByToken, Duration: time.Millisecond,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, err := a.Invoke(context.Background(), nil); err == nil || got.Kind != "" || got.Decision != authorizer.Failed || got.Err == nil {
		t.Errorf("of an event that cannot be read: %+v, %v", got, err)
	}
}

// format1 returns the golden event of format 1.0 with further identity sources.
func format1(t *testing.T, sources string) []byte {
	t.Helper()
	const own = `"identitySource": "Bearer good.token`
	event := string(golden(t, "http_1"))
	if !strings.Contains(event, own) {
		t.Fatal("the event has no identity source")
	}
	return []byte(strings.Replace(event, own, own+","+sources, 1))
}

func TestTheOutcomeTellsByWhatTheAnswerIsCached(t *testing.T) {
	const bearer = "Bearer good.token"
	for name, test := range map[string]struct {
		event []byte
		want  authorizer.CacheKey
	}{
		"a TOKEN event":        {golden(t, "rest_token"), authorizer.CachedByToken},
		"a REQUEST event":      {golden(t, "rest_request"), ""},
		"a WebSocket's":        {golden(t, "websocket"), authorizer.NotCached},
		"format 1.0":           {golden(t, "http_1"), authorizer.CachedByToken},
		"format 2.0":           {golden(t, "http_2"), authorizer.CachedByToken},
		"no identity sources":  {cachedEvent(t, nil, nil), authorizer.NotCached},
		"the whole request":    {cachedEvent(t, []string{bearer, "GET", "/orders/7", "GET /orders/{id}"}, nil), authorizer.CachedByRequest},
		"method and path":      {cachedEvent(t, []string{bearer, "GET", "/orders/7"}, nil), authorizer.CachedByToken},
		"a route's key":        {cachedEvent(t, []string{bearer, "GET /orders/{id}"}, nil), authorizer.CachedByToken},
		"what is not an event": {[]byte("{}"), ""},
		"format 1.0 by method, path and its route":   {format1(t, "POST,/orders,POST /orders"), authorizer.CachedByRequest},
		"format 1.0 by method, path and ANY's route": {format1(t, "POST,/orders,ANY /orders"), authorizer.CachedByRequest},
		"format 1.0 by method and path":              {format1(t, "POST,/orders"), authorizer.CachedByToken},
		"format 1.0 by another route":                {format1(t, "POST,/orders,ANY /other"), authorizer.CachedByToken},
		"a WebSocket's, whatever it lists": {
			[]byte(strings.Replace(string(golden(t, "websocket")), "{", `{"identitySource":["Bearer good.token"],`, 1)), authorizer.NotCached,
		},
	} {
		var got authorizer.Outcome
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
		})
		_, _ = a.Invoke(context.Background(), test.event)
		if got.CachedBy != test.want {
			t.Errorf("%s: %q, want %q", name, got.CachedBy, test.want)
		}
	}
}

func TestTheOutcomeAndTheLogTellWhichScopesWereMissing(t *testing.T) {
	table, err := policy.NewTable(policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:admin", "orders:read orders:all"}})
	if err != nil {
		t.Fatal(err)
	}
	routes, err := policy.NewRoutes(policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:admin", "orders:read orders:all"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, decides := range map[string]authorizer.PolicyFunc{"ByRoute": authorizer.ByRoute(table), "ByScope": authorizer.ByScope(routes)} {
		var got authorizer.Outcome
		var logged bytes.Buffer
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Policy, c.Logger = decides, slog.New(slog.NewJSONHandler(&logged, nil))
			c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
		})
		invoke(t, a, golden(t, "http_2"))
		if got.Decision != authorizer.Denied || !slices.Equal(got.MissingScopes, []string{"orders:admin", "orders:read orders:all"}) {
			t.Errorf("%s: got %+v", name, got)
		}
		var line map[string]any
		if err := json.Unmarshal(logged.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		delete(line, "time")
		delete(line, "duration_ms")
		want := map[string]any{
			"level": "INFO", "msg": "authorizer", "decision": "denied", "kind": "http_2", "api": "h2bn6wr8df", "stage": "$default",
			"route": "GET /orders/{id}", "request_id": "JKJaXmPLvHcESHA=", "subject": "user-1", "cached_by": "token",
			"missing_scopes": []any{"orders:admin", "orders:read orders:all"},
		}
		if !reflect.DeepEqual(line, want) {
			t.Errorf("%s: logged %v, want %v", name, line, want)
		}
	}
}

func TestOneMissingScopeAndOneClaimLeftOutAreTold(t *testing.T) {
	table, err := policy.NewTable(policy.Route{Key: "GET /orders/{id}", Scopes: []string{"orders:admin"}})
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Policy, c.Logger = authorizer.ByRoute(table), slog.New(slog.NewTextHandler(&logged, nil))
		c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) {
			return verifier.TrustClaims([]byte(`{"sub":"a","picture":"` + strings.Repeat("p", 9000) + `"}`))
		})
	})
	invoke(t, a, golden(t, "http_2"))
	if text := logged.String(); !strings.Contains(text, "missing_scopes=[orders:admin]") || !strings.Contains(text, "left_out=[picture]") {
		t.Errorf("logged %s", text)
	}
}

// Only AppSync has a cache by Config.FieldsTTL.
func TestTheCacheOfFieldsIsAppSyncsAlone(t *testing.T) {
	for name, test := range map[string]struct {
		event []byte
		ttl   time.Duration
		want  authorizer.CacheKey
	}{
		"AppSync without a cache":         {golden(t, "appsync"), 0, authorizer.NotCached},
		"AppSync with the shortest":       {golden(t, "appsync"), 1, authorizer.CachedByToken},
		"AppSync with a cache":            {golden(t, "appsync"), time.Hour, authorizer.CachedByToken},
		"an HTTP API without a cache":     {cachedEvent(t, nil, nil), time.Hour, authorizer.NotCached},
		"a WebSocket API":                 {golden(t, "websocket"), time.Hour, authorizer.NotCached},
		"a REST API, which does not tell": {golden(t, "rest_request"), time.Hour, ""},
	} {
		var got authorizer.Outcome
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Fields, c.FieldsTTL = authorizer.AllFields, test.ttl
			c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
		})
		if _, err := a.Invoke(context.Background(), test.event); err != nil || got.CachedBy != test.want {
			t.Errorf("%s: got %q, %v, want %q", name, got.CachedBy, err, test.want)
		}
	}
}

func TestThePanicOfAnObserverIsToldByItsType(t *testing.T) {
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Observer = func(context.Context, authorizer.Outcome) { panic(errOutage) }
	})
	answer, err := a.Invoke(context.Background(), golden(t, "http_2"))
	if answer != nil || err == nil || !strings.Contains(err.Error(), "panic with a *errors.errorString in ") {
		t.Errorf("got %s, %v", answer, err)
	}
}

func TestAPolicyUnderConditionsIsEvaluatedWithWhatTheEventTells(t *testing.T) {
	for name, want := range map[string]authorizer.Decision{
		"rest_request": authorizer.Allowed, "http_2": authorizer.Allowed, "http_1": authorizer.Denied, "rest_token": authorizer.Undecided,
	} {
		var got authorizer.Outcome
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
			c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
				return policy.New(t.Subject, r.ARN).AllowMethodWithConditions("*", "*", policy.Conditions{
					"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}, "StringLike": {"aws:UserAgent": "shop/*"},
				}).Build()
			}
		})
		if _, err := decide(context.Background(), a, golden(t, name)); err != nil {
			t.Fatal(err)
		}
		if got.Decision != want {
			t.Errorf("%s: got %+v, want %s", name, got, want)
		}
	}
}

// API Gateway can know what this package does not.
func TestAConditionThatIsNotEvaluatedHereIsPassedOnInAPolicyAndFailsASimpleAnswer(t *testing.T) {
	for _, simple := range []bool{false, true} {
		var got authorizer.Outcome
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.EnableSimpleResponses, c.SkipIdentitySourceCheck = simple, true
			c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
			c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
				p, err := policy.New(t.Subject, r.ARN).AllowAllMethods().Build()
				p.PolicyDocument.Statement[0].Condition = policy.Conditions{"StringEquals": {"aws:PrincipalOrgID": "o-1"}}
				return p, err
			}
		})
		answer, err := a.Invoke(context.Background(), golden(t, "http_2"))
		if simple {
			if err == nil || got.Decision != authorizer.Failed {
				t.Errorf("a simple answer: got %s, %v, %+v", answer, err, got)
			}
			continue
		}
		if err != nil || got.Decision != authorizer.Undecided || !strings.Contains(string(answer), "aws:PrincipalOrgID") {
			t.Errorf("a policy: got %s, %v, %+v", answer, err, got)
		}
	}
}

func TestOnlyWhatCanNeverBecomeGoodIsDeniedForCertain(t *testing.T) {
	certain := []string{"malformed", "expired", "too_old", "unproven expired"}
	for _, refusal := range []*verifier.Error{
		{Reason: verifier.NoToken}, {Reason: verifier.AmbiguousToken}, {Reason: verifier.TooLarge}, {Reason: verifier.Malformed},
		{Reason: verifier.ForbiddenHeader}, {Reason: verifier.WrongType}, {Reason: verifier.WrongAlgorithm}, {Reason: verifier.UnknownKey},
		{Reason: verifier.WrongSignature}, {Reason: verifier.Expired}, {Reason: verifier.NotYetValid}, {Reason: verifier.IssuedInFuture},
		{Reason: verifier.TooOld}, {Reason: verifier.WrongIssuer}, {Reason: verifier.WrongAudience}, {Reason: verifier.MissingClaim},
		{Reason: verifier.WrongClaim}, {Reason: verifier.Unproven}, {Reason: verifier.Unproven, Detail: "expired"},
		{Reason: verifier.Unproven, Detail: "wrong_issuer"}, {Reason: verifier.ContextTooLarge}, {Reason: verifier.RefusedByCheck},
	} {
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.OnInvalid = authorizer.DenyCertain
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return nil, refusal })
		})
		answer, err := decide(context.Background(), a, golden(t, "http_2"))
		want := slices.Contains(certain, strings.TrimSpace(string(refusal.Reason)+" "+string(refusal.Detail)))
		switch {
		case !want && (err == nil || err.Error() != "Unauthorized"):
			t.Errorf("%v: got %v, %v; want Unauthorized", refusal, answer, err)
		case want && (err != nil || answer.Context["reason"] != string(refusal.Reason)):
			t.Errorf("%v: got %v, %v; want a denial with its reason", refusal, answer, err)
		}
	}
}
