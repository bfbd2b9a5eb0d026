package refresh_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/refresh"
	"github.com/lambdajwt/authorizer/internal/walktest"
)

// A walk has callers of all kinds use a Value in a random story, and holds all that
// happens against a model, which is naive: it knows the rules, and keeps time in whole
// numbers, one event after the other.

func FuzzWalk(f *testing.F) {
	walks := 300
	if testing.Short() {
		walks = 30
	}
	f.Add([]byte("a short story of a value that is fetched, gets old and is fetched again"))
	f.Add([]byte{2, 1, 0, 1, 1, 3, 3, 0, 7, 1, 1, 0, 0, 0, 9, 2, 4, 1, 3, 3, 3, 1, 1, 1, 8, 8, 8, 0, 0, 1})
	walktest.Fuzz(f, walks, 300, func(t *testing.T, script *walktest.Script) { newWalk(t, script).run() })
}

type walk struct {
	t      *testing.T
	script *walktest.Script
	start  time.Time // in the bubble
	clock  clocktest.Frozen
	cfg    *refresh.Config
	value  *refresh.Value[int]
	model  model
	calls  int

	fetches  int
	observed observations
}

// observations are what has happened and the model does not know yet.
type observations struct {
	mu      sync.Mutex
	fetches []fetchSeen
	returns map[int]returnSeen       // by caller
	gots    map[int]refresh.Got[int] // that callers have had, by value
}

func (o *observations) fetched(f fetchSeen) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fetches = append(o.fetches, f)
}

func (o *observations) returned(caller int, r returnSeen) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.returns[caller] = r
	if got := r.answer.got; got.Value != 0 {
		o.gots[got.Value] = got
	}
}

// old returns what a caller has got of a value; with none it is zero.
func (o *observations) old(value int) refresh.Got[int] {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.gots[value]
}

type fetchSeen struct {
	call, last, fetch int
	at, limit         time.Duration
}

type returnSeen struct {
	at       time.Duration
	answer   answer
	panicked bool
}

func newWalk(t *testing.T, script *walktest.Script) *walk {
	w := &walk{t: t, script: script, start: time.Now()}
	w.observed.returns, w.observed.gots = map[int]returnSeen{}, map[int]refresh.Got[int]{}
	w.cfg = config()
	w.cfg.Now = w.clock.Now
	w.cfg.MaxAge = walktest.Pick(w.script, time.Hour, 10*time.Second, time.Second)
	w.cfg.Grace = walktest.Pick(w.script, time.Hour, 0, 5*time.Second)
	w.value = refresh.New(w.cfg, w.fetch)
	w.model = model{walk: w, waiting: map[int]*call{}}
	if w.script.Next(4) == 0 {
		w.value.Preload(-1)
		w.model.held = &modelHeld{value: -1}
	}
	return w
}

// passed returns how much time has passed in the bubble.
func (w *walk) passed() time.Duration { return time.Since(w.start) }

func (w *walk) run() {
	for w.script.Left() && !w.t.Failed() && !w.model.tie {
		switch w.script.Next(6) {
		case 0, 1, 2:
			w.call()
		case 3:
			w.sleep(walktest.Pick[time.Duration](w.script, 10, 100, 400, 1000, 1000) * time.Millisecond)
		case 4:
			w.sleep(walktest.Pick(w.script, time.Second, 5*time.Second, time.Minute, time.Hour))
		case 5:
			d := walktest.Pick(w.script, time.Second, time.Hour, 100*time.Hour, -time.Millisecond, -time.Second, -10*time.Minute, -time.Hour, -100*time.Hour)
			w.clock.Freeze(d)
			w.model.frozen += d
		}
	}
	w.sleep(time.Minute) // by then all have returned
	if n := len(w.model.waiting); n > 0 && !w.model.tie {
		w.t.Errorf("%d callers wait for ever", n)
	}
}

func (w *walk) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
	w.model.goOn(w.passed())
}

// A script decides what the n-th fetch comes to, as a hash of n.
type scripted struct {
	takes  time.Duration
	heeds  bool // its context
	err    error
	panics bool
	maxAge time.Duration
}

func (w *walk) scripted(n int) scripted {
	random := rand.New(rand.NewPCG(uint64(n), uint64(w.cfg.MaxAge+w.cfg.Grace)))
	// No two events may have one time, so that their order is certain.
	odd := 10_000*time.Nanosecond + time.Duration(n)*7
	s := scripted{heeds: random.IntN(10) > 0, takes: odd}
	s.takes += []time.Duration{0, 5, 50, 300, 2000, 100_000}[random.IntN(6)] * time.Millisecond
	if !s.heeds {
		s.takes = min(s.takes, 10*time.Second)
	}
	switch random.IntN(10) {
	case 0, 1, 2:
		s.err = errDown
	case 3:
		s.err = errWithdrawn
	case 4:
		s.panics = true
	case 5:
		s.maxAge = time.Minute
	case 6:
		s.maxAge = 500 * time.Millisecond
	}
	return s
}

type callID struct{}

func (w *walk) fetch(ctx context.Context, last int) (int, time.Duration, error) {
	deadline, _ := ctx.Deadline()
	w.fetches++ // one at a time
	n := w.fetches
	w.observed.fetched(fetchSeen{ctx.Value(callID{}).(int), last, n, w.passed(), time.Until(deadline)})
	s := w.scripted(n)
	done := ctx.Done()
	if !s.heeds {
		done = nil
	}
	select {
	case <-time.After(s.takes):
	case <-done:
		return 0, 0, ctx.Err()
	}
	if s.panics {
		panic("out of order")
	}
	return n, s.maxAge, s.err
}

// call has one more caller come.
func (w *walk) call() {
	w.calls++
	c := &call{id: w.calls, staleWillDo: true, ends: math.MaxInt64, deadline: math.MaxInt64}
	now := w.passed()
	ctx, cancel := context.WithCancel(context.WithValue(w.t.Context(), callID{}, c.id))
	if d := walktest.Pick[time.Duration](w.script, 0, 0, 20, 300, 1000, 3000, 20_000) * time.Millisecond; d > 0 {
		c.deadline = now + d + 200*time.Microsecond + time.Duration(c.id)*11
		c.ends, c.end = c.deadline, context.DeadlineExceeded
		ctx, cancel = context.WithDeadline(ctx, w.start.Add(c.deadline))
	}
	if d := walktest.Pick[time.Duration](w.script, 0, 0, 0, 10, 1000) * time.Millisecond; d > 0 && now+d+400*time.Microsecond < c.ends {
		c.ends, c.end = now+d+400*time.Microsecond+time.Duration(c.id)*13, context.Canceled
		time.AfterFunc(c.ends-now, cancel)
	}
	get := func() (refresh.Got[int], error) { return w.value.Get(ctx) }
	switch w.script.Next(4) {
	case 0:
		c.staleWillDo = false
		old := w.observed.old(w.fetches - walktest.Pick(w.script, 0, 0, 1, 2, w.fetches))
		c.old = old.Value
		get = func() (refresh.Got[int], error) { return w.value.After(ctx, old) }
	case 1:
		c.staleWillDo = false
		c.ready = true
		get = func() (refresh.Got[int], error) { return refresh.Got[int]{}, w.value.Ready(ctx) }
	}
	go func() {
		defer cancel()
		defer func() {
			if recover() != nil {
				w.observed.returned(c.id, returnSeen{at: w.passed(), panicked: true})
			}
		}()
		got, err := get()
		w.observed.returned(c.id, returnSeen{at: w.passed(), answer: answer{got, err}})
	}()
	synctest.Wait()
	w.model.arrive(c, now)
}

// A call is one caller, as the model sees it.
type call struct {
	id             int
	old            int // it needs another value
	staleWillDo    bool
	ready          bool
	deadline, ends time.Duration // in the bubble
	end            error
}

// The model. Times are those of the bubble, or of the wall clock, counted from the start.
type model struct {
	*walk
	frozen  time.Duration // by how much the wall clock is ahead of the bubble's
	held    *modelHeld
	failure *modelFailure
	flight  *modelFlight
	waiting map[int]*call
	fetch   int // how many there were
	tie     bool
}

type modelHeld struct {
	value           int
	fetched, maxAge time.Duration // wall
}

type modelFailure struct {
	err   error
	ended time.Duration // wall
	count int
	limit time.Duration
}

type modelFlight struct {
	call  *call
	fetch int
	began time.Duration // wall
	limit time.Duration
	ends  time.Duration
	in    bool // in time
}

var errPanicked = errors.New("left by a panic")

func (m *model) wall(now time.Duration) time.Duration { return now + m.frozen }

func (m *model) usable(now time.Duration) bool {
	h, wall := m.held, m.wall(now)
	return h != nil && wall >= h.fetched-m.cfg.Grace && wall < h.fetched+h.maxAge+m.cfg.Grace
}

// A verdict is what a caller does at one moment.
type verdict struct {
	waits, begins bool
	value         int // if it returns
	fetched       time.Duration
	stale, err    error
}

// decide says what a caller does that looks now.
func (m *model) decide(c *call, now time.Duration) verdict {
	h, wall := m.held, m.wall(now)
	if h != nil && wall >= h.fetched && wall < h.fetched+h.maxAge && h.value != c.old {
		return verdict{value: h.value, fetched: h.fetched}
	}
	var why error
	if f := m.failure; f != nil {
		longest, pause := time.Second, 100*time.Millisecond
		if m.usable(now) {
			longest = 30 * time.Second
		}
		for i := 1; i < f.count && pause < longest; i++ {
			pause *= 2
		}
		pausing := wall >= f.ended && wall < f.ended+min(pause, longest)
		if pausing && m.limit(c, now) <= 2*f.limit {
			why = f.err
		}
	}
	switch goOn := m.usable(now) && c.staleWillDo; {
	case m.flight != nil && goOn:
		return verdict{value: h.value, fetched: h.fetched, stale: refresh.ErrPending}
	case m.flight != nil:
		return verdict{waits: true}
	case why != nil && goOn:
		return verdict{value: h.value, fetched: h.fetched, stale: why}
	case why != nil:
		return verdict{err: why}
	}
	return verdict{begins: true}
}

func (m *model) limit(c *call, now time.Duration) time.Duration {
	if c.deadline == math.MaxInt64 {
		return m.cfg.Timeout
	}
	left := c.deadline - now
	switch {
	case m.usable(now):
		left -= left / 2
	case left >= time.Second:
		left -= left / 10
	case left >= 200*time.Millisecond:
		left -= 100 * time.Millisecond
	default:
		left -= left / 2
	}
	return min(left, m.cfg.Timeout)
}

// arrive has a caller come.
func (m *model) arrive(c *call, now time.Duration) {
	m.observed.mu.Lock()
	defer m.observed.mu.Unlock()
	m.act(c, m.decide(c, now), now)
	m.wantNothingElse()
}

// act compares what a caller does with what it should.
func (m *model) act(c *call, v verdict, now time.Duration) {
	switch {
	case v.waits:
		m.waiting[c.id] = c
	case v.begins:
		m.begin(c, now)
	default:
		m.wantReturn(c, v, now)
	}
}

func (m *model) begin(c *call, now time.Duration) {
	limit, last := m.limit(c, now), 0
	if m.held != nil {
		last = m.held.value
	}
	m.fetch++
	if !m.isFirst(c, now) {
		m.t.Errorf("%v: caller %d should have begun a fetch", now, c.id)
		return
	}
	seen := m.observed.fetches[0]
	m.observed.fetches = m.observed.fetches[1:]
	if want := (fetchSeen{c.id, last, m.fetch, now, limit}); seen != want {
		m.t.Errorf("fetch: got %+v, want %+v", seen, want)
	}
	f := &modelFlight{call: c, fetch: m.fetch, began: m.wall(now), limit: limit, in: true}
	s := m.scripted(f.fetch)
	f.ends = now + s.takes
	if s.heeds && s.takes > limit {
		f.ends, f.in = now+limit, false
	}
	delete(m.waiting, c.id)
	m.flight = f
}

// goOn has all happen that happens until now.
func (m *model) goOn(now time.Duration) {
	m.observed.mu.Lock()
	defer m.observed.mu.Unlock()
	for !m.t.Failed() && !m.tie {
		next, leaves := time.Duration(math.MaxInt64), (*call)(nil)
		if m.flight != nil {
			next = m.flight.ends
		}
		for _, c := range m.waiting {
			m.tie = m.tie || c.ends == next && next != math.MaxInt64
			if c.ends < next {
				next, leaves = c.ends, c
			}
		}
		switch {
		case next > now:
			m.wantNothingElse()
			return
		case leaves != nil:
			delete(m.waiting, leaves.id)
			m.wantReturn(leaves, verdict{err: leaves.end}, next)
		default:
			m.land(next)
		}
	}
}

// land has the fetch under way end.
func (m *model) land(now time.Duration) {
	f, s := m.flight, m.scripted(m.flight.fetch)
	m.flight = nil
	err, limit := s.err, m.cfg.Timeout
	switch {
	case !f.in:
		err, limit = context.DeadlineExceeded, f.limit
	case s.panics:
		err = errPanicked
	}
	if err == errDown && s.takes > f.limit { // its limit had come, whatever it says
		limit = f.limit
	}
	if err == errPanicked {
		limit = m.cfg.Timeout
	}

	own := verdict{value: f.fetch, fetched: f.began}
	switch {
	case err == nil:
		maxAge := m.cfg.MaxAge
		if s.maxAge > 0 {
			maxAge = min(maxAge, s.maxAge)
		}
		m.held, m.failure = &modelHeld{f.fetch, f.began, maxAge}, nil
	default:
		count := 1
		if m.failure != nil {
			count += m.failure.count
		}
		m.failure = &modelFailure{err, m.wall(now), count, limit}
		if err == errWithdrawn {
			m.held = nil
		}
		own = verdict{err: err}
		if f.call.staleWillDo && m.usable(now) && err != errPanicked {
			own = verdict{value: m.held.value, fetched: m.held.fetched, stale: err}
		}
	}
	m.wantReturn(f.call, own, now)

	var loop []*call
	for _, c := range m.waiting {
		if err == nil {
			delete(m.waiting, c.id)
			m.wantReturn(c, own, now)
			continue
		}
		loop = append(loop, c)
	}
	m.settle(loop, now)
}

// settle has callers look again, all at once. If one of them may begin a fetch one does,
// and the others may have looked before that or behind it.
func (m *model) settle(calls []*call, now time.Duration) {
	var first *call
	before := map[int]verdict{}
	for _, c := range calls {
		before[c.id] = m.decide(c, now)
		if before[c.id].begins && m.isFirst(c, now) {
			first = c
		}
	}
	if first != nil {
		m.begin(first, now)
	}
	for _, c := range calls {
		if c == first {
			continue
		}
		seen, returned := m.returned(c, now)
		delete(m.waiting, c.id)
		after := m.decide(c, now)
		switch {
		case !returned:
			if !after.waits {
				m.t.Errorf("%v: caller %d should have returned", now, c.id)
			}
			m.waiting[c.id] = c
		case !m.fits(c, before[c.id], seen) && !m.fits(c, after, seen):
			m.t.Errorf("%v: caller %d: got %+v; want %+v or %+v", now, c.id, seen, before[c.id], after)
		}
	}
}

// isFirst reports whether it is this caller that began a fetch now.
func (m *model) isFirst(c *call, now time.Duration) bool {
	seen := m.observed.fetches
	return len(seen) > 0 && seen[0].call == c.id && seen[0].at == now
}

// returned returns what a caller has returned with now, if it has.
func (m *model) returned(c *call, now time.Duration) (returnSeen, bool) {
	seen, found := m.observed.returns[c.id]
	if !found || seen.at != now {
		return returnSeen{}, false
	}
	delete(m.observed.returns, c.id)
	return seen, true
}

func (m *model) wantReturn(c *call, v verdict, now time.Duration) {
	seen, returned := m.returned(c, now)
	if !returned || !m.fits(c, v, seen) {
		m.t.Errorf("%v: caller %d: got %+v, %v; want %+v", now, c.id, seen, returned, v)
	}
}

func (m *model) fits(c *call, v verdict, seen returnSeen) bool {
	switch {
	case v.waits || v.begins:
		return false
	case seen.panicked:
		return v.err == errPanicked
	case !same(seen.answer.err, v.err):
		return false
	case v.err != nil || c.ready:
		return seen.answer.got == refresh.Got[int]{Own: seen.answer.got.Own}
	}
	got := seen.answer.got
	fetched := got.Fetched.Sub(m.start.Round(0))
	return got.Value == v.value && fetched == v.fetched && same(got.Stale, v.stale)
}

// same compares errors; that of a fetch which somebody else has left by a panic is known
// by nothing but being there.
func same(got, want error) bool {
	if want == errPanicked {
		return got != nil && got != errDown && got != errWithdrawn && got != refresh.ErrPending
	}
	return got == want
}

func (m *model) wantNothingElse() {
	if len(m.observed.fetches) > 0 || len(m.observed.returns) > 0 {
		m.t.Errorf("something else has happened: %d fetches and %d returns", len(m.observed.fetches), len(m.observed.returns))
	}
}
