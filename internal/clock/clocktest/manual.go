package clocktest

import (
	"sync"
	"time"
)

// A Manual is a clock that stands still until it is told to go on. Make it with
// [NewManual]. It is safe for concurrent use.
type Manual struct {
	mu  sync.Mutex
	now time.Time
}

// NewManual returns a clock at the beginning of 2026.
func NewManual() *Manual { return &Manual{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)} }

// Now returns the time of the clock.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Add lets d pass. A negative d sets the clock back.
func (m *Manual) Add(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}
