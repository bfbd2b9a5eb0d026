package walktest_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/walktest"
)

func TestAScriptGivesItsBytesAsNumbersAndThenNothing(t *testing.T) {
	s := walktest.NewScript([]byte{7, 8, 255})
	var got []int
	for s.Left() && len(got) < 10 {
		got = append(got, s.Next(7))
	}
	if want := []int{0, 1, 3}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n, first := s.Next(100), walktest.Pick(s, "first", "second"); n != 0 || first != "first" {
		t.Errorf("at the end: %d and %q", n, first)
	}
	if got := walktest.Pick(walktest.NewScript([]byte{5}), 10, 20, 30); got != 30 {
		t.Errorf("picked %d", got)
	}
}

func TestNoTwoEventsOfAStoryHaveOneTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := walktest.NewScript(nil), map[time.Time]bool{}
		for i := range 1000 {
			d := time.Duration(i%10) * 100 * time.Millisecond
			in := s.In(d)
			if at := time.Now().Add(in); in < d || in > d+2*time.Millisecond || seen[at] {
				t.Fatalf("%v for %v", in, d)
			} else {
				seen[at] = true
			}
			time.Sleep(s.In(0))
		}
	})
}

func TestWhoWaitsIsDoneInTimeOrEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, start := walktest.NewScript(nil), time.Now()
		if err := s.Wait(t.Context(), time.Second); err != nil || time.Since(start).Truncate(time.Millisecond) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Wait(ctx, time.Minute); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		ended := time.Now()
		if err := s.Wait(ctx, 0); !errors.Is(err, context.DeadlineExceeded) || !time.Now().Equal(ended) {
			t.Errorf("got %v", err)
		}
		if err := s.Wait(t.Context(), 0); err != nil || !time.Now().Equal(ended) {
			t.Errorf("got %v", err)
		}
	})
}

func TestACallerHangsUpOrHasADeadlineOrNeither(t *testing.T) {
	for name, test := range map[string]struct {
		script []byte
		after  time.Duration
		want   error
	}{
		"neither":             {[]byte{0, 1}, time.Hour, nil},
		"hangs up":            {[]byte{2, 1}, 700 * time.Millisecond, context.Canceled},
		"a deadline":          {[]byte{0, 0, 9}, time.Second, context.DeadlineExceeded},
		"hangs up before it":  {[]byte{1, 0, 9}, 30 * time.Millisecond, context.Canceled},
		"hangs up too late":   {[]byte{3, 0, 9}, time.Second, context.DeadlineExceeded},
		"the end of a script": {nil, 100 * time.Millisecond, context.DeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := walktest.NewScript(test.script).Caller()
			defer cancel()
			time.Sleep(test.after - time.Nanosecond)
			if err := ctx.Err(); err != nil {
				t.Errorf("%s: too early: %v", name, err)
			}
			time.Sleep(time.Millisecond)
			if err := ctx.Err(); err != test.want {
				t.Errorf("%s: got %v, want %v", name, err, test.want)
			}
		})
	}
}

func TestTimePassesByBothClocksOrByTheWallClockAlone(t *testing.T) {
	for name, test := range map[string]struct {
		script       []byte
		bubble, wall time.Duration
	}{
		"a little":         {[]byte{0, 1}, 500 * time.Millisecond, 500 * time.Millisecond},
		"a lot":            {[]byte{1, 3}, time.Hour, time.Hour},
		"on the wall":      {[]byte{2, 1}, 0, time.Minute},
		"on the wall back": {[]byte{2, 6}, 0, -time.Hour},
	} {
		synctest.Test(t, func(t *testing.T) {
			var c clocktest.Frozen
			start := c.Now()
			walktest.NewScript(test.script).Pass(&c)
			bubble, wall := time.Since(start), c.Now().Round(0).Sub(start.Round(0))
			if bubble.Truncate(time.Millisecond) != test.bubble || wall.Truncate(time.Millisecond) != test.wall {
				t.Errorf("%s: %v, and by the wall clock %v", name, bubble, wall)
			}
		})
	}
}

func FuzzGivesEachWalkItsBytesAndABubble(f *testing.F) {
	walktest.Fuzz(f, 3, 20, func(t *testing.T, s *walktest.Script) {
		start, n := time.Now(), 0
		for ; s.Left() && n <= 100; n++ {
			s.Next(2)
		}
		time.Sleep(time.Hour)
		if n > 100 || time.Since(start) != time.Hour {
			t.Errorf("%d bytes, and %v passed", n, time.Since(start))
		}
	})
}
