package rotation

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// Next returns the schedule with one more key, which is published from now on and signs
// as soon as every verifier can know it: the first key at once, any other once CacheTime
// and Margin have passed. See [Schedule.NextAt].
func (s *Schedule) Next(now time.Time, kid string) (*Schedule, error) {
	return s.next(now, time.Time{}, kid)
}

// NextAt returns the schedule with one more key, which is published from now on and
// signs from then on. That is now or later for the first key, and for any other no
// sooner than once CacheTime and Margin have passed. When it signs, the key before it
// retires, and expires once TokenLifetime and Margin have passed as well. Keys that have
// expired are left out.
//
// A key that signs much later than it is published is a spare: every verifier knows it,
// and it can take over at once if the key before it has to be revoked.
//
// Publish the new set at once. It is an error if a key that was added before has not
// begun to sign yet, if there is a key of this kid already, or if s is not in order.
// Both times are cut down to whole seconds.
func (s *Schedule) NextAt(now, sign time.Time, kid string) (*Schedule, error) {
	if sign.IsZero() {
		return nil, errors.New("rotation: schedule: no time to sign from: give one, or call Next")
	}
	return s.next(now, sign.UTC().Truncate(time.Second), kid)
}

// next is NextAt, but that a zero time to sign from is the soonest.
func (s *Schedule) next(now, sign time.Time, kid string) (*Schedule, error) {
	next, now, err := s.copyAt(now)
	if err != nil {
		return nil, err
	}
	soonest := now
	last := next.last()
	if last != nil {
		switch {
		case now.Before(last.Sign):
			return nil, fmt.Errorf("rotation: schedule: key %s is to sign from %s on: add another one after that", redact.Quote(last.Kid), show(last.Sign))
		case !last.open() && !now.Before(last.Retire):
			return nil, fmt.Errorf("rotation: schedule: nothing has signed since key %s retired at %s: once it has expired at %s, add a first key again",
				redact.Quote(last.Kid), show(last.Retire), show(last.Expire))
		}
		soonest = now.Add(next.CacheTime + next.Margin)
	}
	switch {
	case sign.IsZero():
		sign = soonest
	case sign.Before(soonest):
		return nil, fmt.Errorf("rotation: schedule: key %s cannot sign from %s on, when some verifiers do not know it: let it sign at %s or later",
			redact.Quote(kid), show(sign), show(soonest))
	}
	if last != nil {
		next.retire(last, sign)
	}
	next.Keys = append(next.Keys, Key{Kid: kid, Publish: now, Sign: sign})
	return next.checked()
}

// Revoke returns the schedule without a key that must not be trusted any more: it does
// not sign, is not published and is not accepted. If it was to sign, the key that was
// to follow it signs from now on; if there is none, and no other key goes on signing,
// that is an error: call Next before Revoke.
//
// Publish the new set at once. Verifiers elsewhere go on accepting the key until they
// have read it, so for CacheTime at most, and until then some of them do not know a key
// that Next has only just added. While a spare is yet to sign Next adds no other: if both
// leaked, revoke the spare, call Next, and then revoke the one that signs. A signer whose
// clock is behind has no key until it is now there too. A revoked key stays in the
// schedule for a while, so that nobody adds it again. now is cut down to whole seconds.
func (s *Schedule) Revoke(now time.Time, kid string) (*Schedule, error) {
	next, now, err := s.copyAt(now)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(next.Keys, func(k Key) bool { return k.Kid == kid })
	switch {
	case i < 0:
		return nil, fmt.Errorf("rotation: schedule: there is no key %s: it is not trusted", redact.Quote(kid))
	case next.Keys[i].revoked():
		return next, nil
	case now.Before(next.Keys[i].Publish):
		return nil, fmt.Errorf("rotation: schedule: key %s has not been published yet: take it out of the document", redact.Quote(kid))
	}
	revoked := next.Keys[i]
	next.withdraw(&next.Keys[i], now)
	following := next.following(now)
	switch {
	case next.At(now).Sign != "": // which was to go until the revoked key did, maybe
		next.extend(now, following)
	case !revoked.signs(now):
		// It does not sign any more, and nothing else does either.
	case following == nil:
		return nil, errors.New("rotation: schedule: no other key is to sign: add one with Next, then revoke this one")
	default:
		following.Sign = now
	}
	return next.checked()
}

// checked returns s if it is in order.
func (s *Schedule) checked() (*Schedule, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// copyAt returns a copy of s to change, without what has expired, and the time in whole
// seconds.
func (s *Schedule) copyAt(now time.Time) (*Schedule, time.Time, error) {
	if err := s.Validate(); err != nil {
		return nil, now, err
	}
	now = now.UTC().Truncate(time.Second)
	next := s.withDefaults()
	if err := next.checkRevoked(now); err != nil {
		return nil, now, fmt.Errorf("rotation: schedule: %w", err)
	}
	// From the front only: what is left must be in order without what is gone.
	slices.SortStableFunc(next.Keys, func(a, b Key) int { return a.Sign.Compare(b.Sign) })
	for len(next.Keys) > 0 && next.Keys[0].expired(now) {
		next.Keys = next.Keys[1:]
	}
	return next, now, nil
}

// checkRevoked refuses a revocation that is planned: the key would be as good as revoked
// at once. Whoever has revoked one may have a clock that is ahead by the margin.
func (s *Schedule) checkRevoked(now time.Time) error {
	for _, key := range s.Keys {
		if key.Revoked.After(now.Add(s.Margin)) {
			return fmt.Errorf("key %s: it is revoked at %s, which is yet to come: set retire and expire for what is planned", redact.Quote(key.Kid), show(key.Revoked))
		}
	}
	return nil
}

// following returns the key that is the next to sign, or nil if there is none.
func (s *Schedule) following(now time.Time) *Key {
	var next *Key
	for i := range s.Keys {
		key := &s.Keys[i]
		if !key.revoked() && key.Sign.After(now) && (next == nil || key.Sign.Before(next.Sign)) {
			next = key
		}
	}
	return next
}

// extend has the last of the keys that sign now go on at least until the following one
// does, or without end if that is nil.
func (s *Schedule) extend(now time.Time, following *Key) {
	var last *Key
	for i := range s.Keys {
		key := &s.Keys[i]
		switch {
		case !key.signs(now):
		case key.open():
			return
		case last == nil || key.Retire.After(last.Retire):
			last = key
		}
	}
	switch {
	case following == nil:
		last.Retire, last.Expire = time.Time{}, time.Time{}
	case last.Retire.Before(following.Sign):
		s.retire(last, following.Sign)
	}
}

// retire has a key sign until then.
func (s *Schedule) retire(key *Key, then time.Time) {
	key.Retire = then
	key.Expire = then.Add(s.TokenLifetime + s.Margin)
}

// withdraw revokes a key, and has it kept for as long as any verifier may accept it.
func (s *Schedule) withdraw(key *Key, now time.Time) {
	key.Revoked = now
	if key.open() || now.Before(key.Retire) {
		key.Retire = now
	}
	key.Expire = now.Add(s.CacheTime + s.TokenLifetime + s.Margin)
}
