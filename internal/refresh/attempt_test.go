package refresh_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/refresh"
)

func TestAHundredFirstCallersShareOneFetch(t *testing.T) {
	for _, source := range []error{nil, errDown} {
		synctest.Test(t, func(t *testing.T) {
			v, s := newValue(nil)
			s.is(source, takes(time.Second))
			var all []<-chan answer
			for range 100 {
				all = append(all, ask(t.Context(), v))
			}
			time.Sleep(time.Second)
			for _, answers := range all {
				if a := wantAny(t, answers); source == nil {
					want(t, a.got, a.err, 1)
				} else {
					wantError(t, a.got, a.err, source)
				}
			}
			s.wantFetches(t, 1)
		})
	}
}

func TestAValueThatHasJustComeIsNotFetchedAgain(t *testing.T) {
	var v *refresh.Value[int]
	cfg, s := config(), &source{}
	cfg.Now = func() time.Time {
		cfg.Now = nil // the first caller looks at the clock, and meanwhile the second gets a value
		got, err := v.Get(t.Context())
		want(t, got, err, 1)
		return time.Now()
	}
	v = refresh.New(cfg, s.fetch)
	got, err := v.Get(t.Context())
	want(t, got, err, 1)
	s.wantFetches(t, 1)
}

func TestOneCallerFetchesAStaleValueAndTheOthersGoOnWithIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		got, err := v.Get(t.Context())
		want(t, got, err, 1)
		time.Sleep(maxAge)
		s.is(nil, takes(time.Second))
		first := ask(t.Context(), v)
		now := time.Now()
		for range 100 {
			got, err = v.Get(t.Context())
			wantStale(t, got, err, 1, refresh.ErrPending)
		}
		wantTime(t, now, 0)
		wantNone(t, first)
		time.Sleep(time.Second)
		wantAnswer(t, first, 2)
		s.wantFetches(t, 2)
	})
}

func TestThoseWhoHaveAFreshValueDoNotWaitForOneWhoLooksForSomethingNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		got, err := v.Get(t.Context())
		want(t, got, err, 1)
		time.Sleep(time.Minute)
		s.is(nil, takes(time.Second))
		var all []<-chan answer
		for range 100 {
			all = append(all, askAfter(t.Context(), v, got))
		}
		now := time.Now()
		for range 100 {
			got, err = v.Get(t.Context())
			want(t, got, err, 1)
		}
		wantTime(t, now, 0)
		time.Sleep(time.Second)
		for _, answers := range all {
			wantAnswer(t, answers, 2)
		}
		s.wantFetches(t, 2)
	})
}

func TestAFetchIsCarriedThroughWhoeverLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		s.is(nil, takes(time.Second))
		ctx, cancel := context.WithCancel(t.Context())
		first, second, third := ask(ctx, v), ask(ctx, v), ask(t.Context(), v)
		cancel()
		a := wantAny(t, second)
		wantError(t, a.got, a.err, context.Canceled)
		wantNone(t, first) // who has begun it
		wantNone(t, third)
		time.Sleep(time.Second)
		wantAnswer(t, first, 1) // and may as well have the fruit
		wantAnswer(t, third, 1)
		s.wantFetches(t, 1)
	})
}

func TestThoseWhoHangUpCauseNoFetch(t *testing.T) {
	for _, stale := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			v, s := newValue(nil)
			before := 0
			if stale {
				got, err := v.Get(t.Context())
				want(t, got, err, 1)
				time.Sleep(maxAge)
				before = 1
			}
			s.is(nil, takes(timeout-1))
			for range 1000 {
				ctx, cancel := context.WithCancel(t.Context())
				_ = ask(ctx, v)
				cancel()
			}
			s.wantFetches(t, before+1)
			time.Sleep(timeout)
			got, err := v.Get(t.Context())
			want(t, got, err, before+1)
			s.wantFetches(t, before+1)
		})
	}
}

func TestAWaitingCallerLeavesWithItsOwnContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		s.is(nil, takes(4*time.Second))
		now := time.Now()
		first := ask(t.Context(), v)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		second := askAfter(ctx, v, refresh.Got[int]{})
		time.Sleep(time.Second)
		a := wantAny(t, second)
		wantError(t, a.got, a.err, context.DeadlineExceeded)
		a = <-first
		want(t, a.got, a.err, 1)
		wantTime(t, now, 4*time.Second)
	})
}

func TestHowLongAFetchMayTake(t *testing.T) {
	const no = -1
	for _, test := range []struct {
		name  string
		left  time.Duration // until the caller's deadline
		stale bool          // whether there is a stale value
		want  time.Duration
	}{
		{"no deadline", no, false, timeout},
		{"no deadline, with a stale value", no, true, timeout},
		{"a deadline that is far away", time.Hour, false, timeout},
		{"a deadline that is far away, with a stale value", time.Hour, true, timeout},
		{"five seconds", 5 * time.Second, false, 4500 * time.Millisecond},
		{"two seconds", 2 * time.Second, false, 1800 * time.Millisecond},
		{"two seconds, with a stale value", 2 * time.Second, true, time.Second},
		{"one second", time.Second, false, 900 * time.Millisecond},
		{"half a second", 500 * time.Millisecond, false, 400 * time.Millisecond},
		{"hardly any", 100 * time.Millisecond, false, 50 * time.Millisecond},
		{"hardly any, with a stale value", 100 * time.Millisecond, true, 50 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, s := newValue(nil)
				if test.stale {
					_, _ = v.Get(t.Context())
					time.Sleep(maxAge)
				}
				s.is(nil, takes(time.Hour))
				ctx := t.Context()
				if test.left != no {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.left)
					defer cancel()
				}
				now := time.Now()
				got, err := v.Get(ctx)
				wantTime(t, now, test.want)
				if test.stale {
					wantStale(t, got, err, 1, context.DeadlineExceeded)
				} else {
					wantError(t, got, err, context.DeadlineExceeded)
				}
			})
		})
	}
}

func TestAFetchThatOutlastsTheGraceEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		_, _ = v.Get(t.Context())
		time.Sleep(maxAge + grace - time.Second)
		s.is(errDown, takes(time.Second-1))
		got, err := v.Get(t.Context())
		wantStale(t, got, err, 1, errDown)

		v, s = newValue(nil)
		_, _ = v.Get(t.Context())
		time.Sleep(maxAge + grace - time.Second)
		s.is(errDown, takes(time.Second))
		got, err = v.Get(t.Context())
		wantError(t, got, err, errDown)
	})
}

// A source that does not heed its context answers long after its time.
func TestAnAnswerThatComesLateNeverReplacesANewerOne(t *testing.T) {
	for name, late := range map[string]error{"a value": nil, "a failure": errDown, "a withdrawal": errWithdrawn} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, s := newValue(nil)
				release := make(chan struct{})
				s.is(late, func(context.Context) error { <-release; return nil })
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				first := ask(ctx, v)
				s.is(nil, nil)
				time.Sleep(10 * timeout)
				others := []<-chan answer{ask(t.Context(), v), askAfter(t.Context(), v, refresh.Got[int]{})}
				s.wantFetches(t, 1) // it is still the one
				close(release)
				<-first
				for _, other := range others {
					synctest.Wait()
					if a := <-other; a.err != late && (a.err != nil || a.got.Stale != nil) {
						t.Errorf("got %+v, %v", a.got, a.err)
					}
				}
				time.Sleep(time.Second)
				got, err := v.After(t.Context(), refresh.Got[int]{})
				want(t, got, err, s.count())
				time.Sleep(timeout)
				again, err := v.Get(t.Context())
				want(t, again, err, got.Value)
			})
		})
	}
}

func TestAPanicReachesTheOneWhoFetchesAndLeavesTheValueInOrder(t *testing.T) {
	for name, leave := range map[string]func(){
		"panic":  func() { panic("out of order") },
		"Goexit": runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, s := newValue(nil)
				s.is(nil, func(ctx context.Context) error {
					_ = takes(time.Second)(ctx)
					leave()
					return nil
				})
				thrown := make(chan any, 1)
				go func() {
					defer func() { thrown <- recover() }()
					_, _ = v.Get(t.Context())
				}()
				synctest.Wait()
				second := ask(t.Context(), v)
				time.Sleep(time.Second)
				if got := <-thrown; name == "panic" && got != "out of order" {
					t.Errorf("the one who fetches got %v", got)
				}
				if a := wantAny(t, second); a.err == nil || a.got.Value != 0 {
					t.Errorf("the other got %+v, %v", a.got, a.err)
				}
				s.is(nil, nil)
				time.Sleep(100 * time.Millisecond) // as after any failure
				got, err := v.Get(t.Context())
				want(t, got, err, 2)
			})
		})
	}
}

func TestAPanicLeavesAStaleValueInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		_, _ = v.Get(t.Context())
		time.Sleep(maxAge)
		s.is(nil, func(context.Context) error { panic("out of order") })
		func() {
			defer func() { _ = recover() }()
			_, _ = v.Get(t.Context())
		}()
		if got, err := v.Get(t.Context()); err != nil || got.Value != 1 || got.Stale == nil {
			t.Errorf("got %+v, %v", got, err)
		}
		s.wantFetches(t, 2)
	})
}

func TestAFetchHasTheValuesOfItsCallersContext(t *testing.T) {
	type name struct{}
	v := refresh.New(config(), func(ctx context.Context, _ int) (int, time.Duration, error) {
		return ctx.Value(name{}).(int), 0, nil
	})
	got, err := v.Get(context.WithValue(t.Context(), name{}, 7))
	want(t, got, err, 7)
}

func TestTheErrorOfAFetchComesAsItIs(t *testing.T) {
	v, s := newValue(nil)
	s.err = fmt.Errorf("with all that it wraps: %w", errDown)
	for range 2 { // and so does one that is remembered
		if got, err := v.Get(t.Context()); err != s.err {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestACallerWithTimeDoesNotFailForOneWithout(t *testing.T) {
	for _, staleWillDo := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			v, s := newValue(nil)
			s.is(nil, takes(50*time.Millisecond))
			hasted, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			defer cancel()
			first := ask(hasted, v)
			var all []<-chan answer
			for range 100 {
				if staleWillDo {
					all = append(all, ask(t.Context(), v))
				} else {
					all = append(all, askAfter(t.Context(), v, refresh.Got[int]{}))
				}
			}
			time.Sleep(10 * time.Millisecond)
			a := wantAny(t, first)
			wantError(t, a.got, a.err, context.DeadlineExceeded)
			time.Sleep(50 * time.Millisecond)
			for _, answers := range all {
				wantAnswer(t, answers, 2)
			}
			s.wantFetches(t, 2)
		})
	}
}

// Those who wait for each other's fetches and have no more time than the first fail with
// it, rather than fetch in turn for ever less time.
func TestCallersWithoutTimeDoNotFetchOneAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		s.is(nil, takes(time.Hour))
		var all []<-chan answer
		for range 100 {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			all = append(all, ask(ctx, v))
		}
		time.Sleep(2700 * time.Millisecond)
		for _, answers := range all {
			a := wantAny(t, answers)
			wantError(t, a.got, a.err, context.DeadlineExceeded)
		}
		s.wantFetches(t, 1)
	})
}

func TestOneWithMuchMoreTimeFetchesAtOnceAfterOneWhoHadTooLittle(t *testing.T) {
	for left, fetches := range map[time.Duration]int{
		10 * time.Millisecond: 1, 20 * time.Millisecond: 1, 40 * time.Millisecond: 1, 40*time.Millisecond + 2: 2, time.Second: 2, time.Hour: 2,
	} {
		synctest.Test(t, func(t *testing.T) {
			v, s := newValue(nil)
			s.is(nil, takes(time.Hour))
			for _, left := range []time.Duration{20 * time.Millisecond, left} { // half of which a fetch may take
				ctx, cancel := context.WithTimeout(t.Context(), left)
				defer cancel()
				got, err := v.Get(ctx)
				wantError(t, got, err, context.DeadlineExceeded)
			}
			s.wantFetches(t, fetches)
		})
	}
}

// Requests with no time at all, one after the other, must keep neither those with time
// from a new value nor a withdrawn one in use.
func TestCallersWithoutTimeDoNotHoldUpThoseWithTime(t *testing.T) {
	for _, source := range []error{nil, errWithdrawn} {
		synctest.Test(t, func(t *testing.T) {
			v, s := newValue(nil)
			_, _ = v.Get(t.Context())
			time.Sleep(maxAge)
			s.is(source, takes(50*time.Millisecond))
			for range 100 {
				hasted, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				got, err := v.Get(hasted)
				wantStale(t, got, err, 1, context.DeadlineExceeded)
				cancel()
				time.Sleep(7 * time.Millisecond)
			}
			if s.count() > 10 {
				t.Errorf("%d fetches", s.count())
			}
			got, err := v.Get(t.Context())
			if source == nil {
				want(t, got, err, s.count())
			} else {
				wantError(t, got, err, source)
			}
		})
	}
}

// Without a failure to remember, each of them would wait for half of its time.
func TestASourceThatHangsHoldsUpFewThoughTheirTimeIsShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		_, _ = v.Get(t.Context())
		time.Sleep(maxAge)
		s.is(nil, takes(time.Hour))
		heldUp := 0
		for i := range 600 { // five minutes
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond+time.Duration(i*7919%100)*time.Millisecond)
			now := time.Now()
			got, err := v.Get(ctx)
			wantStale(t, got, err, 1, context.DeadlineExceeded)
			if time.Since(now) > 0 {
				heldUp++
			}
			cancel()
			time.Sleep(time.Until(now.Add(500 * time.Millisecond)))
		}
		if heldUp > 20 {
			t.Errorf("%d requests were held up", heldUp)
		}
	})
}
