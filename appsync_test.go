package authorizer_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// fieldsAuthorizer returns an authorizer for AppSync at a time at which good tokens are
// good for another 100.5 seconds.
func fieldsAuthorizer(t testing.TB, change func(*authorizer.Config)) *authorizer.Authorizer {
	t.Helper()
	return newAuthorizer(t, func(c *authorizer.Config) {
		c.Policy, c.Fields, c.FieldsTTL = nil, authorizer.AllFields, time.Hour
		c.Now = func() time.Time { return time.Unix(1_700_000_000, 500_000_000) }
		c.Verifier = verifierFunc(func(_ context.Context, token string) (*verifier.Token, error) {
			if token != "good.token" {
				return nil, &verifier.Error{Reason: verifier.WrongSignature}
			}
			return verifier.TrustClaims([]byte(`{"sub":"user-1","scope":"orders:read","exp":1700000101,"admin":true,"roles":["a"]}`))
		})
		if change != nil {
			change(c)
		}
	})
}

func TestAppSyncIsToldWhichFieldsATokenMayNotAskFor(t *testing.T) {
	fields, err := policy.NewFields(
		policy.Field{Name: "Query.orders", Scopes: []string{"orders:read"}},
		policy.Field{Name: "Mutation.createOrder", Scopes: []string{"orders:write"}},
		policy.Field{Name: "Query.me", AnyToken: true},
	)
	if err != nil {
		t.Fatal(err)
	}
	var got authorizer.Outcome
	a := fieldsAuthorizer(t, func(c *authorizer.Config) {
		c.Fields = authorizer.ByField(fields)
		c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
	})
	answer := string(invoke(t, a, golden(t, "appsync")))
	want := `{"isAuthorized":true,"resolverContext":{"admin":"true","exp":"1700000101","scope":"orders:read","sub":"user-1"},` +
		`"deniedFields":["Mutation.createOrder"],"ttlOverride":100}`
	if answer != want {
		t.Errorf("got  %s\nwant %s", answer, want)
	}
	outcome := authorizer.Outcome{
		Kind: authorizer.AppSync, API: "q5mzv2nnbrd3hdrp7jhjb7ud4u", RequestID: "b80ed838-14c6-4500-b4c3-b694c7bef086",
		Subject: "user-1", Decision: authorizer.Allowed, CachedBy: authorizer.CachedByToken,
	}
	if !reflect.DeepEqual(got, outcome) {
		t.Errorf("got %+v, want %+v", got, outcome)
	}
}

func TestAppSyncKeepsNoAnswerPastTheTokensEnd(t *testing.T) {
	for name, test := range map[string]struct {
		ttl    time.Duration
		claims string
		want   int
	}{
		"no cache":                   {0, `{"sub":"a","exp":1700000101}`, 0},
		"the setting":                {time.Minute, `{"sub":"a","exp":1700000101}`, 60},
		"the end of the token":       {time.Hour, `{"sub":"a","exp":1700000101}`, 100},
		"a token that has expired":   {time.Hour, `{"sub":"a","exp":1700000000}`, 0}, // within Leeway
		"a token that never ends":    {time.Hour, `{"sub":"a"}`, 3600},
		"less than a second is left": {time.Hour, `{"sub":"a","exp":1700000001}`, 0},
	} {
		a := fieldsAuthorizer(t, func(c *authorizer.Config) {
			c.FieldsTTL = test.ttl
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) {
				return verifier.TrustClaims([]byte(test.claims))
			})
		})
		var got struct{ TTLOverride *int }
		if err := json.Unmarshal(invoke(t, a, golden(t, "appsync")), &got); err != nil || got.TTLOverride == nil || *got.TTLOverride != test.want {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// A refusal is cached only where that is chosen: the token may become good.
func TestAppSyncIsToldThatATokenIsNoGood(t *testing.T) {
	for onInvalid, ttl := range map[authorizer.Refusal]int{authorizer.Unauthorized: 0, authorizer.Deny: 3600, authorizer.DenyCertain: 0} {
		var got authorizer.Outcome
		a := fieldsAuthorizer(t, func(c *authorizer.Config) {
			c.OnInvalid = onInvalid
			c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
		})
		event := strings.Replace(string(golden(t, "appsync")), `"authorizationToken": "good.token"`, `"authorizationToken": "Bearer bad.token"`, 1)
		want := fmt.Sprintf(`{"isAuthorized":false,"ttlOverride":%d}`, ttl)
		if answer := string(invoke(t, a, []byte(event))); answer != want || got.Decision != authorizer.Refused || got.Reason != verifier.WrongSignature {
			t.Errorf("%v: got %s, %+v; want %s", onInvalid, answer, got, want)
		}
	}
}

func TestAppSyncIsToldThatATokenIsRefusedByItsFields(t *testing.T) {
	a := fieldsAuthorizer(t, func(c *authorizer.Config) {
		c.Fields = func(context.Context, *authorizer.Request, *verifier.Token) ([]string, error) {
			return nil, verifier.Refuse(errors.New("no tenant"))
		}
	})
	if answer := string(invoke(t, a, golden(t, "appsync"))); answer != `{"isAuthorized":false,"ttlOverride":0}` {
		t.Errorf("got %s", answer)
	}
}

func TestAnOutageIsAnErrorToAppSyncToo(t *testing.T) {
	for name, change := range map[string]func(*authorizer.Config){
		"the verifier": func(c *authorizer.Config) {
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return nil, errOutage })
		},
		"the fields": func(c *authorizer.Config) {
			c.Fields = func(context.Context, *authorizer.Request, *verifier.Token) ([]string, error) { return nil, errOutage }
		},
		"the context": func(c *authorizer.Config) {
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
				return nil, errOutage
			}
		},
		"a list in the context": func(c *authorizer.Config) {
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
				return map[string]any{"x": []string{"a"}}, nil
			}
		},
		"no fields": func(c *authorizer.Config) { c.Policy, c.Fields = authorizer.AllowStage, nil },
	} {
		answer, err := fieldsAuthorizer(t, change).Invoke(context.Background(), golden(t, "appsync"))
		if answer != nil || err == nil || err.Error() == "Unauthorized" {
			t.Errorf("%s: got %s, %v", name, answer, err)
		}
	}
}

func TestFieldsOfNothingAreAMistakeOfTheProgram(t *testing.T) {
	fields, err := policy.NewFields(policy.Field{Name: "Query.me", AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	token, err := verifier.TrustClaims([]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		fields *policy.Fields
		token  *verifier.Token
	}{"no fields": {nil, token}, "no token": {fields, nil}, "neither": {nil, nil}} {
		denied, err := authorizer.ByField(test.fields)(context.Background(), nil, test.token)
		if denied != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %v, %v", name, denied, err)
		}
	}
	if denied, err := authorizer.ByField(fields)(context.Background(), nil, token); err != nil || len(denied) != 0 {
		t.Errorf("got %v, %v", denied, err)
	}
}

func TestWhatIsWrongWithAnAnswerToAppSyncIsSaid(t *testing.T) {
	for want, change := range map[string]func(*authorizer.Config){
		"set Config.Fields": func(c *authorizer.Config) { c.Policy, c.Fields = authorizer.AllowStage, nil },
		`the context value "x": json: unsupported value: NaN`: func(c *authorizer.Config) {
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
				return map[string]any{"x": math.NaN()}, nil
			}
		},
	} {
		answer, err := fieldsAuthorizer(t, change).Invoke(context.Background(), golden(t, "appsync"))
		if answer != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %s, %v, want %s", answer, err, want)
		}
	}
}

func TestAnAuthorizerForAppSyncAloneDecidesNothingElse(t *testing.T) {
	_, err := fieldsAuthorizer(t, nil).Invoke(context.Background(), golden(t, "http_2"))
	if err == nil || !strings.Contains(err.Error(), "Config.Policy") {
		t.Errorf("got %v", err)
	}
	r, err := authorizer.ParseRequest(golden(t, "appsync"))
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := newAuthorizer(t, nil).Decide(context.Background(), r); answer != nil || err == nil || !strings.Contains(err.Error(), "use Invoke") {
		t.Errorf("got %v, %v", answer, err)
	}
}

func TestTheTokenOfAppSyncNeedsNoScheme(t *testing.T) {
	for value, want := range map[string]bool{
		"good.token": true, "Bearer good.token": true, "bearer  good.token": true, "Basic good.token": false, "good.token good.token": false, "Bearer": false,
	} {
		event := strings.Replace(string(golden(t, "appsync")), `"authorizationToken": "good.token"`, fmt.Sprintf(`"authorizationToken": %q`, value), 1)
		answer := string(invoke(t, fieldsAuthorizer(t, nil), []byte(event)))
		if strings.Contains(answer, `"isAuthorized":true`) != want {
			t.Errorf("%q: got %s", value, answer)
		}
	}
}

func TestARequestOfAppSyncHasHeaders(t *testing.T) {
	r, err := authorizer.ParseRequest(golden(t, "appsync"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind != authorizer.AppSync || r.UserAgent != "shop/1.0" || r.ARN.Account != "210987654321" || r.Route != "" ||
		!reflect.DeepEqual(r.Header("X-Tenant"), []string{"first"}) {
		t.Errorf("got %+v of %v", *r, r.UserAgent)
	}
}
