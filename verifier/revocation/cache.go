package revocation

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/lru"
)

// A cache remembers what the store has said. A nil cache remembers nothing. Keys are
// remembered by their hash, because they can be as long as a token.
type cache struct {
	maxAge time.Duration
	now    func() time.Time

	mu      sync.Mutex
	answers *lru.Map[[sha256.Size]byte, answer]
}

func newCache(size int, maxAge time.Duration, now func() time.Time) *cache {
	return &cache{maxAge: maxAge, now: now, answers: lru.New[[sha256.Size]byte, answer](size)}
}

// get returns the last answer about a key, and whether it still counts.
func (c *cache) get(key Key) (a answer, fresh bool) {
	if c == nil {
		return answer{}, false
	}
	now := c.now()
	hash := sha256.Sum256([]byte(key.String()))
	c.mu.Lock()
	defer c.mu.Unlock()
	a, found := c.answers.Get(hash)
	return a, found && clock.Within(now, a.asked, c.maxAge)
}

func (c *cache) put(key Key, a answer) {
	if c == nil {
		return
	}
	hash := sha256.Sum256([]byte(key.String()))
	c.mu.Lock()
	defer c.mu.Unlock()
	if later, found := c.answers.Get(hash); found && later.asked.After(a.asked) {
		return // a is late, and says what has been
	}
	c.answers.Put(hash, a)
}
