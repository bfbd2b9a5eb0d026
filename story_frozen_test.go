package authorizer_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/rotation"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/revocation"
)

// A function that Lambda freezes for hours wakes up with a wall clock that has gone on and
// a monotonic clock that may not have. No token, key or revocation outlives that in any
// cache. Package kmskeys has the same story of its own.
func TestNothingOutlivesTheTimeForWhichAFunctionWasFrozen(t *testing.T) {
	const issuer, hours = "https://login.example.com", 3 * time.Hour
	var frozen clocktest.Frozen
	key, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		t.Fatal(err)
	}
	token := func(t *testing.T, source keys.SigningSource, lifetime time.Duration) string {
		t.Helper()
		i, err := signer.NewIssuer(signer.IssuerConfig{Keys: source, Issuer: issuer, Audience: []string{"api"}, Lifetime: lifetime, Now: frozen.Now})
		if err != nil {
			t.Fatal(err)
		}
		token, err := i.Issue(t.Context(), "user-1", nil)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	with := func(t *testing.T, cfg verifier.Config) *verifier.Local {
		t.Helper()
		cfg.Issuer, cfg.Audience, cfg.Now = issuer, []string{"api"}, frozen.Now
		v, err := verifier.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	// outlives has a token verified, and once more after hours.
	outlives := func(t *testing.T, v verifier.Verifier, token string, want func(error) bool) {
		t.Helper()
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		frozen.Freeze(hours)
		if _, err := v.Verify(t.Context(), token); err == nil || !want(err) {
			t.Errorf("after %v: %v", hours, err)
		}
	}
	reason := func(want verifier.Reason) func(error) bool {
		return func(err error) bool { return verifier.ReasonOf(err) == want }
	}
	outage := func(err error) bool { return !errors.Is(err, verifier.ErrInvalidToken) }
	broken := errors.New("broken")

	t.Run("a token", func(t *testing.T) {
		outlives(t, with(t, verifier.Config{Keys: key.Public()}), token(t, key, time.Hour), reason(verifier.Expired))
	})
	t.Run("a token that is remembered", func(t *testing.T) {
		v, err := verifier.Cached(with(t, verifier.Config{Keys: key.Public()}), verifier.CacheConfig{Size: 9, MaxAge: 24 * time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		outlives(t, v, token(t, key, time.Hour), reason(verifier.Expired))
	})
	t.Run("what a check said of a token", func(t *testing.T) {
		asked := false
		check := func(context.Context, *verifier.Token) error {
			if asked {
				return broken
			}
			asked = true
			return nil
		}
		v, err := verifier.Cached(with(t, verifier.Config{Keys: key.Public(), Check: check}), verifier.CacheConfig{Size: 9, MaxAge: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		outlives(t, v, token(t, key, 24*time.Hour), func(err error) bool { return errors.Is(err, broken) })
	})
	t.Run("keys that are fetched", func(t *testing.T) {
		p, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: issuer, Keys: key})
		if err != nil {
			t.Fatal(err)
		}
		set, err := p.JWKS(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		up := true
		host := roundTripper(func(r *http.Request) (*http.Response, error) {
			if !up {
				return nil, broken
			}
			up = false
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(set))), Request: r}, nil
		})
		source, err := jwks.NewRemote(jwks.RemoteConfig{URL: issuer + "/keys", Transport: host, MaxAge: time.Hour, Grace: time.Hour, Now: frozen.Now})
		if err != nil {
			t.Fatal(err)
		}
		outlives(t, with(t, verifier.Config{Keys: source}), token(t, key, 24*time.Hour), outage)
	})
	t.Run("keys that are loaded", func(t *testing.T) {
		secret, err := keys.HMAC("HS256", []byte("0123456789abcdef0123456789abcdef"))
		if err != nil {
			t.Fatal(err)
		}
		up := true
		source, err := keys.NewRefreshing(keys.RefreshingConfig{MaxAge: time.Hour, Grace: time.Hour, Now: frozen.Now, Load: func(context.Context) (*keys.Ring, error) {
			if !up {
				return nil, broken
			}
			up = false
			return keys.NewRing(secret)
		}})
		if err != nil {
			t.Fatal(err)
		}
		outlives(t, with(t, verifier.Config{Keys: source}), token(t, secret, 24*time.Hour), outage)
	})
	t.Run("a key that is retired", func(t *testing.T) {
		schedule := &rotation.Schedule{TokenLifetime: time.Hour}
		schedule, err := schedule.Next(frozen.Now(), key.Kid())
		if err != nil {
			t.Fatal(err)
		}
		frozen.Freeze(hours)
		later, err := keys.GeneratePrivateKey("ES256")
		if err != nil {
			t.Fatal(err)
		}
		if schedule, err = schedule.NextAt(frozen.Now(), frozen.Now().Add(hours), later.Kid()); err != nil {
			t.Fatal(err)
		}
		ring, err := rotation.NewRing(rotation.RingConfig{
			Schedule: schedule, Keys: []rotation.Pair{rotation.PairOf(key), rotation.PairOf(later)}, Now: frozen.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		token := token(t, ring, 24*time.Hour)
		v := with(t, verifier.Config{Keys: ring})
		frozen.Freeze(hours) // and now the other one signs
		outlives(t, v, token, reason(verifier.UnknownKey))
	})
	t.Run("that nothing was revoked", func(t *testing.T) {
		var store revocation.Memory
		checker, err := revocation.New(revocation.Config{Store: &store, CacheMaxAge: time.Hour, Now: frozen.Now})
		if err != nil {
			t.Fatal(err)
		}
		v := with(t, verifier.Config{Keys: key.Public(), Check: checker.Check})
		issued := token(t, key, 24*time.Hour)
		verified, err := v.Verify(t.Context(), issued)
		if err != nil {
			t.Fatal(err)
		}
		store.Revoke(revocation.Key{Kind: revocation.ByToken, Issuer: issuer, ID: verified.ID}, frozen.Now())
		outlives(t, v, issued, func(err error) bool { return errors.Is(err, revocation.ErrRevoked) })
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
