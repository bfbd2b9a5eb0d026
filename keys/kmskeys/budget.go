package kmskeys

import (
	"sync"
	"time"
)

// A budget is a token bucket: it allows rate calls a second in the long run and
// burst at once, and never makes anybody wait. It is safe for concurrent use.
type budget struct {
	rate, burst float64
	now         func() time.Time

	mu   sync.Mutex
	left float64
	last time.Time // when left was right
}

func newBudget(rate, burst int, now func() time.Time) *budget {
	return &budget{rate: float64(rate), burst: float64(burst), now: now, left: float64(burst), last: now()}
}

// take tells whether there is one more call to be had, and takes it.
func (b *budget) take() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if elapsed := now.Sub(b.last); elapsed > 0 { // a clock may be set back
		b.left = min(b.burst, b.left+elapsed.Seconds()*b.rate)
	}
	b.last = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}
