package walktest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/walktest"
)

func TestABudgetIsSpentAndComesInWithTimeUpToTheBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clocktest.Frozen
		b := walktest.NewBudget(2, 3, &c)
		for _, step := range []struct {
			jump time.Duration
			want int
		}{{0, 3}, {499 * time.Millisecond, 0}, {time.Millisecond, 1}, {time.Second, 2}, {time.Hour, 3}} {
			c.Freeze(step.jump)
			for i := range step.want {
				if more := i+1 < step.want; more && b.MayBeOver(0) {
					t.Errorf("after %v: it may be over before call %d", step.jump, i+1)
				}
				if !b.Spend() {
					t.Errorf("after %v: no call %d", step.jump, i+1)
				}
			}
			if !b.MayBeOver(0) {
				t.Errorf("after %v: there is one more", step.jump)
			}
		}
		if b.Spend() {
			t.Error("a call more than there are")
		}
	})
}

func TestABudgetMayHaveBeenOverALittleAgo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clocktest.Frozen
		b := walktest.NewBudget(2, 10, &c)
		if b.MayBeOver(time.Second) {
			t.Error("a full one")
		}
		for range 10 {
			b.Spend()
		}
		c.Freeze(1499 * time.Millisecond) // in the first half second of which there was none
		if b.MayBeOver(0) || !b.MayBeOver(time.Second) {
			t.Error("after less than a second with one")
		}
		c.Freeze(2 * time.Millisecond)
		if b.MayBeOver(time.Second) {
			t.Error("after more than a second with one")
		}
		c.Freeze(-time.Millisecond)
		if !b.MayBeOver(0) {
			t.Error("after the clock was set back")
		}
	})
}

func TestABudgetMayBeOverFromWhenTheClockWasSetBackUntilItIsSurelyFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clocktest.Frozen
		b := walktest.NewBudget(2, 10, &c)
		step := func(jump time.Duration, d time.Duration, want bool) {
			t.Helper()
			c.Freeze(jump)
			if got := b.MayBeOver(d); got != want {
				t.Errorf("got %v", got)
			}
		}
		step(0, 0, false)
		step(-time.Hour, 0, true)
		step(time.Hour, 0, true)
		step(4999*time.Millisecond, 0, true)
		step(2*time.Millisecond, 0, false)
		step(0, time.Second, true)
		step(time.Second, time.Second, false)
		c.Freeze(-time.Minute)
		b.Spend()
		b.Spend()
		step(time.Minute+5*time.Second, 0, true)
		step(999*time.Millisecond, 0, true)
		step(2*time.Millisecond, 0, false)
		for range 8 {
			b.Spend()
		}
		step(0, 0, false)
		b.Spend()
		step(0, 0, true)
		step(-2*time.Second, 0, true)
		step(-2*time.Second, 0, true)
		step(9001*time.Millisecond, 0, false)
	})
}
