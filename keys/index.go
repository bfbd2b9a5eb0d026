package keys

import (
	"context"
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
)

// maxUnnamed bounds how many secrets of one algorithm may go without a kid: a token
// that is forged costs a MAC under each of them.
const maxUnnamed = 16

// errSeveral is ErrUnknownKey for a token without a kid that could be that of more
// than one key.
var errSeveral = fmt.Errorf("%w: it has no kid, and more than one key could be meant", ErrUnknownKey)

// An index finds the keys that a set or a ring itself holds, in constant time.
type index struct {
	named map[name]VerificationKey
	kids  map[string]bool // of the names
	byAlg map[string]choice
	keys  map[string]bool // how many there are, each once however many algorithms it serves
}

// A name is what finds a key. One kid may be that of several keys, each of another
// algorithm (RFC 7517 section 4.5).
type name struct{ kid, alg string }

// A choice is what an index has under one algorithm.
type choice struct {
	lone    VerificationKey // the one key with a kid; nil if there is none or more than one
	named   int             // how many keys with a kid there are
	unnamed VerificationKey // the secrets made without a kid, or nil
}

func newIndex() *index {
	return &index{map[name]VerificationKey{}, map[string]bool{}, map[string]choice{}, map[string]bool{}}
}

// addOwn adds a key of the user's own, which has its kid to itself. id is the key's,
// whatever its kid and algorithm.
func (x *index) addOwn(kid, id string, key VerificationKey) error {
	if x.kids[kid] {
		return fmt.Errorf("two keys of kid %s: give each its own", redact.Quote(kid))
	}
	return x.addNamed(kid, id, key)
}

// addNamed adds a key that goes by kid and algorithm.
func (x *index) addNamed(kid, id string, key VerificationKey) error {
	if err := jose.CheckKid(kid); err != nil {
		return err
	}
	n := name{kid, key.Algorithm()}
	if x.named[n] != nil {
		return fmt.Errorf("two keys of kid %s and algorithm %s: give each its own kid", redact.Quote(kid), n.alg)
	}
	x.named[n] = key
	x.kids[kid] = true
	c := x.byAlg[n.alg]
	c.named++
	c.lone = nil
	if c.named == 1 {
		c.lone = key
	}
	x.byAlg[n.alg] = c
	return x.counted(id)
}

func (x *index) addUnnamed(secret *Secret) error {
	c := x.byAlg[secret.Algorithm()]
	switch before := c.unnamed.(type) {
	case nil:
		c.unnamed = secret
	case *Secret:
		c.unnamed = &inTurn{keys: []VerificationKey{before, secret}}
	case *inTurn:
		if len(before.keys) == maxUnnamed {
			return fmt.Errorf("more than %d secrets of %s without a kid, each to be tried on a token: give them kids",
				maxUnnamed, secret.Algorithm())
		}
		before.keys = append(before.keys, secret)
	}
	x.byAlg[secret.Algorithm()] = c
	return x.counted(fmt.Sprintf("%p", secret))
}

func (x *index) counted(id string) error {
	if x.keys[id] = true; len(x.keys) > maxKeys {
		return fmt.Errorf("more than %d keys: leave out those that no token needs any more", maxKeys)
	}
	return nil
}

// find returns the key that h names.
func (x *index) find(h Header) (VerificationKey, error) {
	if x.knows(h) {
		if key := x.named[name{h.Kid, h.Algorithm}]; key != nil {
			return key, nil
		}
		return nil, ErrAlgorithm
	}
	c, ok := x.byAlg[h.Algorithm]
	switch {
	case !ok:
		return nil, ErrAlgorithm
	case c.unnamed != nil:
		return c.unnamed, nil
	case h.Kid != "":
		return nil, ErrUnknownKey
	case c.lone == nil:
		return nil, errSeveral
	}
	return c.lone, nil
}

// knows reports whether h has a kid that is that of a key, of whatever algorithm. No key
// has an empty one.
func (x *index) knows(h Header) bool { return x.kids[h.Kid] }

// inTurn is a VerificationKey of several keys of one algorithm, any of which may
// have signed: it tries one after the other.
type inTurn struct {
	keys []VerificationKey // at least one
	// outage, if there is any, is why one more key could not be had. It is the
	// answer to a signature that none of the keys verifies.
	outage error
}

var _ VerificationKey = (*inTurn)(nil)

func (t *inTurn) Algorithm() string { return t.keys[0].Algorithm() }

// Verify returns nil if any of the keys does, ErrSignature if all of them return
// that, and otherwise the outage: all keys but the last are secrets, which have none.
func (t *inTurn) Verify(ctx context.Context, input, signature []byte) error {
	outage := t.outage
	for _, key := range t.keys {
		err := key.Verify(ctx, input, signature)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, ErrSignature):
			outage = err
		}
	}
	if outage != nil {
		return outage
	}
	return ErrSignature
}
