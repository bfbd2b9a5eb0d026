package main

import (
	"context"
	"math"
	"math/rand/v2"
	"time"
)

// A tick has a place for every actor.
const tick = 8192 // nanoseconds

// Places in a tick: one for those who send requests, the same for all since they are one
// goroutine; then the environments', then the logins'.
const (
	placeOfRequests = 0
	firstLogin      = tick / 2
)

// An actor is one who takes time: an environment, or a login. Each has a place of its own
// in every tick and wakes up there, so that no two do anything at the same nanosecond, and
// what happens does not hang on which goroutine runs first.
type actor struct {
	place  int64
	weight float64 // how many it stands for
	random *rand.Rand
}

func newActor(seed uint64, place int64, number uint64, weight float64) *actor {
	return &actor{place, weight, rand.New(rand.NewPCG(seed, number))}
}

// sleep lets d pass, or the time until ctx ends, whose error it returns then. That ctx is
// cancelled before its deadline it does not heed: nobody here does that.
func (a *actor) sleep(ctx context.Context, d time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		sleepUntil(a.place, deadline)
		return context.DeadlineExceeded
	}
	sleepUntil(a.place, time.Now().Add(d))
	return nil
}

// sleepUntil sleeps until the place in the tick that comes next after t.
func sleepUntil(place int64, t time.Time) {
	behind := (t.UnixNano() - place) % tick
	time.Sleep(time.Until(t) + time.Duration((tick-behind)%tick))
}

// about returns a duration of a log-normal distribution, a second at most: half of them
// are shorter than the median, and one in a hundred is longer than 3.2 times that.
func (a *actor) about(median time.Duration) time.Duration {
	const sigma = 0.5
	return min(time.Second, time.Duration(float64(median)*math.Exp(sigma*a.random.NormFloat64())))
}

// between returns a duration from low to high.
func (a *actor) between(low, high time.Duration) time.Duration {
	return low + time.Duration(a.random.Int64N(int64(high-low)))
}

type actorKey struct{}

// as returns a context for what an actor does. What is done in a context without one takes
// no time and is not counted: tokens that were made before.
func as(ctx context.Context, a *actor) context.Context { return context.WithValue(ctx, actorKey{}, a) }

func actorOf(ctx context.Context) *actor {
	a, _ := ctx.Value(actorKey{}).(*actor)
	return a
}
