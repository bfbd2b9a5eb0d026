package walktest

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
)

// How long a source rests after so many failures in a row, at least and at most (package
// refresh).
const (
	firstRest = 100 * time.Millisecond
	minRest   = time.Second // where there is nothing to go on with
	maxRest   = 30 * time.Second
)

// An Origin is where the one thing comes from that a source fetches now and then. It knows
// what it has answered, and when, and so which answers can be the reason for what a caller
// gets. Make it with [NewOrigin]. It is safe for concurrent use.
type Origin[T any] struct {
	t     testing.TB
	clock *clocktest.Frozen

	// Several says that the source may have several of the thing at once, so that not the
	// last answer alone counts. Set it first; where two requests are under way at once it is
	// set from then on.
	Several bool

	mu       sync.Mutex
	underWay int
	answers  []Answer[T]
	failures int           // of all requests
	row      int           // failures since the last good answer
	ended    time.Time     // the last failure
	ahead    time.Duration // of the wall clock, when a caller came last
	cut      bool          // whether it is not known for how long the source rests after it
}

// An Answer is one of an Origin, to the last question: a value, or that it is withdrawn.
type Answer[T any] struct {
	Asked     time.Time     // on the wall clock
	Given     time.Time     // likewise
	MaxAge    time.Duration // for how long it is fresh
	Value     T
	Withdrawn bool
}

// NewOrigin returns an Origin that has not been asked yet. Times are those of the wall clock.
func NewOrigin[T any](t testing.TB, clock *clocktest.Frozen) *Origin[T] {
	return &Origin[T]{t: t, clock: clock}
}

func (o *Origin[T]) wall() time.Time { return o.clock.Now().Round(0) }

// A Request is one that an Origin has to answer: by Good, Withdraw or Fail.
type Request[T any] struct {
	Answer[T] // to be
	Last      Answer[T]
	from      *Origin[T]
	ctx       context.Context
}

// Ask begins a request. Last is the answer before, which is zero if there is none.
func (o *Origin[T]) Ask(ctx context.Context) *Request[T] {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.underWay++
	o.Several = o.Several || o.underWay > 1
	r := &Request[T]{Answer: Answer[T]{Asked: o.wall()}, from: o, ctx: ctx}
	if len(o.answers) > 0 {
		r.Last = o.answers[len(o.answers)-1]
	}
	return r
}

// WantAlone fails the test if the Origin is asked twice at once.
func (r *Request[T]) WantAlone() {
	r.from.mu.Lock()
	defer r.from.mu.Unlock()
	if r.from.underWay > 1 {
		r.from.t.Error("asked twice at once")
	}
}

// WantNeeded fails the test if the last answer is less than d old, and as fresh as it says. It
// is needed, too, by a caller for whom that was not so when it came, or when the answer did:
// since then the clock may have been set.
func (r *Request[T]) WantNeeded(d time.Duration) {
	r.from.mu.Lock()
	defer r.from.mu.Unlock()
	met := r.Asked
	switch v, ok := r.ctx.Value(r.from).(*Visit[T]); {
	case ok && v.answers == len(r.from.answers):
		met = v.began
	case ok:
		met = r.Last.Given
	}
	if r.Last.fresh(r.Asked, d) && r.Last.fresh(met, d) {
		r.from.t.Errorf("asked %v after a good answer", r.Asked.Sub(r.Last.Asked))
	}
}

func (a Answer[T]) fresh(now time.Time, d time.Duration) bool {
	age := now.Sub(a.Asked)
	return age >= 0 && age < min(d, a.MaxAge)
}

func (a Answer[T]) usable(now time.Time, grace time.Duration) bool {
	age := now.Sub(a.Asked)
	return age >= -grace && age < a.MaxAge+grace
}

// WantRested fails the test if a failure has just been.
func (r *Request[T]) WantRested() {
	r.from.mu.Lock()
	defer r.from.mu.Unlock()
	if o := r.from; !o.cut && o.rests(r.Asked, minRest) {
		o.t.Errorf("asked %v after failure %d in a row", r.Asked.Sub(o.ended), o.row)
	}
}

// rests reports whether a source rests now. The caller holds o.mu.
func (o *Origin[T]) rests(now time.Time, most time.Duration) bool {
	if o.row == 0 {
		return false
	}
	age := now.Sub(o.ended)
	return age >= 0 && age < min(firstRest<<min(o.row-1, 10), most)
}

// Good answers with a value that is fresh for so long.
func (r *Request[T]) Good(value T, maxAge time.Duration) {
	o := r.from
	o.mu.Lock()
	defer o.mu.Unlock()
	o.underWay--
	r.Value, r.MaxAge, r.Given = value, maxAge, o.wall()
	o.answers = append(o.answers, r.Answer)
	o.row = 0
}

// Withdraw answers that the value is not to be used any more, which is a failure too.
func (r *Request[T]) Withdraw() {
	r.fail(func(o *Origin[T]) {
		r.Withdrawn = true
		o.answers = append(o.answers, r.Answer)
		o.cut = false
	})
}

// Fail gives no answer. It fails the test if that is for a caller who has hung up: a request
// goes on without it.
func (r *Request[T]) Fail() { r.fail(func(o *Origin[T]) { o.cut = r.ctx.Err() != nil }) }

func (r *Request[T]) fail(note func(*Origin[T])) {
	o := r.from
	o.mu.Lock()
	defer o.mu.Unlock()
	if r.ctx.Err() == context.Canceled {
		o.t.Error("a caller who hung up has ended the request")
	}
	o.underWay--
	o.failures++
	o.row++
	o.ended = o.wall()
	note(o)
}

// A Visit is a caller's, from when it comes.
type Visit[T any] struct {
	from     *Origin[T]
	began    time.Time
	answers  int
	failures int
	briefly  bool // the source rests, also where there is nothing to go on with
	rests    bool // it does where there is something
}

// Visit has a caller come, with a context from which a request will know it.
func (o *Origin[T]) Visit(ctx context.Context) (context.Context, *Visit[T]) {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.wall()
	// Once the clock was set back, the source may rest by a failure for which nobody asked here.
	ahead := time.Until(now)
	o.cut, o.ahead = o.cut || ahead < o.ahead, ahead
	v := &Visit[T]{o, now, len(o.answers), o.failures, o.rests(now, minRest), o.rests(now, maxRest)}
	return context.WithValue(ctx, o, v), v
}

// Usable reports whether the caller, who leaves now, can have had an answer that is good: one
// given meanwhile, or the last one before, if that was used within its time and that of grace.
// None counts from before the value was withdrawn.
func (v *Visit[T]) Usable(grace time.Duration, good func(T) bool) bool {
	return v.had(good, func(a Answer[T], now time.Time) bool { return a.usable(now, grace) })
}

// Fresh is Usable for an answer that must be fresh, and younger than d.
func (v *Visit[T]) Fresh(d time.Duration, good func(T) bool) bool {
	return v.had(good, func(a Answer[T], now time.Time) bool { return a.fresh(now, d) })
}

func (v *Visit[T]) had(good func(T) bool, counts func(a Answer[T], now time.Time) bool) bool {
	o := v.from
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, a := range slices.Backward(o.answers) {
		switch {
		case o.Several:
		case i < v.answers-1, a.Withdrawn:
			return false
		}
		inTime := i >= v.answers || counts(a, v.began) || counts(a, o.wall())
		if !a.Withdrawn && inTime && good(a.Value) {
			return true
		}
	}
	return false
}

// MayFail reports whether the caller, who leaves now, can have met with a failure: of a
// request meanwhile, or of one after which the source still rested. It rests for longer if it
// has an answer to go on with, which may be used for this time of grace.
func (v *Visit[T]) MayFail(grace time.Duration) bool {
	goesOn := v.Usable(grace, func(T) bool { return true })
	v.from.mu.Lock()
	defer v.from.mu.Unlock()
	return v.briefly || v.rests && goesOn || v.from.failures > v.failures
}
