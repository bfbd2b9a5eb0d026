package kmskeys

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/lru"
)

// A digest is a SHA-256 hash of what a token brings.
type digest [sha256.Size]byte

// refusals remember for a while what KMS has refused, so that it need not be asked again.
// They hold a bounded number and are safe for concurrent use.
type refusals struct {
	now func() time.Time

	mu   sync.Mutex
	last *lru.Map[digest, refusal]
}

// A refusal is remembered for a time from when it was given.
type refusal struct {
	given time.Time
	stays time.Duration
}

func newRefusals(size int, now func() time.Time) *refusals {
	return &refusals{now: now, last: lru.New[digest, refusal](size)}
}

func (r *refusals) add(id digest, stays time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last.Put(id, refusal{r.now(), stays})
}

// has reports whether KMS has refused this lately.
func (r *refusals) has(id digest) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, _ := r.last.Get(id) // what is not there stays for no time
	return clock.Within(r.now(), last.given, last.stays)
}
