package verifier_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/verifier"
)

// laxly reads a token with golang-jwt's parser under the same rules.
func laxly(token string) (jwt.MapClaims, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) {
		return []byte(strings.Repeat("0123456789abcdef", 4)), nil
	}, jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer(issuer), jwt.WithAudience(audience),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(clock), jwt.WithJSONNumber())
	return claims, err
}

// checkVerdict holds the verdict on a token against golang-jwt's: whatever passes
// here must pass there, with the same claims, because it is the laxer reader.
func checkVerdict(t *testing.T, v verifier.Verifier, token string) {
	got, err := v.Verify(context.Background(), token)
	if err != nil {
		if got != nil || !errors.Is(err, verifier.ErrInvalidToken) || verifier.ReasonOf(err) == "" {
			t.Fatalf("got %v, %v", got, err)
		}
		return
	}
	want, err := laxly(token)
	// golang-jwt cuts dates to whole seconds, and so refuses one that is at most
	// a second away.
	if err != nil && got.ExpiresAt.Nanosecond() == 0 {
		t.Fatalf("accepted what golang-jwt refuses: %v", err)
	}
	claims := jwt.MapClaims{}
	if e := got.Claims(&claims); e != nil {
		t.Fatal(e)
	}
	if err == nil && !reflect.DeepEqual(claims, want) {
		t.Fatalf("got claims %v, want %v", claims, want)
	}
	if again, e := verifier.TrustClaims(mustMarshal(t, claims)); e != nil || again.Subject != got.Subject || again.Issuer != issuer {
		t.Fatalf("the claims do not survive a round: %v, %v", again, e)
	}
	if !clock().Before(got.ExpiresAt) || got.NotBefore.After(clock()) || got.IssuedAt.After(clock()) {
		t.Fatalf("accepted out of time: %v %v %v", got.NotBefore, got.IssuedAt, got.ExpiresAt)
	}
}

func mustMarshal(t *testing.T, v any) []byte {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzToken feeds whole tokens. Nothing that the fuzzer writes itself can pass but
// the one token that is signed, in its one encoding.
func FuzzToken(f *testing.F) {
	key := secret(f, "", "HS256")
	v := newVerifier(f, key, func(c *verifier.Config) { c.Leeway = -1 })
	valid := forge(f, key, header(key), good)
	for _, seed := range []string{
		valid, valid + "\n", valid + ".a", valid[:len(valid)-1], "..", "a.b.c", "{}", "", strings.ToUpper(valid),
		encode(`{"alg":"none"}`) + "." + encode(good) + ".", "Bearer " + valid,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		checkVerdict(t, v, token)
		if got, err := v.Verify(context.Background(), token); err == nil && token != valid {
			t.Fatalf("accepted another encoding: %v", got)
		}
	})
}

// FuzzSigned feeds headers and payloads that the right key has signed.
func FuzzSigned(f *testing.F) {
	key := secret(f, "", "HS256")
	v := newVerifier(f, key, func(c *verifier.Config) { c.Leeway = -1 })
	for _, seed := range [][2]string{
		{header(key), good},
		{`{"alg":"HS256","crit":["exp"]}`, good},
		{`{"alg":"HS256","alg":"none"}`, good},
		{`{"alg":"HS256","b64":false,"x":[1,{"a":null}]}`, good},
		{`{"alg":"HS256"}`, strings.Replace(good, `"exp"`, `"EXP"`, 1)},
		{`{"alg":"HS256"}`, strings.Replace(good, "1700000060", "1e400", 1)},
		{`{"alg":"HS256"}`, strings.Replace(good, `"orders"`, `["orders","\u00e9"]`, 1)},
		{`{"alg":"HS256"}`, strings.TrimSuffix(good, "}") + `,"nbf":1.6e9,"x":{"y":[1,2,{"z":"\ud83d\ude00"}]}}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, header, payload string) {
		checkVerdict(t, v, forge(t, key, header, payload))
	})
}
