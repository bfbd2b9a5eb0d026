package keys_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/keystest"
)

// A store is where the keys of a test come from.
type store struct {
	ring  *keys.Ring
	err   error
	loads int
}

func (s *store) load(context.Context) (*keys.Ring, error) {
	s.loads++
	return s.ring, s.err
}

// refreshing returns a source of a store's keys, on a clock that stands. They are good for
// five minutes and an hour of grace, and loaded early once in a minute.
func refreshing(t testing.TB, s *store) (*keys.Refreshing, *clocktest.Manual) {
	t.Helper()
	clock := clocktest.NewManual()
	r, err := keys.NewRefreshing(keys.RefreshingConfig{Load: s.load, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return r, clock
}

var errStore = errors.New("the store is out of order")

func TestLoadedKeysConform(t *testing.T) {
	a, b := hmacSecret(t, "a", "HS256", "a"), hmacSecret(t, "b", "HS256", "b")
	first, _ := refreshing(t, &store{ring: newRing(t, a)})
	second, _ := refreshing(t, &store{ring: newRing(t, b)})
	keystest.Run(t, keystest.Backend{
		A: keystest.Pair{Signing: first, Verification: first}, B: keystest.Pair{Signing: second, Verification: second}, Algorithm: "HS256",
	})
}

func TestKeysAreLoadedOnceUntilTheyAreOld(t *testing.T) {
	s := &store{ring: newRing(t, hmacSecret(t, "a", "HS256", "a"))}
	r, clock := refreshing(t, s)
	use := func() {
		header, signature := sign(t, r, []byte("input"))
		if err := verify(r, header, []byte("input"), signature); err != nil {
			t.Error(err)
		}
	}
	use()
	clock.Add(5*time.Minute - 1)
	use()
	if s.loads != 1 {
		t.Errorf("%d loads, want 1", s.loads)
	}
	clock.Add(1)
	use()
	if s.loads != 2 {
		t.Errorf("%d loads, want 2", s.loads)
	}
}

func TestWhatTheKeysDoNotVerifyLetsThemBeLoadedEarlyOnceInACooldown(t *testing.T) {
	for name, kids := range map[string][2]string{"an unknown kid": {"old", "new"}, "a secret without a kid": {"", ""}} {
		older, newer := hmacSecret(t, kids[0], "HS256", "a"), hmacSecret(t, kids[1], "HS256", "b")
		s := &store{ring: newRing(t, older)}
		r, clock := refreshing(t, s)
		header, signature := sign(t, r, []byte("input"))
		newHeader, newSignature := sign(t, newer, []byte("input"))
		s.ring = newRing(t, newer, older)
		clock.Add(time.Minute - 1)
		for range 100 {
			if err := verify(r, newHeader, []byte("input"), newSignature); !errors.Is(err, keys.ErrUnknownKey) && !errors.Is(err, keys.ErrSignature) {
				t.Fatalf("%s, within the cool-down: %v", name, err)
			}
		}
		if s.loads != 1 {
			t.Errorf("%s: %d loads within the cool-down", name, s.loads)
		}
		clock.Add(1)
		if err := verify(r, newHeader, []byte("input"), newSignature); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for range 1000 {
			if err := verify(r, newHeader, []byte("other"), newSignature); !errors.Is(err, keys.ErrSignature) {
				t.Fatalf("%s: a forgery: %v", name, err)
			}
			if err := verify(r, keys.Header{Algorithm: "HS512", Kid: "x"}, nil, nil); !errors.Is(err, keys.ErrUnknownKey) {
				t.Fatalf("%s: another algorithm: %v", name, err)
			}
		}
		if err := verify(r, header, []byte("input"), signature); err != nil {
			t.Errorf("%s: the old secret: %v", name, err)
		}
		if s.loads != 2 {
			t.Errorf("%s: %d loads, want 2", name, s.loads)
		}
	}
}

func TestAKeyOfANewAlgorithmIsLoadedEarlyToo(t *testing.T) {
	s := &store{ring: newRing(t, hmacSecret(t, "a", "HS256", "a"))}
	r, clock := refreshing(t, s)
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.ring = newRing(t, hmacSecret(t, "b", "HS384", "b"))
	clock.Add(keys.DefaultCooldown)
	header, signature := sign(t, s.ring, []byte("input"))
	if err := verify(r, header, []byte("input"), signature); err != nil || s.loads != 2 {
		t.Errorf("%v after %d loads", err, s.loads)
	}
}

func TestAKeyThatIsGoneFromTheStoreIsOfNoUseToAForgery(t *testing.T) {
	a, b := hmacSecret(t, "a", "HS256", "a"), hmacSecret(t, "b", "HS256", "b")
	s := &store{ring: newRing(t, a)}
	r, clock := refreshing(t, s)
	header, signature := sign(t, r, []byte("input"))
	s.ring = newRing(t, b)
	clock.Add(keys.DefaultCooldown)
	if err := verify(r, header, []byte("other"), signature); !errors.Is(err, keys.ErrSignature) || s.loads != 2 {
		t.Errorf("got %v after %d loads", err, s.loads)
	}
}

// A kid that stays while its secret is another is the worst of both: the key is there, and
// its answer may be out of date.
func TestAForgeryIsOneUnderTheKeysThatAreLoadedEarlyToo(t *testing.T) {
	s := &store{ring: newRing(t, hmacSecret(t, "a", "HS256", "a"))}
	r, clock := refreshing(t, s)
	_, old := sign(t, r, []byte("input"))
	replaced := hmacSecret(t, "a", "HS256", "b")
	header, signature := sign(t, replaced, []byte("input"))
	s.ring = newRing(t, replaced)
	clock.Add(keys.DefaultCooldown)
	if err := verify(r, header, []byte("other"), signature); !errors.Is(err, keys.ErrSignature) || s.loads != 2 {
		t.Errorf("a forgery: %v after %d loads", err, s.loads)
	}
	clock.Add(keys.DefaultCooldown)
	if err := verify(r, header, []byte("input"), old); !errors.Is(err, keys.ErrSignature) || s.loads != 3 {
		t.Errorf("a signature of the old secret: %v after %d loads", err, s.loads)
	}
	if err := verify(r, header, []byte("input"), signature); err != nil {
		t.Errorf("a signature of the new one: %v", err)
	}
}

// A ring may hold sources that fail by themselves. Other keys would not help.
func TestAnOutageBehindTheLoadedKeysLoadsNothing(t *testing.T) {
	key := hmacSecret(t, "a", "HS256", "a")
	for name, source := range map[string]keys.VerificationSource{"the source": down{}, "its key": failing{key}} {
		s := &store{ring: newRing(t, nil, source)}
		r, clock := refreshing(t, s)
		header, signature := sign(t, key, []byte("input"))
		for range 2 {
			err := verify(r, header, []byte("input"), signature)
			if !errors.Is(err, errDown) || errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature) {
				t.Errorf("%s: %v", name, err)
			}
			clock.Add(keys.DefaultCooldown)
		}
		if s.loads != 1 {
			t.Errorf("%s: %d loads", name, s.loads)
		}
	}
}

func TestLoadedKeysThatOnlyVerifyDoNotSign(t *testing.T) {
	r, _ := refreshing(t, &store{ring: newRing(t, nil, hmacSecret(t, "a", "HS256", "a"))})
	key, err := r.SigningKey(t.Context())
	wantError(t, err, "a ring that only verifies")
	if key != nil {
		t.Error("a key came with the error")
	}
}

func TestALoadHasTheTimeThatIsSet(t *testing.T) {
	for set, want := range map[time.Duration]time.Duration{0: 3 * time.Second, 10 * time.Second: 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var left time.Duration
			r, err := keys.NewRefreshing(keys.RefreshingConfig{Timeout: set, Load: func(ctx context.Context) (*keys.Ring, error) {
				deadline, _ := ctx.Deadline()
				left = time.Until(deadline)
				return newRing(t, hmacSecret(t, "a", "HS256", "a")), nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Ready(t.Context()); err != nil || left != want {
				t.Errorf("a timeout of %v: %v left, %v", set, left, err)
			}
		})
	}
}

// Keys on grace serve, but a function that starts with them is not ready.
func TestKeysOnGraceAreNotReady(t *testing.T) {
	s := &store{ring: newRing(t, hmacSecret(t, "a", "HS256", "a"))}
	r, clock := refreshing(t, s)
	if err := r.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.err = errStore
	clock.Add(keys.DefaultMaxAge)
	if err := r.Ready(t.Context()); !errors.Is(err, errStore) {
		t.Errorf("got %v", err)
	}
	if _, err := r.SigningKey(t.Context()); err != nil {
		t.Errorf("signing: %v", err)
	}
}

func TestReadySaysThatItsContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ring := newRing(t, hmacSecret(t, "a", "HS256", "a"))
	r, err := keys.NewRefreshing(keys.RefreshingConfig{Load: func(context.Context) (*keys.Ring, error) { cancel(); return ring, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Ready(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestAnOutageOfTheStore(t *testing.T) {
	a, b := hmacSecret(t, "a", "HS256", "a"), hmacSecret(t, "b", "HS256", "b")
	s := &store{ring: newRing(t, a)}
	r, clock := refreshing(t, s)
	header, signature := sign(t, r, []byte("input"))
	other, otherSignature := sign(t, b, []byte("input"))
	wantOutage := func(when string, err error) {
		t.Helper()
		if !errors.Is(err, errStore) || errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature) {
			t.Errorf("%s: %v", when, err)
		}
	}

	s.err = fmt.Errorf("%w", errStore)
	clock.Add(keys.DefaultCooldown)
	wantOutage("a kid that may be new", verify(r, other, []byte("input"), otherSignature))
	wantOutage("a secret that may be new", verify(r, header, []byte("other"), signature))
	if err := verify(r, header, []byte("input"), signature); err != nil {
		t.Errorf("a good token: %v", err)
	}

	clock.Add(5*time.Minute + time.Hour - keys.DefaultCooldown - 1)
	if err := verify(r, header, []byte("input"), signature); err != nil {
		t.Errorf("at the end of the grace: %v", err)
	}
	if _, err := r.SigningKey(t.Context()); err != nil {
		t.Errorf("signing at the end of the grace: %v", err)
	}
	wantOutage("a forgery during grace", verify(r, header, []byte("other"), signature))
	clock.Add(1)
	wantOutage("after the grace", verify(r, header, []byte("input"), signature))
	_, err := r.SigningKey(t.Context())
	wantOutage("signing after the grace", err)
	_, err = r.PublicSet(t.Context())
	wantOutage("publishing after the grace", err)
	clock.Add(time.Minute)
	wantOutage("starting", r.Ready(t.Context()))
}

// A store whose error wraps those of this package must not make tokens bad.
func TestWhatLoadGivesIsHeldToItsContract(t *testing.T) {
	metered := newRing(t, hmacSecret(t, "a", "HS256", "a"), meteredSource{})
	for name, test := range map[string]struct {
		store store
		want  string
	}{
		"an unknown key":    {store{err: fmt.Errorf("store: %w", keys.ErrUnknownKey)}, "store: "},
		"a wrong signature": {store{err: fmt.Errorf("store: %w", keys.ErrSignature)}, "store: "},
		"nothing":           {store{}, "neither a ring nor an error"},
		"a zero ring":       {store{ring: new(keys.Ring)}, "neither a ring nor an error"},
		"a metered ring":    {store{ring: metered}, "pays for each key"},
	} {
		r, _ := refreshing(t, &test.store)
		_, err := r.VerificationKey(t.Context(), keys.Header{Algorithm: "HS256"})
		wantError(t, err, "keys: loading: ", test.want)
		if errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature) {
			t.Errorf("%s: %v is the token's fault", name, err)
		}
		if ready := r.Ready(t.Context()); ready == nil || ready.Error() != err.Error() {
			t.Errorf("%s: ready: %v", name, ready)
		}
	}
}

type meteredSource struct{}

func (meteredSource) Metered() bool { return true }
func (meteredSource) VerificationKey(context.Context, keys.Header) (keys.VerificationKey, error) {
	return nil, keys.ErrUnknownKey
}

func TestLoadedKeysArePublishedAndAskedWhetherTheyAreReady(t *testing.T) {
	key := privateKey(t, "a", "ES256", "a")
	s := &store{ring: newRing(t, key, unreadySource{})}
	r, _ := refreshing(t, s)
	if err := r.Ready(t.Context()); !errors.Is(err, errStore) {
		t.Errorf("ready: %v", err)
	}
	s = &store{ring: newRing(t, key)}
	r, _ = refreshing(t, s)
	if err := r.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	set, err := r.PublicSet(t.Context())
	if err != nil || len(set.Keys()) != 1 || set.Keys()[0].Kid() != "a" || s.loads != 1 {
		t.Errorf("got %v, %v after %d loads", set, err, s.loads)
	}
}

type unreadySource struct{ meteredSource }

func (unreadySource) Metered() bool               { return false }
func (unreadySource) Ready(context.Context) error { return errStore }

func TestRefreshingConfigIsChecked(t *testing.T) {
	load := new(store).load
	for want, cfg := range map[string]keys.RefreshingConfig{
		"Load":              {},
		"MaxAge is -1s":     {Load: load, MaxAge: -time.Second},
		"MaxAge is 999ms":   {Load: load, MaxAge: 999 * time.Millisecond},
		"MaxAge is 24h0m1s": {Load: load, MaxAge: 24*time.Hour + time.Second},
		"Grace is 24h0m1s":  {Load: load, Grace: 24*time.Hour + time.Second},
		"Cooldown is 2m0s":  {Load: load, MaxAge: time.Minute, Cooldown: 2 * time.Minute},
		"Cooldown is 999ms": {Load: load, Cooldown: 999 * time.Millisecond},
		"Timeout is -1s":    {Load: load, Timeout: -time.Second},
		"Timeout is 1m1s":   {Load: load, Timeout: time.Minute + time.Second},
	} {
		r, err := keys.NewRefreshing(cfg)
		if r != nil {
			t.Errorf("%s: got %v", want, r)
		}
		wantError(t, err, "keys: refreshing: ", want)
	}
	for _, cfg := range []keys.RefreshingConfig{
		{Load: load, MaxAge: time.Second}, {Load: load, MaxAge: 24 * time.Hour, Grace: 24 * time.Hour, Cooldown: 24 * time.Hour},
		{Load: load, Cooldown: time.Second, Timeout: time.Minute, Grace: -1},
	} {
		if _, err := keys.NewRefreshing(cfg); err != nil {
			t.Error(err)
		}
	}
}

func TestWithoutGraceOldKeysAreOfNoUse(t *testing.T) {
	s := &store{ring: newRing(t, hmacSecret(t, "a", "HS256", "a"))}
	clock := clocktest.NewManual()
	r, err := keys.NewRefreshing(keys.RefreshingConfig{Load: s.load, Grace: -1, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	header, signature := sign(t, r, []byte("input"))
	s.err = errStore
	clock.Add(keys.DefaultMaxAge)
	if err := verify(r, header, []byte("input"), signature); !errors.Is(err, errStore) {
		t.Errorf("got %v", err)
	}
}

func TestAZeroRefreshingWorksForNothing(t *testing.T) {
	for _, r := range []*keys.Refreshing{nil, {}} {
		_, signing := r.SigningKey(t.Context())
		_, verification := r.VerificationKey(t.Context(), keys.Header{Algorithm: "HS256"})
		_, public := r.PublicSet(t.Context())
		for _, err := range []error{signing, verification, public, r.Ready(t.Context())} {
			if !errors.Is(err, keys.ErrMisconfigured) || strings.Contains(err.Error(), "nil pointer") {
				t.Errorf("got %v", err)
			}
		}
	}
}

func TestLoadedSecretsAreNeverPublished(t *testing.T) {
	r, _ := refreshing(t, &store{ring: newRing(t, hmacSecret(t, "a", "HS256", "a"))})
	if set, err := r.PublicSet(t.Context()); set != nil || err == nil || !strings.Contains(err.Error(), "a ring of secrets") {
		t.Errorf("got %v, %v", set, err)
	}
}

func TestARefreshingTellsOfItsLoadsAndOfWhatItDoesWithout(t *testing.T) {
	old, next := hmacSecret(t, "old", "HS256", "a"), hmacSecret(t, "new", "HS256", "b")
	s, clock := &store{ring: newRing(t, old)}, clocktest.NewManual()
	var told []string
	r, err := keys.NewRefreshing(keys.RefreshingConfig{
		Load: func(ctx context.Context) (*keys.Ring, error) {
			clock.Add(20 * time.Millisecond)
			return s.load(ctx)
		},
		Now: clock.Now,
		Observer: func(_ context.Context, e keys.Event) {
			told = append(told, fmt.Sprintf("%s %s%s %v %q %v", e.Source, e.Name, e.Kind, e.Duration, e.Kid, errors.Is(e.Err, errStore)))
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	use := func() {
		t.Helper()
		header, signature := sign(t, r, []byte("input"))
		if err := verify(r, header, []byte("input"), signature); err != nil {
			t.Error(err)
		}
	}
	wantTold := func(when string, want ...string) {
		t.Helper()
		if !slices.Equal(told, want) {
			t.Errorf("%s: told %q, want %q", when, told, want)
		}
		told = nil
	}
	const call, hit = `keys.Refreshing call 20ms "" false`, `keys.Refreshing hit 0s "" false`
	if err := r.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	wantTold("ready", call)
	use()
	wantTold("fresh keys", hit, hit)
	clock.Add(keys.DefaultMaxAge)
	use()
	wantTold("the same keys again", call, hit)

	s.ring = newRing(t, next, old)
	clock.Add(keys.DefaultMaxAge)
	use()
	wantTold("other keys", call, `keys.Refreshing rotated 0s "new" false`, hit)

	s.err = errStore
	clock.Add(keys.DefaultMaxAge)
	use()
	const grace = `keys.Refreshing grace 0s "" true`
	wantTold("an outage", `keys.Refreshing call 20ms "" true`, grace, grace)
	clock.Add(keys.DefaultMaxAge + keys.DefaultGrace)
	for range 2 {
		if _, err := r.SigningKey(t.Context()); !errors.Is(err, errStore) {
			t.Error(err)
		}
	}
	wantTold("no keys, and no call right after the last", `keys.Refreshing call 20ms "" true`)
}

func TestKeysAreOthersIfOneIsNewOrGoneOrSignsInstead(t *testing.T) {
	a, b := hmacSecret(t, "a", "HS256", "a"), hmacSecret(t, "b", "HS256", "b")
	rsa, ec := privateKey(t, "k", "RS256", "a"), privateKey(t, "k", "ES256", "a")
	pss := privateKey(t, "k", "PS256", "a")
	for name, test := range map[string]struct {
		before, after *keys.Ring
		rotated       bool
	}{
		"the same secrets":         {newRing(t, a, b), newRing(t, a, hmacSecret(t, "b", "HS256", "b")), false},
		"another signs":            {newRing(t, a, b), newRing(t, b, a), true},
		"one is new":               {newRing(t, a), newRing(t, a, b), true},
		"one is gone":              {newRing(t, a, b), newRing(t, a), true},
		"other bytes":              {newRing(t, a), newRing(t, hmacSecret(t, "a", "HS256", "b")), true},
		"another kid":              {newRing(t, a), newRing(t, a.WithKid("x")), true},
		"another kid beside":       {newRing(t, a, b), newRing(t, a, b.WithKid("x")), true},
		"the same private key":     {newRing(t, ec), newRing(t, privateKey(t, "k", "ES256", "a")), false},
		"another private key":      {newRing(t, ec), newRing(t, privateKey(t, "k", "ES256", "b")), true},
		"another type of key":      {newRing(t, ec), newRing(t, rsa), true},
		"another algorithm":        {newRing(t, rsa), newRing(t, pss), true},
		"the same public key":      {newRing(t, nil, ec.Public()), newRing(t, nil, ec.Public()), false},
		"another public key":       {newRing(t, nil, ec.Public()), newRing(t, nil, rsa.Public()), true},
		"another kid of it":        {newRing(t, nil, ec.Public()), newRing(t, nil, ec.Public().WithKid("x")), true},
		"a private for its public": {newRing(t, ec), newRing(t, nil, ec.Public()), true},
		"a public for its private": {newRing(t, nil, ec.Public()), newRing(t, ec), true},
		"a private beside":         {newRing(t, nil, ec), newRing(t, nil, ec.Public()), true},
		"a public beside":          {newRing(t, nil, ec.Public()), newRing(t, nil, ec), true},
		"a secret beside":          {newRing(t, nil, ec.Public()), newRing(t, nil, a), true},
		"a key beside":             {newRing(t, nil, a), newRing(t, nil, ec.Public()), true},
		"another hash":             {newRing(t, nil, a), newRing(t, nil, hmacSecret(t, "a", "HS384", "a")), true},
		"one begins to sign":       {newRing(t, nil, a, b), newRing(t, a, b), true},
		"secrets for a key":        {newRing(t, ec), newRing(t, a), true},
		"one more from elsewhere":  {newRing(t, ec), newRing(t, ec, unreadySource{}), true},
	} {
		s, clock, rotated := &store{ring: test.before}, clocktest.NewManual(), false
		r, err := keys.NewRefreshing(keys.RefreshingConfig{Load: s.load, Now: clock.Now, Observer: func(_ context.Context, e keys.Event) {
			rotated = rotated || e.Kind == keys.EventRotated
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, s.ring = range []*keys.Ring{test.before, test.after} {
			if _, err := r.VerificationKey(t.Context(), keys.Header{Algorithm: "none"}); !errors.Is(err, keys.ErrUnknownKey) {
				t.Fatal(err)
			}
			clock.Add(keys.DefaultMaxAge)
		}
		if rotated != test.rotated {
			t.Errorf("%s: rotated %v", name, rotated)
		}
	}
}
