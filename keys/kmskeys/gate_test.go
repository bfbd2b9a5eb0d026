package kmskeys_test

import (
	"context"
	"errors"
	"testing"
	"time"

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
