package clock_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestWithinIsTrueUntilTheTimeHasPassedAndNotBeforeItBegan(t *testing.T) {
	for _, test := range []struct {
		name   string
		passed time.Duration
		d      time.Duration
		want   bool
	}{
		{"nothing has passed", 0, time.Minute, true},
		{"nearly all has passed", time.Minute - 1, time.Minute, true},
		{"all has passed", time.Minute, time.Minute, false},
		{"more has passed", time.Hour, time.Minute, false},
		{"the clock was set back a little", -1, time.Minute, false},
		{"the clock was set back by a lot", -1000 * time.Hour, time.Minute, false},
		{"no time at all", 0, 0, false},
		{"less than no time", 0, -1, false},
	} {
		if got := clock.Within(start.Add(test.passed), start, test.d); got != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}

func TestWhatNeverHappenedIsLongAgo(t *testing.T) {
	if clock.Within(start, time.Time{}, 100*365*24*time.Hour) {
		t.Error("it is not")
	}
}

func TestAgesAreToldByTheWallClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clocktest.Frozen
		then := c.Now()
		c.Freeze(time.Hour)
		if clock.Within(c.Now(), then, time.Hour) {
			t.Error("Within: by the monotonic clock no time has passed")
		}
		c.Freeze(-2 * time.Hour)
		if clock.Within(c.Now(), then, time.Hour) {
			t.Error("Within: by the monotonic clock it was not set back")
		}
		now := clock.Wall(c.Now)
		before := now()
		c.Freeze(time.Hour)
		if got := now().Sub(before); got != time.Hour {
			t.Errorf("Wall: %v passed in an hour", got)
		}
	})
}

func TestWallOfNoClockTellsTheTimeWithoutItsMonotonicPart(t *testing.T) {
	before := time.Now()
	got := clock.Wall(nil)()
	if got != got.Round(0) {
		t.Errorf("%v has a monotonic part", got)
	}
	if apart := got.Sub(before.Round(0)); apart.Abs() > time.Hour {
		t.Errorf("it is %v from the time", apart)
	}
}

func TestAStopwatchTellsTheTimeSinceItsStartAndNeverLess(t *testing.T) {
	c := clocktest.NewManual()
	elapsed := clock.Start(c.Now)
	for _, step := range []struct{ passes, want time.Duration }{{0, 0}, {time.Second, time.Second}, {time.Minute, 61 * time.Second}, {-time.Hour, 0}} {
		c.Add(step.passes)
		if got := elapsed(); got != step.want {
			t.Errorf("after %v more: %v, want %v", step.passes, got, step.want)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		elapsed := clock.Start(nil)
		time.Sleep(time.Minute)
		if got := elapsed(); got != time.Minute {
			t.Errorf("without a clock of its own: %v", got)
		}
	})
}
