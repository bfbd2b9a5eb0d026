package refresh_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/refresh"
)

// fetchTimes has callers come every ten milliseconds, for so long, and returns when there
// was a fetch, in tenths of a second.
func fetchTimes(ctx context.Context, v *refresh.Value[int], s *source, d time.Duration) (times []int) {
	start := time.Now()
	for time.Since(start) < d {
		before := s.count()
		got, _ := v.Get(ctx)
		_, _ = v.After(ctx, got)
		_ = v.Ready(ctx)
		if s.count() > before {
			times = append(times, int(time.Since(start)/(100*time.Millisecond)))
		}
		time.Sleep(10 * time.Millisecond)
	}
	return times
}

func TestPausesAfterFailuresDoubleUpToASecondWithoutAValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		s.is(errDown, nil)
		got, want := fmt.Sprint(fetchTimes(t.Context(), v, s, 5*time.Second)), "[0 1 3 7 15 25 35 45]"
		if got != want {
			t.Errorf("fetches after %s tenths of a second, want %s", got, want)
		}
	})
}

func TestPausesAfterFailuresDoubleUpToHalfAMinuteWithAStaleValue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		_, _ = v.Get(t.Context())
		time.Sleep(maxAge)
		s.is(errDown, nil)
		got, want := fmt.Sprint(fetchTimes(t.Context(), v, s, 150*time.Second)), "[0 1 3 7 15 31 63 127 255 511 811 1111 1411]"
		if got != want {
			t.Errorf("fetches after %s tenths of a second, want %s", got, want)
		}
	})
}

func TestThePauseIsShortOnceTheStaleValueHasHadItsGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		_, _ = v.Get(t.Context())
		s.is(errDown, nil)
		time.Sleep(maxAge + grace - 10*time.Minute)
		for range 600 {
			_, _ = v.Get(t.Context())
			time.Sleep(time.Second)
		}
		before := s.count()
		for range 10 {
			_, _ = v.Get(t.Context())
			time.Sleep(time.Second)
		}
		s.wantFetches(t, before+10)
	})
}

func TestASuccessEndsThePauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		for range 2 {
			s.is(errDown, nil)
			if got, want := fmt.Sprint(fetchTimes(t.Context(), v, s, time.Second)), "[0 1 3 7]"; got != want {
				t.Errorf("fetches after %s tenths of a second, want %s", got, want)
			}
			s.is(nil, nil)
			time.Sleep(time.Second)
			got, err := v.Get(t.Context())
			want(t, got, err, s.count())
			time.Sleep(maxAge + grace)
		}
	})
}

func TestAThousandRequestsInFiveSecondsMakeAtMostTenFetches(t *testing.T) {
	for name, source := range map[string]struct {
		err    error
		during func(context.Context) error
	}{
		"a source that is down":        {err: errDown},
		"a source that is slowly down": {err: errDown, during: takes(30 * time.Millisecond)},
		"a value that is withdrawn":    {err: errWithdrawn},
		"a source that hangs":          {during: takes(time.Hour)},
		"a source that panics":         {during: func(context.Context) error { panic("out of order") }},
	} {
		for _, value := range []string{"no value", "a stale value", "a fresh value"} {
			for deadlines, deadline := range map[string]func(i int) time.Duration{
				"no deadlines":           func(int) time.Duration { return 0 },
				"deadlines of 10 ms":     func(i int) time.Duration { return 10*time.Millisecond + time.Duration(i*7919%1000)*time.Microsecond },
				"deadlines of 3 s":       func(i int) time.Duration { return 3*time.Second + time.Duration(i*7919%100)*time.Millisecond },
				"deadlines of all kinds": func(i int) time.Duration { return time.Duration(1+i*7919%4000) * time.Millisecond },
			} {
				t.Run(fmt.Sprint(name, ", ", value, ", ", deadlines), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						v, s := newValue(nil)
						if value != "no value" {
							_, _ = v.Get(t.Context())
						}
						if value == "a stale value" {
							time.Sleep(maxAge)
						}
						s.is(source.err, source.during)
						before := s.count()
						flood(t, v, deadline)
						if got := s.count() - before; got == 0 || got > 10 {
							t.Errorf("%d fetches", got)
						}
					})
				})
			}
		}
	}
}

// flood has a thousand callers come in five seconds, half of whom hang up soon.
func flood(t *testing.T, v *refresh.Value[int], deadline func(i int) time.Duration) {
	for i := range 1000 {
		ctx, cancel := context.WithCancel(t.Context())
		if d := deadline(i); d > 0 {
			ctx, cancel = context.WithTimeout(ctx, d)
		}
		go func() {
			defer cancel()
			defer func() { _ = recover() }()
			got, _ := v.Get(ctx)
			_, _ = v.After(ctx, got)
		}()
		if i%2 == 0 {
			time.AfterFunc(time.Millisecond, cancel)
		}
		time.Sleep(5 * time.Millisecond)
	}
	time.Sleep(time.Minute)
	synctest.Wait() // the last has left
}

func TestAWithdrawalIsRememberedForThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		_, _ = v.Get(t.Context())
		time.Sleep(maxAge)
		s.is(errWithdrawn, nil)
		got, err := v.Get(t.Context())
		wantError(t, got, err, errWithdrawn)
		s.is(nil, nil)
		time.Sleep(100*time.Millisecond - 1)
		got, err = v.Get(t.Context())
		wantError(t, got, err, errWithdrawn)
		time.Sleep(time.Nanosecond)
		got, err = v.Get(t.Context())
		want(t, got, err, 3)
	})
}

func TestWithoutWithdrawNothingIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(func(cfg *refresh.Config) { cfg.Withdraw = nil })
		_, _ = v.Get(t.Context())
		time.Sleep(maxAge)
		s.is(errWithdrawn, nil)
		got, err := v.Get(t.Context())
		wantStale(t, got, err, 1, errWithdrawn)
	})
}

// A value that is withdrawn is not used again, not even by those for whom it was stale
// and good a moment ago; and one that is fresh is withdrawn too, when somebody learns it.
func TestWhatWasWithdrawnIsGoneForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		got, err := v.Get(t.Context())
		want(t, got, err, 1)
		s.is(errWithdrawn, takes(time.Second))
		looks := askAfter(t.Context(), v, got)
		got, err = v.Get(t.Context())
		want(t, got, err, 1)
		time.Sleep(time.Second)
		a := wantAny(t, looks)
		wantError(t, a.got, a.err, errWithdrawn)
		s.is(errDown, nil)
		for range 10 {
			got, err = v.Get(t.Context())
			if err == nil {
				t.Errorf("got %+v", got)
			}
			time.Sleep(time.Second)
		}
	})
}

func TestThePauseGoesByTheWallClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clocktest.Frozen
		v, s := newValue(func(cfg *refresh.Config) { cfg.Now = c.Now })
		s.is(errDown, nil)
		got, err := v.Get(t.Context())
		wantError(t, got, err, errDown)
		s.is(nil, nil)
		c.Freeze(100*time.Millisecond - 1)
		got, err = v.Get(t.Context())
		wantError(t, got, err, errDown)
		c.Freeze(1)
		got, err = v.Get(t.Context())
		want(t, got, err, 2)
	})
}

func TestAClockThatIsSetBackEndsThePause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c clocktest.Frozen
		v, s := newValue(func(cfg *refresh.Config) { cfg.Now = c.Now })
		s.is(errDown, nil)
		for range 10 {
			_, _ = v.Get(t.Context())
		}
		s.wantFetches(t, 1)
		c.Freeze(-time.Hour)
		for range 10 {
			_, _ = v.Get(t.Context())
		}
		s.wantFetches(t, 2)
	})
}
