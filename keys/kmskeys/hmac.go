package kmskeys

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"sync/atomic"
)

// An hmacAlgorithm is one of HS256, HS384 and HS512 (RFC 7518 section 3.2).
type hmacAlgorithm struct {
	name string
	size int // of the hash, of a MAC and of a data key, in bytes
	hash func() hash.Hash
}

// findHMAC returns the algorithm of a name; an empty one is HS256.
func findHMAC(name string) (hmacAlgorithm, error) {
	switch name {
	case "", "HS256":
		return hmacAlgorithm{"HS256", sha256.Size, sha256.New}, nil
	case "HS384":
		return hmacAlgorithm{"HS384", sha512.Size384, sha512.New384}, nil
	case "HS512":
		return hmacAlgorithm{"HS512", sha512.Size, sha512.New}, nil
	}
	return hmacAlgorithm{}, fmt.Errorf("Algorithm is %s: set it to HS256, HS384 or HS512", quote(name))
}

// A keyedHash is an HMAC with its key, for any number of goroutines.
type keyedHash struct {
	prototype hash.Cloner               // never written to
	spare     atomic.Pointer[hashState] // a clone that nobody uses just now, or nil
}

// A hashState is in one goroutine's hands at a time. The buffer is part of it because
// one on the stack would escape.
type hashState struct {
	hash hash.Hash
	buf  [sha512.Size]byte
}

// newKeyedHash keys an HMAC. It keeps no hold of key.
func newKeyedHash(alg hmacAlgorithm, key []byte) (*keyedHash, error) {
	prototype, ok := hmac.New(alg.hash, key).(hash.Cloner)
	if !ok {
		return nil, errors.New("kmskeys: the standard library's HMAC cannot be cloned")
	}
	// From here on it has the states behind the key's two blocks, rather than the
	// key, and clones begin with them.
	prototype.Reset()
	return &keyedHash{prototype: prototype}, nil
}

// sum returns the MAC of input.
func (k *keyedHash) sum(input []byte) ([]byte, error) {
	state, err := k.take()
	if err != nil {
		return nil, err
	}
	defer k.spare.Store(state)
	return bytes.Clone(state.sum(input)), nil
}

// verify tells in constant time whether tag is the MAC of input.
func (k *keyedHash) verify(input, tag []byte) (bool, error) {
	state, err := k.take()
	if err != nil {
		return false, err
	}
	defer k.spare.Store(state)
	return hmac.Equal(state.sum(input), tag), nil
}

// take returns a state for the caller alone.
func (k *keyedHash) take() (*hashState, error) {
	if state := k.spare.Swap(nil); state != nil {
		return state, nil
	}
	clone, err := k.prototype.Clone()
	if err != nil {
		return nil, fmt.Errorf("kmskeys: cloning an HMAC: %w", err)
	}
	return &hashState{hash: clone}, nil
}

// sum returns the MAC of input in the state's own buffer.
func (s *hashState) sum(input []byte) []byte {
	s.hash.Reset()
	s.hash.Write(input)
	return s.hash.Sum(s.buf[:0])
}
