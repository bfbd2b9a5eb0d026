// Package clocktest has the clock of a machine that was frozen.
package clocktest

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// A Frozen is a clock whose wall time can go on while its monotonic time stands still,
// as Go's clock may do while Lambda has a function frozen. Its zero value tells the
// time of [time.Now]. It is safe for concurrent use.
type Frozen struct{ frozen atomic.Int64 }

// Freeze lets d pass on the wall clock alone. A negative d sets the wall clock back.
func (f *Frozen) Freeze(d time.Duration) { f.frozen.Add(int64(d)) }

// Now returns the time with both readings.
func (f *Frozen) Now() time.Time {
	now := time.Now()
	return withWall(now, now.Round(0).Add(time.Duration(f.frozen.Load())))
}

// withWall returns t with the wall time of another one and its own monotonic time. No
// function of package time does that: those that move a time move both readings, or
// drop the monotonic one. So it relies on how package time keeps a time that has both,
// and the test of this package fails if that changes: from the top of the first word,
// one bit that is set, 33 bits of seconds since 1885 and 30 bits of nanoseconds; and the
// monotonic time in the second word.
func withWall(t, wall time.Time) time.Time {
	words := (*[2]uint64)(unsafe.Pointer(&t))
	if words[0]>>63 == 0 { // no monotonic time, as in a bubble of testing/synctest
		words[1] = uint64(t.UnixNano())
	}
	seconds := wall.Unix() - time.Date(1885, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	words[0] = 1<<63 | uint64(seconds)<<30 | uint64(wall.Nanosecond())
	return t
}
