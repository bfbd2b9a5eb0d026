package authorizer_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"reflect"
	"slices"
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

// FromContext looks into EncodedClaims: a claim of that name must not speak for others.
func TestAClaimCannotStandInForEncodedClaims(t *testing.T) {
	type caller struct {
		Subject string   `json:"sub"`
		Roles   []string `json:"roles,omitempty"`
	}
	forged := base64.RawURLEncoding.EncodeToString([]byte(`{"roles":["admin"]}`))
	claims := `{"sub":"user-1","roles":["guest"],"` + authorizer.EncodedClaims + `":"` + forged + `"}`
	for name := range kinds {
		for _, values := range []authorizer.ContextFunc{nil, authorizer.ScalarClaims, authorizer.Claims("sub", authorizer.EncodedClaims), authorizer.Claims("sub", "roles", authorizer.EncodedClaims)} {
			a := newAuthorizer(t, func(c *authorizer.Config) {
				c.Context = values
				c.Verifier = verifierFunc(func(_ context.Context, _ string) (*verifier.Token, error) {
					return verifier.TrustClaims([]byte(claims))
				})
			})
			answer, err := decide(t.Context(), a, golden(t, name))
			if err != nil {
				t.Fatal(err)
			}
			got, err := authorizer.FromContext[caller](answer.Context)
			if err != nil || slices.Contains(got.Roles, "admin") || got.Subject != "user-1" {
				t.Errorf("%s: got %+v, %v of %v", name, got, err, answer.Context)
			}
		}
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

// A claim of 10 KB must not turn into a 500 for whoever has it.
func TestClaimsThatDoNotFitAreLeftOutTheLongestFirst(t *testing.T) {
	claims, _ := json.Marshal(map[string]string{"sub": "user-1", "picture": strings.Repeat("p", 10_000), "notes": strings.Repeat("n", 5000), "more": strings.Repeat("m", 4000), "tenant": "acme"})
	var got authorizer.Outcome
	var logged strings.Builder
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return verifier.TrustClaims(claims) })
		c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
		c.Logger = slog.New(slog.NewTextHandler(&logged, nil))
	})
	answer, err := decide(context.Background(), a, golden(t, "rest_token"))
	if err != nil {
		t.Fatal(err)
	}
	if names := slices.Sorted(maps.Keys(answer.Context)); !slices.Equal(names, []string{"more", "sub", "tenant"}) {
		t.Errorf("handed over: %v", names)
	}
	if !slices.Equal(got.LeftOut, []string{"picture", "notes"}) || got.Decision != authorizer.Allowed || !strings.Contains(logged.String(), `left_out="[picture notes]"`) {
		t.Errorf("outcome %+v, log %s", got, logged.String())
	}
	// Who names the claims needs them.
	a = newAuthorizer(t, func(c *authorizer.Config) {
		c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return verifier.TrustClaims(claims) })
		c.Context = authorizer.Claims("sub", "picture")
	})
	if _, err := decide(context.Background(), a, golden(t, "rest_token")); err == nil || err.Error() != "Unauthorized" || verifier.ReasonOf(err) != verifier.ContextTooLarge {
		t.Errorf("got %v, %s", err, verifier.ReasonOf(err))
	}
	// A policy that is too large by itself is nobody's claims.
	a = newAuthorizer(t, func(c *authorizer.Config) {
		c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
			answer, err := policy.New(t.Subject, r.ARN).AllowAllMethods().Build()
			answer.PrincipalID = strings.Repeat("x", 9000)
			return answer, err
		}
	})
	if _, err := decide(context.Background(), a, golden(t, "rest_token")); err == nil || errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("got %v", err)
	}
}

// OpenID Connect Core section 2 lets sub have 255 characters.
func TestASubjectThatDoesNotFitIsTheTokensFault(t *testing.T) {
	routes, err := policy.NewRoutes(policy.Route{Key: "GET /orders", AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	table, err := policy.NewTable(policy.Route{Key: "GET /orders", AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	claims := []byte(`{"sub":"` + strings.Repeat("x", 9000) + `"}`)
	for name, decideBy := range map[string]authorizer.PolicyFunc{"AllowStage": authorizer.AllowStage, "ByScope": authorizer.ByScope(routes), "ByRoute": authorizer.ByRoute(table)} {
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Policy = decideBy
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return verifier.TrustClaims(claims) })
		})
		_, err := decide(context.Background(), a, golden(t, "rest_request"))
		if err == nil || err.Error() != "Unauthorized" || verifier.ReasonOf(err) != verifier.ContextTooLarge {
			t.Errorf("%s: got %v, %s", name, err, verifier.ReasonOf(err))
		}
	}
}

func TestClaimsHandsOverWhatIsNamed(t *testing.T) {
	type caller struct {
		Subject string         `json:"sub"`
		Level   int64          `json:"level"`
		Roles   []string       `json:"roles"`
		Extra   map[string]int `json:"extra"`
		Nothing *string        `json:"nothing"`
		Missing *string        `json:"missing"`
	}
	want := caller{Subject: "user-1", Level: 9007199254740993, Roles: []string{"a"}, Extra: map[string]int{"x": 1}}
	for name := range kinds {
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Context = authorizer.Claims("sub", "level", "roles", "extra", "nothing", "missing")
		})
		answer, err := decide(context.Background(), a, golden(t, name))
		if err != nil {
			t.Fatal(err)
		}
		_, encoded := answer.Context[authorizer.EncodedClaims]
		if wants := !strings.HasPrefix(name, "http"); encoded != wants || answer.Context["admin"] != nil {
			t.Errorf("%s: %v", name, answer.Context)
		}
		// The function behind gets it as JSON, and on REST APIs as strings.
		text, _ := json.Marshal(answer.Context)
		var context map[string]any
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&context); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(name, "http") {
			for name, value := range context {
				context[name] = fmt.Sprint(value)
			}
		}
		got, err := authorizer.FromContext[caller](context)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
}

func TestClaimsKeepsItsNamesAndNeedsAToken(t *testing.T) {
	token, err := verifier.TrustClaims([]byte(goodClaims))
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"sub"}
	values := authorizer.Claims(names...)
	names[0] = "scope"
	if got, err := values(context.Background(), nil, token); err != nil || !reflect.DeepEqual(got, map[string]any{"sub": "user-1"}) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := values(context.Background(), nil, nil); got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("without a token: got %v, %v", got, err)
	}
}

// What an API takes goes as it is, and only the rest is encoded.
func TestClaimsEncodesOnlyWhatAnAPIDoesNotTake(t *testing.T) {
	token, err := verifier.TrustClaims([]byte(goodClaims))
	if err != nil {
		t.Fatal(err)
	}
	encoded := base64.RawURLEncoding.EncodeToString([]byte(`{"roles":["a"]}`))
	for name, test := range map[string]struct {
		request *authorizer.Request
		claims  []string
		want    map[string]any
	}{
		"scalars for REST":        {rest(t, `"x":1`), []string{"sub", "admin", "level"}, map[string]any{"sub": "user-1", "admin": true, "level": json.Number("9007199254740993")}},
		"one list for REST":       {rest(t, `"x":1`), []string{"roles"}, map[string]any{authorizer.EncodedClaims: encoded}},
		"one list for HTTP":       {request(t, nil), []string{"roles"}, map[string]any{"roles": []any{"a"}}},
		"one list for nobody":     {nil, []string{"roles"}, map[string]any{authorizer.EncodedClaims: encoded}},
		"what the token lacks":    {rest(t, `"x":1`), []string{"none", "nothing"}, map[string]any{}},
		"nothing":                 {rest(t, `"x":1`), nil, map[string]any{}},
		"scalars beside the list": {rest(t, `"x":1`), []string{"roles", "sub"}, map[string]any{"sub": "user-1", authorizer.EncodedClaims: encoded}},
	} {
		got, err := authorizer.Claims(test.claims...)(context.Background(), test.request, token)
		if err != nil || !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v, %v, want %v", name, got, err, test.want)
		}
	}
}

// Types of a test's own, of every kind.
type (
	ownString  string
	ownBool    bool
	ownFloat32 float32
	ownFloat64 float64
	ownInt     int
	ownInt8    int8
	ownInt16   int16
	ownInt32   int32
	ownInt64   int64
	ownUint    uint
	ownUint8   uint8
	ownUint16  uint16
	ownUint32  uint32
	ownUint64  uint64
)

func TestValuesOfEveryScalarKindGoToRESTAPIsAndNoOthers(t *testing.T) {
	text := "x"
	for _, test := range []struct {
		value any
		want  bool
	}{
		{ownString("x"), true}, {ownBool(true), true}, {ownFloat32(1), true}, {ownFloat64(1), true}, {ownInt(1), true}, {ownInt8(1), true}, {ownInt16(1), true},
		{ownInt32(1), true}, {ownInt64(1), true}, {ownUint(1), true}, {ownUint8(1), true}, {ownUint16(1), true}, {ownUint32(1), true}, {ownUint64(1), true},
		{&text, false}, {[1]int{}, false}, {[]int{}, false}, {struct{}{}, false}, {map[string]int{}, false}, {complex(1, 1), false}, {complex64(1), false}, {uintptr(1), false},
	} {
		got, err := answerWith(t, "rest_request", nil, map[string]any{"name": test.value})
		if (err == nil) != test.want || test.want && got["name"] != test.value {
			t.Errorf("%T: got %v, %v", test.value, got, err)
		}
	}
}

func TestTheErrorOfAContextNamesTheValue(t *testing.T) {
	bad := map[string]any{"name": []string{"hunter2"}}
	good := map[string]any{}
	for i := range 50 {
		good[fmt.Sprint("good", i)], bad[fmt.Sprint("good", i)] = i, i
	}
	for name, test := range map[string]struct{ own, values map[string]any }{
		"the policy's": {bad, good}, "the policy's, and no other": {bad, map[string]any{}}, "Config.Context's": {nil, bad}, "both's": {bad, bad},
	} {
		for range 5 {
			got, err := answerWith(t, "rest_request", test.own, test.values)
			if got != nil || err == nil || !strings.Contains(err.Error(), `the context value "name" is a []string`) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: got %v, %v", name, got, err)
			}
		}
	}
}

func TestNilValuesAreLeftOut(t *testing.T) {
	for name, test := range map[string]struct{ own, values map[string]any }{
		"the policy's": {map[string]any{"a": nil, "b": 1}, map[string]any{}}, "Config.Context's": {nil, map[string]any{"a": nil, "b": 1}},
	} {
		got, err := answerWith(t, "http_2", test.own, test.values)
		if err != nil || !reflect.DeepEqual(got, map[string]any{"b": 1}) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// The claims that are left out are as few as can be, down to the byte.
func TestNoMoreClaimsAreLeftOutThanMustBe(t *testing.T) {
	leftOut := func(size int) []string {
		claims, _ := json.Marshal(map[string]string{"sub": "user-1", "long": strings.Repeat("l", size), "longer": strings.Repeat("m", size)})
		var got authorizer.Outcome
		a := newAuthorizer(t, func(c *authorizer.Config) {
			c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return verifier.TrustClaims(claims) })
			c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
		})
		answer := invoke(t, a, golden(t, "rest_token"))
		if len(answer) > policy.MaxResponse {
			t.Errorf("an answer of %d bytes", len(answer))
		}
		if whole := len(answer) + len(`,"long":""`) + size; len(got.LeftOut) > 0 && whole <= policy.MaxResponse {
			t.Errorf("%v left out of an answer of %d bytes", got.LeftOut, whole)
		}
		return got.LeftOut
	}
	for size := 3800; size < 4000; size++ {
		if got := leftOut(size); len(got) > 0 && !slices.Equal(got, []string{"long"}) { // of one length, the first name
			t.Errorf("size %d: left out %v", size, got)
		}
	}
	if got := leftOut(100); got != nil {
		t.Errorf("left out %v", got)
	}
}

// What the policy puts into the context stays, and is nobody's claim.
func TestOnlyClaimsAreLeftOut(t *testing.T) {
	var got authorizer.Outcome
	a := newAuthorizer(t, func(c *authorizer.Config) {
		c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) {
			return verifier.TrustClaims([]byte(`{"sub":"user-1","long":"` + strings.Repeat("l", 4000) + `"}`))
		})
		c.Policy = func(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
			return policy.New(t.Subject, r.ARN).AllowAllMethods().Context("own", strings.Repeat("o", 5000)).Build()
		}
		c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
	})
	answer, err := decide(context.Background(), a, golden(t, "http_2"))
	if err != nil || !slices.Equal(got.LeftOut, []string{"long"}) || len(fmt.Sprint(answer.Context["own"])) != 5000 || answer.Context["sub"] != "user-1" {
		t.Errorf("got %v, %v, left out %v", answer, err, got.LeftOut)
	}
}
