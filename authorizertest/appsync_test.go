package authorizertest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
)

func newAppSync(t testing.TB, cfg authorizertest.AppSyncConfig) *authorizertest.AppSync {
	t.Helper()
	a, err := authorizertest.NewAppSync(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func operation(token string) authorizertest.Operation {
	return authorizertest.Operation{
		Query: "query Orders { orders { id } }", Name: "Orders", Variables: map[string]any{"n": 7},
		Header: http.Header{"Authorization": {token}, "X-Tenant": {"a", "b"}},
	}
}

// says returns an authorizer that always gives this answer.
func says(answer string) text { return text(answer) }

func TestAnAuthorizerOfTheLibraryDecidesForAppSync(t *testing.T) {
	fields, err := policy.NewFields(
		policy.Field{Name: "Query.orders", Scopes: []string{"read"}},
		policy.Field{Name: "Mutation.createOrder", Scopes: []string{"write"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	s := newShop(t)
	api := newAppSync(t, authorizertest.AppSyncConfig{
		Authorizer: s.authorizerWith(t, authorizer.Config{Fields: authorizer.ByField(fields), FieldsTTL: time.Hour}), Now: s.clock,
	})
	token := strings.TrimPrefix(s.token(t, "user-1", "read", time.Minute), "Bearer ")
	for _, second := range []int{0, 59} {
		s.now = time.Unix(1_700_000_000+int64(second), 0)
		got, err := api.Authorize(t.Context(), operation(token))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got.DeniedFields, []string{"Mutation.createOrder"}) || got.ResolverContext["sub"] != "user-1" {
			t.Errorf("got %+v", got)
		}
	}
	if api.Calls() != 1 {
		t.Errorf("%d calls, want 1 and then the cache", api.Calls())
	}
	s.now = time.Unix(1_700_000_060, 0) // its end
	if got, err := api.Authorize(t.Context(), operation(token)); !errors.Is(err, authorizertest.ErrUnauthorized) || got != nil || api.Calls() != 2 {
		t.Errorf("an expired token: got %v, %v after %d calls", got, err, api.Calls())
	}
	if got, err := api.Authorize(t.Context(), operation("")); !errors.Is(err, authorizertest.ErrUnauthorized) || got != nil || api.Calls() != 2 {
		t.Errorf("no token: got %v, %v after %d calls", got, err, api.Calls())
	}
}

func TestTheEventOfAppSyncIsAsDocumented(t *testing.T) {
	var got map[string]any
	api := newAppSync(t, authorizertest.AppSyncConfig{Authorizer: func(_ context.Context, event map[string]any) (any, error) {
		got = event
		return map[string]any{"isAuthorized": true}, nil
	}})
	if _, err := api.Authorize(t.Context(), operation("t")); err != nil {
		t.Fatal(err)
	}
	inner, _ := got["requestContext"].(map[string]any)
	if id, _ := inner["requestId"].(string); id == "" {
		t.Error("no requestId")
	}
	delete(inner, "requestId")
	want := map[string]any{
		"authorizationToken": "t",
		"requestContext": map[string]any{
			"apiId": "abcdef1234", "accountId": "123456789012", "queryString": "query Orders { orders { id } }", "operationName": "Orders",
			"variables": map[string]any{"n": 7.0},
		},
		"requestHeaders": map[string]any{"authorization": "t", "x-tenant": "a, b"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestAppSyncKeepsAnAnswerForAsLongAsItSays(t *testing.T) {
	for name, test := range map[string]struct {
		ttl    time.Duration
		answer string
		calls  int // at 0, 59 and 60 seconds
	}{
		"no cache":              {0, `{"isAuthorized":true}`, 3},
		"that of the API":       {time.Minute, `{"isAuthorized":true}`, 2},
		"its own":               {0, `{"isAuthorized":true,"ttlOverride":60}`, 2},
		"its own, longer":       {time.Minute, `{"isAuthorized":true,"ttlOverride":61}`, 1},
		"none of its own":       {time.Minute, `{"isAuthorized":true,"ttlOverride":0}`, 3},
		"a no, like a yes":      {time.Minute, `{"isAuthorized":false}`, 2},
		"nothing malformed":     {time.Minute, `{}`, 3},
		"what cannot be a time": {time.Minute, `{"isAuthorized":true,"ttlOverride":3601}`, 3},
	} {
		now := time.Unix(1_700_000_000, 0)
		start := now
		api := newAppSync(t, authorizertest.AppSyncConfig{Authorizer: says(test.answer), TTL: test.ttl, Now: func() time.Time { return now }})
		for _, seconds := range []time.Duration{0, 59, 60} {
			now = start.Add(seconds * time.Second)
			_, _ = api.Authorize(t.Context(), operation("t"))
			_, _ = api.Authorize(t.Context(), operation("T"+fmt.Sprint(seconds))) // another token's answer
		}
		if got := api.Calls() - 3; got != test.calls {
			t.Errorf("%s: %d calls, want %d", name, got, test.calls)
		}
	}
}

func TestWhatAppSyncCannotReadIsNoYes(t *testing.T) {
	for answer, want := range map[string]string{
		`{"isAuthorized":false}`:                     "isAuthorized is false",
		`{"isAuthorized":"true"}`:                    "malformed",
		`{"isAuthorized":null}`:                      "no isAuthorized",
		`{"isAuthorized":true,"isAuthorized":false}`: "malformed",
		`[]`: "malformed",
		`{"isAuthorized":true,"resolverContext":{"a":{"b":1}}}`:          `"a"`,
		`{"isAuthorized":true,"resolverContext":{"a":[1]}}`:              `"a"`,
		`{"isAuthorized":true,"deniedFields":["orders"]}`:                `"orders"`,
		`{"isAuthorized":true,"deniedFields":["Query.orders","a.b.c"]}`:  `"a.b.c"`,
		`{"isAuthorized":true,"ttlOverride":-1}`:                         "ttlOverride is -1",
		`{"isAuthorized":true,"x":"` + strings.Repeat("x", 5<<20) + `"}`: "5242880",
	} {
		api := newAppSync(t, authorizertest.AppSyncConfig{Authorizer: says(answer)})
		got, err := api.Authorize(t.Context(), operation("t"))
		if !errors.Is(err, authorizertest.ErrUnauthorized) || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("%.80s: got %v, %v", answer, got, err)
		}
	}
	good := `{"isAuthorized":true,"resolverContext":{"a":"b","n":7,"t":true,"z":null},"deniedFields":["Query.orders","arn:aws:appsync:us-east-1:123456789012:apis/abc/types/Query/fields/orders"]}`
	if _, err := newAppSync(t, authorizertest.AppSyncConfig{Authorizer: says(good)}).Authorize(t.Context(), operation("t")); err != nil {
		t.Error(err)
	}
}

func TestAnAuthorizerOfAppSyncThatFailsLetsNobodyIn(t *testing.T) {
	broken := errors.New("broken")
	for name, handler := range map[string]any{
		"an error": func(context.Context) (any, error) { return map[string]bool{"isAuthorized": true}, broken },
		"a panic":  func(context.Context) (any, error) { panic("oh") },
	} {
		api := newAppSync(t, authorizertest.AppSyncConfig{Authorizer: handler, TTL: time.Hour})
		for range 2 {
			if got, err := api.Authorize(t.Context(), operation("t")); !errors.Is(err, authorizertest.ErrUnauthorized) || got != nil {
				t.Errorf("%s: got %v, %v", name, got, err)
			}
		}
		if api.Calls() != 2 {
			t.Errorf("%s: %d calls: a failure was kept", name, api.Calls())
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	api := newAppSync(t, authorizertest.AppSyncConfig{Authorizer: says(`{"isAuthorized":true}`), TTL: time.Hour})
	if got, err := api.Authorize(ctx, operation("t")); !errors.Is(err, context.Canceled) || got != nil {
		t.Errorf("too late: got %v, %v", got, err)
	}
}

// The clock is synctest's: nobody waits.
func TestAnAuthorizerOfAppSyncHasTenSeconds(t *testing.T) {
	for takes, want := range map[time.Duration]error{10*time.Second - 1: nil, 10*time.Second + 1: context.DeadlineExceeded} {
		synctest.Test(t, func(t *testing.T) {
			api := newAppSync(t, authorizertest.AppSyncConfig{Authorizer: func(ctx context.Context) (any, error) {
				wait(ctx, takes)
				return map[string]bool{"isAuthorized": true}, nil
			}})
			if _, err := api.Authorize(t.Context(), operation("t")); !errors.Is(err, want) {
				t.Errorf("after %v: got %v, want %v", takes, err, want)
			}
		})
	}
}

func TestOnlyTokensOfTheRightFormReachTheFunction(t *testing.T) {
	api := newAppSync(t, authorizertest.AppSyncConfig{Authorizer: says(`{"isAuthorized":true}`), IdentityValidationExpression: `^custom-`})
	if _, err := api.Authorize(t.Context(), operation("other")); !errors.Is(err, authorizertest.ErrUnauthorized) || api.Calls() != 0 {
		t.Errorf("got %v after %d calls", err, api.Calls())
	}
	if _, err := api.Authorize(t.Context(), operation("custom-1")); err != nil || api.Calls() != 1 {
		t.Errorf("got %v after %d calls", err, api.Calls())
	}
}

func TestAnAppSyncIsNotMadeOfWhatAWSRefuses(t *testing.T) {
	for want, cfg := range map[string]authorizertest.AppSyncConfig{
		"AppSyncConfig.Authorizer":     {},
		"TTL is 1h0m1s":                {Authorizer: says("{}"), TTL: time.Hour + time.Second},
		"TTL is -1s":                   {Authorizer: says("{}"), TTL: -time.Second},
		"TTL is 1.5s":                  {Authorizer: says("{}"), TTL: 1500 * time.Millisecond},
		"IdentityValidationExpression": {Authorizer: says("{}"), IdentityValidationExpression: "("},
	} {
		if api, err := authorizertest.NewAppSync(cfg); err == nil || !strings.Contains(err.Error(), want) || api != nil {
			t.Errorf("got %v, want an error with %q", err, want)
		}
	}
	variables := authorizertest.Operation{Header: http.Header{"Authorization": {"t"}}, Variables: map[string]any{"f": func() {}}}
	var unwritable *json.UnsupportedTypeError
	if _, err := newAppSync(t, authorizertest.AppSyncConfig{Authorizer: says("{}")}).Authorize(t.Context(), variables); !errors.As(err, &unwritable) {
		t.Errorf("variables that are no JSON: %v", err)
	}
}
