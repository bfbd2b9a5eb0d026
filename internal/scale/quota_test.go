package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAQuotaTakesASecondsCallsAtOnceAndThenItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQuota(100, 0, time.Now())
		a := newActor(1, 1, 1, 5) // stands for five
		ctx := as(context.Background(), a)
		took := func() (n int) {
			for q.take(a.weight, false) {
				n++
			}
			return n
		}
		if n := took(); n != 20 {
			t.Errorf("%d calls of five at once, want 20", n)
		}
		time.Sleep(time.Second / 2)
		if n := took(); n != 10 {
			t.Errorf("%d after half a second, want 10", n)
		}
		time.Sleep(time.Minute)
		if n := took(); n != 20 {
			t.Errorf("%d after a minute, want 20", n)
		}
		if err := q.call(ctx); !errors.Is(err, throttling{}) {
			t.Errorf("got %v, want throttling", err)
		}
		if taken, refused := sum(q.taken, span{0, time.Hour}), sum(q.refused, span{0, time.Hour}); taken != 250 || refused != 20 {
			t.Errorf("%v taken and %v refused, want 250 and 20", taken, refused)
		}
	})
}

func TestACallThatIsGivenUpEndsWithItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQuota(100, 500*time.Millisecond, time.Now())
		began := time.Now()
		ctx, cancel := context.WithTimeout(as(context.Background(), newActor(1, 1, 1, 1)), time.Millisecond)
		defer cancel()
		if err := q.call(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if passed := time.Since(began); passed < time.Millisecond || passed > time.Millisecond+tick {
			t.Errorf("it ended after %v", passed)
		}
	})
}
