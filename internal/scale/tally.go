package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/lambdajwt/authorizer/verifier"
)

// A tally counts by the second since the deployment. What environments do counts as often
// as they stand for others.
type tally struct {
	requests  []float64
	misses    []float64 // of API Gateway's cache
	undecided []float64
	crowded   []float64 // of those, for want of an environment
	logins    []float64
	failed    []float64 // of those
	invoked   []float64 // environments
	billed    []float64 // seconds of those
	waits     []float64 // the longest of those that arrived in the second, in seconds
}

func second(at time.Duration) int { return int(at / time.Second) }

func (t *tally) request(at time.Duration) { count(&t.requests, second(at), 1) }

func (t *tally) miss(at time.Duration) { count(&t.misses, second(at), 1) }

func (t *tally) login(at time.Duration, err error) {
	count(&t.logins, second(at), 1)
	if err != nil {
		count(&t.failed, second(at), 1)
	}
}

// work counts what Lambda bills of an invocation: whole milliseconds.
func (t *tally) work(at, took time.Duration, weight float64) {
	took = (took + time.Millisecond - 1).Truncate(time.Millisecond)
	count(&t.invoked, second(at), weight)
	count(&t.billed, second(at), weight*took.Seconds())
}

// answer counts what has come of a request. Its error is that of a simulation in which a
// token is at fault, which none is.
func (t *tally) answer(arrived, now time.Duration, err error, weight float64) error {
	if errors.Is(err, verifier.ErrInvalidToken) {
		return fmt.Errorf("a good token is refused: %w", err)
	}
	at := second(arrived)
	count(&t.waits, at, 0)
	t.waits[at] = max(t.waits[at], (now - arrived).Seconds())
	if err != nil {
		count(&t.undecided, at, weight)
	}
	if errors.Is(err, errNoEnvironment) {
		count(&t.crowded, at, weight)
	}
	return nil
}
