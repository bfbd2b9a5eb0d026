package authorizertest

import (
	"container/list"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxCached bounds the cache. AWS states no number.
const maxCached = 1000

// A cache remembers what authorizers granted, by the identity sources alone: not by
// method or route. The least recently used gives way.
type cache struct {
	mu      sync.Mutex
	entries map[string]*list.Element
	recent  list.List // of *cached, the most recently used first
}

type cached struct {
	key     string
	granted *granted
	until   time.Time
}

func newCache() *cache { return &cache{entries: map[string]*list.Element{}} }

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
	element := c.entries[key]
	if element == nil {
		return nil
	}
	entry := element.Value.(*cached)
	if !now.Before(entry.until) {
		c.remove(element)
		return nil
	}
	c.recent.MoveToFront(element)
	return entry.granted
}

func (c *cache) put(key string, g *granted, until time.Time) {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if element := c.entries[key]; element != nil {
		c.remove(element)
	}
	if len(c.entries) >= maxCached {
		c.remove(c.recent.Back())
	}
	c.entries[key] = c.recent.PushFront(&cached{key, g, until})
}

func (c *cache) remove(element *list.Element) {
	delete(c.entries, element.Value.(*cached).key)
	c.recent.Remove(element)
}
