package keys

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// A KeyPair is one key of a [ScheduledRing].
type KeyPair struct {
	// Public is the public half, with the kid that the schedule names. Required.
	Public *PublicKey

	// Signing signs with the private half: a [PrivateKey], or a key held by KMS. Nil in
	// a program that only publishes or verifies.
	Signing SigningSource
}

// Pair returns both halves of a private key.
func Pair(key *PrivateKey) KeyPair {
	if !key.made() {
		return KeyPair{}
	}
	return KeyPair{Public: key.public, Signing: key}
}

// A ScheduledRing signs, verifies and publishes by a [Schedule] as the clock moves: at
// each moment it has the keys that [Schedule.At] names, and no others. It is safe for
// concurrent use. Make it with [NewScheduledRing].
type ScheduledRing struct {
	now func() time.Time

	mu    sync.Mutex
	table *timetable // replaced by Update; what it memorizes is guarded by mu
}

var (
	_ SigningSource      = (*ScheduledRing)(nil)
	_ VerificationSource = (*ScheduledRing)(nil)
)

// A timetable is a schedule and the keys it names.
type timetable struct {
	schedule *Schedule
	pairs    map[string]KeyPair

	// What is in force from one event of the schedule until the next.
	from, until time.Time // zero where there is no such event
	sign        string
	set         *Set     // nil if nothing is published
	missing     []string // kids of what is published but was not given, as it had expired
}

// ScheduledRingConfig says what a [ScheduledRing] goes by. Schedule and Keys must be set.
type ScheduledRingConfig struct {
	// Schedule is the schedule to follow. Required.
	Schedule *Schedule

	// Keys are the keys that it names: those of [Schedule.InUse] must be there, and
	// none that it does not name. Required.
	Keys []KeyPair

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// NewScheduledRing makes a ring, or returns an error that says what to mend.
func NewScheduledRing(cfg ScheduledRingConfig) (*ScheduledRing, error) {
	r := &ScheduledRing{now: cfg.Now}
	if r.now == nil {
		r.now = time.Now
	}
	if err := r.Update(cfg.Schedule, cfg.Keys...); err != nil {
		return nil, err
	}
	return r, nil
}

// Update puts another schedule in force, with the keys that it names: after
// [Schedule.Next], or after [Schedule.Revoke], whose key is refused from then on. On an
// error everything stays as it was.
func (r *ScheduledRing) Update(schedule *Schedule, pairs ...KeyPair) error {
	if r == nil || r.now == nil {
		return errNoKey
	}
	table, err := newTimetable(schedule, pairs, r.now())
	if err != nil {
		return fmt.Errorf("keys: scheduled ring: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.table = table
	return nil
}

func newTimetable(schedule *Schedule, pairs []KeyPair, now time.Time) (*timetable, error) {
	if schedule == nil {
		return nil, errors.New("no schedule: give that of ParseSchedule or Schedule.Next")
	}
	if err := schedule.Check(); err != nil {
		return nil, err
	}
	t := &timetable{schedule: schedule.withDefaults(), pairs: map[string]KeyPair{}}
	if err := t.schedule.checkRevoked(now); err != nil {
		return nil, err
	}
	for i, pair := range pairs {
		if !pair.Public.made() {
			return nil, fmt.Errorf("key %d has no public half: check the error of the function that was to make it", i)
		}
		kid := pair.Public.Kid()
		if _, twice := t.pairs[kid]; twice {
			return nil, fmt.Errorf("two keys of kid %s: give each its own", quote(kid))
		}
		if !slices.ContainsFunc(schedule.Keys, func(k ScheduledKey) bool { return k.Kid == kid }) {
			return nil, fmt.Errorf("key %s is not in the schedule: add it with Schedule.Next, or leave it out", quote(kid))
		}
		if pair.Signing != nil && isNil(pair.Signing) {
			return nil, fmt.Errorf("key %s: %w", quote(kid), errNilSource)
		}
		t.pairs[kid] = pair
	}
	for _, kid := range t.schedule.InUse(now) {
		if _, there := t.pairs[kid]; !there {
			return nil, fmt.Errorf("key %s of the schedule is missing: give it, at least its public half", quote(kid))
		}
	}
	return t, nil
}

// A moment is what is in force at one time.
type moment struct {
	sign    string // the kid that signs
	pair    KeyPair
	set     *Set
	missing []string // see timetable
}

// current returns what is in force now.
func (r *ScheduledRing) current() (moment, error) {
	if !r.made() {
		return moment{}, errNoKey
	}
	now := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.table
	if !t.covers(now) {
		if err := t.memorize(now); err != nil {
			return moment{}, fmt.Errorf("keys: scheduled ring: %w", err)
		}
	}
	return moment{t.sign, t.pairs[t.sign], t.set, t.missing}, nil
}

// covers tells whether what is memorized is in force.
func (t *timetable) covers(now time.Time) bool {
	return t.set != nil && !now.Before(t.from) && (t.until.IsZero() || now.Before(t.until))
}

// memorize works out what is in force.
func (t *timetable) memorize(now time.Time) error {
	t.set, t.missing = nil, nil
	plan := t.schedule.At(now)
	var public []*PublicKey
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
	set, err := newSet(public)
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
func (r *ScheduledRing) SigningKey(ctx context.Context) (SigningKey, error) {
	m, err := r.current()
	switch {
	case err != nil:
		return nil, err
	case m.sign == "":
		return nil, errors.New("keys: scheduled ring: by the schedule no key signs now: make the next one with Schedule.Next")
	case slices.Contains(m.missing, m.sign):
		return nil, errMissing(m.sign)
	case m.pair.Signing == nil:
		return nil, fmt.Errorf("keys: scheduled ring: of key %s, which is to sign, there is only the public half: give what signs", quote(m.sign))
	}
	key, err := m.pair.Signing.SigningKey(ctx)
	if err != nil {
		return nil, err
	}
	if h := key.Header(); h.Kid != m.sign || h.Algorithm != m.pair.Public.Algorithm() {
		return nil, fmt.Errorf("keys: scheduled ring: what is to sign as key %s signs with kid %s and alg %s: give the two halves of one key",
			quote(m.sign), quote(h.Kid), quote(h.Algorithm))
	}
	return key, nil
}

// errMissing is the error for a key that was not given, for it had expired by the clock
// that was then.
func errMissing(kid string) error {
	return fmt.Errorf("keys: scheduled ring: key %s is missing, which had expired when the ring was made: the clock has been set back", quote(kid))
}

// VerificationKey returns the key that h names among those that are published now, as
// [Set.VerificationKey] does, else [ErrAlgorithm] or [ErrUnknownKey]. It is another
// error if no key is published at all, or if the one that h names is not there because
// the clock has been set back.
func (r *ScheduledRing) VerificationKey(ctx context.Context, h Header) (VerificationKey, error) {
	m, err := r.current()
	switch {
	case err != nil:
		return nil, err
	case slices.Contains(m.missing, h.Kid):
		return nil, errMissing(h.Kid)
	}
	return m.set.VerificationKey(ctx, h)
}

// PublicSet returns the keys that are published now.
func (r *ScheduledRing) PublicSet() (*Set, error) {
	m, err := r.current()
	switch {
	case err != nil:
		return nil, err
	case len(m.missing) > 0:
		return nil, errMissing(m.missing[0])
	}
	return m.set, nil
}

// margin returns what the schedule leaves for caches between issuer and verifier.
func (r *ScheduledRing) margin() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.table.schedule.Margin
}

// String tells how many keys there are.
func (r *ScheduledRing) String() string {
	if !r.made() {
		return describeMany("ScheduledRing", 0)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return describeMany("ScheduledRing", len(r.table.pairs))
}

// GoString is String.
func (r *ScheduledRing) GoString() string { return r.String() }

// Format writes String, whatever the verb.
func (r *ScheduledRing) Format(state fmt.State, _ rune) { format(state, r.String()) }

// LogValue is String.
func (r *ScheduledRing) LogValue() slog.Value { return slog.StringValue(r.String()) }

// made tells whether r comes from a constructor.
func (r *ScheduledRing) made() bool { return r != nil && r.now != nil }
