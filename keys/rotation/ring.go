package rotation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
)

// errNotMade is the answer of a ring that no constructor made. It is a fault in the
// program and so never the token's.
var errNotMade = fmt.Errorf("rotation: %w: a zero ring: make it with NewRing", keys.ErrMisconfigured)

// A label is what a ring prints as, whatever the verb.
type label = redact.Label

// A Pair is one key of a [Ring].
type Pair struct {
	// Public is the public half, with the kid that the schedule names. Required.
	Public *keys.PublicKey

	// Signing signs with the private half: a [keys.PrivateKey], or a key held by KMS. Nil in
	// a program that only publishes or verifies.
	Signing keys.SigningSource
}

// PairOf returns both halves of a private key.
func PairOf(key *keys.PrivateKey) Pair {
	if key.Algorithm() == "" {
		return Pair{}
	}
	return Pair{Public: key.Public(), Signing: key}
}

// PairFrom returns both halves of a key that is held elsewhere, such as by KMS. public gives
// the public half, which is fetched now: a kmskeys.AsymmetricVerifier, for one, with the kid
// that the schedule names. signing signs, and is nil in a program that only publishes or
// verifies.
//
// The pair keeps the public half as it is. A key that KMS disables goes on being published
// and accepted until the schedule revokes it.
func PairFrom(ctx context.Context, public keys.PublicSource, signing keys.SigningSource) (Pair, error) {
	if setup.Unmade(public) {
		return Pair{}, errors.New("rotation: pair: no public half: give a source of it, such as a kmskeys.AsymmetricVerifier")
	}
	set, err := public.PublicSet(ctx)
	if err != nil {
		return Pair{}, fmt.Errorf("rotation: pair: %w", err)
	}
	if n := len(set.Keys()); n != 1 {
		return Pair{}, fmt.Errorf("rotation: pair: a source of %d public keys: give that of one", n)
	}
	return Pair{Public: set.Keys()[0], Signing: signing}, nil
}

// A Ring signs, verifies and publishes by a [Schedule] as the clock moves: at
// each moment it has the keys that [Schedule.At] names, and no others. It is safe for
// concurrent use. Make it with [NewRing].
type Ring struct {
	label
	now      func() time.Time
	observer func(context.Context, keys.Event) // nil if nobody wants to know

	mu    sync.Mutex
	table *timetable // replaced by Update; what it memorizes is guarded by mu
	sign  string     // the kid that signed when the ring was last used, empty if none did
}

var (
	_ keys.SigningSource      = (*Ring)(nil)
	_ keys.VerificationSource = (*Ring)(nil)
)

// A timetable is a schedule and the keys it names.
type timetable struct {
	schedule *Schedule
	pairs    map[string]Pair

	// What is in force from one event of the schedule until the next.
	from, until time.Time // zero where there is no such event
	sign        string
	set         *keys.Set // nil if nothing is published
	missing     []string  // kids of what is published but was not given, as it had expired
}

// RingConfig says what a [Ring] goes by. Schedule and Keys must be set.
type RingConfig struct {
	// Schedule is the schedule to follow. Required.
	Schedule *Schedule

	// Keys are the keys that it names: those of [Schedule.InUse] must be there, and
	// none that it does not name. Required.
	Keys []Pair

	// Observer is told when another key signs than before: at the first use of the ring from
	// then on, for metrics. It runs while a request waits.
	Observer func(context.Context, keys.Event)

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// NewRing makes a ring, or returns an error that says what to mend.
func NewRing(cfg RingConfig) (*Ring, error) {
	r := &Ring{label: redact.NewLabel("rotation.Ring"), now: clock.Wall(cfg.Now), observer: cfg.Observer}
	if err := r.Update(cfg.Schedule, cfg.Keys...); err != nil {
		return nil, err
	}
	return r, nil
}

// Update puts another schedule in force, with the keys that it names: after
// [Schedule.Next], or after [Schedule.Revoke], whose key is refused from then on. On an
// error everything stays as it was.
func (r *Ring) Update(schedule *Schedule, pairs ...Pair) error {
	if r == nil || r.now == nil {
		return errNotMade
	}
	table, err := newTimetable(schedule, pairs, r.now())
	if err != nil {
		return fmt.Errorf("rotation: ring: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.table = table
	return nil
}

func newTimetable(schedule *Schedule, pairs []Pair, now time.Time) (*timetable, error) {
	if schedule == nil {
		return nil, errors.New("no schedule: give that of ParseSchedule or Schedule.Next")
	}
	if err := schedule.Validate(); err != nil {
		return nil, err
	}
	t := &timetable{schedule: schedule.withDefaults(), pairs: map[string]Pair{}}
	if err := t.schedule.checkRevoked(now); err != nil {
		return nil, err
	}
	for i, pair := range pairs {
		if pair.Public.Algorithm() == "" {
			return nil, fmt.Errorf("key %d has no public half: check the error of the function that was to make it", i)
		}
		kid := pair.Public.Kid()
		if _, twice := t.pairs[kid]; twice {
			return nil, fmt.Errorf("two keys of kid %s: give each its own", redact.Quote(kid))
		}
		if !slices.ContainsFunc(schedule.Keys, func(k Key) bool { return k.Kid == kid }) {
			return nil, fmt.Errorf("key %s is not in the schedule: add it with Schedule.Next, or leave it out", redact.Quote(kid))
		}
		if pair.Signing != nil && setup.Unmade(pair.Signing) {
			return nil, fmt.Errorf("key %s: what signs is nil or zero: check the error of the function that was to make it", redact.Quote(kid))
		}
		t.pairs[kid] = pair
	}
	for _, kid := range t.schedule.InUse(now) {
		if _, there := t.pairs[kid]; !there {
			return nil, fmt.Errorf("key %s of the schedule is missing: give it, at least its public half", redact.Quote(kid))
		}
	}
	return t, nil
}

// A moment is what is in force at one time.
type moment struct {
	sign    string // the kid that signs
	pair    Pair
	set     *keys.Set
	missing []string // see timetable
}

// current returns what is in force now, and tells the observer if another key signs.
func (r *Ring) current(ctx context.Context) (moment, error) {
	if !r.made() {
		return moment{}, errNotMade
	}
	m, rotated, err := r.at(r.now())
	if rotated && r.observer != nil {
		r.observer(ctx, keys.Event{Kind: keys.EventRotated, Source: "rotation.Ring", Kid: m.sign})
	}
	return m, err
}

// at returns what is in force at a time, and whether another key signs than before.
func (r *Ring) at(now time.Time) (m moment, rotated bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.table
	if !t.covers(now) {
		if err := t.memorize(now); err != nil {
			return moment{}, false, fmt.Errorf("rotation: ring: %w", err)
		}
	}
	if t.sign != "" && t.sign != r.sign {
		rotated = r.sign != ""
		r.sign = t.sign
	}
	return moment{t.sign, t.pairs[t.sign], t.set, t.missing}, rotated, nil
}

// covers reports whether what is memorized is in force.
func (t *timetable) covers(now time.Time) bool {
	return t.set != nil && !now.Before(t.from) && (t.until.IsZero() || now.Before(t.until))
}

// memorize works out what is in force.
func (t *timetable) memorize(now time.Time) error {
	t.set, t.missing = nil, nil
	plan := t.schedule.At(now)
	var public []*keys.PublicKey
	for _, kid := range plan.Publish {
		pair, there := t.pairs[kid]
		if !there { // it had expired when the ring was made: the clock has been set back
			t.missing = append(t.missing, kid)
			continue
		}
		public = append(public, pair.Public)
	}
	if len(public) == 0 {
		return fmt.Errorf("by the schedule no key is published at %s: make the next one with Schedule.Next", show(now))
	}
	set, err := keys.NewSet(public...)
	if err != nil {
		return err
	}
	t.sign, t.set = plan.Sign, set
	t.from, t.until = t.schedule.span(now)
	return nil
}

// SigningKey returns the key that signs now. It is an error if by the schedule none
// does, if the ring has only the public half of it, or if what signs does not go by the
// kid and the algorithm of that.
func (r *Ring) SigningKey(ctx context.Context) (keys.SigningKey, error) {
	m, err := r.current(ctx)
	switch {
	case err != nil:
		return nil, err
	case m.sign == "":
		return nil, errors.New("rotation: ring: by the schedule no key signs now: make the next one with Schedule.Next")
	case slices.Contains(m.missing, m.sign):
		return nil, errMissing(m.sign)
	case m.pair.Signing == nil:
		return nil, fmt.Errorf("rotation: ring: of key %s, which is to sign, there is only the public half: give what signs", redact.Quote(m.sign))
	}
	key, err := m.pair.Signing.SigningKey(ctx)
	if err != nil {
		return nil, err
	}
	if h := key.Header(); h.Kid != m.sign || h.Algorithm != m.pair.Public.Algorithm() {
		return nil, fmt.Errorf("rotation: ring: what is to sign as key %s signs with kid %s and alg %s: give the two halves of one key",
			redact.Quote(m.sign), redact.Quote(h.Kid), redact.Quote(h.Algorithm))
	}
	return key, nil
}

// errMissing is the error for a key that was not given because it had expired by the clock
// that was then.
func errMissing(kid string) error {
	return fmt.Errorf("rotation: ring: key %s is missing, which had expired when the ring was made: the clock has been set back", redact.Quote(kid))
}

// VerificationKey returns the key that h names among those that are published now, as
// [keys.Set.VerificationKey] does, otherwise [keys.ErrAlgorithm] or [keys.ErrUnknownKey].
// It is another error if no key is published at all, or if the one that h names is not
// there because the clock has been set back.
func (r *Ring) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	m, err := r.current(ctx)
	switch {
	case err != nil:
		return nil, err
	case slices.Contains(m.missing, h.Kid):
		return nil, errMissing(h.Kid)
	}
	return m.set.VerificationKey(ctx, h)
}

// PublicSet returns the keys that are published now.
func (r *Ring) PublicSet(ctx context.Context) (*keys.Set, error) {
	m, err := r.current(ctx)
	switch {
	case err != nil:
		return nil, err
	case len(m.missing) > 0:
		return nil, errMissing(m.missing[0])
	}
	return m.set, nil
}

// Margin returns what the schedule leaves for caches between issuer and verifier.
func (r *Ring) Margin() time.Duration {
	if !r.made() {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.schedule.Margin
}

// made reports whether r comes from a constructor.
func (r *Ring) made() bool { return r != nil && r.now != nil }
