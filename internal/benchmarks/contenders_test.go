package benchmarks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/internal/benchmarks"
	"github.com/lambdajwt/authorizer/policy"
)

func TestEveryContenderAcceptsTheTokenThatIsMeasured(t *testing.T) {
	for _, algorithm := range benchmarks.Algorithms() {
		key, token := keyAndToken(t, algorithm)
		for _, c := range contenders(t, key) {
			t.Run(algorithm+"/"+c.Name(), func(t *testing.T) {
				if err := prepare(t, c, token)(); err != nil {
					t.Errorf("refused: %v", err)
				}
			})
		}
	}
}

func TestEveryContenderRefusesAFlippedSignature(t *testing.T) {
	for _, algorithm := range benchmarks.Algorithms() {
		key, token := keyAndToken(t, algorithm)
		for _, c := range contenders(t, key) {
			t.Run(algorithm+"/"+c.Name(), func(t *testing.T) {
				if err := prepare(t, c, flipSignature(token))(); err == nil {
					t.Error("accepted")
				}
			})
		}
	}
}

func TestEveryContenderRefusesATokenOfAnotherKey(t *testing.T) {
	for _, algorithm := range benchmarks.Algorithms() {
		key, _ := keyAndToken(t, algorithm)
		_, foreign := keyAndToken(t, algorithm)
		for _, c := range contenders(t, key) {
			t.Run(algorithm+"/"+c.Name(), func(t *testing.T) {
				if err := prepare(t, c, foreign)(); err == nil {
					t.Error("accepted")
				}
			})
		}
	}
}

func TestEveryLibraryRefusesTheSameClaims(t *testing.T) {
	soon := time.Now().Add(10 * time.Minute).Unix()
	for _, test := range []struct {
		name   string
		change func(jwt.MapClaims)
	}{
		{"another issuer", func(c jwt.MapClaims) { c["iss"] = "https://elsewhere.example.com" }},
		{"no issuer", func(c jwt.MapClaims) { delete(c, "iss") }},
		{"another audience", func(c jwt.MapClaims) { c["aud"] = "invoices" }},
		{"no audience", func(c jwt.MapClaims) { delete(c, "aud") }},
		{"expired", func(c jwt.MapClaims) { c["exp"] = time.Now().Add(-10 * time.Minute).Unix() }},
		{"no expiry", func(c jwt.MapClaims) { delete(c, "exp") }},
		{"not valid yet", func(c jwt.MapClaims) { c["nbf"] = soon }},
		{"issued in the future", func(c jwt.MapClaims) { c["iat"] = soon }},
	} {
		for _, algorithm := range benchmarks.Algorithms() {
			key := newKey(t, algorithm)
			claims := benchmarks.Claims()
			test.change(claims)
			token := sign(t, key, claims)
			for _, c := range contenders(t, key) {
				if c.Library == benchmarks.Raw {
					continue
				}
				t.Run(test.name+"/"+algorithm+"/"+c.Name(), func(t *testing.T) {
					if err := prepare(t, c, token)(); err == nil {
						t.Error("accepted")
					}
				})
			}
		}
	}
}

func TestEveryLibraryRefusesAnotherAlgorithmOfTheSameKey(t *testing.T) {
	key := newKey(t, "HS256")
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS512, benchmarks.Claims()).SignedString(key.Public)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range contenders(t, key) {
		if c.Library == benchmarks.Raw {
			continue
		}
		t.Run(c.Name(), func(t *testing.T) {
			if err := prepare(t, c, token)(); err == nil {
				t.Error("accepted")
			}
		})
	}
}

func TestACachedVerifierAcceptsTheTokenAgain(t *testing.T) {
	hit := cachedHit(t)
	for range 3 {
		if err := hit(); err != nil {
			t.Fatalf("refused: %v", err)
		}
	}
}

func TestTheEventIsAnsweredWithAPolicyForTheStage(t *testing.T) {
	key, token := keyAndToken(t, "HS256")
	answer, err := newAuthorizer(t, key).Invoke(t.Context(), event(t, token))
	if err != nil {
		t.Fatal(err)
	}
	var response policy.Response
	if err := json.Unmarshal(answer, &response); err != nil {
		t.Fatal(err)
	}
	if response.PrincipalID != "user-8f14e45f" || response.Context["scope"] != "orders:read orders:write" {
		t.Errorf("the answer is not about the token's user: %v", response)
	}
	method, err := policy.ParseARN("arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/prod/POST/orders")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := response.Evaluate(method, policy.ConditionKeys{}); got != policy.Allowed || err != nil {
		t.Errorf("another method of the stage is %v, %v", got, err)
	}
}

func TestTheEventOfAFlippedSignatureIsUnauthorized(t *testing.T) {
	key, token := keyAndToken(t, "HS256")
	a, e := newAuthorizer(t, key), event(t, flipSignature(token))
	for name, work := range map[string]func() error{"Decide": benchmarks.Decide(a, e), "Invoke": benchmarks.Invoke(a, e)} {
		if err := work(); err == nil || err.Error() != "Unauthorized" {
			t.Errorf("%s: got %v; want the error Unauthorized", name, err)
		}
	}
}

func TestEveryPartOfAnsweringTheEventSucceeds(t *testing.T) {
	for _, part := range eventParts(t) {
		if err := part.work(); err != nil {
			t.Errorf("%s: %v", part.name, err)
		}
	}
}

// flipSignature changes a bit in the middle of a token's signature, which stays
// well-formed.
func flipSignature(token string) string {
	middle := (strings.LastIndexByte(token, '.') + len(token)) / 2
	flipped := byte('A')
	if token[middle] == flipped {
		flipped = 'B'
	}
	return token[:middle] + string(flipped) + token[middle+1:]
}

func newKey(tb testing.TB, algorithm string) *benchmarks.Key {
	tb.Helper()
	key, err := benchmarks.NewKey(algorithm)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

func sign(tb testing.TB, key *benchmarks.Key, claims jwt.MapClaims) string {
	tb.Helper()
	token, err := key.Sign(claims)
	if err != nil {
		tb.Fatal(err)
	}
	return token
}

func keyAndToken(tb testing.TB, algorithm string) (*benchmarks.Key, string) {
	tb.Helper()
	key := newKey(tb, algorithm)
	return key, sign(tb, key, benchmarks.Claims())
}

func contenders(tb testing.TB, key *benchmarks.Key) []benchmarks.Contender {
	tb.Helper()
	all, err := benchmarks.Contenders(key)
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func prepare(tb testing.TB, c benchmarks.Contender, token string) func() error {
	tb.Helper()
	verify, err := c.Prepare(token)
	if err != nil {
		tb.Fatal(err)
	}
	return verify
}

func cachedHit(tb testing.TB) func() error {
	tb.Helper()
	key, token := keyAndToken(tb, "HS256")
	hit, err := benchmarks.NewCached(key, token)
	if err != nil {
		tb.Fatal(err)
	}
	return hit
}

func newAuthorizer(tb testing.TB, key *benchmarks.Key) *authorizer.Authorizer {
	tb.Helper()
	a, err := benchmarks.NewAuthorizer(key)
	if err != nil {
		tb.Fatal(err)
	}
	return a
}

func event(tb testing.TB, token string) []byte {
	tb.Helper()
	e, err := benchmarks.TokenEvent(token)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// A part is some of the work of answering an event.
type part struct {
	name string
	work func() error
}

func eventParts(tb testing.TB) []part {
	tb.Helper()
	key, token := keyAndToken(tb, "HS256")
	a, e := newAuthorizer(tb, key), event(tb, token)
	nothing, err := benchmarks.InvokeNothing(a, e)
	if err != nil {
		tb.Fatal(err)
	}
	return []part{
		{"Decide", benchmarks.Decide(a, e)},
		{"Invoke behind aws-lambda-go", benchmarks.Invoke(a, e)},
		{"nothing behind aws-lambda-go", nothing},
	}
}
