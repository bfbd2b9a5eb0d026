// Package flight has one call do the work of all that want the same at the same
// time.
//
// It starts no goroutine for that work: the first caller does it, and the others
// wait. The work goes on as long as anybody wants it, even if the first caller no
// longer does.
package flight

import (
	"context"
	"errors"
	"sync"
	"time"
)

// ErrAborted says that the caller who did the work left it by a panic, or by
// [runtime.Goexit].
var ErrAborted = errors.New("flight: the work was left unfinished")

// A Group does the work of one kind, once for each key at any one time. Make it
// with [NewGroup]. It is safe for concurrent use.
type Group[K comparable, V any] struct {
	timeout time.Duration

	mu    sync.Mutex
	calls map[K]*call[V]
}

// A call is work under way.
type call[V any] struct {
	callers int // who still want it; guarded by Group.mu
	cancel  context.CancelFunc
	done    chan struct{} // closed once value and err are there
	value   V
	err     error
}

// NewGroup returns a Group whose work may take as long as timeout.
func NewGroup[K comparable, V any](timeout time.Duration) *Group[K, V] {
	return &Group[K, V]{timeout: timeout, calls: map[K]*call[V]{}}
}

// Do returns what fn returns. Of several calls for the same key at the same time
// only the first runs its fn; the others wait for it, or for the end of their own
// context, whose error they return then.
//
// The context of fn has the values of the first caller's, but not its end: it ends
// when the contexts of all callers have ended, or with the timeout. So the first
// caller, whose goroutine runs fn, stays beyond the end of its own context as long
// as there are others. If the work fails then, Do returns the error of that context.
//
// If fn panics, so does the first caller's Do, and the others get [ErrAborted].
func (g *Group[K, V]) Do(ctx context.Context, key K, fn func(context.Context) (V, error)) (V, error) {
	if err := ctx.Err(); err != nil {
		var none V
		return none, err
	}
	g.mu.Lock()
	if c := g.calls[key]; c != nil {
		c.callers++
		g.mu.Unlock()
		return g.wait(ctx, key, c)
	}
	shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), g.timeout)
	c := &call[V]{callers: 1, cancel: cancel, done: make(chan struct{}), err: ErrAborted}
	g.calls[key] = c
	g.mu.Unlock()

	g.run(ctx, shared, key, c, fn)
	if c.err != nil && ctx.Err() != nil {
		return c.value, ctx.Err() // rather than that of a context that nobody knows
	}
	return c.value, c.err
}

// run does the work of c, as the caller of ctx.
func (g *Group[K, V]) run(ctx, shared context.Context, key K, c *call[V], fn func(context.Context) (V, error)) {
	defer g.finish(key, c)
	stop := context.AfterFunc(ctx, func() { g.leave(key, c) })
	defer stop()
	c.value, c.err = fn(shared)
}

func (g *Group[K, V]) wait(ctx context.Context, key K, c *call[V]) (V, error) {
	select {
	case <-c.done:
		return c.value, c.err
	case <-ctx.Done():
		g.leave(key, c)
		var none V
		return none, ctx.Err()
	}
}

// leave is for a caller who no longer wants c. After the last one c is cancelled,
// and a new caller starts anew.
func (g *Group[K, V]) leave(key K, c *call[V]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.callers--
	if c.callers == 0 {
		g.remove(key, c)
		c.cancel()
	}
}

func (g *Group[K, V]) finish(key K, c *call[V]) {
	g.mu.Lock()
	g.remove(key, c)
	g.mu.Unlock()
	c.cancel()
	close(c.done)
}

// remove takes c out, unless another call is in its place. The caller holds g.mu.
func (g *Group[K, V]) remove(key K, c *call[V]) {
	if g.calls[key] == c {
		delete(g.calls, key)
	}
}
