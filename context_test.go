package authorizer_test

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// answerWith returns the answer's context for the values of the policy and of
// Config.Context, nil meaning the default.
func answerWith(t *testing.T, event string, own map[string]any, values map[string]any) (map[string]any, error) {
	t.Helper()
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
			response, err := authorizer.AllowStage(context.Background(), r, t)
			if err == nil {
				response.Context = own
			}
			return response, err
		}
		if values != nil {
			c.Context = func(context.Context, *authorizer.Request, *verifier.Token) (map[string]any, error) {
				return values, nil
			}
		}
	})
	answer, err := decide(context.Background(), a, golden(t, event))
	if err != nil {
		return nil, err
	}
	return answer.Context, nil
}

func TestTheDefaultContextIsEveryScalarClaim(t *testing.T) {
	for name := range kinds {
		got, err := answerWith(t, name, nil, nil)
		want := map[string]any{
			"sub": "user-1", "scope": "orders:read", "admin": true,
			"level": json.Number("9007199254740993"), "rate": json.Number("1.5"),
		}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, want)
		}
	}
}

func TestClaimsCannotStandInForWhatAPIGatewaySets(t *testing.T) {
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) {
			return verifier.TrustClaims([]byte(`{"sub":"user-1","principalId":"root","integrationLatency":1,"":"x"}`))
		})
	})
	answer, err := decide(context.Background(), a, golden(t, "rest_token"))
	if err != nil {
		t.Fatal(err)
	}
	if got := answer.Context; !reflect.DeepEqual(got, map[string]any{"sub": "user-1"}) {
		t.Errorf("got %v", got)
	}
}

func TestThePolicysContextWins(t *testing.T) {
	own := map[string]any{"sub": "other", "tenant": "acme", "admin": nil}
	values := map[string]any{"sub": "user-1", "admin": true, "level": nil, "kept": 1}
	got, err := answerWith(t, "rest_token", own, values)
	if want := (map[string]any{"sub": "other", "tenant": "acme", "kept": 1}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v; want %v", got, err, want)
	}
	if len(own) != 3 || len(values) != 4 {
		t.Errorf("the user's own maps were changed: %v, %v", own, values)
	}
}

type level int

func TestContextValues(t *testing.T) {
	for _, test := range []struct {
		name       string
		value      any
		rest, http bool // whether either kind of API takes it
	}{
		{"a string", "x", true, true},
		{"a boolean", true, true, true},
		{"an integer", 7, true, true},
		{"a float", 1.5, true, true},
		{"a number of the user's type", level(7), true, true},
		{"a json.Number", json.Number("1"), true, true},
		{"a json.Number that is none", json.Number("x"), false, false},
		{"a list", []string{"a"}, false, true},
		{"a map", map[string]any{"a": 1}, false, true},
		{"a struct", struct{}{}, false, true},
		{"NaN", math.NaN(), false, false},
		{"infinity", math.Inf(1), false, false},
		{"a channel", make(chan int), false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			for event, want := range map[string]bool{"rest_token": test.rest, "rest_request": test.rest, "websocket": test.rest, "http_1": test.http, "http_2": test.http} {
				for _, fromPolicy := range []bool{true, false} {
					own, values := map[string]any{"name": test.value}, map[string]any{}
					if !fromPolicy {
						own, values = nil, own
					}
					got, err := answerWith(t, event, own, values)
					if (err == nil) != want || want && !reflect.DeepEqual(got["name"], test.value) {
						t.Errorf("%s: got %v, %v; want %v", event, got, err, want)
					}
				}
			}
		})
	}
	for _, name := range []string{"principalId", "integrationLatency", ""} {
		if got, err := answerWith(t, "http_2", nil, map[string]any{name: "x"}); err == nil {
			t.Errorf("%q: got %v", name, got)
		}
	}
}

type user struct {
	Subject string      `json:"sub"`
	Admin   bool        `json:"admin"`
	Level   int64       `json:"level"`
	Small   uint8       `json:"small,omitempty"`
	Rate    float64     `json:"rate"`
	Exact   json.Number `json:"exact"`
	Maybe   *string     `json:"maybe"`
	Count   *int        `json:"count"`
	Plain   string
	Hidden  string `json:"-"`
	private string
}

func TestFromContextReadsWhatEachKindOfAPIMakesOfTheValues(t *testing.T) {
	maybe, count := "", 3
	want := user{"user-1", true, 9007199254740993, 255, 1.5, "12345678901234567890", &maybe, &count, "p", "", ""}
	for name, context := range map[string]map[string]any{
		"REST, all strings": {
			"sub": "user-1", "admin": "true", "level": "9007199254740993", "small": "255", "rate": "1.5", "exact": "12345678901234567890",
			"maybe": "", "count": "3", "Plain": "p", "Hidden": "x", "-": "x", "private": "x", "principalId": "user-1", "integrationLatency": 12.0,
		},
		"HTTP, decoded with UseNumber": {
			"sub": "user-1", "admin": true, "level": json.Number("9007199254740993"), "small": json.Number("255"), "rate": json.Number("1.5"),
			"exact": json.Number("12345678901234567890"), "maybe": "", "count": json.Number("3"), "Plain": "p",
		},
	} {
		got, err := authorizer.FromContext[user](context)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v, %v\nwant %+v", name, got, err, want)
		}
	}
	got, err := authorizer.FromContext[user](map[string]any{"level": 7.0, "rate": 1e300, "SUB": "x", "Sub": "x", "maybe": nil})
	if err != nil || !reflect.DeepEqual(got, user{Level: 7, Rate: 1e300}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := authorizer.FromContext[user](nil); err != nil || !reflect.DeepEqual(got, user{}) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestFromContextNamesTheFieldThatAValueDoesNotFit(t *testing.T) {
	for name, value := range map[string]any{
		"admin": "yes", "level": "1.5", "small": "256", "rate": "NaN", "exact": "0x10", "count": "x", "sub": []any{"a"},
	} {
		got, err := authorizer.FromContext[user](map[string]any{name: value})
		if err == nil || !strings.Contains(err.Error(), `"`+name+`"`) || !reflect.DeepEqual(got, user{}) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	for _, value := range []any{"", " 1", "+1", "1_000", "1e1", "0x1", "9223372036854775808", true, math.Pow(2, 53), map[string]any{}} {
		if got, err := authorizer.FromContext[user](map[string]any{"level": value}); err == nil {
			t.Errorf("level %v: got %+v", value, got)
		}
	}
	if _, err := authorizer.FromContext[user](map[string]any{"level": "hunter2"}); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error shows the value: %v", err)
	}
	if _, err := authorizer.FromContext[int](nil); err == nil {
		t.Error("an int was filled")
	}
}
