package verifier_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

func newClaimsChecker(t testing.TB, change func(*verifier.Config)) *verifier.ClaimsChecker {
	t.Helper()
	cfg := verifier.Config{Issuer: issuer, Audience: []string{audience}, Now: clock}
	if change != nil {
		change(&cfg)
	}
	c, err := verifier.NewClaimsChecker(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestClaimsAreCheckedAsThoseOfTokensAre(t *testing.T) {
	checkFails := errors.New("the store is down")
	for name, test := range map[string]struct {
		claims string
		change func(*verifier.Config)
		want   verifier.Reason // empty: accepted
	}{
		"good":                        {claims: good},
		"expired":                     {claims: strings.Replace(good, "1700000060", "1700000000", 1), want: verifier.Expired},
		"without exp":                 {claims: strings.Replace(good, `"exp"`, `"EXP"`, 1), want: verifier.MissingClaim},
		"not yet valid":               {claims: strings.Replace(good, `"sub"`, `"nbf":1700000006,"sub"`, 1), want: verifier.NotYetValid},
		"early within the usual skew": {claims: strings.Replace(good, `"sub"`, `"nbf":1700000005,"sub"`, 1)},
		"another issuer":              {claims: strings.Replace(good, "login", "other", 1), want: verifier.WrongIssuer},
		"another's":                   {claims: strings.Replace(good, "orders", "invoices", 1), want: verifier.WrongAudience},
		"a claim too few":             {claims: good, change: func(c *verifier.Config) { c.RequiredClaims = []string{"tenant"} }, want: verifier.MissingClaim},
		"too old": {claims: good, change: func(c *verifier.Config) {
			c.MaxTokenAge = time.Nanosecond
			c.Now = func() time.Time { return clock().Add(time.Second) }
		}, want: verifier.TooOld},
		"too large":     {claims: good, change: func(c *verifier.Config) { c.MaxTokenSize = len(good) - 1 }, want: verifier.TooLarge},
		"just so large": {claims: good, change: func(c *verifier.Config) { c.MaxTokenSize = len(good) }},
		"refused by Check": {
			claims: good, want: verifier.RefusedByCheck,
			change: func(c *verifier.Config) {
				c.Check = func(context.Context, *verifier.Token) error { return verifier.ErrInvalidToken }
			},
		},
		"a claim twice": {claims: good[:len(good)-1] + `,"iss":"x"}`, want: verifier.Malformed},
		"no object":     {claims: `[]`, want: verifier.Malformed},
		"nothing":       {claims: ``, want: verifier.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newClaimsChecker(t, test.change).Check(t.Context(), []byte(test.claims))
			if verifier.ReasonOf(err) != test.want || (got == nil) != (err != nil) {
				t.Errorf("got %v, %v, want reason %q", got, err, test.want)
			}
			if got != nil && (got.Subject != "user-1" || got.Issuer != issuer || got.Verified()) {
				t.Errorf("got %v, verified %v", got, got.Verified())
			}
		})
	}
	t.Run("undecided by Check", func(t *testing.T) {
		c := newClaimsChecker(t, func(c *verifier.Config) {
			c.Check = func(context.Context, *verifier.Token) error { return checkFails }
		})
		if got, err := c.Check(t.Context(), []byte(good)); got != nil || !errors.Is(err, checkFails) || verifier.ReasonOf(err) != "" {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("the caller has gone", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got, err := newClaimsChecker(t, nil).Check(ctx, []byte(good)); got != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, %v", got, err)
		}
	})
	for _, c := range []*verifier.ClaimsChecker{nil, new(verifier.ClaimsChecker)} {
		if got, err := c.Check(t.Context(), []byte(good)); got != nil || !errors.Is(err, keys.ErrMisconfigured) {
			t.Errorf("a zero checker: got %v, %v", got, err)
		}
	}
}

func TestNewClaimsCheckerSaysWhichSettingToMend(t *testing.T) {
	fine := verifier.Config{Issuer: issuer, Audience: []string{audience}}
	for want, change := range map[string]func(*verifier.Config){
		"Config.Keys prove signatures":  func(c *verifier.Config) { c.Keys = secret(t, "", "HS256") },
		"Config.Type, RefuseKeyHeaders": func(c *verifier.Config) { c.Type = "JWT" },
		"RefuseKeyHeaders and":          func(c *verifier.Config) { c.RefuseKeyHeaders = true },
		"StandardBase64Signature":       func(c *verifier.Config) { c.StandardBase64Signature = true },
		"set Config.Issuer":             func(c *verifier.Config) { c.Issuer = "" },
		"set Config.Audience":           func(c *verifier.Config) { c.Audience = nil },
		"Config.Leeway is":              func(c *verifier.Config) { c.Leeway = time.Hour },
	} {
		cfg := fine
		change(&cfg)
		c, err := verifier.NewClaimsChecker(cfg)
		if c != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// An introspector is somebody who proves tokens by other means.
type introspector struct {
	claims *verifier.ClaimsChecker
	calls  int
}

func (i *introspector) Verify(ctx context.Context, _ string) (*verifier.Token, error) {
	i.calls++
	return i.claims.Check(ctx, []byte(good))
}

func TestACacheRemembersCheckedClaimsUntilTheyExpire(t *testing.T) {
	manual := clocktest.NewManual()
	manual.Add(clock().Sub(manual.Now()))
	behind := &introspector{claims: newClaimsChecker(t, func(c *verifier.Config) { c.Now = manual.Now; c.Leeway = 10 * time.Second })}
	cached, err := verifier.Cached(behind, verifier.CacheConfig{Size: 10})
	if err != nil {
		t.Fatal(err)
	}
	for range 7 { // exp and leeway are 70 seconds away
		if _, err := cached.Verify(t.Context(), "opaque"); err != nil || behind.calls != 1 {
			t.Errorf("got %v after %d calls", err, behind.calls)
		}
		manual.Add(10 * time.Second)
	}
	if _, err := cached.Verify(t.Context(), "opaque"); verifier.ReasonOf(err) != verifier.Expired || behind.calls != 2 {
		t.Errorf("got %v after %d calls", err, behind.calls)
	}
}

// What the caller changes afterwards changes nothing.
func TestClaimsCheckerKeepsItsSettings(t *testing.T) {
	audiences := []string{audience}
	c := newClaimsChecker(t, func(c *verifier.Config) { c.Audience = audiences })
	audiences[0] = "invoices"
	if _, err := c.Check(t.Context(), []byte(good)); err != nil {
		t.Error(err)
	}
}
