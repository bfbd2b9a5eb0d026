package keys

import (
	"context"
	"errors"
	"time"

	"github.com/lambdajwt/authorizer/internal/lru"
)

const (
	// maxUnknownKeyIDs bounds how many unknown kids a Remote remembers, and
	// rememberFactor for how many cool-downs it does. By then the issuer may have
	// published the key after all.
	maxUnknownKeyIDs = 1000
	rememberFactor   = 5

	// firstPause is how long a Remote waits after a failure, and twice as long after
	// every further one. Where nobody can be served meanwhile it does not wait for
	// long.
	firstPause     = 100 * time.Millisecond
	maxPause       = 30 * time.Second
	maxPauseUnheld = time.Second
)

// A remoteSet is a set as it was at one time. It does not change.
type remoteSet struct {
	set        *Set
	address    string // where it was fetched
	etag       string // empty if it had none
	fetched    time.Time
	freshUntil time.Time
	goodUntil  time.Time
}

// A remoteState is what a Remote knows at one time.
type remoteState struct {
	held       *remoteSet // the last set that was had, or nil
	jwksURI    string     // what discovery has found; empty if it has to be asked
	discovered time.Time
	unknown    *lru.Map[string, time.Time] // kids that were not there at that time

	generation int // counts the fetches that are over
	fetching   int // how many requests wait for one
	failures   int // how many failed since the last that succeeded
	failed     time.Time
	outage     error // why the last one failed, or nil
}

// since tells whether less than d has passed since then. A clock that has been set
// back behind it makes that untrue: nobody knows how much has.
func since(now, then time.Time, d time.Duration) bool {
	passed := now.Sub(then)
	return passed >= 0 && passed < d
}

// fresh tells whether s need not be fetched again for its age.
func (s *remoteSet) fresh(now time.Time) bool {
	return s != nil && since(now, s.fetched, s.freshUntil.Sub(s.fetched))
}

// good tells whether s may be used at all. A clock that has been set back does not
// make a set good for longer than by the time of grace.
func (s *remoteSet) good(now time.Time, grace time.Duration) bool {
	return s != nil && !now.Before(s.fetched.Add(-grace)) && now.Before(s.goodUntil)
}

// errNoSet stands for the verdict of a set that is not there.
var errNoSet = errors.New("no set")

// find returns the key that h names, or the verdict that there is none in s.
func (s *remoteSet) find(h Header) (VerificationKey, error) {
	if s == nil {
		return nil, errNoSet
	}
	return s.set.index.find(h)
}

// has tells whether s has the kid of h, if there is one.
func (s *remoteSet) has(h Header) bool {
	return h.KeyID == "" || s.set.index.byKeyID(h) != nil
}

// A step is what comes next for a request.
type step int

const (
	stepAnswer step = iota // from the set that is held
	stepFail               // an outage
	stepFetch
)

// A decision is a step and what it needs.
type decision struct {
	step       step
	held       *remoteSet      // nil if there is none that is good
	key        VerificationKey // of held
	verdict    error           // nil if there is a key
	outage     error
	generation int
}

// decide says how a token's key is to be found.
func (r *Remote) decide(h Header) decision {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	d := decision{generation: s.generation}
	if s.held.good(now, r.cfg.Grace) {
		d.held = s.held
	}
	d.key, d.verdict = d.held.find(h)
	pausing := s.pausing(now, d.held != nil)
	switch {
	case d.held.fresh(now) && (d.held.has(h) || r.soughtLately(h.KeyID, now)):
		d.step = stepAnswer
	case d.verdict == nil && (pausing || s.fetching > 0):
		d.step = stepAnswer
	case pausing:
		d.step, d.outage = stepFail, s.outage
	default:
		d.step = stepFetch
		s.fetching++
	}
	return d
}

// soughtLately tells whether a fetch that is not long over has not found this kid. The
// caller holds r.mu, and a set.
func (r *Remote) soughtLately(kid string, now time.Time) bool {
	if since(now, r.state.held.fetched, r.cfg.Cooldown) {
		return true
	}
	then, found := r.state.unknown.Get(kid)
	return found && since(now, then, rememberFactor*r.cfg.Cooldown)
}

// pausing tells whether it is too early for another attempt after one that failed.
func (s *remoteState) pausing(now time.Time, held bool) bool {
	if s.outage == nil {
		return false
	}
	most := maxPauseUnheld
	if held {
		most = maxPause
	}
	pause := most
	if doublings := s.failures - 1; doublings < 10 {
		pause = min(firstPause<<doublings, most)
	}
	return since(now, s.failed, pause)
}

// due tells whether the set has to be fetched for its age. Then the caller must call
// fetchOnce.
func (r *Remote) due() (held *remoteSet, generation int, due bool) {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.held.fresh(now) {
		return nil, 0, false
	}
	r.state.fetching++
	return nil, r.state.generation, true
}

// fetchOnce returns the set as it is published now. All that call it at one time share
// one fetch, and those who come with a generation that is over share its result. held
// is what can be used if there is none.
func (r *Remote) fetchOnce(ctx context.Context, held *remoteSet, generation int) (*remoteSet, error) {
	defer r.leave()
	limit := r.cfg.Timeout
	if deadline, ok := ctx.Deadline(); ok && held != nil {
		// There has to be time left to answer: Lambda ends a function that is late,
		// and the set that is held with it.
		limit = min(limit, time.Until(deadline)/2)
	}
	fetched, err := r.flights.Do(ctx, struct{}{}, func(shared context.Context) (*remoteSet, error) {
		if set, outage, over := r.result(generation); over {
			return set, outage
		}
		limited, cancel := context.WithTimeout(shared, limit)
		defer cancel()
		set, err := r.fetch(limited)
		if err != nil && errors.Is(shared.Err(), context.Canceled) {
			return nil, err // nobody wants it any more, which says nothing about the issuer
		}
		return r.record(set, err)
	})
	if err != nil {
		return nil, r.wrap(err)
	}
	return fetched, nil
}

// leave takes a request out of those that wait for a fetch.
func (r *Remote) leave() {
	r.mu.Lock()
	r.state.fetching--
	r.mu.Unlock()
}

// result returns what the last fetch gave if one is over since this generation.
func (r *Remote) result(generation int) (set *remoteSet, outage error, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	return s.held, s.outage, s.generation != generation
}

// record takes note of what a fetch has given, and returns it.
func (r *Remote) record(set *remoteSet, err error) (*remoteSet, error) {
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	s.generation++
	s.outage = err
	if err != nil {
		s.failures++
		s.failed = now
		s.jwksURI = "" // the issuer may have moved its set
		return nil, err
	}
	s.failures = 0
	s.held = set
	return set, nil
}
