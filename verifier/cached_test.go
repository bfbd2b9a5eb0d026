package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

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
	v := cached(t, inner, verifier.CacheConfig{Size: 10})
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
	v := cached(t, newVerifier(t, key, func(c *verifier.Config) {
		c.Now, c.MaxTokenAge, c.Leeway = func() time.Time { return clock }, 10*time.Second, time.Second
	}), verifier.CacheConfig{Size: 10})
	token := forge(t, key, header(key), good)
	clock = time.Unix(now+10, 0)
	if _, err := v.Verify(context.Background(), token); err != nil {
		t.Fatal(err)
	}
	clock = time.Unix(now+11, 0)
	wantRefused(t, v, token, verifier.TooOld)
}

// The token is good until the first of exp and the end of its greatest age.
func TestCachedForgetsATokenAtTheEarlierOfItsEnds(t *testing.T) {
	key := secret(t, "", "HS256")
	const withoutExp = `{"iss":"https://login.example.com","sub":"user-1","aud":"orders","iat":1700000000}`
	for _, test := range []struct {
		name, claims string
		maxTokenAge  time.Duration
		end          int64 // seconds after now
		want         verifier.Reason
	}{
		{"exp before the greatest age", good, time.Hour, 60, verifier.Expired},
		{"the greatest age before exp", good, 10 * time.Second, 10, verifier.TooOld},
		{"both at once", good, time.Minute, 60, verifier.Expired},
		{"the greatest age without exp", withoutExp, 10 * time.Second, 10, verifier.TooOld},
	} {
		clock := time.Unix(now, 0)
		inner := &counting{Verifier: newVerifier(t, key, func(c *verifier.Config) {
			c.Now, c.MaxTokenAge, c.AllowMissingExpiry = func() time.Time { return clock }, test.maxTokenAge, true
		})}
		v := cached(t, inner, verifier.CacheConfig{Size: 10, MaxAge: 24 * time.Hour})
		token := forge(t, key, header(key), test.claims)
		for _, clock = range []time.Time{time.Unix(now, 0), time.Unix(now+test.end, -1)} {
			if got, err := v.Verify(context.Background(), token); err != nil || got.Subject != "user-1" || inner.asked != 1 {
				t.Errorf("%s: at %v got %v, %v after asking %d times", test.name, clock, got, err, inner.asked)
			}
		}
		clock = time.Unix(now+test.end, 0)
		wantRefused(t, v, token, test.want)
		clock = time.Unix(now+test.end, 1)
		wantRefused(t, v, token, test.want)
		if inner.asked != 3 {
			t.Errorf("%s: asked %d times", test.name, inner.asked)
		}
	}
}

// What is longer than any good token is the verifier's behind to refuse, and is never
// taken for another one.
func TestCachedHandsOnATokenThatIsTooLong(t *testing.T) {
	key := secret(t, "", "HS256")
	token := forge(t, key, header(key), strings.TrimSuffix(good, "}")+`,"x":"`+strings.Repeat("x", 13_000)+`"}`)
	if len(token) <= 16<<10 {
		t.Fatalf("%d bytes", len(token))
	}
	for limit, want := range map[int]verifier.Reason{0: verifier.TooLarge, len(token) - 1: verifier.TooLarge, len(token): "", len(token) + 1: ""} {
		s := &source{key: key}
		v := cached(t, newVerifier(t, s, func(c *verifier.Config) { c.MaxTokenSize = limit }), verifier.CacheConfig{Size: 10})
		for range 2 {
			got, err := v.Verify(context.Background(), token)
			if verifier.ReasonOf(err) != want || (got == nil) != (want != "") || (err == nil) != (want == "") {
				t.Errorf("limit %d for %d bytes: got %v, %v, want %q", limit, len(token), got, err, want)
			}
		}
		if once := map[bool]int{true: 1, false: 0}[want == ""]; s.asked != once {
			t.Errorf("limit %d for %d bytes: looked for the key %d times", limit, len(token), s.asked)
		}
	}
}

func TestCachedRemembersNoRefusalAndNoOutage(t *testing.T) {
	key := secret(t, "", "HS256")
	s := &source{key: key}
	inner := &counting{Verifier: newVerifier(t, s, nil)}
	v := cached(t, inner, verifier.CacheConfig{Size: 10})
	for _, token := range []string{
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
	v := cached(t, inner, verifier.CacheConfig{Size: 2})
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

// A token that has expired is forgotten when it is asked about: it takes no room from those
// that are good.
func TestATokenThatHasExpiredPushesNoOtherOut(t *testing.T) {
	key := secret(t, "", "HS256")
	clock := time.Unix(now, 0)
	inner := &counting{Verifier: newVerifier(t, key, func(c *verifier.Config) { c.Now = func() time.Time { return clock } })}
	v := cached(t, inner, verifier.CacheConfig{Size: 2})
	expires := forge(t, key, header(key), good)
	later := swap(t, good, "1700000060", "1700000120")
	b, c := forge(t, key, header(key), later), forge(t, key, header(key), swap(t, later, "user-1", "user-2"))
	verify := func(token string, asked int) {
		t.Helper()
		if _, err := v.Verify(context.Background(), token); err != nil || inner.asked != asked {
			t.Errorf("got %v after asking %d times, want %d", err, inner.asked, asked)
		}
	}
	verify(expires, 1)
	verify(b, 2)
	clock = time.Unix(now+60, 0)
	wantRefused(t, v, expires, verifier.Expired) // asks for the third time
	verify(c, 4)
	verify(b, 4)
}

func TestWhatACallerDoesToATokenReachesNobodyElse(t *testing.T) {
	key := secret(t, "", "HS256")
	v := cached(t, newVerifier(t, key, nil), verifier.CacheConfig{Size: 1})
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

func TestWhatIsRememberedIsWhatWasVerified(t *testing.T) {
	key := secret(t, "", "HS256")
	local := newVerifier(t, key, nil)
	for _, head := range []string{header(key), `{"alg":"HS256","x":"y"}`} {
		token := forge(t, key, head, good)
		v := cached(t, local, verifier.CacheConfig{Size: 1})
		first, err := local.Verify(context.Background(), token)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := v.Verify(context.Background(), token)
			if err != nil || !reflect.DeepEqual(got.Header, first.Header) || !reflect.DeepEqual(got.Audience, first.Audience) || !got.Verified() {
				t.Errorf("got %+v, %v, want %+v", got.Header, err, first.Header)
			}
		}
	}
}

func TestATokenWithoutEndIsRememberedForTheMaximumAge(t *testing.T) {
	key := secret(t, "", "HS256")
	clock := time.Unix(now, 0)
	s := &source{key: key}
	v := cached(t, newVerifier(t, s, func(c *verifier.Config) {
		c.Now, c.AllowMissingExpiry = func() time.Time { return clock }, true
	}), verifier.CacheConfig{Size: 10, MaxAge: time.Hour})
	token := forge(t, key, header(key), `{"iss":"https://login.example.com","aud":"orders"}`)
	for _, test := range []struct {
		at   time.Duration
		want int // how often the key was looked for
	}{{0, 1}, {time.Hour - 1, 1}, {time.Hour, 2}} {
		clock = time.Unix(now, 0).Add(test.at)
		if _, err := v.Verify(context.Background(), token); err != nil || s.asked != test.want {
			t.Errorf("after %v: got %v after looking for the key %d times, want %d", test.at, err, s.asked, test.want)
		}
	}
}

func TestARememberedTokenIsNotForACallerWhoHasGone(t *testing.T) {
	key := secret(t, "", "HS256")
	v := cached(t, newVerifier(t, key, nil), verifier.CacheConfig{Size: 1})
	token := forge(t, key, header(key), good)
	if _, err := v.Verify(context.Background(), token); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if got, err := v.Verify(ctx, token); got != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTokensOfAUsersOwnVerifierAreRememberedUpToAMiB(t *testing.T) {
	trusted, err := verifier.TrustClaims([]byte(`{"exp":253402300799}`))
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]int{1 << 20: 1, 1<<20 + 1: 2} {
		inner := &counting{Verifier: verifierFunc(func(context.Context, string) (*verifier.Token, error) { return trusted, nil })}
		v := cached(t, inner, verifier.CacheConfig{Size: 1})
		for range 2 {
			if _, err := v.Verify(context.Background(), strings.Repeat("A", size)); err != nil {
				t.Fatal(err)
			}
		}
		if inner.asked != want {
			t.Errorf("%d bytes: asked %d times, want %d", size, inner.asked, want)
		}
	}
}

func TestACacheHasTheIssuerOfItsVerifierAndIsReadyWhenItIs(t *testing.T) {
	key := secret(t, "", "HS256")
	outage := errors.New("throttled")
	own := verifierFunc(func(context.Context, string) (*verifier.Token, error) { return nil, nil })
	for name, test := range map[string]struct {
		v      verifier.Verifier
		issuer string
		ready  error
	}{
		"one of an issuer":          {newVerifier(t, key, nil), issuer, nil},
		"one that cannot work":      {newVerifier(t, readyKeys{key, outage}, nil), issuer, outage},
		"one that can":              {newVerifier(t, readyKeys{key, nil}, nil), issuer, nil},
		"a user's own, of nobody":   {own, "", nil},
		"a user's own, of somebody": {named{"a", own}, "a", nil},
	} {
		v := cached(t, test.v, verifier.CacheConfig{Size: 1})
		if got := v.Issuer(); got != test.issuer {
			t.Errorf("%s: got issuer %q", name, got)
		}
		if err := v.Ready(context.Background()); !errors.Is(err, test.ready) {
			t.Errorf("%s: got %v, want %v", name, err, test.ready)
		}
	}
}

func TestACacheThatNobodyMadeIsAMistakeOfTheProgram(t *testing.T) {
	for _, v := range []*verifier.Cache{nil, new(verifier.Cache)} {
		got, err := v.Verify(context.Background(), "abc")
		if got != nil || !errors.Is(err, keys.ErrMisconfigured) || errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("got %v, %v", got, err)
		}
		if err := v.Ready(context.Background()); !errors.Is(err, keys.ErrMisconfigured) {
			t.Errorf("ready: got %v", err)
		}
		if v.Issuer() != "" {
			t.Errorf("got issuer %q", v.Issuer())
		}
	}
}

func TestCachedRefuses(t *testing.T) {
	inner := newVerifier(t, secret(t, "", "HS256"), nil)
	for want, test := range map[string]struct {
		v   verifier.Verifier
		cfg verifier.CacheConfig
	}{
		"is nil": {nil, verifier.CacheConfig{Size: 1}}, "the verifier is nil": {(*verifier.Local)(nil), verifier.CacheConfig{Size: 1}},
		"CacheConfig.Size is 0": {inner, verifier.CacheConfig{}}, "CacheConfig.Size is -1": {inner, verifier.CacheConfig{Size: -1}},
		"CacheConfig.MaxAge is -1ns": {inner, verifier.CacheConfig{Size: 1, MaxAge: -1}}, "CacheConfig.MaxAge is 24h0m0.000000001s": {inner, verifier.CacheConfig{Size: 1, MaxAge: 24*time.Hour + 1}},
	} {
		if got, err := verifier.Cached(test.v, test.cfg); got != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v", want, got, err)
		}
	}
}

// So long a token passes that Config.Check would refuse by now, and no longer.
func TestCachedForgetsATokenAfterItsMaximumAge(t *testing.T) {
	key := secret(t, "", "HS256")
	for maxAge, want := range map[time.Duration]time.Duration{0: 5 * time.Minute, time.Minute: time.Minute, 24 * time.Hour: time.Hour} {
		clock, revoked := time.Unix(now, 0), false
		v := cached(t, newVerifier(t, key, func(c *verifier.Config) {
			c.Now, c.Leeway = func() time.Time { return clock }, 0
			c.Check = func(context.Context, *verifier.Token) error {
				if revoked {
					return verifier.ErrInvalidToken
				}
				return nil
			}
		}), verifier.CacheConfig{Size: 10, MaxAge: maxAge})
		token := forge(t, key, header(key), strings.Replace(good, "1700000060", "1700003600", 1))
		verify := func() error { _, err := v.Verify(context.Background(), token); return err }
		if err := verify(); err != nil {
			t.Fatal(err)
		}
		revoked = true
		clock = time.Unix(now, 0).Add(want - 1)
		if err := verify(); err != nil {
			t.Errorf("%v: %v before its time", maxAge, err)
		}
		clock = time.Unix(now, 0).Add(want)
		if err := verify(); !errors.Is(err, verifier.ErrInvalidToken) {
			t.Errorf("%v: got %v", maxAge, err)
		}
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
	v := cached(t, inner, verifier.CacheConfig{Size: 10})
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
	byIssuer, err := verifier.ByIssuer(cached(t, newVerifier(t, key, nil), verifier.CacheConfig{Size: 3}))
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

func cached(t testing.TB, v verifier.Verifier, cfg verifier.CacheConfig) *verifier.Cache {
	t.Helper()
	c, err := verifier.Cached(v, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
