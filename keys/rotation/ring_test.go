package rotation_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/keystest"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

func scheduledRing(t testing.TB, c *clocktest.Manual, s *rotation.Schedule, pairs ...rotation.Pair) *rotation.Ring {
	t.Helper()
	r, err := rotation.NewRing(rotation.RingConfig{Schedule: s, Keys: pairs, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRingsConform(t *testing.T) {
	for _, alg := range []string{"RS256", "EdDSA"} {
		t.Run(alg, func(t *testing.T) {
			pair := func(instance string) keystest.Pair {
				r := scheduledRing(t, clocktest.NewManual(), newSchedule(t, "of "+instance), rotation.PairOf(privateKey(t, "of "+instance, alg, instance)))
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

func TestARingFollowsTheClock(t *testing.T) {
	c := clocktest.NewManual()
	r := scheduledRing(t, c, newSchedule(t, "1", "2"), rotation.PairOf(named(t, "1")), rotation.PairOf(privateKey(t, "2", "EdDSA", "b")))
	p := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: r})
	published := func() []*keys.PublicKey {
		t.Helper()
		text, err := p.JWKS(t.Context())
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
	c.Add(days(30))
	check("1", []string{"1", "2"}, []string{"3"})
	c.Add(130 * time.Minute)
	check("2", []string{"1", "2"}, nil)
	c.Add(25 * time.Minute)
	check("2", []string{"2"}, []string{"1"})
	c.Add(-25 * time.Minute) // a clock that is set back
	check("2", []string{"1", "2"}, nil)
	c.Add(days(1000))
	check("2", []string{"2"}, []string{"1"})
}

func TestTheMarginOfARingIsItsSchedules(t *testing.T) {
	c := clocktest.NewManual()
	s := newSchedule(t, "1")
	r := scheduledRing(t, c, s, rotation.PairOf(named(t, "1")))
	if got := r.Margin(); got != rotation.DefaultMargin {
		t.Errorf("got %v", got)
	}
	s.Margin = time.Minute
	if err := r.Update(s, rotation.PairOf(named(t, "1"))); err != nil || r.Margin() != time.Minute {
		t.Errorf("got %v, %v", r.Margin(), err)
	}
}

func TestThePairOfNoKeyIsEmpty(t *testing.T) {
	for _, key := range []*keys.PrivateKey{nil, new(keys.PrivateKey)} {
		if got := rotation.PairOf(key); got.Public != nil || got.Signing != nil {
			t.Errorf("got %+v", got)
		}
	}
}

func TestUpdateRevokesWithoutARestart(t *testing.T) {
	c := clocktest.NewManual()
	one, two := rotation.PairOf(named(t, "1")), rotation.PairOf(privateKey(t, "2", "EdDSA", "b"))
	s := newSchedule(t, "1")
	r := scheduledRing(t, c, s, one)
	h, signature := sign(t, r, []byte("input"))

	c.Add(days(3))
	s = revoke(t, next(t, s, c.Now(), "2"), c.Now(), "1")
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

func TestARingNeedsTheKeysOfItsSchedule(t *testing.T) {
	c := clocktest.NewManual()
	one, two := rotation.PairOf(named(t, "1")), rotation.PairOf(privateKey(t, "2", "EdDSA", "b"))
	both := newSchedule(t, "1", "2")
	for _, test := range []struct {
		name  string
		s     *rotation.Schedule
		pairs []rotation.Pair
		want  string
	}{
		{"no schedule", nil, []rotation.Pair{one}, "no schedule"},
		{"a schedule that is not in order", &rotation.Schedule{}, []rotation.Pair{one}, "a token lifetime"},
		{"a key that is missing", both, []rotation.Pair{one}, `key "2" of the schedule is missing`},
		{"a key too many", newSchedule(t, "1"), []rotation.Pair{one, two}, `key "2" is not in the schedule`},
		{"a key twice", both, []rotation.Pair{one, two, one}, `two keys of kid "1"`},
		{"a key of an error that nobody looked at", both, []rotation.Pair{one, rotation.PairOf(nil)}, "key 1 has no public half"},
		{"a signer that is nil", both, []rotation.Pair{{Public: one.Public, Signing: (*keys.PrivateKey)(nil)}, two}, "what signs is nil"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := rotation.NewRing(rotation.RingConfig{Schedule: test.s, Keys: test.pairs, Now: c.Now})
			if r != nil {
				t.Error("a ring came with the error")
			}
			wantError(t, err, "rotation: ", test.want)
		})
	}
}

func TestAnExpiredKeyNeedNotBeThere(t *testing.T) {
	c := clocktest.NewManual()
	s := newSchedule(t, "1", "2")
	c.Add(s.Keys[0].Expire.Sub(start))
	r := scheduledRing(t, c, s, rotation.PairOf(named(t, "2")))
	wantSigns(t, r, "2")

	c.Add(-time.Millisecond) // a clock that is set back to when it was wanted
	wantSigns(t, r, "2")
	wantFound(t, r, "2")
	wantOutage(t, find(r, "1"), `key "1" is missing`)
	_, err := r.PublicSet(t.Context())
	wantOutage(t, err, `key "1" is missing`)

	c.Add(-2 * time.Hour) // or to when it signed
	wantFound(t, r, "2")
	_, err = r.SigningKey(context.Background())
	wantOutage(t, err, `key "1" is missing`)

	c.Add(2*time.Hour + time.Millisecond) // and is right again
	wantSigns(t, r, "2")
	wantUnknown(t, r, "1")
	if set, err := r.PublicSet(t.Context()); err != nil || len(set.Keys()) != 1 {
		t.Errorf("got %v, %v", set, err)
	}
}

func TestAProgramThatOnlyPublishesNeedsNoPrivateHalf(t *testing.T) {
	r := scheduledRing(t, clocktest.NewManual(), newSchedule(t, "1"), rotation.Pair{Public: named(t, "1").Public()})
	wantFound(t, r, "1")
	_, err := r.SigningKey(context.Background())
	wantOutage(t, err, "only the public half")
}

func TestTheTwoHalvesMustBelongTogether(t *testing.T) {
	for name, signs := range map[string]keys.SigningSource{
		"another kid": named(t, "2"), "another algorithm": privateKey(t, "1", "Ed25519", "a"), "a secret": hmacSecret(t, "1", "HS256", "s"),
	} {
		r := scheduledRing(t, clocktest.NewManual(), newSchedule(t, "1"), rotation.Pair{Public: named(t, "1").Public(), Signing: signs})
		if _, err := r.SigningKey(context.Background()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	outage := errors.New("KMS is down")
	r := scheduledRing(t, clocktest.NewManual(), newSchedule(t, "1"), rotation.Pair{Public: named(t, "1").Public(), Signing: failingSigner{outage}})
	if _, err := r.SigningKey(context.Background()); !errors.Is(err, outage) {
		t.Errorf("got %v", err)
	}
}

type failingSigner struct{ err error }

func (f failingSigner) SigningKey(context.Context) (keys.SigningKey, error) { return nil, f.err }

func TestAScheduleThatHasEndedIsAnOutage(t *testing.T) {
	c := clocktest.NewManual()
	s := &rotation.Schedule{TokenLifetime: time.Minute, Keys: []rotation.Key{
		{Kid: "1", Publish: after(time.Minute), Sign: after(time.Minute), Retire: after(time.Hour), Expire: after(2 * time.Hour)},
	}}
	r := scheduledRing(t, c, s, rotation.PairOf(named(t, "1")))
	wantOutage(t, find(r, "1"), "no key is published at 2026-01-01T00:00:00Z")
	c.Add(time.Minute)
	wantSigns(t, r, "1")
	c.Add(time.Hour)
	wantFound(t, r, "1")
	_, err := r.SigningKey(context.Background())
	wantOutage(t, err, "Schedule.Next")
	c.Add(time.Hour)
	wantOutage(t, find(r, "1"), "no key is published")
	_, err = r.PublicSet(t.Context())
	wantOutage(t, err, "no key is published")
}

func TestAZeroRingIsAnOutageAndPrintsNothing(t *testing.T) {
	for want, r := range map[string]*rotation.Ring{"<nil>": nil, "(zero)": {}} {
		wantOutage(t, find(r, "1"))
		_, err := r.SigningKey(context.Background())
		wantOutage(t, err, "zero ring")
		if !errors.Is(err, keys.ErrMisconfigured) {
			t.Errorf("got %v", err)
		}
		_, err = r.PublicSet(t.Context())
		wantOutage(t, err, "zero ring")
		if got := r.Margin(); got != 0 {
			t.Errorf("margin %v", got)
		}
		wantOutage(t, r.Update(newSchedule(t, "1"), rotation.PairOf(named(t, "1"))))
		if got := fmt.Sprintf("%v", r); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	r := scheduledRing(t, clocktest.NewManual(), newSchedule(t, "1"), rotation.PairOf(named(t, "1")))
	if got := fmt.Sprintf("%+v %#v %x", r, r, r); got != "rotation.Ring rotation.Ring rotation.Ring" {
		t.Error(got)
	}
}

func TestARingIsSafeWhileItIsUpdated(t *testing.T) {
	c := clocktest.NewManual()
	pairs := []rotation.Pair{rotation.PairOf(named(t, "1")), rotation.PairOf(privateKey(t, "2", "EdDSA", "b"))}
	s := newSchedule(t, "1", "2")
	r := scheduledRing(t, c, s, pairs...)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 200 {
				c.Add(time.Hour)
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

func TestARingTellsOnceThatAnotherKeySigns(t *testing.T) {
	c := clocktest.NewManual()
	schedule := newSchedule(t, "1", "2")
	var told []string
	r, err := rotation.NewRing(rotation.RingConfig{
		Schedule: schedule, Keys: []rotation.Pair{rotation.PairOf(named(t, "1")), rotation.PairOf(privateKey(t, "2", "EdDSA", "b"))}, Now: c.Now,
		Observer: func(_ context.Context, e keys.Event) { told = append(told, fmt.Sprint(e)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		wantSigns(t, r, "1")
	}
	c.Add(schedule.Keys[1].Sign.Sub(c.Now()))
	for range 3 {
		wantSigns(t, r, "2")
	}
	if _, err := r.PublicSet(t.Context()); err != nil {
		t.Error(err)
	}
	c.Add(schedule.Keys[0].Expire.Sub(c.Now()))
	wantSigns(t, r, "2")
	if want := []string{fmt.Sprint(keys.Event{Kind: keys.EventRotated, Source: "rotation.Ring", Kid: "2"})}; !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}

func TestAPairFromElsewhereIsOneKeyOrAnError(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	pair, arn := kmsPair(t, k, "1")
	if pair.Public.Kid() != "1" || pair.Public.Algorithm() != "ES256" || pair.Signing == nil {
		t.Errorf("got %v", pair)
	}
	if _, err := k.DisableKey(t.Context(), &kms.DisableKeyInput{KeyId: &arn}); err != nil {
		t.Fatal(err)
	}
	disabled, err := kmskeys.NewAsymmetricVerifier(k, kmskeys.AsymmetricConfig{KeyID: arn, Algorithm: "ES256", Kid: "1"})
	if err != nil {
		t.Fatal(err)
	}
	two, err := keys.NewSet(named(t, "1").Public(), privateKey(t, "2", "EdDSA", "b").Public())
	if err != nil {
		t.Fatal(err)
	}
	for want, public := range map[string]keys.PublicSource{
		"rotation: pair: no public half":         nil,
		"rotation: pair: no public half: ":       (*kmskeys.AsymmetricVerifier)(nil),
		"a source of 2 public keys":              two,
		"rotation: pair: kmskeys: kms:GetPublic": disabled,
	} {
		pair, err := rotation.PairFrom(context.Background(), public, nil)
		wantError(t, err, want)
		if pair.Public != nil || pair.Signing != nil {
			t.Errorf("%s: got %v", want, pair)
		}
	}
	if _, err := rotation.PairFrom(t.Context(), disabled, nil); !errors.Is(err, keys.ErrMisconfigured) {
		t.Errorf("a key that is disabled: %v", err)
	}
}
