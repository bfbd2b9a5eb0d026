package revocation

import (
	"context"
	"sync"
	"time"
)

// A Store knows what has been revoked.
//
// Lookup returns an entry for each of the keys that is revoked, and none for the others. The
// time of a subject's entry revokes the tokens that were issued until then; the zero time
// revokes all. The times of other entries do not matter. Lookup gets one to three keys, of
// different kinds. An error is an outage, never the token's fault.
//
// An entry may be deleted once all tokens that it revokes have expired.
type Store interface {
	Lookup(ctx context.Context, keys []Key) (map[Key]time.Time, error)
}

// A Memory is a [Store] of one process, for tests and for programs that run as one process.
// Its zero value is empty and ready for use. It forgets nothing. It is safe for concurrent
// use.
type Memory struct {
	mu      sync.Mutex
	revoked map[Key]time.Time
}

var _ Store = (*Memory)(nil)

// Revoke notes that a key is revoked since then.
func (m *Memory) Revoke(key Key, since time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.revoked == nil {
		m.revoked = map[Key]time.Time{}
	}
	m.revoked[key] = since
}

// Lookup returns since when these keys are revoked.
func (m *Memory) Lookup(_ context.Context, keys []Key) (map[Key]time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[Key]time.Time{}
	for _, key := range keys {
		if since, revoked := m.revoked[key]; revoked {
			found[key] = since
		}
	}
	return found, nil
}
