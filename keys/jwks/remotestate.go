package jwks

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/lru"
	"github.com/lambdajwt/authorizer/keys"
)

const (
	// maxUnknownKids bounds how many unknown kids a Remote remembers, and
	// rememberFactor for how many cool-downs it does. By then the issuer may have
	// published the key after all.
	maxUnknownKids = 1000
	rememberFactor = 5

	// firstPause is how long a Remote waits after a failure, and twice as long after
	// every further one. Where nobody can be served meanwhile it does not wait for
	// long.
	firstPause     = 100 * time.Millisecond
	maxPause       = 30 * time.Second
	maxPauseUnheld = time.Second

	// hurry is how little time a fetch may have and say nothing about the issuer when
	// it fails for that. For givenUpPause after such a fetch, or one that was cancelled,
	// no further one begins for others of the kind.
	hurry        = time.Second
	givenUpPause = time.Second
)

// A remoteSet is a set as it was at one time. It does not change.
type remoteSet struct {
	set        *keys.Set
	kids       map[string]bool // of the keys in set
	address    string          // where it was fetched
	etag       string          // empty if it had none
	lifetime   time.Duration
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

	givenUp time.Time // when a fetch was last given up, zero if one has ended since
	hurried bool      // for it had too little time
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
func (s *remoteSet) find(h keys.Header) (keys.VerificationKey, error) {
	if s == nil {
		return nil, errNoSet
	}
	return s.set.VerificationKey(context.Background(), h)
}

// has tells whether s has the kid of h, if there is one.
func (s *remoteSet) has(h keys.Header) bool {
	return h.Kid == "" || s.kids[h.Kid]
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
	held       *remoteSet           // nil if there is none that is good
	key        keys.VerificationKey // of held
	verdict    error                // nil if there is a key
	outage     error
	generation int
	time       time.Time
}

// decide says how a token's key is to be found.
func (r *Remote) decide(ctx context.Context, h keys.Header) decision {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now() // not before the time of anything that is known
	s := &r.state
	d := decision{generation: s.generation, time: now}
	if s.held.good(now, r.cfg.Grace) {
		d.held = s.held
	}
	d.key, d.verdict = d.held.find(h)
	outage := s.pausing(now, d.held != nil)
	if outage == nil && d.held != nil && s.resting(now, r.limit(ctx, true) < hurry) {
		outage = errGivenUp
	}
	switch {
	case d.held.fresh(now) && (d.held.has(h) || r.soughtLately(h.Kid, now)):
		d.step = stepAnswer
	case d.verdict == nil && (outage != nil || s.fetching > 0):
		d.step = stepAnswer
	case outage != nil:
		d.step, d.outage = stepFail, outage
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

// pausing returns why the last fetch failed if it is too early for another attempt.
func (s *remoteState) pausing(now time.Time, held bool) (outage error) {
	most := maxPauseUnheld
	if held {
		most = maxPause
	}
	pause := most
	if doublings := s.failures - 1; doublings < 10 {
		pause = min(firstPause<<max(doublings, 0), most)
	}
	if s.outage == nil || !since(now, s.failed, pause) {
		return nil
	}
	return s.outage
}

var (
	errGivenUp = errors.New("the last fetch was given up by those who wanted it: try again in a second")

	// errCutShort says that whoever began a fetch had no time for more.
	errCutShort = errors.New("there was no time for more")
)

// resting tells whether a fetch has been given up just now: who sends requests and
// cancels them must not cause a fetch with each. One that had too little time holds up
// others of the kind only.
func (s *remoteState) resting(now time.Time, hurried bool) bool {
	return since(now, s.givenUp, givenUpPause) && (hurried || !s.hurried)
}

// due tells whether the set has to be fetched for its age. Then the caller must call
// fetchOnce.
func (r *Remote) due() (d decision, due bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if r.state.held.fresh(now) {
		return decision{}, false
	}
	r.state.fetching++
	return decision{generation: r.state.generation, time: now}, true
}

// fetchOnce returns the set as it is published now. All that call it at one time share
// one fetch, and those who come with a generation that is over share its result.
func (r *Remote) fetchOnce(ctx context.Context, d decision) (*remoteSet, error) {
	defer r.leave()
	fetched, own, err := r.join(ctx, d)
	if errors.Is(err, errCutShort) && !own && ctx.Err() == nil {
		d.generation = r.generation() // who began it had little time, which is no reason to have none
		fetched, _, err = r.join(ctx, d)
	}
	if err != nil {
		return nil, r.wrap(err)
	}
	return fetched, nil
}

// join takes part in a fetch, and tells whether it was the caller who began it.
func (r *Remote) join(ctx context.Context, d decision) (fetched *remoteSet, own bool, err error) {
	limit := r.limit(ctx, d.held != nil)
	fetched, err = r.flights.Do(ctx, struct{}{}, func(shared context.Context) (*remoteSet, error) {
		own = true
		if set, outage, over := r.result(d.generation); over {
			return set, outage
		}
		limited, cancel := context.WithTimeout(shared, limit)
		defer cancel()
		set, err := r.fetch(limited)
		if err != nil && errors.Is(shared.Err(), context.Canceled) {
			r.giveUp(false) // nobody wants it any more, which says nothing about the issuer
			return nil, err
		}
		if err != nil && limit < r.cfg.Timeout && limited.Err() != nil {
			err = fmt.Errorf("%w: %w", errCutShort, err)
		}
		if errors.Is(err, errCutShort) && limit < hurry {
			r.giveUp(true)
			return nil, err
		}
		return r.record(d.generation, set, err)
	})
	return fetched, own, err
}

// limit returns how long a fetch may take that the caller of ctx begins. There has to be
// time left to answer: Lambda ends a function that is late, and all that it knows with it.
func (r *Remote) limit(ctx context.Context, held bool) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return r.cfg.Timeout
	}
	left := time.Until(deadline)
	spare := max(left/10, min(left/2, 100*time.Millisecond))
	if held { // which can be used instead
		spare = left / 2
	}
	return min(r.cfg.Timeout, left-spare)
}

// leave takes a request out of those that wait for a fetch.
func (r *Remote) leave() {
	r.mu.Lock()
	r.state.fetching--
	r.mu.Unlock()
}

// generation counts the fetches that are over.
func (r *Remote) generation() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.generation
}

// giveUp takes note of a fetch that has ended before it could say anything.
func (r *Remote) giveUp(hurried bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.givenUp, r.state.hurried = r.now(), hurried
}

// result returns what the last fetch gave if one is over since this generation.
func (r *Remote) result(generation int) (set *remoteSet, outage error, over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	return s.held, s.outage, s.generation != generation
}

// record takes note of what a fetch has given that began at this generation, and
// returns it. If another one is over since, which this one was given up for, it is that
// one's result that counts.
func (r *Remote) record(generation int, set *remoteSet, err error) (*remoteSet, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &r.state
	if s.generation != generation {
		return set, err
	}
	s.generation++
	s.givenUp = time.Time{}
	s.outage = err
	if err != nil {
		s.failures++
		s.failed = r.now()
		s.jwksURI = "" // the issuer may have moved its set
		return nil, err
	}
	s.failures = 0
	s.held = set
	return set, nil
}

// remember takes note of a kid that is not in the set that was fetched for it. It keeps
// nothing else of the token alive.
func (r *Remote) remember(kid string, fetched time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.state.unknown.Put(strings.Clone(kid), fetched)
}

func kidsOf(set *keys.Set) map[string]bool {
	kids := map[string]bool{}
	for _, key := range set.Keys() {
		kids[key.Kid()] = true
	}
	return kids
}
