package main

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
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
			for n < 100 && q.take(a.weight, false) {
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

func TestACallThatStandsForManyHasTheChanceOfASingleOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQuota(100, 0, time.Now())
		random := rand.New(rand.NewPCG(1, 2))
		tried, taken := map[float64]float64{}, map[float64]float64{}
		for range 50_000 { // 1050 calls a second
			time.Sleep(time.Duration(random.ExpFloat64() * float64(10*time.Millisecond)))
			weight := []float64{1, 20}[random.IntN(2)]
			tried[weight]++
			if q.take(weight, false) {
				taken[weight]++
			}
		}
		if one, many := taken[1]/tried[1], taken[20]/tried[20]; math.Abs(one-many) > 0.01 || math.Abs(many-100/1050.) > 0.01 {
			t.Errorf("%v of single calls are taken, and %v of those that stand for many", one, many)
		}
	})
}
