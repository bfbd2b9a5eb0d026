// Package walktest has what walks have in common. A walk is a fuzz target in which callers
// use a source in a story that bytes tell: what the other side answers and after which
// delay, who hangs up, and how the clocks go. It holds what the callers get to a model. It
// runs in a bubble of testing/synctest, and goes in the same way whenever it has the same
// bytes.
package walktest

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
)

// A Script is a story. It is for one goroutine, but for In and Wait.
type Script struct {
	bytes []byte
	times atomic.Int64 // that In has given
}

// NewScript returns the story that bytes tell.
func NewScript(bytes []byte) *Script { return &Script{bytes: bytes} }

// Fuzz has a target walk through random scripts, so many of so many bytes, and through what a
// fuzzer makes of them, up to five times as long. Each has a bubble of its own.
func Fuzz(f *testing.F, seeds, size int, walk func(*testing.T, *Script)) {
	for seed := range uint64(seeds) {
		random, script := rand.New(rand.NewPCG(seed, 1)), make([]byte, size)
		for i := range script {
			script[i] = byte(random.Uint32())
		}
		f.Add(script)
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		if len(script) > 5*size {
			return
		}
		synctest.Test(t, func(t *testing.T) { walk(t, NewScript(script)) })
	})
}

// Left reports whether the story goes on.
func (s *Script) Left() bool { return len(s.bytes) > 0 }

// Next returns the next number, which is at least 0 and less than n. It is 0 once the bytes
// are used up.
func (s *Script) Next(n int) int {
	if len(s.bytes) == 0 {
		return 0
	}
	b := s.bytes[0]
	s.bytes = s.bytes[1:]
	return int(b) % n
}

// Pick returns one of several things, as the script says: the first once the bytes are used
// up.
func Pick[T any](s *Script, from ...T) T { return from[s.Next(len(from))] }

// In returns how long it is to a time that nothing else in the story has, d from now and up
// to a millisecond more: so the order of what happens is certain.
func (s *Script) In(d time.Duration) time.Duration {
	now := time.Now()
	odd := time.Duration(s.times.Add(1)) * 10 * time.Nanosecond
	at := now.Add(d).Truncate(time.Millisecond).Add(odd % time.Millisecond)
	if at.Before(now.Add(d)) {
		at = at.Add(time.Millisecond)
	}
	return at.Sub(now)
}

// Wait waits as the other side does before it answers: for d, see In, or until ctx ends. It
// returns the error of ctx if that has ended first. With a d of 0 it does not wait.
func (s *Script) Wait(ctx context.Context, d time.Duration) error {
	if d == 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	select {
	case <-time.After(s.In(d)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Delay returns how long the other side takes to answer: no time, or up to more than anybody
// waits.
func (s *Script) Delay() time.Duration {
	return Pick[time.Duration](s, 0, 0, 20, 900, 3000, 100_000) * time.Millisecond
}

// Caller has a caller come, at a time of its own, and returns its context: it may hang up and
// may have a deadline.
func (s *Script) Caller() (context.Context, context.CancelFunc) {
	time.Sleep(s.In(0))
	hangsUp, begin := Pick[time.Duration](s, 0, 30, 700, 4000)*time.Millisecond, context.WithCancel
	if s.Next(3) == 0 {
		d := s.In(time.Duration(1+s.Next(50)) * 100 * time.Millisecond)
		begin = func(ctx context.Context) (context.Context, context.CancelFunc) { return context.WithTimeout(ctx, d) }
	}
	ctx, cancel := begin(context.Background())
	if hangsUp > 0 {
		time.AfterFunc(s.In(hangsUp), cancel)
	}
	return ctx, cancel
}

// Pass has time pass: a little, a lot, or on the wall clock alone, which may be set back.
func (s *Script) Pass(c *clocktest.Frozen) {
	switch s.Next(3) {
	case 0:
		time.Sleep(s.In(Pick[time.Duration](s, 50, 500, 5000, 30_000) * time.Millisecond))
	case 1:
		time.Sleep(s.In(Pick(s, time.Minute, 4*time.Minute, 11*time.Minute, time.Hour)))
	case 2:
		c.Freeze(Pick(s, time.Second, time.Minute, 11*time.Minute, time.Hour, -time.Second, -2*time.Minute, -time.Hour))
	}
	synctest.Wait()
}
