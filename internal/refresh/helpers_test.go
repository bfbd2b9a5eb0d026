package refresh_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/refresh"
)

const (
	maxAge  = time.Hour
	grace   = 30 * time.Minute
	timeout = 5 * time.Second
)

var (
	errDown      = errors.New("the source is down")
	errWithdrawn = errors.New("the value was withdrawn")
)

func config() *refresh.Config {
	return &refresh.Config{
		MaxAge: maxAge, Grace: grace, Timeout: timeout,
		Withdraw: func(err error) bool { return errors.Is(err, errWithdrawn) },
	}
}

// A source gives 1, 2, 3 … as it is fetched again and again, unless it is told
// otherwise. It is used in bubbles, whose time is that of synctest.
type source struct {
	mu      sync.Mutex
	fetches int
	last    []int                       // what the fetches were given
	err     error                       // what it fails with, if at all
	maxAge  time.Duration               // what it says of its values
	during  func(context.Context) error // what happens during a fetch; nil for nothing
}

func (s *source) fetch(ctx context.Context, last int) (int, time.Duration, error) {
	s.mu.Lock()
	s.fetches++
	s.last = append(s.last, last)
	value, err, maxAge, during := s.fetches, s.err, s.maxAge, s.during
	s.mu.Unlock()
	if during != nil {
		if err := during(ctx); err != nil {
			return 0, 0, err
		}
	}
	return value, maxAge, err
}

// takes has a fetch take a while, or end with its context.
func takes(d time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *source) is(err error, during func(context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err, s.during = err, during
}

// count returns how many fetches there were.
func (s *source) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches
}

func (s *source) wantFetches(t testing.TB, want int) {
	t.Helper()
	if got := s.count(); got != want {
		t.Errorf("%d fetches, want %d", got, want)
	}
}

// newValue returns a Value of a source that is up.
func newValue(change func(*refresh.Config)) (*refresh.Value[int], *source) {
	cfg, s := config(), &source{}
	if change != nil {
		change(cfg)
	}
	return refresh.New(cfg, s.fetch), s
}

type answer struct {
	got refresh.Got[int]
	err error
}

// ask has one more caller get the value, and waits until it waits.
func ask(ctx context.Context, v *refresh.Value[int]) <-chan answer {
	return start(func() (refresh.Got[int], error) { return v.Get(ctx) })
}

func askAfter(ctx context.Context, v *refresh.Value[int], old refresh.Got[int]) <-chan answer {
	return start(func() (refresh.Got[int], error) { return v.After(ctx, old) })
}

func start(call func() (refresh.Got[int], error)) <-chan answer {
	answers := make(chan answer, 1)
	go func() {
		got, err := call()
		answers <- answer{got, err}
	}()
	synctest.Wait()
	return answers
}

// want tests what a call has returned: a fresh value.
func want(t testing.TB, got refresh.Got[int], err error, value int) {
	t.Helper()
	if err != nil || got.Value != value || got.Stale != nil {
		t.Errorf("got %+v, %v; want %d", got, err, value)
	}
}

func wantStale(t testing.TB, got refresh.Got[int], err error, value int, why error) {
	t.Helper()
	if err != nil || got.Value != value || !errors.Is(got.Stale, why) {
		t.Errorf("got %+v, %v; want %d, stale because: %v", got, err, value, why)
	}
}

func wantError(t testing.TB, got refresh.Got[int], err, want error) {
	t.Helper()
	if !errors.Is(err, want) || got != (refresh.Got[int]{Own: got.Own}) {
		t.Errorf("got %+v, %v; want %v", got, err, want)
	}
}

// wantAnswer tests that there is an answer by now: a fresh value.
func wantAnswer(t testing.TB, answers <-chan answer, value int) {
	t.Helper()
	a := wantAny(t, answers)
	want(t, a.got, a.err, value)
}

func wantAny(t testing.TB, answers <-chan answer) answer {
	t.Helper()
	synctest.Wait()
	select {
	case a := <-answers:
		return a
	default:
		t.Fatal("no answer yet")
		return answer{}
	}
}

func wantNone(t testing.TB, answers <-chan answer) {
	t.Helper()
	synctest.Wait()
	select {
	case a := <-answers:
		t.Fatalf("an answer too early: %+v", a)
	default:
	}
}

// wantTime tests how much time has passed in a bubble.
func wantTime(t testing.TB, since time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(since); took != want {
		t.Errorf("it took %v, want %v", took, want)
	}
}
