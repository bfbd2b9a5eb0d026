package revocation_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/revocation"
)

func withCache(maxAge time.Duration, size int) func(*revocation.Config) {
	return func(cfg *revocation.Config) { cfg.CacheMaxAge, cfg.CacheSize = maxAge, size }
}

func TestWithoutACacheTheStoreIsAskedEachTime(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	c := newChecker(t, s, clock, nil)
	for range 3 {
		wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	}
	if s.calls() != 3 {
		t.Errorf("asked %d times", s.calls())
	}
}

func TestAnAnswerIsRememberedForItsMaximumAge(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	c := newChecker(t, s, clock, withCache(time.Minute, 0))
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	s.Revoke(keyOf(revocation.BySession, "session-1"), time.Time{})
	clock.Add(time.Minute - 1)
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	clock.Add(1)
	wantRevoked(t, c.Check(t.Context(), user1(t, 1)))
	wantRevoked(t, c.Check(t.Context(), user1(t, 1)))
	if s.calls() != 2 {
		t.Errorf("asked %d times", s.calls())
	}
}

// Lambda had the function frozen: the monotonic clock stood still.
func TestAnAnswerGetsOldByTheWallClock(t *testing.T) {
	s := &store{}
	var clock clocktest.Frozen
	c, err := revocation.New(revocation.Config{Store: s, CacheMaxAge: time.Minute, Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	s.Revoke(keyOf(revocation.ByToken, "token-1"), time.Time{})
	clock.Freeze(2 * time.Minute)
	wantRevoked(t, c.Check(t.Context(), user1(t, 1)))
}

func TestARevocationThatIsTakenBackIsSeenToo(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	c := newChecker(t, s, clock, withCache(time.Minute, 0))
	s.Revoke(keyOf(revocation.BySubject, "user-1"), time.Unix(2000, 0))
	wantRevoked(t, c.Check(t.Context(), user1(t, 1000)))
	s.Revoke(keyOf(revocation.BySubject, "user-1"), time.Unix(500, 0))
	wantRevoked(t, c.Check(t.Context(), user1(t, 1000)))
	clock.Add(time.Minute)
	wantAccepted(t, c.Check(t.Context(), user1(t, 1000)))
}

// The age of an answer begins when the store was asked, not when it answered.
func TestASlowAnswerIsNoYoungerForThat(t *testing.T) {
	clock := clocktest.NewManual()
	s := slow{clock: clock, asked: new(int)}
	c := newChecker(t, s, clock, withCache(time.Minute, 0))
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	clock.Add(time.Minute - 2*time.Second)
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	if *s.asked != 2 {
		t.Errorf("asked %d times", *s.asked)
	}
}

type slow struct {
	clock *clocktest.Manual
	asked *int
}

func (s slow) Lookup(context.Context, []revocation.Key) (map[revocation.Key]time.Time, error) {
	*s.asked++
	s.clock.Add(2 * time.Second)
	return nil, nil
}

// The clock was set back: nobody knows how old the answer is.
func TestAnAnswerFromTheFutureDoesNotCount(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	c := newChecker(t, s, clock, withCache(time.Minute, 0))
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	clock.Add(-time.Hour)
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	if s.calls() != 2 {
		t.Errorf("asked %d times", s.calls())
	}
}

func TestOnlyWhatIsNotRememberedIsAskedFor(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	c := newChecker(t, s, clock, withCache(time.Minute, 0))
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	wantAccepted(t, c.Check(t.Context(), token(t, `{"iss":"`+issuer+`","sub":"user-1","jti":"token-2","sid":"session-1"}`)))
	if len(s.asked) != 2 || len(s.asked[1]) != 1 || s.asked[1][0] != keyOf(revocation.ByToken, "token-2") {
		t.Errorf("asked for %v", s.asked)
	}
	s.Revoke(keyOf(revocation.ByToken, "token-3"), time.Time{})
	wantRevoked(t, c.Check(t.Context(), token(t, `{"iss":"`+issuer+`","sub":"user-1","jti":"token-3"}`)))
}

// A clock that nobody has set stands at the time at which what was never asked was asked.
func TestWhatWasNeverAskedIsNotRememberedWhateverTheTime(t *testing.T) {
	s := &store{}
	c, err := revocation.New(revocation.Config{Store: s, CacheMaxAge: time.Minute, Now: func() time.Time { return time.Time{} }})
	if err != nil {
		t.Fatal(err)
	}
	s.Revoke(keyOf(revocation.ByToken, "token-1"), time.Time{})
	wantRevoked(t, c.Check(t.Context(), user1(t, 1)))
}

func TestTheUsualCacheRemembersTenThousandAnswers(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	c := newChecker(t, s, clock, withCache(time.Nanosecond, 0)) // which the clock does not see pass
	check := func(jti int) {
		t.Helper()
		wantAccepted(t, c.Check(t.Context(), token(t, fmt.Sprintf(`{"jti":"%d"}`, jti))))
	}
	for jti := range 10_000 {
		check(jti)
	}
	check(0)
	if s.calls() != 10_000 {
		t.Errorf("asked %d times for 10,000 that fit", s.calls())
	}
	check(10_000) // in the place of 1
	check(0)
	check(1)
	if s.calls() != 10_002 {
		t.Errorf("asked %d times", s.calls())
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	c := newChecker(t, s, clock, withCache(time.Minute, 2))
	check := func(jti int) {
		t.Helper()
		wantAccepted(t, c.Check(t.Context(), token(t, fmt.Sprintf(`{"jti":"%d"}`, jti))))
	}
	check(1)
	check(2)
	check(1)
	if s.calls() != 2 {
		t.Errorf("asked %d times for two that fit", s.calls())
	}
	check(3) // in the place of 2
	check(1)
	check(2)
	if s.calls() != 4 {
		t.Errorf("asked %d times", s.calls())
	}
}

func TestAnOutageDoesNotUndoARevocationThatIsRemembered(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	c := newChecker(t, s, clock, func(cfg *revocation.Config) {
		withCache(time.Minute, 0)(cfg)
		cfg.AcceptUnchecked = func(context.Context, *verifier.Token, error) bool { return true }
	})
	s.Revoke(keyOf(revocation.BySubject, "user-1"), time.Unix(1000, 0))
	wantRevoked(t, c.Check(t.Context(), user1(t, 1000)))
	s.fail(errDown)
	clock.Add(time.Hour)
	wantRevoked(t, c.Check(t.Context(), user1(t, 1000)))
	wantAccepted(t, c.Check(t.Context(), user1(t, 1001)))
	wantAccepted(t, c.Check(t.Context(), token(t, `{"sub":"user-2"}`)))
}

func TestAnOutageIsNotRemembered(t *testing.T) {
	s, clock := &store{err: errDown}, clocktest.NewManual()
	c := newChecker(t, s, clock, withCache(time.Minute, 0))
	wantOutage(t, c.Check(t.Context(), user1(t, 1)), errDown)
	s.fail(nil)
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
}

func TestManyCheckAtTheSameTime(t *testing.T) {
	s, clock := &store{}, clocktest.NewManual()
	s.Revoke(keyOf(revocation.ByToken, "7"), time.Time{})
	c := newChecker(t, s, clock, withCache(time.Minute, 5))
	var group sync.WaitGroup
	for i := range 10 {
		of := token(t, fmt.Sprintf(`{"iss":%q,"jti":"%d"}`, issuer, i))
		for range 10 {
			group.Go(func() {
				if err := c.Check(t.Context(), of); (err != nil) != (i == 7) {
					t.Errorf("token %d: %v", i, err)
				}
			})
		}
	}
	group.Wait()
}

// Of two lookups that overlap, the older may be answered last: it says what has been.
func TestALateAnswerDoesNotTakeBackARevocation(t *testing.T) {
	clock := clocktest.NewManual()
	s := newLagging()
	c := newChecker(t, s, clock, withCache(time.Minute, 0))
	older := make(chan error)
	go func() { older <- c.Check(t.Context(), user1(t, 1)) }()
	<-s.asked
	clock.Add(time.Second)
	s.now = map[revocation.Key]time.Time{keyOf(revocation.ByToken, "token-1"): {}}
	wantRevoked(t, c.Check(t.Context(), user1(t, 1)))
	s.answer <- nil // not revoked, a second ago
	wantAccepted(t, <-older)
	s.now = nil
	wantRevoked(t, c.Check(t.Context(), user1(t, 1)))
}

func TestOfTwoAnswersOfOneInstantTheLastOneCounts(t *testing.T) {
	s := newLagging()
	c := newChecker(t, s, clocktest.NewManual(), withCache(time.Minute, 0))
	first := make(chan error)
	go func() { first <- c.Check(t.Context(), user1(t, 1)) }()
	<-s.asked
	wantAccepted(t, c.Check(t.Context(), user1(t, 1)))
	s.answer <- map[revocation.Key]time.Time{keyOf(revocation.ByToken, "token-1"): {}}
	wantRevoked(t, <-first)
	wantRevoked(t, c.Check(t.Context(), user1(t, 1)))
}

func newLagging() *lagging {
	return &lagging{answer: make(chan map[revocation.Key]time.Time), asked: make(chan struct{})}
}

// A lagging store answers its first lookup when it is told to.
type lagging struct {
	once   sync.Once
	asked  chan struct{}
	answer chan map[revocation.Key]time.Time
	now    map[revocation.Key]time.Time
}

func (s *lagging) Lookup(context.Context, []revocation.Key) (found map[revocation.Key]time.Time, err error) {
	first := false
	s.once.Do(func() { first = true })
	if !first {
		return s.now, nil
	}
	close(s.asked)
	return <-s.answer, nil
}
