package rotation_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

// A year is an issuer that rotates its keys at random times for a year, in an emergency
// too, and verifiers that hold what they have read for random times, all on one clock.
//
// The issuer signs with a ring that follows the schedule. Its set goes through a cache
// on the way to the verifiers, as old as a Publisher allows by default.
type year struct {
	t         *testing.T
	random    *rand.Rand
	clock     *clocktest.Manual
	schedule  *rotation.Schedule
	pairs     map[string]rotation.Pair
	ring      *rotation.Ring
	publisher *jwks.Publisher
	verifiers []*consumer
	tokens    []issued
	parsed    map[string]*keys.Set // by text, for speed

	edge     *keys.Set // what the cache between has
	edgeRead time.Time

	made, rotations, emergencies, checks int
}

// A consumer is a verifier elsewhere.
type consumer struct {
	set   *keys.Set
	until time.Time
}

// skew is how far the clocks of verifiers are behind the issuer's: so much longer they
// take a token for good.
const skew = 4 * time.Minute

// An issued token is what its verification needs.
type issued struct {
	header    keys.Header
	input     []byte
	signature []byte
	expires   time.Time
}

func TestAYearOfRotationsRefusesNoGoodTokenAndAcceptsNoRetiredKey(t *testing.T) {
	seeds, part := 1, 5 // a tenth of what STORIES=whole tells
	if os.Getenv("STORIES") == "whole" {
		seeds, part = 2, 1
	}
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			y := newYear(t, seed)
			y.run(days(365 / part))
			t.Logf("%d rotations, %d emergencies, %d checks", y.rotations, y.emergencies, y.checks)
			if y.rotations < 8/part || y.emergencies < max(1, 3/part) || y.checks < 10_000/part {
				t.Error("too little has happened")
			}
		})
	}
}

func newYear(t *testing.T, seed uint64) *year {
	y := &year{
		t: t, random: rand.New(rand.NewPCG(seed, 2026)), clock: clocktest.NewManual(),
		schedule: &rotation.Schedule{TokenLifetime: time.Hour}, pairs: map[string]rotation.Pair{}, parsed: map[string]*keys.Set{},
	}
	y.schedule = y.next()
	ring, err := rotation.NewRing(rotation.RingConfig{Schedule: y.schedule, Keys: y.wanted(), Now: y.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	y.ring = ring
	y.publisher = newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: ring})
	for range 6 {
		y.verifiers = append(y.verifiers, &consumer{})
	}
	return y
}

// next adds a new key.
func (y *year) next() *rotation.Schedule {
	y.made++
	kid := fmt.Sprint("key ", y.made)
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, kid)
	private, err := keys.NewPrivateKey("EdDSA", ed25519.NewKeyFromSeed(seed))
	if err != nil {
		y.t.Fatal(err)
	}
	private = private.WithKid(kid)
	y.pairs[kid] = rotation.PairOf(private)
	now := y.clock.Now()
	if y.made == 1 || y.random.IntN(2) == 0 {
		return next(y.t, y.schedule, now, kid)
	}
	spare, err := y.schedule.NextAt(now, now.Add(rotation.DefaultCacheTime+rotation.DefaultMargin+y.upTo(days(10))), kid)
	if err != nil {
		y.t.Fatal(err)
	}
	return spare
}

// wanted returns the keys that the schedule names.
func (y *year) wanted() []rotation.Pair {
	var pairs []rotation.Pair
	for _, key := range y.schedule.Keys {
		pairs = append(pairs, y.pairs[key.Kid])
	}
	return pairs
}

// enact puts a schedule in force, by way of its document.
func (y *year) enact(s *rotation.Schedule) {
	y.t.Helper()
	again, err := rotation.ParseSchedule(encode(y.t, s))
	if err != nil {
		y.t.Fatal(err)
	}
	y.schedule = again
	if err := y.ring.Update(again, y.wanted()...); err != nil {
		y.t.Fatal(err)
	}
}

func (y *year) run(span time.Duration) {
	end := y.clock.Now().Add(span)
	rotation, emergency := y.soon(30), y.soon(90)
	for y.clock.Now().Before(end) && !y.t.Failed() {
		now := y.clock.Now()
		y.readEdge()
		switch {
		case now.After(emergency):
			y.revokeOne()
			emergency = y.soon(90)
		case now.After(rotation) && y.pending() == "":
			y.rotations++
			y.enact(y.next())
			rotation = y.soon(30)
		}
		if len(y.tokens) == 0 || y.random.IntN(4) == 0 {
			y.issue()
		}
		y.check()
		y.clock.Add(y.step())
	}
}

// step is short while keys change and long while they do not.
func (y *year) step() time.Duration {
	longest := 2 * 60 * 60
	if len(y.schedule.At(y.clock.Now()).Publish) > 1 {
		longest = 5 * 60
	}
	return time.Duration(1+y.random.IntN(longest)) * time.Second
}

// upTo returns a duration of at most most, which it is half of the time.
func (y *year) upTo(most time.Duration) time.Duration {
	if y.random.IntN(2) == 0 {
		return most
	}
	return time.Duration(1 + y.random.Int64N(int64(most)))
}

// soon returns a time within so many days.
func (y *year) soon(within int) time.Time {
	return y.clock.Now().Add(time.Duration(y.random.Int64N(int64(days(within)))))
}

// pending returns the kid of the key that is to sign next, or nothing.
func (y *year) pending() string {
	for _, key := range y.schedule.Keys {
		if key.Revoked.IsZero() && key.Sign.After(y.clock.Now()) {
			return key.Kid
		}
	}
	return ""
}

// revokeOne revokes any of the keys that are published, the one that signs most likely.
func (y *year) revokeOne() {
	y.emergencies++
	if y.pending() == "" && y.random.IntN(3) > 0 {
		y.enact(y.next())
	}
	plan := y.schedule.At(y.clock.Now())
	kid := plan.Publish[y.random.IntN(len(plan.Publish))]
	if kid == plan.Sign && y.pending() == "" {
		y.enact(y.next())
	}
	y.enact(revoke(y.t, y.schedule, y.clock.Now(), kid))
}

// issue signs a token, and forgets one if there are too many.
func (y *year) issue() {
	y.t.Helper()
	now := y.clock.Now()
	input := fmt.Append(nil, now)
	h, signature := sign(y.t, y.ring, input)
	if len(y.tokens) == 8 {
		i := y.random.IntN(len(y.tokens))
		y.tokens = slices.Delete(y.tokens, i, i+1)
	}
	y.tokens = append(y.tokens, issued{h, input, signature, now.Add(y.upTo(y.schedule.TokenLifetime) + skew)})
}

// read returns the set that a verifier has at this time.
func (y *year) read(c *consumer) *keys.Set {
	y.t.Helper()
	now := y.clock.Now()
	if now.Before(c.until) {
		return c.set
	}
	c.set, c.until = y.edge, now.Add(y.upTo(rotation.DefaultCacheTime))
	return c.set
}

// readEdge has the cache between read what is published, if what it has is old.
func (y *year) readEdge() {
	y.t.Helper()
	now := y.clock.Now()
	if now.Sub(y.edgeRead) < jwks.DefaultCacheControl {
		return
	}
	text, err := y.publisher.JWKS(y.t.Context())
	if err != nil {
		y.t.Fatal(err)
	}
	if y.parsed[string(text)] == nil {
		if y.parsed[string(text)], err = keys.ParseJWKS(text); err != nil {
			y.t.Fatal(err)
		}
	}
	y.edge, y.edgeRead = y.parsed[string(text)], now
}

// reach is how long it takes at most until every verifier has what is published.
const reach = rotation.DefaultCacheTime + jwks.DefaultCacheControl

// check has every verifier, and the ring itself, judge every token that has not
// expired and every key of the schedule.
func (y *year) check() {
	y.t.Helper()
	now := y.clock.Now()
	y.tokens = slices.DeleteFunc(y.tokens, func(token issued) bool { return !now.Before(token.expires) })
	for i, c := range append(y.verifiers, nil) {
		var source keys.VerificationSource = y.ring
		if c != nil {
			source = y.read(c)
		}
		for _, token := range y.tokens {
			y.checkToken(source, token, c != nil, i)
		}
		for _, key := range y.schedule.Keys {
			gone := key.Expire
			if !key.Revoked.IsZero() {
				gone = key.Revoked
			}
			if c != nil {
				gone = gone.Add(reach)
			}
			if key.Retire.IsZero() && key.Revoked.IsZero() || now.Before(gone) {
				continue
			}
			if _, err := source.VerificationKey(context.Background(), keys.Header{Algorithm: "EdDSA", Kid: key.Kid}); err == nil {
				y.t.Errorf("at %v verifier %d accepts %+v", now, i, key)
			}
		}
	}
}

// checkToken tests that a token of a key that is good is accepted, and one of a key
// that has been revoked is not once that is known. Of tokens that many verifiers see
// only every hundredth signature is worked out.
func (y *year) checkToken(source keys.VerificationSource, token issued, elsewhere bool, i int) {
	y.t.Helper()
	y.checks++
	now := y.clock.Now()
	key := y.find(token.header.Kid)
	var err error
	if y.checks%100 == 0 {
		err = verify(source, token.header, token.input, token.signature)
	} else {
		_, err = source.VerificationKey(context.Background(), token.header)
	}
	switch {
	case !key.Revoked.IsZero():
		if known := !elsewhere || !now.Before(key.Revoked.Add(reach)); known && err == nil {
			y.t.Errorf("at %v verifier %d accepts a token of %+v", now, i, key)
		}
	case err != nil && elsewhere && y.tookOver(key) && now.Before(key.Publish.Add(reach)):
		// It signs before everybody can know it: the price of an emergency.
	case err != nil:
		y.t.Errorf("at %v verifier %d refuses a token of %+v that is good until %v: %v", now, i, key, token.expires, err)
	}
}

func (y *year) find(kid string) rotation.Key {
	y.t.Helper()
	for _, key := range y.schedule.Keys {
		if key.Kid == kid {
			return key
		}
	}
	y.t.Fatalf("key %s has left the schedule before its tokens have expired", kid)
	return rotation.Key{}
}

// tookOver reports whether a key signs earlier than it was meant to.
func (y *year) tookOver(key rotation.Key) bool {
	return key.Sign.Sub(key.Publish) < rotation.DefaultCacheTime
}
