package kmskeys_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

// A load is what logged-in users see while somebody floods the authorizer, in simulated
// time.
type load struct {
	requests  int           // of the users
	undecided int           // of those
	longest   time.Duration // how long one user was undecided without a break
}

// runLoad has 200 users, whose data keys are known, send a request every five seconds
// or so each, amid a flood of so many forged envelopes a second, for three times the
// MaxAge of data keys.
func runLoad(t *testing.T, flood int) load {
	t.Helper()
	const users = 200
	loadMaxAge := max(5*time.Second, scaled(20*time.Second))
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.MaxAge = loadMaxAge })
	random := rand.New(rand.NewPCG(1, 2))
	pause := func() time.Duration { return time.Duration((2.5 + 5*random.Float64()) * float64(time.Second)) }
	var tokens [users]signed
	var next, down [users]time.Time
	for i := range tokens {
		tokens[i] = sign(t, b.signs)
		wantVerified(t, b.verifies, tokens[i])
		next[i] = b.clock.Now().Add(pause())
		b.clock.Add(loadMaxAge / users)
	}
	var l load
	end := b.clock.Now().Add(3 * loadMaxAge)
	for forgeries := 0; b.clock.Now().Before(end); forgeries++ {
		b.clock.Add(time.Second / time.Duration(flood))
		now := b.clock.Now()
		for i := range tokens {
			if now.Before(next[i]) {
				continue
			}
			next[i] = now.Add(pause())
			l.requests++
			switch err := verify(context.Background(), b.verifies, tokens[i]); {
			case err == nil:
				down[i] = time.Time{}
				continue
			case errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature):
				t.Fatalf("a user was refused: %v", err)
			}
			l.undecided++
			if down[i].IsZero() {
				down[i] = now
			}
			l.longest = max(l.longest, now.Sub(down[i]))
		}
		if err := verify(context.Background(), b.verifies, forged(forgeries)); err == nil {
			t.Fatal("a forgery was verified")
		}
	}
	t.Logf("%d forged envelopes a second: %d of %d requests of users undecided (%.1f %%), the longest for %v, %d calls",
		flood, l.undecided, l.requests, 100*float64(l.undecided)/float64(l.requests), l.longest, b.Calls("Decrypt"))
	return l
}

func TestAFloodOfForgedEnvelopesLocksNobodyOut(t *testing.T) {
	for _, flood := range []int{1000, 5000} {
		if l := runLoad(t, flood); l.undecided*200 > l.requests {
			t.Errorf("%d a second: %d of %d requests of users were undecided, want at most 0.5 %%", flood, l.undecided, l.requests)
		}
	}
}
