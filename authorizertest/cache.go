package authorizertest

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/lru"
)

// maxCached bounds the cache. AWS states no number.
const maxCached = 1000

// A cache remembers what authorizers granted, by the identity sources alone: not by
// method or route. The least recently used gives way.
type cache struct {
	mu      sync.Mutex
	entries *lru.Map[string, cached]
}

type cached struct {
	granted  *granted
	identity []string
	until    time.Time
}

func newCache() *cache { return &cache{entries: lru.New[string, cached](maxCached)} }

// cacheKey joins values so that no two lists have one key.
func cacheKey(values []string) string {
	var b strings.Builder
	for _, value := range values {
		b.WriteString(strconv.Quote(value))
	}
	return b.String()
}

func (c *cache) get(key string, now time.Time) *granted {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, found := c.entries.Get(key)
	if !found {
		return nil
	}
	if !now.Before(entry.until) {
		c.entries.Delete(key)
		return nil
	}
	return entry.granted
}

func (c *cache) put(key string, g *granted, identity []string, until time.Time) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries.Put(key, cached{g, identity, until})
}

// list returns what there is at that time, the most recently used first.
func (c *cache) list(now time.Time) []cached {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var entries []cached
	for _, entry := range c.entries.All() {
		if now.Before(entry.until) {
			entries = append(entries, entry)
		}
	}
	return entries
}

// empty forgets everything.
func (c *cache) empty() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = lru.New[string, cached](maxCached)
}
