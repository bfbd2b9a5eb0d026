package kmskeys_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/verifier"
)

// A bench is a KMS with a key, and a signer and a verifier of envelopes under it.
type bench struct {
	*kmstest.KMS
	clock    *clock
	cfg      kmskeys.EnvelopeConfig
	signs    *kmskeys.EnvelopeSigner
	verifies *kmskeys.EnvelopeVerifier
}

func newBench(t testing.TB, change func(*kmskeys.EnvelopeConfig)) *bench {
	t.Helper()
	b := &bench{KMS: kmstest.New(kmstest.Config{}), clock: newClock()}
	b.cfg = envelopeConfig(newKey(t, b.KMS, types.KeySpecSymmetricDefault))
	b.cfg.Now = b.clock.Now
	if change != nil {
		change(&b.cfg)
	}
	b.signs, b.verifies = envelopeSigner(t, b, b.cfg), envelopeVerifier(t, b, b.cfg)
	return b
}

// forged returns what somebody makes who has no data key of the KMS: a blob of its
// own invention, another one for each number.
func forged(number int) signed {
	blob := fmt.Appendf(nil, "a blob of as many bytes as those of KMS have, in which nothing but the number %8d is of interest", number)
	text := base64.RawURLEncoding.EncodeToString(blob)
	return signed{
		keys.Header{Algorithm: "HS256", Params: map[string]json.RawMessage{"edk": json.RawMessage(`"` + text + `"`)}},
		make([]byte, 32),
	}
}

func TestADataKeyIsDecryptedOnceWithinItsTime(t *testing.T) {
	b := newBench(t, nil)
	s := sign(t, b.signs)
	for range 10 {
		wantVerified(t, b.verifies, s)
	}
	b.clock.Add(kmskeys.DefaultMaxAge - 1)
	wantVerified(t, b.verifies, s)
	wantCalls(t, b.KMS, "Decrypt", 1)
	b.clock.Add(1)
	wantVerified(t, b.verifies, s)
	wantCalls(t, b.KMS, "Decrypt", 2)
}

func TestADisabledKMSKeyIsHonouredNoLongerThanTheCacheLasts(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.MaxAge = time.Minute })
	s := sign(t, b.signs)
	wantVerified(t, b.verifies, s)
	disable(t, b.KMS, b.cfg.KeyID)
	wantVerified(t, b.verifies, s)
	b.clock.Add(time.Minute)
	err := verify(context.Background(), b.verifies, s)
	wantOutage(t, err)
	wantError(t, err, kmskeys.ErrMisconfigured)
}

func TestTheCacheHoldsNoMoreDataKeysThanItMay(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.CacheSize = 2 })
	first, second, third := sign(t, b.signs), sign(t, b.signs), sign(t, b.signs)
	for _, s := range []signed{first, second, first, third, first} {
		wantVerified(t, b.verifies, s)
	}
	wantCalls(t, b.KMS, "Decrypt", 3)
	wantVerified(t, b.verifies, second) // which was the least recently used
	wantCalls(t, b.KMS, "Decrypt", 4)
}

// Requests under way have their key, whatever becomes of it in the cache.
func TestAKeyThatIsPushedOutOfTheCacheGoesOnWorking(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) {
		c.CacheSize, c.DecryptRate, c.DecryptBurst = 1, 1_000_000, 1_000_000
	})
	tokens := []signed{sign(t, b.signs), sign(t, b.signs), sign(t, b.signs)}
	held, err := b.verifies.VerificationKey(context.Background(), tokens[0].header)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for worker := range 6 {
		group.Go(func() {
			for range 50 {
				wantVerified(t, b.verifies, tokens[worker%len(tokens)])
				if err := held.Verify(context.Background(), input, tokens[0].signature); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	wantError(t, held.Verify(context.Background(), input, tokens[1].signature), keys.ErrSignature)
}

// KMS is slow here, so that all come while the first waits.
func TestAHundredSimultaneousRequestsWithOneNewKeyCostOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		s := sign(t, b.signs)
		b.Delay("Decrypt", kmstest.Forever, time.Second)
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() { wantVerified(t, b.verifies, s) })
		}
		group.Wait()
		wantCalls(t, b.KMS, "Decrypt", 1)
	})
}

// And here it is fast, so that some come just when the first is done.
func TestRequestsAtAnyMomentWithOneNewKeyCostOneCall(t *testing.T) {
	for range 20 {
		b := newBench(t, nil)
		s := sign(t, b.signs)
		var group sync.WaitGroup
		for range 32 {
			group.Go(func() { wantVerified(t, b.verifies, s) })
		}
		group.Wait()
		wantCalls(t, b.KMS, "Decrypt", 1)
	}
}

func TestASharedCallSurvivesTheRequestThatStartedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		s := sign(t, b.signs)
		b.Delay("Decrypt", 1, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { _ = verify(ctx, b.verifies, s) })
		synctest.Wait()
		group.Go(func() { wantVerified(t, b.verifies, s) })
		synctest.Wait()
		cancel()
		group.Wait()
		wantCalls(t, b.KMS, "Decrypt", 1)
	})
}

func TestALoneRequestsEndReachesKMSAndIsAnOutage(t *testing.T) {
	for name, test := range map[string]struct {
		timeout time.Duration
		want    error
	}{
		"its deadline":              {time.Second, context.DeadlineExceeded},
		"none, but that of its own": {0, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, nil)
				s := sign(t, b.signs)
				b.Hang("Decrypt", 1)
				ctx, limit := t.Context(), 10*time.Second
				if test.timeout > 0 {
					limit = test.timeout
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, limit)
					defer cancel()
				}
				start := time.Now()
				err := verify(ctx, b.verifies, s)
				wantError(t, err, test.want)
				wantOutage(t, err)
				if took := time.Since(start); took != limit {
					t.Errorf("it took %v, want %v", took, limit)
				}
				wantVerified(t, b.verifies, s) // nothing has stayed behind
			})
		})
	}
}

func TestSigningEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, reuse := range []int{0, 2} {
			b := newBench(t, func(c *kmskeys.EnvelopeConfig) {
				c.ReuseTokens, c.ReuseFor = reuse, time.Duration(reuse)*time.Hour
			})
			b.Hang("GenerateDataKey", 1)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := b.signs.SigningKey(ctx)
			cancel()
			wantError(t, err, context.DeadlineExceeded)
			wantOutage(t, err)
			wantVerified(t, b.verifies, sign(t, b.signs))
		}
	})
}

func TestWhatKMSRefusedIsRefusedAgainWithoutACallForAWhile(t *testing.T) {
	b := newBench(t, nil)
	bad := forged(1)
	for range 10 {
		wantError(t, verify(context.Background(), b.verifies, bad), keys.ErrUnknownKey)
	}
	b.clock.Add(kmskeys.DefaultMaxAge - 1)
	wantError(t, verify(context.Background(), b.verifies, bad), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 1)
	b.clock.Add(1)
	wantError(t, verify(context.Background(), b.verifies, bad), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 2)
}

func TestRefusedDataKeysPushNoGoodOnesOut(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.CacheSize = 2 })
	good := sign(t, b.signs)
	wantVerified(t, b.verifies, good)
	for i := range 20 {
		wantError(t, verify(context.Background(), b.verifies, forged(i)), keys.ErrUnknownKey)
	}
	wantCalls(t, b.KMS, "Decrypt", 21)
	wantVerified(t, b.verifies, good)
	wantError(t, verify(context.Background(), b.verifies, forged(19)), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 21)
	wantError(t, verify(context.Background(), b.verifies, forged(0)), keys.ErrUnknownKey)
	wantCalls(t, b.KMS, "Decrypt", 22) // the first is forgotten, and room for two there is
}

// What an alias stands for changes, and for a while not everywhere at once.
func TestADataKeyOfAnotherKeyIsRememberedOnlyWhereTheKeyIsNamedForGood(t *testing.T) {
	for name, test := range map[string]struct {
		alias bool
		calls int
	}{
		"key ARN": {false, 1}, "alias": {true, 3},
	} {
		t.Run(name, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			next := newKey(t, k, types.KeySpecSymmetricDefault)
			s := sign(t, envelopeSigner(t, k, envelopeConfig(next)))
			if test.alias {
				cfg.KeyID = newAlias(t, k, "alias/login", cfg.KeyID)
			}
			v := envelopeVerifier(t, k, cfg)
			wantError(t, verify(context.Background(), v, s), keys.ErrUnknownKey)
			wantError(t, verify(context.Background(), v, s), keys.ErrUnknownKey)
			if test.alias {
				repoint(t, k, cfg.KeyID, next)
				wantVerified(t, v, s)
			}
			wantCalls(t, k, "Decrypt", test.calls)
		})
	}
}

func TestNothingIsRememberedOfAnOutage(t *testing.T) {
	for _, c := range codes {
		if c.class == kmskeys.TokenFault {
			continue
		}
		t.Run(c.code, func(t *testing.T) {
			b := newBench(t, nil)
			good, bad := sign(t, b.signs), forged(1)
			b.Fail("Decrypt", 2, kmstest.Error(c.code, ""))
			wantOutage(t, verify(context.Background(), b.verifies, good))
			wantOutage(t, verify(context.Background(), b.verifies, bad))
			wantVerified(t, b.verifies, good)
			wantError(t, verify(context.Background(), b.verifies, bad), keys.ErrUnknownKey)
			wantCalls(t, b.KMS, "Decrypt", 4)
		})
	}
}

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
		for {
			err := verify(context.Background(), b.verifies, forged(next))
			next++
			if errors.Is(err, kmskeys.ErrBudget) {
				return calls
			}
			calls++
		}
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
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptRate, c.DecryptBurst = 1, 5 })
	s := sign(t, b.signs)
	b.Fail("Decrypt", kmstest.Forever, throttled())
	for range 20 {
		wantOutage(t, verify(context.Background(), b.verifies, s))
	}
	wantCalls(t, b.KMS, "Decrypt", 5)
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

func TestByDefaultEachTokenHasADataKeyOfItsOwn(t *testing.T) {
	b := newBench(t, nil)
	seen := map[string]bool{}
	for range 10 {
		edk, _ := sign(t, b.signs).header.Param("edk")
		seen[edk] = true
	}
	if len(seen) != 10 {
		t.Errorf("10 tokens have %d data keys", len(seen))
	}
	wantCalls(t, b.KMS, "GenerateDataKey", 10)
}

func TestADataKeyIsUsedAgainForSoManyTokensAndSoLong(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 3, time.Minute })
	for range 3 {
		wantVerified(t, b.verifies, sign(t, b.signs))
	}
	wantCalls(t, b.KMS, "GenerateDataKey", 1)
	wantVerified(t, b.verifies, sign(t, b.signs)) // the fourth has the second
	wantCalls(t, b.KMS, "GenerateDataKey", 2)
	b.clock.Add(time.Minute - 1)
	wantVerified(t, b.verifies, sign(t, b.signs))
	wantCalls(t, b.KMS, "GenerateDataKey", 2)
	b.clock.Add(1)
	wantVerified(t, b.verifies, sign(t, b.signs)) // whose time is over
	wantCalls(t, b.KMS, "GenerateDataKey", 3)
	wantCalls(t, b.KMS, "Decrypt", 3)
}

func TestSimultaneousSignersShareDataKeysToTheLastUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 10, time.Hour })
		b.Delay("GenerateDataKey", kmstest.Forever, time.Second)
		var mu sync.Mutex
		uses := map[string]int{}
		var group sync.WaitGroup
		for range 100 {
			group.Go(func() {
				s := sign(t, b.signs)
				wantVerified(t, b.verifies, s)
				edk, _ := s.header.Param("edk")
				mu.Lock()
				defer mu.Unlock()
				uses[edk]++
			})
		}
		group.Wait()
		wantCalls(t, b.KMS, "GenerateDataKey", 10)
		for _, n := range uses {
			if n != 10 {
				t.Errorf("a data key signed %d tokens", n)
			}
		}
	})
}

func TestASharedDataKeySurvivesTheRequestThatAskedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 10, time.Hour })
		b.Delay("GenerateDataKey", 1, time.Second)
		ctx, cancel := context.WithCancel(t.Context())
		var group sync.WaitGroup
		group.Go(func() { _, _ = b.signs.SigningKey(ctx) })
		synctest.Wait()
		group.Go(func() { wantVerified(t, b.verifies, sign(t, b.signs)) })
		synctest.Wait()
		cancel()
		group.Wait()
		wantCalls(t, b.KMS, "GenerateDataKey", 1)
	})
}

func TestAFailedGenerationIsNotKept(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 10, time.Hour })
	b.Fail("GenerateDataKey", 1, throttled())
	_, err := b.signs.SigningKey(context.Background())
	wantOutage(t, err)
	wantVerified(t, b.verifies, sign(t, b.signs))
	wantCalls(t, b.KMS, "GenerateDataKey", 2)
}
