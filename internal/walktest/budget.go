package walktest

import (
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
)

// A Budget is that of calls: so many a second in the long run, and so many at once. Make it
// with [NewBudget], and ask it whenever the source asks its own. It is for one goroutine at a
// time.
type Budget struct {
	rate, burst, left float64
	clock             *clocktest.Frozen
	counted           time.Time // when left was right, by the wall clock
	setBack           bool      // the clock, at any time
}

// slack is for sums that are not quite exact.
const slack = 1e-6

// NewBudget returns a Budget that is full.
func NewBudget(rate, burst int, clock *clocktest.Frozen) *Budget {
	return &Budget{rate: float64(rate), burst: float64(burst), left: float64(burst), clock: clock, counted: clock.Now().Round(0)}
}

// count adds what has come in since it was asked last.
func (b *Budget) count() {
	now := b.clock.Now().Round(0)
	elapsed := now.Sub(b.counted)
	b.counted = now
	b.setBack = b.setBack || elapsed < 0
	b.left = min(b.burst, b.left+max(0, elapsed).Seconds()*b.rate)
}

// Spend takes note of a call, and reports whether there was one left.
func (b *Budget) Spend() bool {
	b.count()
	b.left--
	return b.left >= -slack
}

// MayBeOver reports whether there may have been no call left at some time in the last d. Once
// the clock was set back it always may, since nobody knows how much time has passed.
func (b *Budget) MayBeOver(d time.Duration) bool {
	b.count()
	return b.setBack || b.left < 1+d.Seconds()*b.rate+slack && (d > 0 || b.left < b.burst)
}
