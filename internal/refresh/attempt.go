package refresh

import (
	"context"
	"errors"
	"time"
)

// errAborted is for those who wait for a fetch that is left by a panic, or by
// [runtime.Goexit].
var errAborted = errors.New("refresh: the fetch was left unfinished")

// An attempt is a fetch under way. There is one at a time, from look to finish, so that
// no answer, however late it comes, can replace a newer one.
type attempt[T any] struct {
	began time.Time
	limit time.Duration // how long it may take
	done  chan struct{} // closed once it is over
	held  *held[T]      // the value before; once it is over, the one to go on with
	err   error         // why it failed
	cut   bool          // whether it failed because its limit had come
}

func newAttempt[T any](last *held[T], now time.Time, limit time.Duration) *attempt[T] {
	return &attempt[T]{began: now.Round(0), limit: limit, done: make(chan struct{}), held: last}
}

// carry carries the caller's own attempt through, even if ctx is cancelled meanwhile, and
// returns what the caller gets.
func (v *Value[T]) carry(ctx context.Context, a *attempt[T], staleWillDo bool) (Got[T], error) {
	v.run(ctx, a)
	if a.err == nil || staleWillDo && a.held.usable(v.cfg.now(), v.cfg.Grace) {
		got := a.held.got(a.err)
		got.Own = true
		return got, nil
	}
	return Got[T]{Own: true}, a.err
}

// run does the fetch. If that panics, so does run, with everything in order.
func (v *Value[T]) run(ctx context.Context, a *attempt[T]) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.limit)
	defer cancel()
	a.err = errAborted // until the fetch has returned
	defer v.finish(a)

	var last T
	if a.held != nil {
		last = a.held.value
	}
	value, maxAge, err := v.fetch(ctx, last)
	switch {
	case err == nil:
		a.held = &held[T]{value, a.began, v.cfg.maxAge(maxAge)}
	case v.cfg.Withdraw != nil && v.cfg.Withdraw(err):
		a.held = nil
	default:
		a.cut = ctx.Err() != nil
	}
	a.err = err
}

// finish takes note of what an attempt has come to.
func (v *Value[T]) finish(a *attempt[T]) {
	v.mu.Lock()
	defer v.mu.Unlock()
	defer close(a.done)
	v.attempt = nil
	v.held.Store(a.held)
	switch {
	case a.err == nil:
		v.failure = nil
	case a.cut:
		v.failure = v.failure.next(a.err, v.cfg.now(), a.limit)
	default:
		v.failure = v.failure.next(a.err, v.cfg.now(), v.cfg.Timeout)
	}
}

// maxAge returns how long a value is fresh of which its fetch says how long it is.
func (c *Config) maxAge(said time.Duration) time.Duration {
	if said == 0 {
		return c.MaxAge
	}
	return min(said, c.MaxAge)
}

// limit returns how long a fetch may take that the caller of ctx begins. There has to be
// time left to answer: Lambda ends a function that is late, and all that it knows with it.
func (c *Config) limit(ctx context.Context, usable bool) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return c.Timeout
	}
	left := time.Until(deadline)
	spare := max(left/10, min(left/2, 100*time.Millisecond))
	if usable { // and so can be used instead
		spare = left / 2
	}
	return min(c.Timeout, left-spare)
}
