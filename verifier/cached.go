package verifier

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/lru"
	"github.com/lambdajwt/authorizer/internal/setup"
)

// DefaultCacheMaxAge is for how long a [Cache] remembers a token, if
// [CacheConfig.MaxAge] says nothing.
const DefaultCacheMaxAge = 5 * time.Minute

const maxCacheMaxAge = 24 * time.Hour

// CacheConfig says what a [Cache] remembers. Size must be set.
type CacheConfig struct {
	// Size is how many tokens are remembered at most, the least recently used giving way
	// to new ones. Required. A token takes about twice its length, and 400 bytes.
	Size int

	// MaxAge is for how long an accepted token is remembered at most: so long a key that
	// has been withdrawn, or a token that Config.Check would refuse by now, still passes.
	// At most a day; 0 means DefaultCacheMaxAge.
	MaxAge time.Duration
}

// A Cache asks another verifier once for each token, and remembers accepted tokens until
// they expire, and for a maximum age at most. It remembers neither refused tokens nor
// outages. Tokens are remembered by their SHA-256 hash, never as such. It is safe for
// concurrent use. Make it with [Cached].
//
// API Gateway's own authorizer cache has the same effect; keep ages short where it
// matters.
type Cache struct {
	verifier Verifier
	maxAge   time.Duration

	mu     sync.Mutex
	tokens *lru.Map[tokenHash, remembered]
}

type tokenHash [sha256.Size]byte

// A remembered token is one that is good until then.
type remembered struct {
	token *Token
	until time.Time
}

var _ IssuerVerifier = (*Cache)(nil)

// Cached returns a Cache of what v accepts, or an error that says which setting to mend.
// It remembers the tokens of verifiers of this package, which know until when a token is
// good.
func Cached(v Verifier, cfg CacheConfig) (*Cache, error) {
	switch {
	case setup.Unmade(v):
		return nil, errors.New("verifier: Cached: the verifier is nil or zero: check the error of the function that was to make it")
	case cfg.Size <= 0:
		return nil, fmt.Errorf("verifier: CacheConfig.Size is %d: set it to the number of tokens to remember", cfg.Size)
	case cfg.MaxAge < 0 || cfg.MaxAge > maxCacheMaxAge:
		return nil, fmt.Errorf("verifier: CacheConfig.MaxAge is %v: set it to at most %v, or to 0 for %v", cfg.MaxAge, maxCacheMaxAge, DefaultCacheMaxAge)
	}
	setup.Default(&cfg.MaxAge, DefaultCacheMaxAge)
	return &Cache{verifier: v, maxAge: cfg.MaxAge, tokens: lru.New[tokenHash, remembered](cfg.Size)}, nil
}

// Issuer returns the issuer of the verifier behind, empty if it has none.
func (c *Cache) Issuer() string {
	if c == nil {
		return ""
	}
	if v, ok := c.verifier.(IssuerVerifier); ok {
		return v.Issuer()
	}
	return ""
}

// Ready asks the verifier behind whether it can work, if it has a method Ready.
func (c *Cache) Ready(ctx context.Context) error {
	if !c.made() {
		return errNotMade
	}
	return ready(ctx, c.verifier)
}

func (c *Cache) maxTokenSize() int { return maxTokenSize(c.verifier) }

// Verify returns what the verifier behind does, or did for a token that is remembered.
func (c *Cache) Verify(ctx context.Context, token string) (*Token, error) {
	if !c.made() {
		return nil, errNotMade
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("verifier: %w", err)
	}
	if len(token) > maxTokenSize(c.verifier) {
		return c.verifier.Verify(ctx, token) // which refuses it: not worth the work of a hash
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

// made reports whether c comes from a constructor.
func (c *Cache) made() bool { return c != nil && c.verifier != nil }

// get returns the remembered token if it is still good, and forgets it if not.
// The clock is read without the lock, which all callers share.
func (c *Cache) get(hash tokenHash) *Token {
	r := c.find(hash)
	if r.token == nil || r.token.now().Before(r.until) {
		return r.token
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens.Delete(hash) // at worst one that somebody has just renewed
	return nil
}

func (c *Cache) find(hash tokenHash) remembered {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, _ := c.tokens.Get(hash)
	return r
}

func (c *Cache) put(hash tokenHash, t *Token) {
	if t == nil || t.now == nil {
		return
	}
	until := t.now().Add(c.maxAge)
	if !t.until.IsZero() && t.until.Before(until) {
		until = t.until
	}
	t = t.clone() // the other one is the caller's to change
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tokens.Put(hash, remembered{t, until})
}

// maxTokenSize returns how long the tokens are that a verifier reads: for one of another
// package, as long as any can be set to.
func maxTokenSize(v Verifier) int {
	if sized, ok := v.(interface{ maxTokenSize() int }); ok {
		return sized.maxTokenSize()
	}
	return jose.MaxTokenSize
}

// ready asks a verifier whether it can work, if it has a method Ready.
func ready(ctx context.Context, v Verifier) error {
	if v, ok := v.(interface{ Ready(context.Context) error }); ok {
		return v.Ready(ctx)
	}
	return nil
}
