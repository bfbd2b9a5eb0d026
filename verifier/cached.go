package verifier

import (
	"container/list"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
)

// Cached returns a Verifier that asks v once for each token and remembers up to
// size accepted tokens until they expire, the least recently used giving way to
// new ones. Refused tokens, outages and tokens that never expire are not
// remembered. With a size of 0 or less nothing is.
//
// What v checks beside the token's own times is as old as the memory: a key that
// has been withdrawn, or a token that [Config.Check] would refuse by now, passes
// until its token expires. API Gateway's authorizer cache has the same effect;
// keep lifetimes short where that matters. Tokens are remembered by their SHA-256
// hash, never as such; one longer than [DefaultMaxTokenSize] is not remembered.
func Cached(v Verifier, size int) Verifier {
	if size <= 0 {
		return v
	}
	return &cached{verifier: v, size: size, entries: map[[sha256.Size]byte]*list.Element{}}
}

type cached struct {
	verifier Verifier
	size     int

	mu      sync.Mutex
	entries map[[sha256.Size]byte]*list.Element
	recent  list.List // of *entry, the most recently used first
}

type entry struct {
	hash  [sha256.Size]byte
	token *Token
}

func (c *cached) Verify(ctx context.Context, token string) (*Token, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("verifier: %w", err)
	}
	if len(token) > DefaultMaxTokenSize {
		return c.verifier.Verify(ctx, token) // not worth the work, nor the room
	}
	hash := sha256.Sum256([]byte(token))
	if t := c.get(hash); t != nil {
		return t.clone(), nil
	}
	t, err := c.verifier.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	c.put(hash, t)
	return t, nil
}

// get returns the remembered token if it is still valid, and forgets it if not.
func (c *cached) get(hash [sha256.Size]byte) *Token {
	c.mu.Lock()
	defer c.mu.Unlock()
	element := c.entries[hash]
	if element == nil {
		return nil
	}
	t := element.Value.(*entry).token
	if !t.now().Before(t.until) {
		c.forget(element)
		return nil
	}
	c.recent.MoveToFront(element)
	return t
}

func (c *cached) put(hash [sha256.Size]byte, t *Token) {
	if t == nil || t.now == nil || t.until.IsZero() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[hash] != nil {
		return // somebody else was faster
	}
	if len(c.entries) >= c.size {
		c.forget(c.recent.Back())
	}
	c.entries[hash] = c.recent.PushFront(&entry{hash, t.clone()})
}

func (c *cached) forget(element *list.Element) {
	delete(c.entries, element.Value.(*entry).hash)
	c.recent.Remove(element)
}
