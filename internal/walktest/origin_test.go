package walktest_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/walktest"
)

// A recorder is a test that takes note of what fails.
type recorder struct {
	testing.TB
	failures []string
}

func (r *recorder) Error(args ...any) { r.failures = append(r.failures, args[0].(string)) }

func (r *recorder) Errorf(format string, _ ...any) { r.failures = append(r.failures, format) }

// want tests that there was this failure, or with an empty text none.
func (r *recorder) want(t *testing.T, text string) {
	t.Helper()
	got := strings.Join(r.failures, ", ")
	if r.failures = nil; (got != "") != (text != "") || !strings.Contains(got, text) {
		t.Errorf("got %q, want %q", got, text)
	}
}

func inWorld(t *testing.T, story func(t *testing.T, o *walktest.Origin[int], c *clocktest.Frozen, r *recorder)) {
	synctest.Test(t, func(t *testing.T) {
		c, r := new(clocktest.Frozen), &recorder{TB: t}
		story(t, walktest.NewOrigin[int](r, c), c, r)
	})
}

func is(value int) func(int) bool { return func(got int) bool { return got == value } }

func TestTheLastAnswerCountsForItsTimeAndGraceAndThoseGivenMeanwhileDo(t *testing.T) {
	inWorld(t, func(t *testing.T, o *walktest.Origin[int], c *clocktest.Frozen, _ *recorder) {
		o.Ask(t.Context()).Good(1, time.Hour)
		o.Ask(t.Context()).Good(2, time.Minute)
		for _, step := range []struct {
			jump          time.Duration
			fresh, usable bool
		}{
			{0, true, true}, {time.Minute - 1, true, true}, {1, false, true}, {time.Second - 1, false, true}, {1, false, false},
			{-time.Minute - time.Second - 1, false, true}, {-time.Second + 1, false, true}, {-1, false, false},
		} {
			c.Freeze(step.jump)
			_, v := o.Visit(t.Context())
			if fresh, usable := v.Fresh(time.Hour, is(2)), v.Usable(time.Second, is(2)); fresh != step.fresh || usable != step.usable {
				t.Errorf("after %v: fresh %v, usable %v", step.jump, fresh, usable)
			}
			if v.Usable(time.Second, is(1)) || v.Fresh(time.Hour, is(1)) {
				t.Error("an older answer counts")
			}
		}
		_, v := o.Visit(t.Context())
		request := o.Ask(t.Context())
		c.Freeze(time.Hour)
		request.Good(3, 0)
		o.Ask(t.Context()).Good(4, 0)
		if !v.Usable(0, is(3)) || !v.Fresh(0, is(3)) || !v.Fresh(0, is(4)) {
			t.Error("one that was given meanwhile does not count")
		}
		o.Several = true
		if _, v := o.Visit(t.Context()); !v.Usable(time.Hour+time.Minute+2*time.Second, is(2)) {
			t.Error("of several held at once the older one does not count")
		}
	})
}

func TestAFreshAnswerMustBeYoungerThanTheCallerHasIt(t *testing.T) {
	inWorld(t, func(t *testing.T, o *walktest.Origin[int], c *clocktest.Frozen, _ *recorder) {
		o.Ask(t.Context()).Good(1, time.Hour)
		c.Freeze(time.Minute)
		if _, v := o.Visit(t.Context()); v.Fresh(time.Minute, is(1)) || !v.Fresh(time.Minute+1, is(1)) {
			t.Error("a minute is not the limit")
		}
	})
}

func TestWhatIsWithdrawnCountsNoMore(t *testing.T) {
	inWorld(t, func(t *testing.T, o *walktest.Origin[int], _ *clocktest.Frozen, _ *recorder) {
		o.Ask(t.Context()).Good(1, time.Hour)
		_, before := o.Visit(t.Context())
		o.Ask(t.Context()).Withdraw()
		if before.Usable(time.Hour, is(1)) {
			t.Error("it does for one who came before")
		}
		if _, v := o.Visit(t.Context()); v.Usable(time.Hour, func(int) bool { return true }) || !v.MayFail(0) {
			t.Error("it does, or is no failure")
		}
	})
}

func TestAFailureIsAReasonMeanwhileAndForTheTimeOfRest(t *testing.T) {
	inWorld(t, func(t *testing.T, o *walktest.Origin[int], c *clocktest.Frozen, r *recorder) {
		o.Ask(t.Context()).Good(1, time.Hour)
		mayFail := func() bool { _, v := o.Visit(t.Context()); return v.MayFail(time.Hour) }
		_, before := o.Visit(t.Context())
		if before.MayFail(0) || mayFail() {
			t.Error("before any failure")
		}
		for rest := range 12 {
			request := o.Ask(t.Context())
			request.WantRested()
			request.Fail()
			if !before.MayFail(0) {
				t.Error("a failure meanwhile is no reason")
			}
			d := min(100*time.Millisecond<<rest, 30*time.Second)
			c.Freeze(d - 1)
			if !mayFail() {
				t.Errorf("failure %d: not until %v", rest, d)
			}
			c.Freeze(1)
			if mayFail() {
				t.Errorf("failure %d: longer than %v", rest, d)
			}
		}
		r.want(t, "")
		o.Ask(t.Context()).Good(1, 0)
		if mayFail() {
			t.Error("after a good answer")
		}
	})
}

func TestRequestsThatShouldNotBeAreFailures(t *testing.T) {
	inWorld(t, func(t *testing.T, o *walktest.Origin[int], c *clocktest.Frozen, r *recorder) {
		first := o.Ask(t.Context())
		first.WantAlone()
		first.WantNeeded(time.Hour)
		r.want(t, "")
		second := o.Ask(t.Context())
		second.WantAlone()
		r.want(t, "twice at once")
		second.Fail()
		first.Good(1, time.Minute)

		c.Freeze(time.Minute - 1)
		o.Ask(t.Context()).WantNeeded(time.Hour)
		r.want(t, "after a good answer")
		o.Ask(t.Context()).WantNeeded(time.Second)
		r.want(t, "")
		ctx, _ := o.Visit(t.Context())
		o.Ask(ctx).WantNeeded(time.Hour)
		r.want(t, "after a good answer")
		c.Freeze(1)
		ctx, _ = o.Visit(t.Context())
		c.Freeze(-1) // the caller came before that
		o.Ask(ctx).WantNeeded(time.Hour)
		r.want(t, "")

		request := o.Ask(t.Context())
		c.Freeze(-time.Hour)
		request.Good(2, time.Minute) // in the future
		c.Freeze(time.Hour)
		o.Ask(ctx).WantNeeded(time.Hour)
		r.want(t, "")
	})
}

func TestASourceRestsAfterAFailureUnlessThatWasForTheEndOfAContext(t *testing.T) {
	inWorld(t, func(t *testing.T, o *walktest.Origin[int], c *clocktest.Frozen, r *recorder) {
		for _, d := range []time.Duration{100, 200, 400, 800, 1000, 1000} {
			o.Ask(t.Context()).Fail()
			c.Freeze(d*time.Millisecond - 1)
			o.Ask(t.Context()).WantRested()
			r.want(t, "in a row")
			c.Freeze(1)
			o.Ask(t.Context()).WantRested()
			r.want(t, "")
		}
		ended, cancel := context.WithTimeout(t.Context(), 0)
		cancel()
		o.Ask(ended).Fail()
		o.Ask(t.Context()).WantRested()
		r.want(t, "")
		o.Ask(ended).Withdraw()
		o.Ask(t.Context()).WantRested()
		r.want(t, "in a row")
		ended, cancel = context.WithCancel(t.Context())
		cancel()
		o.Ask(ended).Fail()
		r.want(t, "hung up")
	})
}

func TestASourceThatACallerHasComeToBeforeItsFailureByTheClockNeedNotRest(t *testing.T) {
	inWorld(t, func(t *testing.T, o *walktest.Origin[int], c *clocktest.Frozen, r *recorder) {
		o.Ask(t.Context()).Fail()
		c.Freeze(-time.Hour)
		c.Freeze(time.Hour)
		o.Visit(t.Context())
		o.Ask(t.Context()).WantRested()
		r.want(t, "in a row")
		c.Freeze(-time.Hour)
		o.Visit(t.Context())
		c.Freeze(time.Hour)
		o.Ask(t.Context()).WantRested()
		r.want(t, "")
		o.Ask(t.Context()).Fail()
		o.Ask(t.Context()).WantRested()
		r.want(t, "in a row")
	})
}

func TestASourceWithNothingToGoOnWithRestsForASecondAtMost(t *testing.T) {
	inWorld(t, func(t *testing.T, o *walktest.Origin[int], c *clocktest.Frozen, _ *recorder) {
		for range 10 {
			o.Ask(t.Context()).Fail()
		}
		c.Freeze(time.Second - 1)
		if _, v := o.Visit(t.Context()); !v.MayFail(time.Hour) {
			t.Error("it rests for less")
		}
		c.Freeze(1)
		if _, v := o.Visit(t.Context()); v.MayFail(time.Hour) {
			t.Error("it rests for more")
		}
	})
}
