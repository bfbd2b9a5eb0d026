package clocktest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
)

func TestTheWallClockGoesOnWhileTheMonotonicClockStandsStill(t *testing.T) {
	for _, d := range []time.Duration{
		0, 1, time.Nanosecond - time.Second, 3 * time.Hour, -3 * time.Hour, 999_999_999, 40 * 365 * 24 * time.Hour,
	} {
		synctest.Test(t, func(t *testing.T) { // so that no time passes but what is meant to
			var c clocktest.Frozen
			before := c.Now()
			c.Freeze(d)
			after := c.Now()
			if got := after.Sub(before); got != 0 {
				t.Errorf("%v: by the monotonic clock %v passed", d, got)
			}
			if got := after.Round(0).Sub(before.Round(0)); got != d {
				t.Errorf("%v: by the wall clock %v passed", d, got)
			}
			time.Sleep(time.Minute)
			later := c.Now()
			if got := later.Sub(after); got != time.Minute {
				t.Errorf("%v: by the monotonic clock %v passed in a minute", d, got)
			}
			if got := later.Round(0).Sub(before.Round(0)); got != d+time.Minute {
				t.Errorf("%v: by the wall clock %v passed in a minute more", d, got)
			}
		})
	}
}

func TestAClockThatWasNeverFrozenTellsTheTime(t *testing.T) {
	var c clocktest.Frozen
	before, got, after := time.Now(), c.Now(), time.Now()
	if got.Before(before) || got.After(after) {
		t.Errorf("got %v, want between %v and %v", got, before, after)
	}
	if apart := got.Round(0).Sub(before.Round(0)); apart.Abs() > time.Hour {
		t.Errorf("by the wall clock they are %v apart", apart)
	}
}
