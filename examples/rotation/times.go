package main

import (
	"fmt"
	"time"

	"github.com/lambdajwt/authorizer/keys"
)

// times is what a rotation has to wait for.
type times struct {
	lifetime time.Duration // of tokens
	maxAge   time.Duration // for how long a function uses the secrets that it has loaded
	grace    time.Duration // and for how much longer while it cannot load them again
	finish   time.Duration // from the making of a version until it takes over, at most
	margin   time.Duration // between the clocks of functions and store
}

// inEarnest are the times of this example. An old secret ends 96 minutes after the new one
// was made, and the next rotation may follow then.
var inEarnest = times{
	lifetime: 15 * time.Minute, maxAge: keys.DefaultMaxAge, grace: 15 * time.Minute, finish: time.Hour, margin: time.Minute,
}

// settles is how old a version must be to sign: by then, every function has loaded it.
func (t times) settles() time.Duration { return t.maxAge + t.margin }

// ends is how old a version is when the one before it has ended. The version takes over when
// it has settled or is made current, whichever is later; a function may go on signing with
// the one before until it loads again, and then a last token is good for its lifetime.
func (t times) ends() time.Duration {
	return max(t.settles(), t.finish) + t.maxAge + t.grace + t.lifetime + t.margin
}

// A version is one of the secret's.
type version struct {
	id      string // which becomes the kid of its tokens
	secret  string
	created time.Time
}

func (v *version) key() (*keys.Secret, error) {
	secret, err := keys.HMAC("HS256", []byte(v.secret))
	if err != nil {
		return nil, fmt.Errorf("version %s: %w", v.id, err)
	}
	return secret.WithKid(v.id), nil
}

// ring makes the ring that a function uses from now on. It signs with the current version
// once that has settled, and until then with the previous one. It verifies with both, but
// with the previous one only until its last token has expired; and with the pending one,
// which is to be current next. There need be no previous and no pending version, and
// without the former the current one signs at once.
func (t times) ring(now time.Time, current version, previous, pending *version) (*keys.Ring, error) {
	age := now.Sub(current.created)
	if previous != nil && age >= t.ends() {
		previous = nil
	}
	inUse := []*version{&current}
	switch {
	case previous == nil:
	case age < t.settles():
		inUse = []*version{previous, &current}
	default:
		inUse = []*version{&current, previous}
	}
	if pending != nil && pending.id != current.id {
		inUse = append(inUse, pending)
	}
	active, err := inUse[0].key()
	if err != nil {
		return nil, err
	}
	var others []keys.VerificationSource
	for _, v := range inUse[1:] {
		key, err := v.key()
		if err != nil {
			return nil, err
		}
		others = append(others, key)
	}
	return keys.NewRing(active, others...)
}

// source loads the secrets when they are needed, and again when they are old or a token
// names one that is not among them.
func (t times) source(load loader, now func() time.Time) (*keys.Refreshing, error) {
	return keys.NewRefreshing(keys.RefreshingConfig{Load: load, MaxAge: t.maxAge, Grace: t.grace, Now: now})
}
