package refresh_test

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/refresh"
)

// A situation is what a caller can find a Value in. The value before is 1, and what is
// fetched now would be 2.
type situation struct {
	name    string
	age     time.Duration // of the value before, or none
	source  error         // what it fails with
	pausing bool          // it has failed just now
	busy    bool          // somebody else is fetching

	want    refresh.Got[int] // what Get returns, without the time
	err     error            // or why it does not
	fresh   error            // why After and Ready do not return a fresh value, or nil
	fetches int
}

const none = time.Duration(math.MinInt64)

var (
	one, two     = refresh.Got[int]{Value: 1}, refresh.Got[int]{Value: 2}
	oneAndDown   = refresh.Got[int]{Value: 1, Stale: errDown}
	oneMeanwhile = refresh.Got[int]{Value: 1, Stale: refresh.ErrPending}
)

var situations = []situation{
	{name: "nothing yet", age: none, want: two, fetches: 1},
	{name: "nothing yet, and somebody else is fetching", age: none, busy: true, want: two},
	{name: "nothing, and the source is down", age: none, source: errDown, err: errDown, fresh: errDown, fetches: 1},
	{name: "nothing, and the source was down just now", age: none, source: errDown, pausing: true, err: errDown, fresh: errDown},
	{name: "a fresh value", age: 0, want: one},
	{name: "a fresh value in its last moment", age: maxAge - 1, want: one},
	{name: "a fresh value, and the source is down", age: maxAge - 1, source: errDown, want: one},
	{name: "a stale value", age: maxAge, want: two, fetches: 1},
	{name: "a stale value, and somebody else is fetching", age: maxAge, busy: true, want: oneMeanwhile},
	{name: "a stale value, and the source is down", age: maxAge, source: errDown, want: oneAndDown, fresh: errDown, fetches: 1},
	{name: "a stale value, and the source was down just now", age: maxAge, source: errDown, pausing: true, want: oneAndDown, fresh: errDown},
	{name: "a stale value that is withdrawn", age: maxAge, source: errWithdrawn, err: errWithdrawn, fresh: errWithdrawn, fetches: 1},
	{name: "a stale value that was withdrawn just now", age: maxAge, source: errWithdrawn, pausing: true, err: errWithdrawn, fresh: errWithdrawn},
	{name: "the last moment of grace", age: maxAge + grace - 1, source: errDown, want: oneAndDown, fresh: errDown, fetches: 1},
	{name: "no grace any more", age: maxAge + grace, want: two, fetches: 1},
	{name: "no grace any more, and somebody else is fetching", age: maxAge + grace, busy: true, want: two},
	{name: "no grace any more, and the source is down", age: maxAge + grace, source: errDown, err: errDown, fresh: errDown, fetches: 1},
	{name: "a clock that was set back", age: -1, want: two, fetches: 1},
	{name: "a clock that was set back, and the source is down", age: -grace, source: errDown, want: oneAndDown, fresh: errDown, fetches: 1},
	{name: "a clock that was set back beyond the grace", age: -grace - 1, source: errDown, err: errDown, fresh: errDown, fetches: 1},
	{name: "a clock that was set back by years", age: -200_000 * time.Hour, source: errDown, err: errDown, fresh: errDown, fetches: 1},
	{name: "a clock that was set forward by years", age: 200_000 * time.Hour, source: errDown, err: errDown, fresh: errDown, fetches: 1},
}

// in brings a Value into a situation. The clock has a monotonic part that stands still.
func (x *situation) in(t *testing.T) (*refresh.Value[int], *source) {
	var c clocktest.Frozen
	v, s := newValue(func(cfg *refresh.Config) { cfg.Now = c.Now })
	if s.fetches = 1; x.age != none {
		s.fetches = 0
		got, err := v.Get(t.Context())
		want(t, got, err, 1)
		c.Freeze(x.age)
	}
	s.is(x.source, nil)
	if x.pausing {
		wantError(t, refresh.Got[int]{}, v.Ready(t.Context()), x.source)
	}
	if x.busy {
		s.is(nil, takes(time.Second))
		ask(context.WithoutCancel(t.Context()), v)
		t.Cleanup(func() { time.Sleep(time.Second) }) // for its end
	}
	return v, s
}

func TestGetInEverySituation(t *testing.T) {
	for _, x := range situations {
		t.Run(x.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v, s := x.in(t)
				before := s.count()
				got, err := v.Get(t.Context())
				own := x.fetches > 0
				if got.Value != x.want.Value || got.Stale != x.want.Stale || got.Own != own || err != x.err || got.OnGrace() != (x.want.Stale == errDown) {
					t.Errorf("got %+v, %v; want %+v, %v", got, err, x.want, x.err)
				}
				s.wantFetches(t, before+x.fetches)
			})
		})
	}
}

func TestAfterAndReadyReturnNoStaleValueInAnySituation(t *testing.T) {
	for _, x := range situations {
		t.Run(x.name, func(t *testing.T) {
			for _, ready := range []bool{false, true} {
				synctest.Test(t, func(t *testing.T) {
					v, s := x.in(t)
					before := s.count()
					if ready {
						if err := v.Ready(t.Context()); err != x.fresh {
							t.Errorf("Ready: got %v, want %v", err, x.fresh)
						}
					} else if got, err := v.After(t.Context(), refresh.Got[int]{}); x.fresh != nil {
						wantError(t, got, err, x.fresh)
					} else if x.age >= 0 && x.age < maxAge {
						want(t, got, err, 1)
					} else {
						want(t, got, err, 2)
					}
					s.wantFetches(t, before+x.fetches)
				})
			}
		})
	}
}

func TestAnAgeCountsFromTheBeginningOfTheFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		s.is(nil, takes(time.Second))
		began := time.Now()
		got, err := v.Get(t.Context())
		want(t, got, err, 1)
		if !got.Fetched.Equal(began) {
			t.Errorf("fetched at %v, want %v", got.Fetched, began)
		}
		s.is(nil, nil)
		time.Sleep(maxAge - time.Second - 1)
		got, err = v.Get(t.Context())
		want(t, got, err, 1)
		time.Sleep(time.Nanosecond)
		got, err = v.Get(t.Context())
		want(t, got, err, 2)
	})
}

func TestASourceCanShortenAnAgeAndNotLengthenIt(t *testing.T) {
	for said, age := range map[time.Duration]time.Duration{
		0: maxAge, time.Minute: time.Minute, maxAge: maxAge, maxAge + 1: maxAge, math.MaxInt64: maxAge, -time.Minute: 0,
	} {
		synctest.Test(t, func(t *testing.T) {
			v, s := newValue(nil)
			s.maxAge = said
			got, err := v.Get(t.Context())
			want(t, got, err, 1)
			if age > 0 {
				time.Sleep(age - 1)
				got, err = v.Get(t.Context())
				want(t, got, err, 1)
				time.Sleep(time.Nanosecond)
			}
			s.is(errDown, nil)
			got, err = v.Get(t.Context())
			wantStale(t, got, err, 1, errDown)
			time.Sleep(grace - 1 + min(said, 0))
			got, err = v.Get(t.Context())
			wantStale(t, got, err, 1, errDown)
			time.Sleep(time.Nanosecond)
			got, err = v.Get(t.Context())
			wantError(t, got, err, errDown)
		})
	}
}

func TestWithoutGraceAStaleValueIsOfNoUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(func(cfg *refresh.Config) { cfg.Grace = 0 })
		got, err := v.Get(t.Context())
		want(t, got, err, 1)
		s.is(errDown, nil)
		time.Sleep(maxAge - 1)
		got, err = v.Get(t.Context())
		want(t, got, err, 1)
		time.Sleep(time.Nanosecond)
		got, err = v.Get(t.Context())
		wantError(t, got, err, errDown)
	})
}

func TestAValueThatIsStaleWhenItArrivesIsForAllWhoWaitedForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(func(cfg *refresh.Config) { cfg.Grace, cfg.MaxAge = 0, time.Millisecond })
		s.is(nil, takes(time.Second))
		var all []<-chan answer
		for range 100 {
			all = append(all, ask(t.Context(), v))
		}
		time.Sleep(time.Second)
		for _, answers := range all {
			wantAnswer(t, answers, 1)
		}
		s.wantFetches(t, 1)
	})
}

// A clock that stands at the zero time must not make a Value of nothing.
func TestNothingIsNeverUsable(t *testing.T) {
	v, s := newValue(func(cfg *refresh.Config) { cfg.Now = func() time.Time { return time.Time{} } })
	s.is(errDown, nil)
	got, err := v.Get(t.Context())
	wantError(t, got, err, errDown)
}

func TestAFetchIsGivenTheLastValueHoweverOldUnlessItIsWithdrawn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		for _, step := range []struct {
			source error
			sleep  time.Duration
		}{
			{nil, maxAge}, {nil, 1000 * maxAge}, {errDown, time.Minute}, {errWithdrawn, time.Minute}, {nil, maxAge}, {nil, 0},
		} {
			s.is(step.source, nil)
			_, _ = v.Get(t.Context())
			time.Sleep(step.sleep)
		}
		if got, want := fmt.Sprint(s.last), "[0 1 2 2 0 5]"; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestWhoLooksForSomethingNewGetsWhatCameLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, s := newValue(nil)
		first, err := v.Get(t.Context())
		want(t, first, err, 1)
		time.Sleep(time.Minute)

		got, err := v.After(t.Context(), refresh.Got[int]{})
		want(t, got, err, 1)
		second, err := v.After(t.Context(), first)
		want(t, second, err, 2)
		got, err = v.After(t.Context(), first)
		want(t, got, err, 2)
		s.is(errDown, nil)
		got, err = v.After(t.Context(), second)
		wantError(t, got, err, errDown)
		got, err = v.Get(t.Context())
		want(t, got, err, 2)
		s.wantFetches(t, 3)
	})
}

// Those who need a newer value have that of the one fetch under way, also if by the clock it
// is older than the one before.
func TestAHundredWhoNeedANewerValueShareOneFetchWhateverTheClockDoes(t *testing.T) {
	for _, jump := range []time.Duration{-time.Hour, -time.Minute, -1, 0, maxAge} {
		synctest.Test(t, func(t *testing.T) {
			var c clocktest.Frozen
			v, s := newValue(func(cfg *refresh.Config) { cfg.Now = c.Now })
			old, err := v.Get(t.Context())
			want(t, old, err, 1)
			s.is(nil, takes(time.Second))
			c.Freeze(jump)
			var all []<-chan answer
			for range 100 {
				all = append(all, askAfter(t.Context(), v, old))
			}
			time.Sleep(time.Second)
			for _, answers := range all {
				wantAnswer(t, answers, 2)
			}
			s.wantFetches(t, 2)
		})
	}
}

func TestAPreloadedValueIsUsedForTheTimeOfGraceAndSavesNoFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, _ := newValue(nil)
		v.Preload(7)
		got, err := v.Get(t.Context())
		want(t, got, err, 1)

		v, s := newValue(nil)
		v.Preload(7)
		s.is(errDown, nil)
		if err := v.Ready(t.Context()); err != errDown {
			t.Errorf("Ready: %v", err)
		}
		got, err = v.Get(t.Context())
		wantStale(t, got, err, 7, errDown)
		got, err = v.After(t.Context(), refresh.Got[int]{})
		wantError(t, got, err, errDown)
		time.Sleep(grace - 1)
		got, err = v.Get(t.Context())
		wantStale(t, got, err, 7, errDown)
		time.Sleep(time.Nanosecond)
		got, err = v.Get(t.Context())
		wantError(t, got, err, errDown)

		v, s = newValue(nil)
		v.Preload(7)
		s.is(errWithdrawn, nil)
		got, err = v.Get(t.Context())
		wantError(t, got, err, errWithdrawn)
	})
}

func TestAnEndedContextGetsItsErrorAndFetchesNothing(t *testing.T) {
	v, s := newValue(nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 {
		before := s.count()
		got, err := v.Get(ctx)
		wantError(t, got, err, context.Canceled)
		got, err = v.After(ctx, refresh.Got[int]{})
		wantError(t, got, err, context.Canceled)
		wantError(t, refresh.Got[int]{}, v.Ready(ctx), context.Canceled)
		s.wantFetches(t, before)
		got, err = v.Get(t.Context()) // and again with a value
		want(t, got, err, 1)
	}
}

func TestValuesHaveNothingInCommonButTheirConfig(t *testing.T) {
	cfg, up, down := config(), &source{}, &source{err: errDown}
	a, b := refresh.New(cfg, up.fetch), refresh.New(cfg, down.fetch)
	for range 2 {
		got, err := b.Get(t.Context())
		wantError(t, got, err, errDown)
		got, err = a.Get(t.Context())
		want(t, got, err, 1)
	}
	up.wantFetches(t, 1)
	down.wantFetches(t, 1)
}

func TestAThousandValuesTakeLittleMemory(t *testing.T) {
	const values = 1000
	if size := unsafe.Sizeof(refresh.Value[*int]{}); size > 64 {
		t.Errorf("a Value has %d bytes", size)
	}
	cfg, one, all := config(), new(int), make([]*refresh.Value[*int], values)
	fetch := func(context.Context, *int) (*int, time.Duration, error) { return one, 0, nil }
	before := heap()
	for i := range all {
		all[i] = refresh.New(cfg, fetch)
		if _, err := all[i].Get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if each := int64(heap()-before) / values; each > 200 {
		t.Errorf("a Value takes %d bytes of memory", each)
	}
	runtime.KeepAlive(all)
}

// heap returns how many bytes are in use.
func heap() uint64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

func TestAFreshValueCostsNoAllocation(t *testing.T) {
	v, _ := newValue(nil)
	if n := testing.AllocsPerRun(100, func() { _, _ = v.Get(t.Context()) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// For the race detector: callers of all kinds, a clock that jumps, and a source that
// comes and goes.
func TestCallersAtOnce(t *testing.T) {
	var c clocktest.Frozen
	v, s := newValue(func(cfg *refresh.Config) { cfg.Now = c.Now })
	var group sync.WaitGroup
	for caller := range 16 {
		group.Go(func() {
			for round := range 300 {
				ctx, cancel := context.WithCancel(t.Context())
				switch (caller + round) % 7 {
				case 0:
					go cancel()
				case 1:
					c.Freeze(maxAge)
				case 2:
					s.is(errDown, nil)
				default:
					s.is(nil, nil)
				}
				got, err := v.Get(ctx)
				if (err == nil) != (got.Value > 0) {
					t.Errorf("got %+v, %v", got, err)
				}
				_, _ = v.After(ctx, got)
				cancel()
			}
		})
	}
	group.Wait()
}

func BenchmarkGet(b *testing.B) {
	v, _ := newValue(nil)
	deadline, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	for name, ctx := range map[string]context.Context{"": context.Background(), " with a deadline": deadline} {
		b.Run("a fresh value"+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.Get(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("a fresh value in parallel"+name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				for p.Next() {
					if _, err := v.Get(ctx); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
	b.Run("the clock alone", func(b *testing.B) {
		for b.Loop() {
			_ = time.Now()
		}
	})
}
