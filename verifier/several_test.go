package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/verifier"
)

func TestByIssuerSendsATokenToItsIssuersVerifierOnly(t *testing.T) {
	a, b := secret(t, "", "HS256"), secret(t, "", "HS512")
	goodOf := func(issuer string) string { return strings.Replace(good, "https://login.example.com", issuer, 1) }
	v, err := verifier.ByIssuer(map[string]verifier.Verifier{
		"a": newVerifier(t, a, func(c *verifier.Config) { c.Issuer = "a" }),
		"b": newVerifier(t, b, func(c *verifier.Config) { c.Issuer = "b"; c.MaxTokenSize = 40_000 }),
		"c": newVerifier(t, a, func(c *verifier.Config) { c.Issuer, c.SkipIssuerCheck = "", true }),
	})
	if err != nil {
		t.Fatal(err)
	}
	for issuer, key := range map[string]algorithmKey{"a": a, "b": b, "c": a} {
		if got, err := v.Verify(context.Background(), forge(t, key, header(key), goodOf(issuer))); err != nil || got.Issuer != issuer {
			t.Errorf("issuer %s: got %v, %v", issuer, got, err)
		}
	}
	long := strings.TrimSuffix(goodOf("b"), "}") + `,"x":"` + strings.Repeat("x", 20_000) + `"}`
	if _, err := v.Verify(context.Background(), forge(t, b, header(b), long)); err != nil {
		t.Errorf("a token within its verifier's limit: %v", err)
	}
	wantRefused(t, v, forge(t, a, header(a), strings.Replace(long, `"b"`, `"a"`, 1)), verifier.TooLarge)
	wantRefused(t, v, strings.Repeat("A", 50_000), verifier.TooLarge)
	wantRefused(t, v, "abc", verifier.Malformed)
	wantRefused(t, v, forge(t, b, `{"alg":"HS256"}`, goodOf("a")), verifier.WrongSignature)
	wantRefused(t, v, forge(t, a, header(a), goodOf("d")), verifier.Unproven)
	wantRefused(t, v, forge(t, a, header(a), `{"exp":2e9}`), verifier.Unproven)
	wantRefused(t, v, forge(t, a, header(a), `{"iss":"a","iss":"b"}`), verifier.Unproven)
	wantRefused(t, v, forge(t, a, header(a), `{"ISS":"a"}`), verifier.Unproven)
}

// verifierFunc is a user's own Verifier.
type verifierFunc func(context.Context, string) (*verifier.Token, error)

func (f verifierFunc) Verify(ctx context.Context, token string) (*verifier.Token, error) {
	return f(ctx, token)
}

func TestByIssuerTrustsNoVerifierThatAnswersWithAnotherIssuersToken(t *testing.T) {
	for name, answer := range map[string]*verifier.Token{"another issuer": {Issuer: "b"}, "no token": nil} {
		v, err := verifier.ByIssuer(map[string]verifier.Verifier{
			"a": verifierFunc(func(context.Context, string) (*verifier.Token, error) { return answer, nil }),
		})
		if err != nil {
			t.Fatal(err)
		}
		key := secret(t, "", "HS256")
		got, err := v.Verify(context.Background(), forge(t, key, header(key), `{"iss":"a"}`))
		if got != nil || err == nil || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

func TestByIssuerNeedsNamesAndVerifiers(t *testing.T) {
	v := newVerifier(t, secret(t, "", "HS256"), nil)
	for name, verifiers := range map[string]map[string]verifier.Verifier{
		"none": nil, "no name": {"": v}, "no verifier": {"a": nil},
	} {
		if got, err := verifier.ByIssuer(verifiers); got != nil || err == nil {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// counting counts how often a verifier is asked.
type counting struct {
	verifier.Verifier
	mu    sync.Mutex
	asked int
}

func (c *counting) Verify(ctx context.Context, token string) (*verifier.Token, error) {
	c.mu.Lock()
	c.asked++
	c.mu.Unlock()
	return c.Verifier.Verify(ctx, token)
}

func TestCachedAsksOnceForATokenUntilItExpires(t *testing.T) {
	key := secret(t, "", "HS256")
	clock := time.Unix(now, 0)
	inner := &counting{Verifier: newVerifier(t, key, func(c *verifier.Config) { c.Now = func() time.Time { return clock } })}
	v := verifier.Cached(inner, 10)
	token := forge(t, key, header(key), good)
	for range 3 {
		if got, err := v.Verify(context.Background(), token); err != nil || got.Subject != "user-1" {
			t.Fatal(got, err)
		}
	}
	if inner.asked != 1 {
		t.Errorf("asked %d times", inner.asked)
	}
	clock = time.Unix(now+59, 999_999_999)
	if _, err := v.Verify(context.Background(), token); err != nil || inner.asked != 1 {
		t.Errorf("got %v after asking %d times", err, inner.asked)
	}
	clock = time.Unix(now+60, 0)
	wantRefused(t, v, token, verifier.Expired)
	if inner.asked != 2 {
		t.Errorf("asked %d times", inner.asked)
	}
}

func TestCachedForgetsATokenThatHasBecomeTooOld(t *testing.T) {
	key := secret(t, "", "HS256")
	clock := time.Unix(now, 0)
	v := verifier.Cached(newVerifier(t, key, func(c *verifier.Config) {
		c.Now, c.MaxTokenAge, c.Leeway = func() time.Time { return clock }, 10*time.Second, time.Second
	}), 10)
	token := forge(t, key, header(key), good)
	clock = time.Unix(now+10, 0)
	if _, err := v.Verify(context.Background(), token); err != nil {
		t.Fatal(err)
	}
	clock = time.Unix(now+11, 0)
	wantRefused(t, v, token, verifier.TooOld)
}

func TestCachedRemembersNoRefusalNoOutageAndNoEndlessToken(t *testing.T) {
	key := secret(t, "", "HS256")
	endless := `{"iss":"https://login.example.com","aud":"orders"}`
	s := &source{key: key}
	inner := &counting{Verifier: newVerifier(t, s, func(c *verifier.Config) { c.AllowMissingExpiry = true })}
	v := verifier.Cached(inner, 10)
	for _, token := range []string{
		forge(t, key, header(key), endless),
		forge(t, key, header(key), `{"exp":1}`),
		"abc",
		strings.Repeat("A", 20_000),
	} {
		before := inner.asked
		for range 2 {
			_, _ = v.Verify(context.Background(), token)
		}
		if inner.asked != before+2 {
			t.Errorf("asked %d times for %.20s", inner.asked-before, token)
		}
	}
	s.err = errors.New("throttled")
	token := forge(t, key, header(key), good)
	if got, err := v.Verify(context.Background(), token); got != nil || !errors.Is(err, s.err) {
		t.Errorf("got %v, %v", got, err)
	}
	s.err = nil
	if got, err := v.Verify(context.Background(), token); err != nil {
		t.Errorf("after the outage: got %v, %v", got, err)
	}
}

func TestCachedKeepsTheMostRecentlyUsed(t *testing.T) {
	key := secret(t, "", "HS256")
	inner := &counting{Verifier: newVerifier(t, key, nil)}
	v := verifier.Cached(inner, 2)
	token := func(n int) string {
		return forge(t, key, header(key), strings.Replace(good, "user-1", fmt.Sprint("user-", n), 1))
	}
	for _, n := range []int{1, 2, 1, 3, 1, 3} { // 3 puts out 2
		if got, err := v.Verify(context.Background(), token(n)); err != nil || got.Subject != fmt.Sprint("user-", n) {
			t.Fatal(got, err)
		}
	}
	if inner.asked != 3 {
		t.Errorf("asked %d times for three tokens", inner.asked)
	}
	if _, err := v.Verify(context.Background(), token(2)); err != nil || inner.asked != 4 {
		t.Errorf("got %v after asking %d times", err, inner.asked)
	}
}

func TestWhatACallerDoesToATokenReachesNobodyElse(t *testing.T) {
	key := secret(t, "", "HS256")
	v := verifier.Cached(newVerifier(t, key, nil), 1)
	token := forge(t, key, `{"alg":"HS256","x":"y"}`, strings.Replace(good, `"orders"`, `["orders"]`, 1))
	for range 3 {
		got, err := v.Verify(context.Background(), token)
		if err != nil || got.Subject != "user-1" || got.Audience[0] != audience || string(got.Header.Params["x"]) != `"y"` {
			t.Fatal(got, err)
		}
		got.Subject, got.Audience[0] = "admin", "changed"
		copy(got.Header.Params["x"], `"z"`)
		got.Header.Params["new"] = nil
	}
}

func TestCachedOfNoSizeIsTheVerifierItself(t *testing.T) {
	inner := newVerifier(t, secret(t, "", "HS256"), nil)
	if v := verifier.Cached(inner, 0); v != verifier.Verifier(inner) {
		t.Errorf("got %v", v)
	}
}

func TestCachedTokensOfAUsersOwnVerifierEndByTheRealClock(t *testing.T) {
	answers := map[string]*verifier.Token{"no times": {Subject: "x"}}
	for name, claims := range map[string]string{"past": `{"exp":1}`, "future": `{"exp":253402300799}`} {
		token, err := verifier.TrustClaims([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		answers[name] = token
	}
	inner := &counting{Verifier: verifierFunc(func(_ context.Context, token string) (*verifier.Token, error) { return answers[token], nil })}
	v := verifier.Cached(inner, 10)
	for name, want := range map[string]int{"no times": 2, "past": 2, "future": 1, "nobody": 2} {
		inner.asked = 0
		for range 2 {
			if _, err := v.Verify(context.Background(), name); err != nil {
				t.Error(err)
			}
		}
		if inner.asked != want {
			t.Errorf("%s: asked %d times, want %d", name, inner.asked, want)
		}
	}
}

func TestVerifiersAreSafeForConcurrentUse(t *testing.T) {
	key := secret(t, "", "HS256")
	byIssuer, err := verifier.ByIssuer(map[string]verifier.Verifier{issuer: verifier.Cached(newVerifier(t, key, nil), 3)})
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for n := range 8 {
		token := forge(t, key, header(key), strings.Replace(good, "user-1", fmt.Sprint("user-", n), 1))
		wait.Go(func() {
			for range 50 {
				if got, err := byIssuer.Verify(context.Background(), token); err != nil || got.Subject != fmt.Sprint("user-", n) {
					t.Error(got, err)
				}
			}
		})
	}
	wait.Wait()
}
