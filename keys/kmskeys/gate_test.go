package kmskeys_test

import (
	"context"
	"encoding/base64"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestBeyondTheBudgetNewDataKeysAreUndecidedAndCachedOnesGoOn(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptRate, c.DecryptBurst = 2, 3 })
	known, refused, late := sign(t, b.signs), forged(0), sign(t, b.signs)
	wantVerified(t, b.verifies, known)
	wantError(t, verify(context.Background(), b.verifies, refused), keys.ErrUnknownKey)
	wantError(t, verify(context.Background(), b.verifies, forged(1)), keys.ErrUnknownKey)
	for _, s := range []signed{late, forged(2), late} {
		err := verify(context.Background(), b.verifies, s)
		wantOutage(t, err)
		wantError(t, err, kmskeys.ErrBudget)
	}
	wantVerified(t, b.verifies, known)
	wantError(t, verify(context.Background(), b.verifies, refused), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 3)

	b.clock.Add(499 * time.Millisecond)
	wantError(t, verify(context.Background(), b.verifies, late), kmskeys.ErrBudget)
	b.clock.Add(time.Millisecond)
	wantVerified(t, b.verifies, late)
	wantError(t, verify(context.Background(), b.verifies, forged(2)), kmskeys.ErrBudget)
	wantCalls(t, b.KMS, "Decrypt", 4)
}

func TestAnIdleBudgetGrowsToTheBurstAndNoFurther(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptRate, c.DecryptBurst = 2, 3 })
	next := 0
	spend := func() (calls int) {
		for calls = range 100 {
			err := verify(context.Background(), b.verifies, forged(next))
			next++
			if errors.Is(err, kmskeys.ErrBudget) {
				return calls
			}
		}
		t.Fatal("the budget has no end")
		return 0
	}
	for _, step := range []struct {
		wait time.Duration
		want int
	}{
		{0, 3}, {time.Second, 2}, {1500 * time.Millisecond, 3}, {time.Hour, 3}, {0, 0},
		{-time.Hour, 0}, // a clock that is set back gives nothing and takes nothing
		{time.Second, 2},
	} {
		b.clock.Add(step.wait)
		if got := spend(); got != step.want {
			t.Errorf("after %v: %d calls, want %d", step.wait, got, step.want)
		}
	}
}

func TestCallsThatFailCountAgainstTheBudget(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptRate, c.DecryptBurst = 1, 2 })
	s := sign(t, b.signs)
	b.Fail("Decrypt", kmstest.Forever, throttled())
	wantOutage(t, verify(context.Background(), b.verifies, s))
	wantOutage(t, verify(context.Background(), b.verifies, s))
	b.clock.Add(200 * time.Millisecond)
	wantError(t, verify(context.Background(), b.verifies, s), kmskeys.ErrBudget)
	wantCalls(t, b.KMS, "Decrypt", 2)
}

func TestABudgetUsedUpIsNoInvalidToken(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptRate, c.DecryptBurst = 1, 1 })
	v := tokenVerifier(t, b.verifies, b.clock.Now)
	first, second := token(t, b.signs, claims(b.clock.Now())), token(t, b.signs, claims(b.clock.Now()))
	if _, err := v.Verify(context.Background(), first); err != nil {
		t.Fatal(err)
	}
	_, err := v.Verify(context.Background(), second)
	wantError(t, err, kmskeys.ErrBudget)
	if errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("the token was blamed: %v", err)
	}
}

// A thousand requests in five seconds, of two hundred users.
func TestAThousandRequestsWhileKMSFailsMakeNoMoreThanTenCalls(t *testing.T) {
	for name, test := range map[string]struct {
		users int
		known int // how many in ten of the users have a data key that is known
		grace time.Duration
		age   time.Duration // of what is known
	}{
		"one new data key":                   {1, 0, 0, 0},
		"new data keys":                      {200, 0, 0, 0},
		"known data keys":                    {200, 10, 0, kmskeys.DefaultMaxAge},
		"as many known data keys as new":     {200, 5, 0, kmskeys.DefaultMaxAge},
		"a few new data keys":                {200, 9, 0, kmskeys.DefaultMaxAge},
		"known data keys without grace":      {200, 10, -1, kmskeys.DefaultMaxAge},
		"known data keys beyond their grace": {200, 9, 0, kmskeys.DefaultMaxAge + kmskeys.DefaultGrace},
	} {
		for _, code := range []string{"AccessDeniedException", "DisabledException", "KMSInternalException", "ThrottlingException"} {
			t.Run(name+"/"+code, func(t *testing.T) {
				b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptBurst, c.Grace = 10_000, test.grace })
				var tokens []signed
				for i := range test.users {
					s := sign(t, b.signs)
					if i%10 < test.known {
						wantVerified(t, b.verifies, s)
					}
					tokens = append(tokens, s)
				}
				b.clock.Add(test.age)
				b.Fail("Decrypt", kmstest.Forever, kmstest.Error(code, ""))
				before := b.Calls("Decrypt")
				for i := range 1000 {
					if err := verify(t.Context(), b.verifies, tokens[i%test.users]); err != nil {
						wantOutage(t, err)
					}
					b.clock.Add(5 * time.Millisecond)
				}
				if calls := b.Calls("Decrypt") - before; calls > 10 {
					t.Errorf("%d calls", calls)
				}
			})
		}
	}
}

func TestAfterAFailureTheNextRequestTriesAgainAndAfterTwoNoneDoesForAWhile(t *testing.T) {
	b := newBench(t, nil)
	b.Fail("Decrypt", kmstest.Forever, throttled())
	calls := func(wait time.Duration) int {
		b.clock.Add(wait)
		before := b.Calls("Decrypt")
		for range 3 {
			wantOutage(t, verify(t.Context(), b.verifies, sign(t, b.signs)))
		}
		return b.Calls("Decrypt") - before
	}
	for i, step := range []struct {
		wait time.Duration
		want int
	}{
		{0, 2}, {199 * time.Millisecond, 0}, {time.Millisecond, 1}, {399 * time.Millisecond, 0}, {time.Millisecond, 1},
		{800 * time.Millisecond, 1}, {1600 * time.Millisecond, 1}, {1999 * time.Millisecond, 0}, {time.Millisecond, 1}, {2 * time.Second, 1},
	} {
		if got := calls(step.wait); got != step.want {
			t.Errorf("step %d: %d calls, want %d", i, got, step.want)
		}
	}
	b.Heal()
	b.clock.Add(2 * time.Second)
	for range 3 {
		wantVerified(t, b.verifies, sign(t, b.signs))
	}
	b.Fail("Decrypt", 1, throttled()) // a success has ended it all
	wantOutage(t, verify(t.Context(), b.verifies, sign(t, b.signs)))
	wantVerified(t, b.verifies, sign(t, b.signs))
}

// Calls that KMS is slow to refuse fail together.
func TestCallsThatFailTogetherCountAsOneFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.Now = nil })
		var tokens []signed
		for range 21 {
			tokens = append(tokens, sign(t, b.signs))
		}
		slow := between{KMS: b.KMS, decryptRequest: func(*kms.DecryptInput) { time.Sleep(time.Second) }}
		v := envelopeVerifier(t, slow, b.cfg)
		b.Fail("Decrypt", 20, throttled())
		var group sync.WaitGroup
		for i, s := range tokens[:20] {
			group.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				wantOutage(t, verify(t.Context(), v, s))
			})
		}
		group.Wait()
		wantVerified(t, v, tokens[20])
	})
}

// And calls that KMS is slow to refuse, one after the other, close the gate all the same.
func TestSlowFailuresOfAStreamOfRequestsAreNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.Now, c.DecryptBurst = nil, 10_000 })
		var tokens []signed
		for range 1000 {
			tokens = append(tokens, sign(t, b.signs))
		}
		slow := between{KMS: b.KMS, decryptRequest: func(*kms.DecryptInput) { time.Sleep(time.Second) }}
		b.Fail("Decrypt", kmstest.Forever, throttled())
		v := envelopeVerifier(t, slow, b.cfg)
		var group sync.WaitGroup
		for _, s := range tokens {
			group.Go(func() { wantOutage(t, verify(t.Context(), v, s)) })
			time.Sleep(10 * time.Millisecond)
		}
		group.Wait()
		// A second until the first has failed, one more until the first of those after
		// it has, and then some calls to see whether KMS is well again.
		if calls := b.Calls("Decrypt"); calls > 250 {
			t.Errorf("%d calls, want about 200 and a few more", calls)
		}
	})
}

// Whatever somebody sends who makes data keys up, those of logged-in users are decrypted
// again as if nothing were.
func TestFailuresOfNewDataKeysKeepNoKnownOneFromKMS(t *testing.T) {
	b := newBench(t, nil)
	known := sign(t, b.signs)
	wantVerified(t, b.verifies, known)
	b.clock.Add(kmskeys.DefaultMaxAge)
	b.Fail("Decrypt", 5, kmstest.Error("AccessDeniedException", ""))
	for i := range 5 {
		wantOutage(t, verify(t.Context(), b.verifies, forged(i)))
		b.clock.Add(2 * time.Second)
	}
	before := b.Calls("Decrypt")
	wantVerified(t, b.verifies, known)
	if got := b.Calls("Decrypt") - before; got != 1 {
		t.Errorf("%d calls, want 1", got)
	}
}

func TestByDefaultAHundredNewDataKeysAreDecryptedAtOnceAndFiftyASecond(t *testing.T) {
	b := newBench(t, nil)
	next := 0
	for _, step := range []struct {
		wait time.Duration
		want int
	}{{0, 100}, {time.Second, 50}, {2 * time.Second, 100}, {time.Minute, 100}} {
		b.clock.Add(step.wait)
		before := b.Calls("Decrypt")
		for range 150 {
			_ = verify(t.Context(), b.verifies, forged(next))
			next++
		}
		if got := b.Calls("Decrypt") - before; got != step.want {
			t.Errorf("after %v: %d calls, want %d", step.wait, got, step.want)
		}
	}
}

func TestAClockThatIsSetBackAfterAFailureKeepsTheNextOneFromBeingMissed(t *testing.T) {
	for _, jump := range []time.Duration{-1, -time.Second, -time.Hour} {
		b := newBench(t, nil)
		b.Fail("Decrypt", kmstest.Forever, throttled())
		wantOutage(t, verify(t.Context(), b.verifies, forged(0)))
		b.clock.Add(jump)
		for i := range 10 {
			wantOutage(t, verify(t.Context(), b.verifies, forged(1+i)))
		}
		wantCalls(t, b.KMS, "Decrypt", 2)
	}
}

// Requests that come quickly one after the other take no part of each other's time.
func TestABudgetGrowsByTheNanosecond(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptRate, c.DecryptBurst = 1_000_000, 1 })
	for i := range 1500 {
		_ = verify(t.Context(), b.verifies, forged(i))
		b.clock.Add(time.Nanosecond)
	}
	wantCalls(t, b.KMS, "Decrypt", 2) // the first, and one after a microsecond
}

// Those who have a known data key can do without KMS for a while, and there may be many.
func TestKnownDataKeysWaitForASecondAfterTwoFailuresAndForThirtyInTheEnd(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.Grace = -1 })
	var tokens []signed
	for range 36 {
		s := sign(t, b.signs)
		wantVerified(t, b.verifies, s)
		tokens = append(tokens, s)
	}
	b.clock.Add(kmskeys.DefaultMaxAge)
	b.Fail("Decrypt", kmstest.Forever, throttled())
	for i, step := range []struct {
		wait time.Duration
		want int
	}{
		{0, 2}, {time.Second - 1, 0}, {1, 1}, {2*time.Second - 1, 0}, {1, 1}, {4 * time.Second, 1}, {8 * time.Second, 1},
		{16*time.Second - 1, 0}, {1, 1}, {30*time.Second - 1, 0}, {1, 1}, {30 * time.Second, 1},
	} {
		b.clock.Add(step.wait)
		before := b.Calls("Decrypt")
		for _, s := range tokens[3*i : 3*i+3] {
			err := verify(t.Context(), b.verifies, s)
			wantOutage(t, err)
			wantText(t, err, "Rate exceeded")
		}
		if got := b.Calls("Decrypt") - before; got != step.want {
			t.Errorf("step %d: %d calls, want %d", i, got, step.want)
		}
	}
}

// A success has ended what was before it, also for a call that has been under way since then.
func TestALateFailureCountsOnceASuccessHasComeInBetween(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.Now = nil })
		late := sign(t, b.signs)
		slow := between{KMS: b.KMS, decryptRequest: func(in *kms.DecryptInput) {
			if edk, _ := late.header.Param("edk"); edk == base64.RawURLEncoding.EncodeToString(in.CiphertextBlob) {
				time.Sleep(2 * time.Second)
			}
		}}
		v := envelopeVerifier(t, slow, b.cfg)
		b.Fail("Decrypt", 1, throttled())
		b.Fail("Decrypt", 1, nil)
		b.Fail("Decrypt", 2, throttled())
		var group sync.WaitGroup
		group.Go(func() { wantOutage(t, verify(t.Context(), v, late)) })
		time.Sleep(time.Second)
		wantOutage(t, verify(t.Context(), v, sign(t, b.signs)))
		wantVerified(t, v, sign(t, b.signs))
		group.Wait()
		wantOutage(t, verify(t.Context(), v, sign(t, b.signs)))
		wantCalls(t, b.KMS, "Decrypt", 4)
		wantOutage(t, verify(t.Context(), v, sign(t, b.signs))) // the gate is closed
		wantCalls(t, b.KMS, "Decrypt", 4)
	})
}
