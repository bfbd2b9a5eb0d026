package keys_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/keystest"
)

func scheduledRing(t testing.TB, c *clock, s *keys.Schedule, pairs ...keys.KeyPair) *keys.ScheduledRing {
	t.Helper()
	r, err := keys.NewScheduledRing(keys.ScheduledRingConfig{Schedule: s, Keys: pairs, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestScheduledRingsConform(t *testing.T) {
	for _, alg := range []string{"RS256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			pair := func(instance string) keystest.Pair {
				r := scheduledRing(t, newClock(), newSchedule(t, "of "+instance), keys.Pair(privateKey(t, "of "+instance, alg, instance)))
				return keystest.Pair{Signing: r, Verification: r}
			}
			keystest.Run(t, keystest.Backend{A: pair("a"), B: pair("b"), Algorithm: alg})
		})
	}
}

func wantSigns(t testing.TB, r keys.SigningSource, kid string) {
	t.Helper()
	key, err := r.SigningKey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := key.Header().Kid; got != kid {
		t.Errorf("signs with %q, want %q", got, kid)
	}
}

func TestAScheduledRingFollowsTheClock(t *testing.T) {
	c := newClock()
	r := scheduledRing(t, c, newSchedule(t, "1", "2"), keys.Pair(named(t, "1")), keys.Pair(privateKey(t, "2", "EdDSA", "b")))
	p := newPublisher(t, keys.PublisherConfig{Issuer: issuer, Keys: r})
	published := func() []*keys.PublicKey {
		t.Helper()
		text, err := p.JWKS()
		if err != nil {
			t.Fatal(err)
		}
		set, err := keys.ParseJWKS(text)
		if err != nil {
			t.Fatal(err)
		}
		return set.Keys()
	}
	check := func(signs string, known, unknown []string) {
		t.Helper()
		wantSigns(t, r, signs)
		for _, kid := range known {
			wantFound(t, r, kid)
		}
		for _, kid := range unknown {
			wantUnknown(t, r, kid)
		}
		if got := published(); len(got) != len(known) {
			t.Errorf("published are %v", got)
		}
	}
	check("1", []string{"1"}, []string{"2"})
	c.add(days(30))
	check("1", []string{"1", "2"}, []string{"3"})
	c.add(130 * time.Minute)
	check("2", []string{"1", "2"}, nil)
	c.add(25 * time.Minute)
	check("2", []string{"2"}, []string{"1"})
	c.add(-25 * time.Minute) // a clock that is set back
	check("2", []string{"1", "2"}, nil)
	c.add(days(1000))
	check("2", []string{"2"}, []string{"1"})
}

func TestUpdateRevokesWithoutARestart(t *testing.T) {
	c := newClock()
	one, two := keys.Pair(named(t, "1")), keys.Pair(privateKey(t, "2", "EdDSA", "b"))
	s := newSchedule(t, "1")
	r := scheduledRing(t, c, s, one)
	h, signature := sign(t, r, []byte("input"))

	c.add(days(3))
	s = revoke(t, next(t, s, c.now(), "2"), c.now(), "1")
	wantError(t, r.Update(s, one), `key "2" of the schedule is missing`)
	wantSigns(t, r, "1") // as before
	if err := r.Update(s, two); err != nil {
		t.Fatal(err)
	}
	wantSigns(t, r, "2")
	if err := verify(r, h, []byte("input"), signature); !errors.Is(err, keys.ErrUnknownKey) {
		t.Errorf("a token of the revoked key: %v", err)
	}
	if err := r.Update(s, one, two); err != nil { // giving the revoked key is no mistake
		t.Fatal(err)
	}
	wantUnknown(t, r, "1")
}

func TestAScheduledRingNeedsTheKeysOfItsSchedule(t *testing.T) {
	c := newClock()
	one, two := keys.Pair(named(t, "1")), keys.Pair(privateKey(t, "2", "EdDSA", "b"))
	both := newSchedule(t, "1", "2")
	for _, test := range []struct {
		name  string
		s     *keys.Schedule
		pairs []keys.KeyPair
		want  string
	}{
		{"no schedule", nil, []keys.KeyPair{one}, "no schedule"},
		{"a schedule that is not in order", &keys.Schedule{}, []keys.KeyPair{one}, "a token lifetime"},
		{"a key that is missing", both, []keys.KeyPair{one}, `key "2" of the schedule is missing`},
		{"a key too many", newSchedule(t, "1"), []keys.KeyPair{one, two}, `key "2" is not in the schedule`},
		{"a key twice", both, []keys.KeyPair{one, two, one}, `two keys of kid "1"`},
		{"a key of an error that nobody looked at", both, []keys.KeyPair{one, keys.Pair(nil)}, "key 1 has no public half"},
		{"a signer that is nil", both, []keys.KeyPair{{Public: one.Public, Signing: (*keys.PrivateKey)(nil)}, two}, "it is nil"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := keys.NewScheduledRing(keys.ScheduledRingConfig{Schedule: test.s, Keys: test.pairs, Now: c.now})
			if r != nil {
				t.Error("a ring came with the error")
			}
			wantError(t, err, "keys: ", test.want)
		})
	}
}

func TestAnExpiredKeyNeedNotBeThere(t *testing.T) {
	c := newClock()
	s := newSchedule(t, "1", "2")
	c.add(s.Keys[0].Expire.Sub(start))
	r := scheduledRing(t, c, s, keys.Pair(named(t, "2")))
	wantSigns(t, r, "2")

	c.add(-time.Millisecond) // a clock that is set back to when it was wanted
	wantSigns(t, r, "2")
	wantFound(t, r, "2")
	wantOutage(t, find(r, "1"), `key "1" is missing`)
	_, err := r.PublicSet()
	wantOutage(t, err, `key "1" is missing`)

	c.add(-2 * time.Hour) // or to when it signed
	wantFound(t, r, "2")
	_, err = r.SigningKey(context.Background())
	wantOutage(t, err, `key "1" is missing`)
}

func TestAProgramThatOnlyPublishesNeedsNoPrivateHalf(t *testing.T) {
	r := scheduledRing(t, newClock(), newSchedule(t, "1"), keys.KeyPair{Public: named(t, "1").Public()})
	wantFound(t, r, "1")
	_, err := r.SigningKey(context.Background())
	wantOutage(t, err, "only the public half")
}

func TestTheTwoHalvesMustBelongTogether(t *testing.T) {
	for name, signs := range map[string]keys.SigningSource{
		"another kid": named(t, "2"), "another algorithm": privateKey(t, "1", "Ed25519", "a"), "a secret": hmacSecret(t, "1", "HS256", "s"),
	} {
		r := scheduledRing(t, newClock(), newSchedule(t, "1"), keys.KeyPair{Public: named(t, "1").Public(), Signing: signs})
		if _, err := r.SigningKey(context.Background()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	outage := errors.New("KMS is down")
	r := scheduledRing(t, newClock(), newSchedule(t, "1"), keys.KeyPair{Public: named(t, "1").Public(), Signing: failingSigner{outage}})
	if _, err := r.SigningKey(context.Background()); !errors.Is(err, outage) {
		t.Errorf("got %v", err)
	}
}

type failingSigner struct{ err error }

func (f failingSigner) SigningKey(context.Context) (keys.SigningKey, error) { return nil, f.err }

func TestAScheduleThatHasEndedIsAnOutage(t *testing.T) {
	c := newClock()
	s := &keys.Schedule{TokenLifetime: time.Minute, Keys: []keys.ScheduledKey{
		{Kid: "1", Publish: after(time.Minute), Sign: after(time.Minute), Retire: after(time.Hour), Expire: after(2 * time.Hour)},
	}}
	r := scheduledRing(t, c, s, keys.Pair(named(t, "1")))
	wantOutage(t, find(r, "1"), "no key is published at 2026-01-01T00:00:00Z")
	c.add(time.Minute)
	wantSigns(t, r, "1")
	c.add(time.Hour)
	wantFound(t, r, "1")
	_, err := r.SigningKey(context.Background())
	wantOutage(t, err, "Schedule.Next")
	c.add(time.Hour)
	wantOutage(t, find(r, "1"), "no key is published")
	_, err = r.PublicSet()
	wantOutage(t, err, "no key is published")
}

func TestAZeroScheduledRingIsAnOutageAndPrintsNothing(t *testing.T) {
	for name, r := range map[string]*keys.ScheduledRing{"nil": nil, "zero": {}} {
		wantOutage(t, find(r, "1"))
		_, err := r.SigningKey(context.Background())
		wantOutage(t, err)
		_, err = r.PublicSet()
		wantOutage(t, err)
		wantOutage(t, r.Update(newSchedule(t, "1"), keys.Pair(named(t, "1"))))
		if got := fmt.Sprintf("%v", r); got != "keys.ScheduledRing(0 keys)" {
			t.Errorf("%s: %s", name, got)
		}
	}
	r := scheduledRing(t, newClock(), newSchedule(t, "1"), keys.Pair(named(t, "1")))
	if got := fmt.Sprintf("%+v %#v %x", r, r, r); got != "keys.ScheduledRing(1 keys) keys.ScheduledRing(1 keys) keys.ScheduledRing(1 keys)" {
		t.Error(got)
	}
}

func TestAScheduledRingIsSafeWhileItIsUpdated(t *testing.T) {
	c := newClock()
	pairs := []keys.KeyPair{keys.Pair(named(t, "1")), keys.Pair(privateKey(t, "2", "EdDSA", "b"))}
	s := newSchedule(t, "1", "2")
	r := scheduledRing(t, c, s, pairs...)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 200 {
				c.add(time.Hour)
				if _, err := r.SigningKey(context.Background()); err != nil {
					t.Error(err)
				}
				if err := find(r, "2"); err != nil && !errors.Is(err, keys.ErrUnknownKey) {
					t.Error(err)
				}
				if err := r.Update(s, pairs...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
}
