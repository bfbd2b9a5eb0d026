package rotation

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
)

// Defaults of a [Schedule].
const (
	// DefaultCacheTime is for how long API Gateway's own JWT authorizer goes on with
	// the keys that it has read.
	DefaultCacheTime = 2 * time.Hour

	// DefaultMargin leaves room for clocks that differ, for caches between issuer and
	// verifier, and for the time from making a schedule to publishing by it.
	DefaultMargin = 10 * time.Minute
)

const (
	maxKeys          = 256 // as many as a set holds
	maxCacheTime     = 7 * 24 * time.Hour
	maxTokenLifetime = 366 * 24 * time.Hour
)

// A Schedule says when each key of an issuer is published, signs, retires and expires.
// It is data: [ParseSchedule] reads it from a small JSON document, json.Marshal writes
// it, and [Schedule.At] tells what it says of a time from nothing else. So whoever
// signs, whoever publishes and whoever verifies agree, each by a copy of the document
// and a clock.
//
// [Schedule.Next] puts a new key into it, in time for everybody to know the key when it
// begins to sign, and [Schedule.Revoke] takes one out in an emergency. Neither changes
// the Schedule; each returns a new one. A Schedule to begin with has a TokenLifetime
// and no keys.
//
// CacheTime and TokenLifetime are also held against what has been: to make one of them
// longer, wait until there is one key left, and then change it before the next is added.
type Schedule struct {
	// The durations are in whole seconds.

	// CacheTime is for how long a verifier may go on with the keys that it has read.
	// A key is published that long before it signs. At most a week; 0 means
	// DefaultCacheTime.
	CacheTime time.Duration

	// TokenLifetime is how long a token is good for, at most, the leeway of verifiers
	// included. A key stays published that long after it has signed its last. From a
	// second to a year. Required.
	TokenLifetime time.Duration

	// Margin is added to both. At most a week; 0 means DefaultMargin.
	Margin time.Duration

	// Keys are the keys, in the order in which they sign.
	Keys []Key
}

// A Key is the life of one key. The times are in whole seconds, and each is
// the first moment of what it says.
type Key struct {
	Kid string `json:"kid"` // as in tokens and in the JWK set

	Publish time.Time `json:"publish,omitzero"` // in the JWK set, and accepted
	Sign    time.Time `json:"sign,omitzero"`    // signs all new tokens
	Retire  time.Time `json:"retire,omitzero"`  // signs no more; zero while no other key is to follow
	Expire  time.Time `json:"expire,omitzero"`  // in the JWK set and accepted no more; zero with Retire

	// Revoked, if it is not zero, is when the key was withdrawn. It does not sign, is
	// not published and not accepted, whatever the time and the clock.
	Revoked time.Time `json:"revoked,omitzero"`
}

// A Plan is what a schedule says of one moment.
type Plan struct {
	Sign    string    // the kid of the key that signs, or empty if none does
	Publish []string  // the kids of the keys that are published and accepted, in order
	Until   time.Time // when the schedule next says something else; zero for never
}

// At tells which key signs at that time and which are published.
func (s *Schedule) At(now time.Time) Plan {
	var plan Plan
	if s == nil {
		return plan
	}
	var since time.Time
	_, plan.Until = s.span(now)
	for _, key := range s.Keys {
		if key.published(now) {
			plan.Publish = append(plan.Publish, key.Kid)
		}
		if key.signs(now) && !key.Sign.Before(since) {
			plan.Sign, since = key.Kid, key.Sign
		}
	}
	return plan
}

// span returns the last event up to now and the next one after it, zero where there is
// none.
func (s *Schedule) span(now time.Time) (from, until time.Time) {
	for _, key := range s.Keys {
		if key.revoked() {
			continue // which it is at any time
		}
		for _, event := range []time.Time{key.Publish, key.Sign, key.Retire, key.Expire} {
			switch {
			case event.IsZero():
			case event.After(now) && (until.IsZero() || event.Before(until)):
				until = event
			case !event.After(now) && event.After(from):
				from = event
			}
		}
	}
	return from, until
}

// InUse returns the kids of the keys that are of use at that time or later: all but
// those that were revoked or have expired. They are the keys that a [Ring]
// needs.
func (s *Schedule) InUse(now time.Time) []string {
	if s == nil {
		return nil
	}
	var kids []string
	for _, key := range s.Keys {
		if !key.revoked() && !key.expired(now) {
			kids = append(kids, key.Kid)
		}
	}
	return kids
}

func (k *Key) revoked() bool { return !k.Revoked.IsZero() }

// open reports whether nothing is to follow the key yet.
func (k *Key) open() bool { return k.Retire.IsZero() }

func (k *Key) published(now time.Time) bool {
	return !k.revoked() && !now.Before(k.Publish) && (k.open() || now.Before(k.Expire))
}

func (k *Key) signs(now time.Time) bool {
	return !k.revoked() && !now.Before(k.Sign) && (k.open() || now.Before(k.Retire))
}

// expired reports whether the key is of no more use to anybody.
func (k *Key) expired(now time.Time) bool {
	return !k.Expire.IsZero() && !now.Before(k.Expire)
}

// withDefaults returns a copy of s with its defaults in place. It shares nothing with s.
func (s *Schedule) withDefaults() *Schedule {
	c := *s
	c.Keys = append([]Key{}, s.Keys...)
	for i := range c.Keys {
		k := &c.Keys[i]
		for _, t := range []*time.Time{&k.Publish, &k.Sign, &k.Retire, &k.Expire, &k.Revoked} {
			*t = t.UTC()
		}
	}
	if c.CacheTime == 0 {
		c.CacheTime = DefaultCacheTime
	}
	if c.Margin == 0 {
		c.Margin = DefaultMargin
	}
	return &c
}

// Validate returns an error that says what to mend if by this schedule a good token would
// be refused, a token could not be signed, or a key would be good for ever: if a key
// signs before every verifier can know it, expires before the last token that it
// signed, or retires before the next one signs. It looks for CacheTime and TokenLifetime
// themselves: Margin is what Next adds, and what may be used up.
//
// A key may sign as soon as it is published if it is the first, or the first that has
// not been revoked, or if it takes the place of one that was revoked at that time.
func (s *Schedule) Validate() error {
	if s == nil {
		return errors.New("rotation: schedule: none is given")
	}
	c := s.withDefaults()
	for _, check := range []func() error{c.checkTimes, c.checkNames, c.checkKeys, c.checkLead, c.checkOpen, c.checkGaps} {
		if err := check(); err != nil {
			return fmt.Errorf("rotation: schedule: %w", err)
		}
	}
	return nil
}

func (s *Schedule) checkTimes() error {
	switch {
	case s.TokenLifetime < time.Second || s.TokenLifetime > maxTokenLifetime:
		return fmt.Errorf("a token lifetime of %v: set it to that of the tokens, between a second and a year", s.TokenLifetime)
	case s.CacheTime < 0 || s.CacheTime > maxCacheTime:
		return fmt.Errorf("a cache time of %v: set it between 0 and a week", s.CacheTime)
	case s.Margin < 0 || s.Margin > maxCacheTime:
		return fmt.Errorf("a margin of %v: set it between 0 and a week", s.Margin)
	case s.CacheTime%time.Second != 0 || s.TokenLifetime%time.Second != 0 || s.Margin%time.Second != 0:
		return errors.New("a part of a second in its durations: use whole seconds")
	}
	return nil
}

func (s *Schedule) checkNames() error {
	if len(s.Keys) > maxKeys {
		return fmt.Errorf("more than %d keys: leave out those that have expired", maxKeys)
	}
	seen := map[string]bool{}
	for _, key := range s.Keys {
		if key.Kid == "" {
			return errors.New("a key without a kid: give it the one that its tokens have")
		}
		if err := jose.CheckKid(key.Kid); err != nil {
			return err
		}
		if seen[key.Kid] {
			return fmt.Errorf("two keys of kid %s: give each its own", redact.Quote(key.Kid))
		}
		seen[key.Kid] = true
	}
	return nil
}

// checkKeys looks at each key by itself.
func (s *Schedule) checkKeys() error {
	for _, key := range s.Keys {
		if err := key.check(s.TokenLifetime); err != nil {
			return fmt.Errorf("key %s: %w", redact.Quote(key.Kid), err)
		}
	}
	return nil
}

func (k *Key) check(lifetime time.Duration) error {
	for _, t := range []time.Time{k.Publish, k.Sign, k.Retire, k.Expire, k.Revoked} {
		if !t.IsZero() && (t.Nanosecond() != 0 || t.Year() < 1970 || t.Year() > 9999) {
			return fmt.Errorf("the time %v: use whole seconds between 1970 and 9999", t)
		}
	}
	switch {
	case k.Publish.IsZero() || k.Sign.IsZero():
		return errors.New("it is never published or never signs: set both times")
	case k.Sign.Before(k.Publish):
		return errors.New("it signs before it is published: publish it earlier")
	case k.revoked():
		return nil
	case k.Retire.IsZero() != k.Expire.IsZero():
		return errors.New("it has one of retire and expire: set both, or none while no other key is to follow")
	case k.open():
		return nil
	case !k.Retire.After(k.Sign):
		return errors.New("it retires before it signs: set retire to when the next key signs")
	case k.Expire.Before(k.Retire.Add(lifetime)):
		return fmt.Errorf("it expires before its last token, which is good until %s: set expire to that or later", show(k.Retire.Add(lifetime)))
	}
	return nil
}

// checkLead makes sure that verifiers know each key when it signs.
func (s *Schedule) checkLead() error {
	first := s.firstSign()
	for _, key := range s.Keys {
		ready := key.Publish.Add(s.CacheTime)
		if key.revoked() || key.Sign.Equal(first) || s.revokedAt(key.Sign) || !key.Sign.Before(ready) {
			continue
		}
		return fmt.Errorf("key %s: it signs while a verifier may still hold a set without it: let it sign at %s or later", redact.Quote(key.Kid), show(ready))
	}
	return nil
}

// firstSign returns when the first token was signed, as far as is known, by a key that
// has not been revoked.
func (s *Schedule) firstSign() time.Time {
	var first time.Time
	for _, key := range s.Keys {
		if !key.revoked() && (first.IsZero() || key.Sign.Before(first)) {
			first = key.Sign
		}
	}
	return first
}

// revokedAt reports whether a key was revoked at just that time.
func (s *Schedule) revokedAt(t time.Time) bool {
	return slices.ContainsFunc(s.Keys, func(k Key) bool { return k.Revoked.Equal(t) })
}

// checkOpen makes sure that only the last key goes on without end.
func (s *Schedule) checkOpen() error {
	last := s.last()
	for i := range s.Keys {
		key := &s.Keys[i]
		if key != last && !key.revoked() && key.open() {
			return fmt.Errorf("key %s: it never retires, though key %s is to sign: set retire and expire", redact.Quote(key.Kid), redact.Quote(last.Kid))
		}
	}
	return nil
}

// last returns the key that is the last to begin signing, or nil if there is none.
func (s *Schedule) last() *Key {
	var last *Key
	for i := range s.Keys {
		key := &s.Keys[i]
		if !key.revoked() && (last == nil || !key.Sign.Before(last.Sign)) {
			last = key
		}
	}
	return last
}

// checkGaps makes sure that from the first to the last there is always a key to sign
// with. One that is revoked has signed until then.
func (s *Schedule) checkGaps() error {
	inOrder := slices.Clone(s.Keys)
	slices.SortStableFunc(inOrder, func(a, b Key) int { return a.Sign.Compare(b.Sign) })
	var until time.Time // somebody has signed up to then
	good := false       // and not all of these keys were revoked
	for i, key := range inOrder {
		end := key.Retire
		if key.revoked() && (end.IsZero() || key.Revoked.Before(end)) {
			end = key.Revoked
		}
		switch {
		case !end.IsZero() && !end.After(key.Sign):
			continue // it never signed
		case good && key.Sign.After(until):
			return fmt.Errorf("nothing signs from %s until key %s does at %s: let the key before it retire then", show(until), redact.Quote(key.Kid), show(key.Sign))
		case end.IsZero() && i < len(inOrder)-1:
			return nil // checkOpen has its say on that
		case end.After(until):
			until = end
		}
		good = good || !key.revoked()
	}
	return nil
}

// show writes a time as the document does.
func show(t time.Time) string { return t.UTC().Format(time.RFC3339) }
