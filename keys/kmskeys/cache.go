package kmskeys

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/lru"
	"github.com/lambdajwt/authorizer/keys"
)

// A blobID is the SHA-256 hash of an encrypted data key and its encryption context.
type blobID [sha256.Size]byte

// A cache remembers what KMS has said of data keys: those it has decrypted, and, in
// a place of their own so that they push none of those out, the ones it has refused.
// It is safe for concurrent use.
type cache struct {
	age     time.Duration
	now     func() time.Time
	context [sha256.Size]byte // the hash of the encryption context

	mu      sync.Mutex
	keys    *lru.Map[blobID, kept]
	refused *lru.Map[blobID, time.Time]
}

// kept is a data key, and until when it is good.
type kept struct {
	key   *dataKey
	until time.Time
}

func newCache(cfg EnvelopeConfig) *cache {
	return &cache{
		age:     cfg.MaxAge,
		now:     cfg.Now,
		context: hashContext(cfg.EncryptionContext),
		keys:    lru.New[blobID, kept](cfg.CacheSize),
		refused: lru.New[blobID, time.Time](cfg.CacheSize),
	}
}

// hashContext hashes an encryption context, in which order does not matter.
func hashContext(context map[string]string) [sha256.Size]byte {
	var text []byte
	for _, name := range slices.Sorted(maps.Keys(context)) {
		text = strconv.AppendQuote(text, name)
		text = strconv.AppendQuote(text, context[name])
	}
	return sha256.Sum256(text)
}

// identify returns the ID of a data key, given in the one text that stands for it.
func (c *cache) identify(text []byte) blobID {
	var buf [512]byte // for the 246 characters that a data key of KMS has, and some more
	return sha256.Sum256(append(append(buf[:0], c.context[:]...), text...))
}

// find returns a data key, an error if KMS has refused it lately, or neither.
func (c *cache) find(id blobID) (*dataKey, error) {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if k, found := c.keys.Get(id); found {
		if now.Before(k.until) {
			return k.key, nil
		}
		c.keys.Delete(id)
	}
	if until, found := c.refused.Get(id); found {
		if now.Before(until) {
			return nil, errRefusedBefore
		}
		c.refused.Delete(id)
	}
	return nil, nil
}

var errRefusedBefore = fmt.Errorf("kmskeys: %w: KMS has refused its data key before", keys.ErrUnknownKey)

func (c *cache) keep(id blobID, key *dataKey) {
	until := c.now().Add(c.age)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys.Put(id, kept{key, until})
}

func (c *cache) refuse(id blobID) {
	until := c.now().Add(c.age)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refused.Put(id, until)
}
