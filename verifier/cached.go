package verifier

import (
	"context"
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/lambdajwt/authorizer/internal/lru"
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
	return &cached{verifier: v, tokens: lru.New[tokenHash, *Token](size)}
}

type cached struct {
	verifier Verifier

	mu     sync.Mutex
	tokens *lru.Map[tokenHash, *Token]
}

type tokenHash [sha256.Size]byte

func (c *cached) Verify(ctx context.Context, token string) (*Token, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("verifier: %w", err)
	}
	if len(token) > DefaultMaxTokenSize {
		return c.verifier.Verify(ctx, token) // not worth the work, nor the room
	}
	var room [1024]byte // on the stack, where most tokens fit
	hash := tokenHash(sha256.Sum256(append(room[:0], token...)))
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
// The clock is read without the lock, which all callers share.
func (c *cached) get(hash tokenHash) *Token {
	t := c.find(hash)
	if t == nil || t.now().Before(t.until) {
		return t
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens.Delete(hash) // at worst one that somebody has just renewed
	return nil
}

func (c *cached) find(hash tokenHash) *Token {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, _ := c.tokens.Get(hash)
	return t
}

func (c *cached) put(hash tokenHash, t *Token) {
	if t == nil || t.now == nil || t.until.IsZero() {
		return
	}
	t = t.clone() // the other one is the caller's to change
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens.Put(hash, t)
}
