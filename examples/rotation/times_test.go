package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/examples/rotation/secretstest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestAVersionSignsWhenItHasSettledAndTheOneBeforeEnds(t *testing.T) {
	current := version{"2", "the new secret, which is long enough for all", noon}
	previous := &version{"1", "the old secret, which is long enough for all", noon.Add(-time.Hour)}
	pending := &version{"3", "the next secret, which is long enough for all", noon.Add(time.Hour)}
	for name, test := range map[string]struct {
		after             time.Duration // since the current version was made
		previous, pending *version
		signs, accepts    string
	}{
		"the first version":              {0, nil, nil, "2", "2"},
		"just made":                      {0, previous, nil, "1", "12"},
		"a clock that is behind":         {-time.Hour, previous, nil, "1", "12"},
		"almost settled":                 {inEarnest.settles() - 1, previous, nil, "1", "12"},
		"settled":                        {inEarnest.settles(), previous, nil, "2", "12"},
		"almost the end":                 {inEarnest.ends() - 1, previous, nil, "2", "12"},
		"the end":                        {inEarnest.ends(), previous, nil, "2", "2"},
		"one is pending":                 {inEarnest.ends(), previous, pending, "2", "23"},
		"one is pending, two are in use": {time.Hour, previous, pending, "2", "123"},
		"pending and current are one":    {0, previous, &version{"2", current.secret, noon}, "1", "12"},
		"pending, and no other":          {0, nil, pending, "2", "23"},
	} {
		ring, err := inEarnest.ring(noon.Add(test.after), current, test.previous, test.pending)
		if err != nil {
			t.Fatal(err)
		}
		key, err := ring.SigningKey(t.Context())
		if err != nil || key.Header().Kid != test.signs {
			t.Errorf("%s: signs with %v, %v", name, key, err)
		}
		accepts := ""
		for _, kid := range []string{"1", "2", "3"} {
			if _, err := ring.VerificationKey(t.Context(), keys.Header{Algorithm: "HS256", Kid: kid}); err == nil {
				accepts += kid
			}
		}
		if accepts != test.accepts {
			t.Errorf("%s: accepts %s, want %s", name, accepts, test.accepts)
		}
	}
	for name, versions := range map[string][3]version{
		"current":  {{"2", "short", noon}, *previous, *pending},
		"previous": {current, {"1", "short", noon}, *pending},
		"pending":  {current, *previous, {"3", "short", noon}},
	} {
		if _, err := inEarnest.ring(noon, versions[0], &versions[1], &versions[2]); err == nil || !strings.Contains(err.Error(), "version ") || strings.Contains(err.Error(), "short") {
			t.Errorf("a short %s version: %v", name, err)
		}
	}
}

// A fleet is the functions of a day: one that signs and two that verify. Each starts and loads
// at moments of its own, and is now and then replaced by one that has just started.
type fleet struct {
	t         *testing.T
	times     times
	load      func() loader
	signs     *signer.Issuer
	verifies  [2]*verifier.Local
	live      []string        // tokens that have not expired, the oldest first
	expiry    []time.Time     // of each
	kids      map[string]bool // that have signed
	outages   int
	random    *rand.Rand
	misjudged error // the first good token that was refused
}

func newFleet(t *testing.T, times times, load func() loader) *fleet {
	f := &fleet{t: t, times: times, load: load, kids: map[string]bool{}, random: rand.New(rand.NewPCG(1, 2))}
	f.startSigner()
	for i := range f.verifies {
		f.startVerifier(i)
	}
	return f
}

func (f *fleet) source() *keys.Refreshing {
	source, err := f.times.source(f.load(), time.Now)
	if err != nil {
		f.t.Fatal(err)
	}
	return source
}

func (f *fleet) startSigner() {
	var err error
	f.signs, err = signer.NewIssuer(signer.IssuerConfig{Keys: f.source(), Issuer: issuerName, Audience: []string{audience}, Lifetime: f.times.lifetime})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) startVerifier(i int) {
	var err error
	f.verifies[i], err = verifier.New(verifier.Config{Keys: f.source(), Issuer: issuerName, Audience: []string{audience}})
	if err != nil {
		f.t.Fatal(err)
	}
}

// run lets a time pass, in which the functions are in use.
func (f *fleet) run(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(7 * time.Second) {
		f.sign()
		for i := range f.verifies {
			if f.random.IntN(i+1) == 0 { // the second is in use half as often
				f.verify(i)
			}
		}
		switch f.random.IntN(200) {
		case 0:
			f.startSigner()
		case 1:
			f.startVerifier(f.random.IntN(len(f.verifies)))
		}
	}
}

func (f *fleet) sign() {
	token, err := f.signs.Issue(context.Background(), "ann", nil)
	if err != nil {
		f.outages++
		return
	}
	f.kids[kidOf(f.t, token)] = true
	f.live, f.expiry = append(f.live, token), append(f.expiry, time.Now().Add(f.times.lifetime))
}

// verify has a verifier decide the newest token, the oldest, and one between.
func (f *fleet) verify(i int) {
	for len(f.expiry) > 0 && !time.Now().Before(f.expiry[0]) {
		f.live, f.expiry = f.live[1:], f.expiry[1:]
	}
	if len(f.live) == 0 {
		return
	}
	for _, n := range []int{len(f.live) - 1, 0, f.random.IntN(len(f.live))} {
		_, err := f.verifies[i].Verify(context.Background(), f.live[n])
		switch {
		case errors.Is(err, verifier.ErrInvalidToken):
			f.misjudged = errors.Join(f.misjudged, fmt.Errorf("at %s, by verifier %d: %w", time.Now().Format(time.TimeOnly), i, err))
		case err != nil:
			f.outages++
		}
	}
}

// wantRefused tests that no verifier accepts a new token of this secret.
func (f *fleet) wantRefused(id, text string) {
	f.t.Helper()
	token := tokenOf(f.t, id, text)
	for i := range f.verifies {
		if _, err := f.verifies[i].Verify(context.Background(), token); !errors.Is(err, verifier.ErrInvalidToken) {
			f.t.Errorf("version %s, which has ended: %v", id, err)
		}
	}
}

func tokenOf(t *testing.T, id, text string) string {
	t.Helper()
	key, err := keys.HMAC("HS256", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{Keys: key.WithKid(id), Issuer: issuerName, Audience: []string{audience}, Lifetime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(t.Context(), "ann", nil)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// playSecretsManager plays rotations of a secret with these waits before each of the four steps. It
// returns the fleet and the store.
func playSecretsManager(t *testing.T, times times, waits ...[4]time.Duration) (*fleet, *secretstest.SecretsManager) {
	manager := secretstest.NewSecretsManager(localARN, "version-0", newSecret(), time.Now)
	f := newFleet(t, times, func() loader { return fromSecretsManager(manager, localARN, times, time.Now) })
	r := &rotator{client: manager, arn: localARN, times: times, now: time.Now}
	f.run(time.Hour)
	for n, wait := range waits {
		id := fmt.Sprintf("version-%d", n+1)
		manager.Rotate(id)
		for i, step := range steps {
			f.run(wait[i])
			if err := r.handle(t.Context(), rotationEvent{step, localARN, id}); err != nil {
				t.Fatal(err)
			}
		}
		f.run(times.ends() + times.maxAge + time.Minute) // the last is for functions in little use
		before := fmt.Sprintf("version-%d", n)
		f.wantRefused(before, manager.Text(before))
		if !f.kids[id] {
			t.Errorf("%s has never signed", id)
		}
	}
	return f, manager
}

// Steps that follow each other at once, with pauses, and just within an hour.
var waits = [][4]time.Duration{
	{}, {time.Second, time.Second, time.Second, time.Second}, {0, 2 * time.Minute, time.Minute, 3 * time.Minute},
	{0, 0, 0, 6 * time.Minute}, {time.Minute, 0, 0, 59 * time.Minute}, {},
}

func TestNoGoodTokenIsRefusedWhileASecretIsRotatedInSecretsManager(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, _ := playSecretsManager(t, inEarnest, waits...)
		if f.misjudged != nil || f.outages > 0 {
			t.Errorf("%d outages, and %v", f.outages, f.misjudged)
		}
	})
}

// That the test above would notice.
func TestAVersionThatSignsAtOnceIsRefusedByFunctionsThatHaveNotLoadedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rash := inEarnest
		rash.margin = -rash.maxAge
		if f, _ := playSecretsManager(t, rash, waits...); f.misjudged == nil {
			t.Error("no token was refused")
		}
	})
}

func TestNoGoodTokenIsRefusedWhileASecretIsReplacedInParameterStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		text := newSecret()
		store := secretstest.NewParameterStore("/jwt", text, time.Now)
		f := newFleet(t, inEarnest, func() loader { return fromParameterStore(store, "/jwt", inEarnest, time.Now) })
		rotate := rotateParameter(store, "/jwt", inEarnest, time.Now)
		f.run(time.Hour)
		for range 4 {
			if err := rotate(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.run(inEarnest.ends() + inEarnest.maxAge + time.Minute)
		}
		f.wantRefused("1", text)
		if f.misjudged != nil || f.outages > 0 || !f.kids["5"] {
			t.Errorf("%d outages, kids %v, and %v", f.outages, f.kids, f.misjudged)
		}
	})
}

func TestAnOutageOfTheStoreAtTheWorstTimeRefusesNoGoodToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manager := secretstest.NewSecretsManager(localARN, first, newSecret(), time.Now)
		f := newFleet(t, inEarnest, func() loader { return fromSecretsManager(manager, localARN, inEarnest, time.Now) })
		f.run(time.Hour)
		for n, moment := range []time.Duration{0, time.Minute, inEarnest.settles() - time.Second, inEarnest.settles(), time.Hour} {
			id := fmt.Sprint("version-", n)
			manager.Rotate(id)
			r := &rotator{client: manager, arn: localARN, times: inEarnest, now: time.Now}
			for _, step := range steps {
				if err := r.handle(t.Context(), rotationEvent{step, localARN, id}); err != nil {
					t.Fatal(err)
				}
			}
			f.run(moment)
			manager.Fail(errors.New("the secret store is not well"))
			f.run(18 * time.Minute) // within MaxAge and Grace
			manager.Fail(nil)
			f.run(inEarnest.ends() + inEarnest.maxAge)
		}
		if f.misjudged != nil {
			t.Error(f.misjudged)
		}
	})
}

func TestASecretIsWithdrawnByTakingItsLabelOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		manager := secretstest.NewSecretsManager(localARN, first, newSecret(), time.Now)
		load := func() loader { return fromSecretsManager(manager, localARN, inEarnest, time.Now) }
		f := newFleet(t, inEarnest, load)
		f.run(time.Hour)
		r := &rotator{client: manager, arn: localARN, times: inEarnest, now: time.Now}
		manager.Rotate(second)
		for _, step := range steps {
			if err := r.handle(t.Context(), rotationEvent{step, localARN, second}); err != nil {
				t.Fatal(err)
			}
		}
		withdraw(t, manager, previousStage, first)
		ring, err := load()(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if key, err := ring.SigningKey(t.Context()); err != nil || key.Header().Kid != second {
			t.Errorf("signs with %v, %v", key, err)
		}
		f.run(inEarnest.maxAge + time.Minute)
		f.wantRefused(first, manager.Text(first))
	})
}
