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
	full              time.Time // when it surely is, if the clock was set back; zero if it never was
}

// slack is for sums that are not quite exact.
const slack = 1e-6

// NewBudget returns a Budget that is full.
func NewBudget(rate, burst int, clock *clocktest.Frozen) *Budget {
	return &Budget{rate: float64(rate), burst: float64(burst), left: float64(burst), clock: clock, counted: clock.Now().Round(0)}
}

// count adds what has come in since it was asked last. Once the clock was set back nobody knows
// how much that is, until the wall clock has come to where it was and filled it from empty.
func (b *Budget) count() {
	now := b.clock.Now().Round(0)
	elapsed := now.Sub(b.counted)
	if fromEmpty := b.counted.Add(b.after(b.burst + slack)); elapsed < 0 && b.full.Before(fromEmpty) {
		b.full = fromEmpty
	}
	b.counted = now
	b.left = min(b.burst, b.left+max(0, elapsed).Seconds()*b.rate)
}

// after returns how long it takes until so many calls come in.
func (b *Budget) after(calls float64) time.Duration {
	return time.Duration(calls / b.rate * float64(time.Second))
}

// Spend takes note of a call, and reports whether there was one left.
func (b *Budget) Spend() bool {
	b.count()
	b.left--
	if b.counted.Before(b.full) {
		b.full = b.full.Add(b.after(1))
	}
	return b.left >= -slack
}

// MayBeOver reports whether there may have been no call left at some time in the last d. After
// the clock was set back it may, until it is surely full.
func (b *Budget) MayBeOver(d time.Duration) bool {
	b.count()
	return b.counted.Before(b.full.Add(d)) || b.left < 1+d.Seconds()*b.rate+slack && (d > 0 || b.left < b.burst)
}
