package refresh

import (
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
)

// After a failure the next fetch waits for firstPause, and twice as long after every
// further one. Where there is no value to go on with it does not wait for long.
const (
	firstPause      = 100 * time.Millisecond
	maxPause        = 30 * time.Second
	maxPauseWithout = time.Second
)

// A failure is the last of so many fetches in a row that have failed. A nil one is none.
type failure struct {
	err   error
	ended time.Time
	count int

	// limit is all the time that a fetch may have; or how much the failed one had, if
	// its caller had no more. Then it says nothing of a fetch that has much more time.
	limit time.Duration
}

func (f *failure) next(err error, ended time.Time, limit time.Duration) *failure {
	count := 1
	if f != nil {
		count = f.count + 1
	}
	return &failure{err, ended, count, limit}
}

// holdsUp returns why no fetch may begin now that has a limit, or nil if one may. usable
// says whether there is a value to go on with.
func (f *failure) holdsUp(now time.Time, limit time.Duration, usable bool) error {
	if f == nil || limit > 2*f.limit || !clock.Within(now, f.ended, f.pause(usable)) {
		return nil
	}
	return f.err
}

func (f *failure) pause(usable bool) time.Duration {
	longest := maxPauseWithout
	if usable {
		longest = maxPause
	}
	return min(firstPause<<min(f.count-1, 10), longest)
}
