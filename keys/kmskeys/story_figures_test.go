package kmskeys_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

// The figures of README.md that are calls to KMS.

// scaled returns a tenth of what a story is long, and all of it for those who have time.
func scaled[T ~int | ~int64](whole T) T {
	if os.Getenv("STORIES") == "whole" {
		return whole
	}
	return whole / 10
}

// A thousand users, each with a token and a data key of their own.
func TestAMillionVerificationsOverAThousandDataKeysTakeAThousandCalls(t *testing.T) {
	const dataKeys = 1000
	verifications := scaled(1_000_000)
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.DecryptBurst = dataKeys })
	v := tokenVerifier(t, b.verifies, b.clock.Now)
	var tokens []string
	for range dataKeys {
		tokens = append(tokens, token(t, b.signs, claims(b.clock.Now())))
	}
	for i := range verifications {
		if _, err := v.Verify(context.Background(), tokens[i*7919%dataKeys]); err != nil {
			t.Fatalf("verification %d: %v", i, err)
		}
	}
	wantCalls(t, b.KMS, "Decrypt", dataKeys)
	t.Logf("%d verifications, %d calls of Decrypt", verifications, b.Calls("Decrypt"))
}

// An attacker makes up data keys as fast as they can be checked: ten thousand within
// ten seconds. With a rate of 50 and a burst of 100 that is 100 + 10 s × 50.
func TestTenThousandForgedDataKeysTakeNoMoreCallsThanTheBudget(t *testing.T) {
	const forgeries, seconds = 10_000, 10
	b := newBench(t, nil)
	v := tokenVerifier(t, b.verifies, b.clock.Now)
	good := token(t, b.signs, claims(b.clock.Now()))
	if _, err := v.Verify(context.Background(), good); err != nil {
		t.Fatal(err)
	}
	undecided := 0
	for i := range forgeries {
		b.clock.Add(seconds * time.Second / forgeries)
		err := verify(context.Background(), b.verifies, forged(i))
		switch {
		case errors.Is(err, kmskeys.ErrBudget):
			undecided++
		default:
			wantError(t, err, keys.ErrUnknownKey)
		}
		if i%100 == 0 {
			if _, err := v.Verify(context.Background(), good); err != nil {
				t.Errorf("a good token amid forgeries: %v", err)
			}
		}
	}
	budget := kmskeys.DefaultDecryptBurst + seconds*kmskeys.DefaultDecryptRate
	if got := b.Calls("Decrypt"); got > budget {
		t.Errorf("%d calls, want at most %d", got, budget)
	}
	if undecided < forgeries-budget {
		t.Errorf("%d undecided", undecided)
	}
	t.Logf("%d forgeries, %d calls of Decrypt, %d undecided", forgeries, b.Calls("Decrypt"), undecided)
}

// The same forgery again and again, which is what a loop around curl sends.
func TestTenThousandTimesTheSameForgeryTakesOneCall(t *testing.T) {
	b := newBench(t, nil)
	for range 10_000 {
		wantError(t, verify(context.Background(), b.verifies, forged(1)), keys.ErrUnknownKey)
	}
	wantCalls(t, b.KMS, "Decrypt", 1)
}

// A stolen token's data key under claims of one's own is found in the cache.
func TestTenThousandForgedSignaturesUnderAGoodDataKeyTakeOneCall(t *testing.T) {
	b := newBench(t, nil)
	s := sign(t, b.signs)
	s.signature[0] ^= 1
	for range 10_000 {
		wantError(t, verify(context.Background(), b.verifies, s), keys.ErrSignature)
	}
	wantCalls(t, b.KMS, "Decrypt", 1)
}

// What the README says a data key that is used again saves.
func TestReuseDividesTheCallsOfSignerAndVerifier(t *testing.T) {
	b := newBench(t, func(c *kmskeys.EnvelopeConfig) { c.ReuseTokens, c.ReuseFor = 100, time.Minute })
	v := tokenVerifier(t, b.verifies, b.clock.Now)
	for range 1000 {
		if _, err := v.Verify(context.Background(), token(t, b.signs, claims(b.clock.Now()))); err != nil {
			t.Fatal(err)
		}
	}
	wantCalls(t, b.KMS, "GenerateDataKey", 10)
	wantCalls(t, b.KMS, "Decrypt", 10)
}
