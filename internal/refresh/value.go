// Package refresh keeps a value that comes from elsewhere and gets old: a key set, a
// public key, a data key, a secret.
//
// It has no goroutine and no timer, since nothing runs between the invocations of a
// Lambda function. A value is fetched when a caller needs it, once for all callers that
// need it at the same time:
//
//   - A fresh value costs nothing.
//   - A stale one is fetched again by one caller, while the others go on with it. If the
//     fetch fails they all go on with it, for the time of grace.
//   - Where there is no value to go on with, all wait for the one fetch.
//   - Who begins a fetch carries it through, whoever leaves. So those who hang up cause
//     nothing.
//   - After a failure the next fetch waits for a while.
//
// All ages are told by the wall clock (package clock).
package refresh

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
)

// Config says how long a [Value] is used and how it is fetched. Any number of Values may
// share one, which must not change any more.
type Config struct {
	// MaxAge is how long a value is fresh, from the time when its fetch began.
	MaxAge time.Duration

	// Grace is for how much longer it is used while it cannot be fetched again.
	Grace time.Duration

	// Timeout is how long a fetch may take, whatever time its caller has left. It must
	// be more than 0.
	Timeout time.Duration

	// Withdraw reports whether an error of a fetch ends the use of the value at once,
	// without grace. A nil Withdraw is one that reports false.
	Withdraw func(error) bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Fetch gets a value. It gets the last one too, however old that is: the zero value of
// T if there is none, or if it has been withdrawn. It must return when its context ends.
//
// A maxAge of 0 means [Config.MaxAge]. One that is shorter makes the value stale sooner;
// a longer one is cut to Config.MaxAge.
//
// The error comes to the callers as it is.
type Fetch[T any] func(ctx context.Context, last T) (value T, maxAge time.Duration, err error)

// A Got is a value and how it stands.
type Got[T any] struct {
	Value   T
	Fetched time.Time // when its fetch began, by the wall clock
	Stale   error     // why it could not be had anew, or ErrPending; nil for a fresh one
	Own     bool      // whether the caller has made a fetch, also if that failed

	held *held[T] // that Value is of
}

// OnGrace reports whether the value is used although it could not be had anew.
func (g Got[T]) OnGrace() bool { return g.Stale != nil && g.Stale != ErrPending }

// ErrPending says that a value is stale and somebody else is fetching it.
var ErrPending = errors.New("refresh: another request is fetching it")

// A Value is one value, fetched on demand. Make it with [New]. It is safe for concurrent
// use, and small enough to have thousands.
type Value[T any] struct {
	cfg   *Config
	fetch Fetch[T]
	held  atomic.Pointer[held[T]] // the last value, nil if there is none; written under mu

	mu      sync.Mutex
	attempt *attempt[T] // the fetch under way, nil if there is none
	failure *failure    // of the last fetch, nil after a success
}

// New returns a Value that has not been fetched yet.
func New[T any](cfg *Config, fetch Fetch[T]) *Value[T] {
	return &Value[T]{cfg: cfg, fetch: fetch}
}

// Get returns the value if it is fresh. If it is stale, one caller fetches it again and
// the others get the stale one at once. The stale value is also what they all get, for
// [Config.Grace], when the fetch has failed. With no value that can be used they wait for
// the fetch, and get its error if it fails.
//
// After a failure the next fetch waits, and callers get the stale value or the error of
// that failure at once: for a tenth of a second, and twice as long after every further
// failure, up to half a minute, or up to a second where there is no value to go on with.
//
// A caller whose ctx has ended gets its error. One who waits for the fetch of another
// waits no longer than that. One who fetches does so until it is done, even if its ctx is
// cancelled, but heeds its deadline: of the time that is left it uses half if there is a
// stale value to go on with, and otherwise nine tenths, sparing at least a tenth of a
// second or half of the time. A fetch that ends for that says little about the source:
// those who have more than twice as much time for theirs do not wait after it.
func (v *Value[T]) Get(ctx context.Context) (Got[T], error) { return v.get(ctx, nil, true) }

// After is Get for a caller who needs a fresh value that came after old, such as one who
// looks for a key that an older set does not have. Which one came later does not hang on
// the clock. It returns no older one: it fetches, waits for the fetch of another, or
// returns the error of the last fetch if that has just failed. A zero Got is older than
// any.
func (v *Value[T]) After(ctx context.Context, old Got[T]) (Got[T], error) {
	return v.get(ctx, old.held, false)
}

// Ready fetches the value unless it is fresh. Other than Get, it returns the error of a
// fetch that failed even if there is a stale value to go on with.
func (v *Value[T]) Ready(ctx context.Context) error {
	_, err := v.get(ctx, nil, false)
	return err
}

// Preload gives a Value something to go on with before its first fetch has succeeded. It
// stands as if it had just become stale: it is used for [Config.Grace] at most, and saves
// no fetch. It is for a Value that nobody uses yet.
func (v *Value[T]) Preload(value T) {
	v.held.Store(&held[T]{value: value, fetched: v.cfg.now().Round(0)})
}

// get returns a fresh value that came after old, or a stale one if that will do.
func (v *Value[T]) get(ctx context.Context, old *held[T], staleWillDo bool) (Got[T], error) {
	for {
		if err := ctx.Err(); err != nil {
			return Got[T]{}, err
		}
		if held := v.held.Load(); held.fresh(v.cfg.now(), old) {
			return held.got(nil), nil
		}
		got, attempt, own, err := v.look(ctx, old, staleWillDo)
		switch {
		case attempt == nil:
			return got, err
		case own:
			return v.carry(ctx, attempt, staleWillDo)
		}
		select {
		case <-ctx.Done():
		case <-attempt.done:
			if attempt.err == nil {
				return attempt.held.got(nil), nil
			}
		}
	}
}

// look returns what a caller gets at once, a value or an error. If that is neither there
// is an attempt to wait for or, if it is the caller's own, to carry through.
func (v *Value[T]) look(ctx context.Context, old *held[T], staleWillDo bool) (got Got[T], a *attempt[T], own bool, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	held, now := v.held.Load(), v.cfg.now()
	if held.fresh(now, old) {
		return held.got(nil), nil, false, nil
	}
	usable := held.usable(now, v.cfg.Grace)
	limit := v.cfg.limit(ctx, usable)
	why := v.failure.holdsUp(now, limit, usable)
	if v.attempt != nil {
		why = ErrPending
	}
	switch {
	case why == nil:
		v.attempt = newAttempt(held, now, limit)
		return got, v.attempt, true, nil
	case usable && staleWillDo:
		return held.got(why), nil, false, nil
	case v.attempt != nil:
		return got, v.attempt, false, nil
	}
	return got, nil, false, why
}

// A held value is one as it was fetched. It does not change.
type held[T any] struct {
	value   T
	fetched time.Time // when its fetch began, by the wall clock
	maxAge  time.Duration
}

// fresh reports whether h need not be fetched again, and came after old. Nobody has one that
// came after h, so that it is enough that they differ.
func (h *held[T]) fresh(now time.Time, old *held[T]) bool {
	return h != nil && h != old && clock.Within(now, h.fetched, h.maxAge)
}

// usable reports whether h may be used at all. A clock that was set back makes no value
// usable for longer than by the time of grace.
func (h *held[T]) usable(now time.Time, grace time.Duration) bool {
	return h != nil && clock.Within(now, h.fetched.Add(-grace), grace+h.maxAge+grace)
}

func (h *held[T]) got(stale error) Got[T] {
	return Got[T]{Value: h.value, Fetched: h.fetched, Stale: stale, held: h}
}

// now returns the time with whatever the clock tells. Ages are told by package clock.
func (c *Config) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}
