package keys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// maxKeys bounds how many keys a set or a ring may hold.
const maxKeys = 256

// A Set is a set of public keys to verify with (RFC 7517 section 5). It chooses by
// kid and algorithm; a key without a kid goes by its thumbprint. It serves a token
// without a kid only if just one of its keys is of the token's algorithm. It is safe for
// concurrent use.
//
// A Set marshals to a JWK set for publication. It can hold nothing but public
// keys, so that nothing else can ever be published with it.
type Set struct {
	label
	keys  []*PublicKey
	index *index
}

var (
	_ VerificationSource = (*Set)(nil)
	_ PublicSource       = (*Set)(nil)
)

// NewSet makes a Set of one to 256 keys, in this order. It refuses two keys of one
// kid.
func NewSet(keys ...*PublicKey) (*Set, error) {
	index := newIndex()
	s, err := newSet(keys, index, index.addOwn)
	if err != nil {
		return nil, fmt.Errorf("keys: set: %w", err)
	}
	return s, nil
}

func newSet(keys []*PublicKey, index *index, add func(kid, id string, key VerificationKey) error) (*Set, error) {
	if len(keys) == 0 {
		return nil, errors.New("no keys: give at least one")
	}
	for i, key := range keys {
		if !key.made() {
			return nil, fmt.Errorf("key %d is nil or zero: check the error of the function that was to make it", i)
		}
		if err := add(key.Kid(), key.thumbprint, key); err != nil {
			return nil, err
		}
	}
	return &Set{label: describeMany("Set", len(keys)), keys: slices.Clone(keys), index: index}, nil
}

// Keys returns the keys of the Set in order.
func (s *Set) Keys() []*PublicKey {
	if s == nil {
		return nil
	}
	return slices.Clone(s.keys)
}

// VerificationKey returns the key that h names, otherwise [ErrAlgorithm] or
// [ErrUnknownKey].
func (s *Set) VerificationKey(_ context.Context, h Header) (VerificationKey, error) {
	if !s.made() {
		return nil, errNoKey
	}
	return s.index.find(h)
}

// PublicSet returns the Set itself.
func (s *Set) PublicSet(context.Context) (*Set, error) {
	if !s.made() {
		return nil, errNoKey
	}
	return s, nil
}

// MarshalJSON writes a JWK set of the public keys, for jwks_uri.
func (s Set) MarshalJSON() ([]byte, error) {
	if !s.made() {
		return nil, errNoKey
	}
	return json.Marshal(struct {
		Keys []*PublicKey `json:"keys"`
	}{s.keys})
}

// made reports whether s comes from a constructor.
func (s *Set) made() bool { return s != nil && s.index != nil }
