// Package clock tells how old things are by the wall clock.
//
// A time of [time.Now] has two readings, and Go compares two such times by the
// monotonic one. Lambda freezes a function between invocations, and the monotonic
// clock may stand still meanwhile, so that by it nothing would get old. The wall clock
// goes on. It can be set back, though, and then nobody knows how old a thing is.
package clock

import "time"

// Wall returns a clock that reads as now does, without the monotonic part: times that it
// has told are compared by the wall clock. A nil now means [time.Now].
//
// Go's monotonic clock may stand still while Lambda has a function frozen.
func Wall(now func() time.Time) func() time.Time {
	if now == nil {
		now = time.Now
	}
	return func() time.Time { return now().Round(0) }
}

// Start starts a stopwatch, by now or, if that is nil, by [time.Now]. What it returns tells
// the time since then, which is never less than 0.
func Start(now func() time.Time) (elapsed func() time.Duration) {
	if now == nil {
		now = time.Now // with its monotonic part
	}
	start := now()
	return func() time.Duration { return max(0, now().Sub(start)) }
}

// Within reports whether, by the wall clock, less than d has passed between then and
// now. It is false if now is before then: the clock was set back, and nobody knows how
// much has passed.
func Within(now, then time.Time, d time.Duration) bool {
	passed := now.Round(0).Sub(then.Round(0))
	return passed >= 0 && passed < d
}
