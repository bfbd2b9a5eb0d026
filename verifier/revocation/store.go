package revocation

import (
	"context"
	"sync"
	"time"
)

// A Store knows what has been revoked.
//
// Lookup returns, for those of the keys that are revoked, since when. Of a subject, tokens
// that were issued later are good; for the other kinds the time does not matter. The zero
// time stands for ever. Keys that it has nothing for are left out. An error is an outage,
// never the token's fault. It is asked with one to three keys, of different kinds.
//
// An entry may go once the last token that it is about has expired.
type Store interface {
	Lookup(ctx context.Context, keys []Key) (map[Key]time.Time, error)
}

// A Memory is a [Store] of one process, for tests and for programs that are one process.
// Its zero value is empty and ready. It keeps what is put into it. It is safe for concurrent
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
