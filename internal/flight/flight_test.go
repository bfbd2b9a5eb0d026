package flight_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/flight"
)

const timeout = time.Minute

var errWork = errors.New("the work failed")

// work is what a test does in a flight: it counts, and goes on until it is told to
// finish or its context ends.
type work struct {
	runs   int // read once the flight is over, or between synctest.Wait and release
	finish chan error
}

func newWork() *work { return &work{finish: make(chan error)} }

func (w *work) run(ctx context.Context) (int, error) {
	w.runs++
	select {
	case err := <-w.finish:
		return w.runs, err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// An answer is what a caller got.
type answer struct {
	value int
	err   error
}

// call has one more caller ask, in a goroutine of the test's bubble, and waits
// until that caller waits.
func call(g *flight.Group[string, int], ctx context.Context, key string, fn func(context.Context) (int, error)) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		value, err := g.Do(ctx, key, fn)
		answers <- answer{value, err}
	}()
	synctest.Wait()
	return answers
}

func want(t *testing.T, answers <-chan answer, value int, err error) {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-answers:
		if got.value != value || !errors.Is(got.err, err) {
			t.Errorf("got %d, %v; want %d, %v", got.value, got.err, value, err)
		}
	default:
		t.Error("no answer yet")
	}
}

func wantNoAnswer(t *testing.T, answers <-chan answer) {
	t.Helper()
	synctest.Wait()
	select {
	case got := <-answers:
		t.Errorf("an answer too early: %d, %v", got.value, got.err)
	default:
	}
}

func TestOneOfManyDoesTheWorkForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := flight.NewGroup[string, int](timeout), newWork()
		var all []<-chan answer
		for range 100 {
			all = append(all, call(g, t.Context(), "key", w.run))
		}
		w.finish <- nil
		for _, answers := range all {
			want(t, answers, 1, nil)
		}
		if w.runs != 1 {
			t.Errorf("the work was done %d times", w.runs)
		}
	})
}

func TestAllGetTheErrorOfTheWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := flight.NewGroup[string, int](timeout), newWork()
		first, second := call(g, t.Context(), "key", w.run), call(g, t.Context(), "key", w.run)
		w.finish <- errWork
		want(t, first, 1, errWork)
		want(t, second, 1, errWork)
	})
}

func TestNothingIsRemembered(t *testing.T) {
	g, runs := flight.NewGroup[string, int](timeout), 0
	for range 2 {
		_, err := g.Do(t.Context(), "key", func(context.Context) (int, error) { runs++; return runs, nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	if runs != 2 {
		t.Errorf("the work was done %d times for two calls, one after the other", runs)
	}
}

func TestKeysDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, a, b := flight.NewGroup[string, int](timeout), newWork(), newWork()
		first, second := call(g, t.Context(), "a", a.run), call(g, t.Context(), "b", b.run)
		b.finish <- nil
		want(t, second, 1, nil)
		wantNoAnswer(t, first)
		a.finish <- nil
		want(t, first, 1, nil)
	})
}

func TestTheWorkSurvivesTheCallerWhoStartedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := flight.NewGroup[string, int](timeout), newWork()
		ctx, cancel := context.WithCancel(t.Context())
		first, second := call(g, ctx, "key", w.run), call(g, t.Context(), "key", w.run)
		cancel()
		wantNoAnswer(t, second)
		w.finish <- nil
		want(t, second, 1, nil)
		want(t, first, 1, nil) // it has done the work, and may as well have the fruit
	})
}

func TestAFailureOfTheWorkIsToACallerWhoHasLeftItsOwnContextsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := flight.NewGroup[string, int](timeout), newWork()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first, second := call(g, ctx, "key", w.run), call(g, t.Context(), "key", w.run)
		time.Sleep(2 * time.Second)
		w.finish <- errWork
		want(t, first, 1, context.DeadlineExceeded)
		want(t, second, 1, errWork)
	})
}

func TestALoneCallersEndReachesTheWork(t *testing.T) {
	for name, end := range map[string]struct {
		context func(context.Context) (context.Context, context.CancelFunc)
		err     error
	}{
		"cancelled": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			return ctx, cancel
		}, context.Canceled},
		"at its deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, w := flight.NewGroup[string, int](timeout), newWork()
				ctx, cancel := end.context(t.Context())
				defer cancel()
				start := time.Now()
				only := call(g, ctx, "key", w.run)
				time.Sleep(time.Second)
				want(t, only, 0, end.err)
				if waited := time.Since(start); waited != time.Second {
					t.Errorf("it took %v", waited)
				}
			})
		})
	}
}

func TestAWaitingCallerLeavesAtItsOwnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := flight.NewGroup[string, int](timeout), newWork()
		first := call(g, t.Context(), "key", w.run)
		ctx, cancel := context.WithCancel(t.Context())
		second := call(g, ctx, "key", w.run)
		cancel()
		want(t, second, 0, context.Canceled)
		wantNoAnswer(t, first)
		w.finish <- nil
		want(t, first, 1, nil)
	})
}

func TestTheWorkEndsWhenTheLastCallerHasLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := flight.NewGroup[string, int](timeout), newWork()
		ctx, cancel := context.WithCancel(t.Context())
		other, cancelOther := context.WithCancel(t.Context())
		first, second := call(g, ctx, "key", w.run), call(g, other, "key", w.run)
		cancel()
		wantNoAnswer(t, first)
		cancelOther()
		want(t, second, 0, context.Canceled)
		want(t, first, 0, context.Canceled)
	})
}

// The work of those who have left may take a while to notice. Whoever comes then
// must not be told of an end that is none of theirs.
func TestACallerWhoComesAfterTheLastHasLeftStartsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := flight.NewGroup[string, int](timeout), newWork()
		slow := make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		first := call(g, ctx, "key", func(ctx context.Context) (int, error) {
			<-slow
			return 0, ctx.Err()
		})
		cancel()
		synctest.Wait()
		second := call(g, t.Context(), "key", w.run)
		third := call(g, t.Context(), "key", w.run)
		close(slow)
		want(t, first, 0, context.Canceled)
		w.finish <- nil
		want(t, second, 1, nil)
		want(t, third, 1, nil)
	})
}

func TestTheWorkEndsWithTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, w := flight.NewGroup[string, int](timeout), newWork()
		first, second := call(g, t.Context(), "key", w.run), call(g, t.Context(), "key", w.run)
		time.Sleep(timeout)
		want(t, first, 0, context.DeadlineExceeded)
		want(t, second, 0, context.DeadlineExceeded)
	})
}

func TestAnEndedContextStartsNothing(t *testing.T) {
	g := flight.NewGroup[string, int](timeout)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := g.Do(ctx, "key", func(context.Context) (int, error) {
		t.Error("the work was started")
		return 0, nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheWorkHasTheValuesOfTheFirstCallersContext(t *testing.T) {
	type name struct{}
	ctx := context.WithValue(t.Context(), name{}, 7)
	got, err := flight.NewGroup[string, int](timeout).Do(ctx, "key", func(ctx context.Context) (int, error) {
		return ctx.Value(name{}).(int), nil
	})
	if got != 7 || err != nil {
		t.Errorf("got %d, %v", got, err)
	}
}

func TestAPanicReachesTheFirstCallerAndLeavesNobodyWaiting(t *testing.T) {
	for name, leave := range map[string]func(){
		"panic":  func() { panic("out of order") },
		"Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, w := flight.NewGroup[string, int](timeout), newWork()
				thrown := make(chan any, 1)
				go func() {
					defer func() { thrown <- recover() }()
					_, _ = g.Do(t.Context(), "key", func(ctx context.Context) (int, error) {
						_, _ = w.run(ctx)
						leave()
						return 1, nil
					})
				}()
				synctest.Wait()
				second := call(g, t.Context(), "key", w.run)
				w.finish <- nil
				want(t, second, 0, flight.ErrAborted)
				if got := <-thrown; name == "panic" && got != "out of order" {
					t.Errorf("the first caller got %v", got)
				}
				third := call(g, t.Context(), "key", w.run)
				w.finish <- nil
				want(t, third, 2, nil)
			})
		})
	}
}

// For the race detector: callers that come, leave and wait in any order.
func TestManyCallersAtOnce(t *testing.T) {
	g := flight.NewGroup[int, int](timeout)
	var group sync.WaitGroup
	for caller := range 64 {
		group.Go(func() {
			for round := range 200 {
				ctx, cancel := context.WithCancel(t.Context())
				if (caller+round)%3 == 0 {
					go cancel()
				}
				value, err := g.Do(ctx, round%4, func(ctx context.Context) (int, error) {
					runtime.Gosched()
					return round % 4, ctx.Err()
				})
				if err == nil && value != round%4 {
					t.Errorf("got %d for %d", value, round%4)
				}
				if err != nil && ctx.Err() == nil && (caller+round)%3 != 0 {
					t.Errorf("a caller who stayed got %v", err)
				}
				cancel()
			}
		})
	}
	group.Wait()
}
