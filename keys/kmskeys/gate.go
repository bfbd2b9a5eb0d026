package kmskeys

import (
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
)

// A gate lets calls to KMS pass within a budget, and for a while none after two in a row
// that KMS did not decide, so that a KMS which is down or refuses everything is not asked
// for each token. It never makes anybody wait. It is safe for concurrent use.
//
// The budget is a token bucket: rate calls a second in the long run, and burst at once.
type gate struct {
	rate, burst  float64
	pause        time.Duration // after two failures, and twice as long after each further one; 0 for none
	longestPause time.Duration
	now          func() time.Time // by the wall clock

	mu       sync.Mutex
	left     float64
	counted  time.Time // when left was right; zero before the first call
	failures int       // in a row
	why      error     // the last of them
	closed   time.Time // when the gate was closed for it
}

func newGate(rate, burst int, now func() time.Time) *gate {
	return &gate{rate: float64(rate), burst: float64(burst), now: now, left: float64(burst)}
}

// pausing has the gate close after failures.
func (g *gate) pausing(pause, longest time.Duration) *gate {
	g.pause, g.longestPause = pause, longest
	return g
}

// enter returns nil for a call that may be made now, and otherwise why not: [ErrBudget],
// or the failure for which the gate is closed. It returns when the call began, for leave.
func (g *gate) enter() (began time.Time, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	if g.failures >= 2 && clock.Within(now, g.closed, min(g.pause<<min(g.failures-2, 10), g.longestPause)) {
		return now, g.why
	}
	if elapsed := now.Sub(g.counted); elapsed > 0 { // a clock may be set back
		g.left = min(g.burst, g.left+elapsed.Seconds()*g.rate)
	}
	g.counted = now
	if g.left < 1 {
		return now, ErrBudget
	}
	g.left--
	if g.failures >= 2 {
		g.closed = now // this call finds out whether it is to stay so, and no other
	}
	return now, nil
}

// leave takes note of what has become of a call.
func (g *gate) leave(began time.Time, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	switch {
	case err == nil || isVerdict(err):
		g.failures, g.why = 0, nil
	case g.failures > 0 && began.Before(g.closed) && !now.Before(g.closed):
		// Calls that were under way together fail together: that counts once. By a clock that
		// has been set back since nobody knows.
	default:
		g.failures++
		g.why, g.closed = err, now
	}
}
