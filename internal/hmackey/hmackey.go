// Package hmackey has keys of HMAC (RFC 2104) that any number of goroutines use at once.
//
// Keying an HMAC costs as much as hashing two blocks, and half a dozen allocations. So
// what has been keyed is kept and used again.
package hmackey

import (
	"bytes"
	"crypto"
	"crypto/hmac"
	_ "crypto/sha256" // for crypto.Hash
	"crypto/sha512"
	"hash"
	"sync"
	"sync/atomic"
)

// A Key computes MACs under one key. Make it with [New]. It is safe for concurrent use.
// It is made for thousands of keys that are used now and then, and for one that many use
// at once.
type Key struct {
	newHash func() hash.Hash // returns an HMAC under the key, which nobody else has

	// Most keys have one user at a time, for whom one state is enough. A key that is
	// found in use again and again gets a pool. Not every key has one, because all pools
	// burden the garbage collector.
	spare  atomic.Pointer[state]
	missed atomic.Int32 // how often there was no spare state
	pool   atomic.Pointer[sync.Pool]
}

// crowd is how often a key is found in use before it gets a pool.
const crowd = 100

// A state is in one goroutine's hands at a time. The buffer is part of it because one on
// the stack would escape.
type state struct {
	hash hash.Hash
	buf  [sha512.Size]byte
}

// New returns a key of SHA-256, SHA-384 or SHA-512. It keeps no hold of key, which the
// caller may overwrite.
func New(h crypto.Hash, key []byte) *Key { return newKey(h.New, key) }

func newKey(h func() hash.Hash, key []byte) *Key {
	prototype, ok := hmac.New(h, key).(hash.Cloner)
	if ok {
		// From here on it has the states behind the key's two blocks, rather than the
		// key, and clones begin with them.
		prototype.Reset()
		if _, err := prototype.Clone(); err == nil {
			return &Key{newHash: func() hash.Hash {
				clone, _ := prototype.Clone()
				return clone
			}}
		}
	}
	key = bytes.Clone(key) // as with GOEXPERIMENT=boringcrypto, whose HMAC cannot be cloned
	return &Key{newHash: func() hash.Hash { return hmac.New(h, key) }}
}

// Sum returns the MAC of input.
func (k *Key) Sum(input []byte) []byte {
	s := k.take()
	defer k.put(s)
	return bytes.Clone(s.sum(input))
}

// Verify reports whether tag is the MAC of input, all of it, in constant time.
func (k *Key) Verify(input, tag []byte) bool {
	s := k.take()
	defer k.put(s)
	return hmac.Equal(s.sum(input), tag)
}

// Equal reports whether two keys are one and the same, in constant time: whether they
// have the same hash and give the same MACs.
func (k *Key) Equal(other *Key) bool {
	text := []byte("one and the same key")
	return k.Verify(text, other.Sum(text))
}

// take returns a state for the caller alone.
func (k *Key) take() *state {
	if pool := k.pool.Load(); pool != nil {
		if s, ok := pool.Get().(*state); ok {
			return s
		}
	} else if s := k.spare.Swap(nil); s != nil {
		return s
	} else if k.missed.Add(1) == crowd {
		k.pool.Store(new(sync.Pool))
	}
	return &state{hash: k.newHash()}
}

// put gives a state back.
func (k *Key) put(s *state) {
	if pool := k.pool.Load(); pool != nil {
		pool.Put(s)
		return
	}
	k.spare.Store(s)
}

// sum returns the MAC of input in the state's own buffer.
func (s *state) sum(input []byte) []byte {
	s.hash.Reset()
	s.hash.Write(input)
	return s.hash.Sum(s.buf[:0])
}
