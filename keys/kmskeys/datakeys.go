package kmskeys

import (
	"sync"
	"sync/atomic"

	"github.com/lambdajwt/authorizer/internal/lru"
	"github.com/lambdajwt/authorizer/internal/refresh"
)

// dataKeys are the data keys that a verifier has. Those that are proven, by a token with
// a right signature, are in a place of their own: nothing that anybody makes up pushes
// one of them out. They are safe for concurrent use.
type dataKeys struct {
	mu       sync.Mutex
	proven   *lru.Map[digest, *carried]
	unproven *lru.Map[digest, *carried]
}

// A carried is a data key as tokens carry it, encrypted, and what KMS makes of it.
type carried struct {
	id     digest // of the encrypted data key, as the one text that stands for it
	blob   []byte
	key    *refresh.Value[*dataKey]
	proven atomic.Bool // set for good
}

func newDataKeys(size int) *dataKeys {
	return &dataKeys{proven: lru.New[digest, *carried](size), unproven: lru.New[digest, *carried](size)}
}

// find returns a data key, nil if it is not there.
func (d *dataKeys) find(id digest) *carried {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.get(id)
}

// get is find. The caller holds d.mu.
func (d *dataKeys) get(id digest) *carried {
	if c, found := d.proven.Get(id); found {
		return c
	}
	c, _ := d.unproven.Get(id)
	return c
}

// add adds a data key that is not proven, or returns the one that is there already.
func (d *dataKeys) add(c *carried) *carried {
	d.mu.Lock()
	defer d.mu.Unlock()
	if there := d.get(c.id); there != nil {
		return there
	}
	d.unproven.Put(c.id, c)
	return c
}

// prove takes note that a token was verified with a data key.
func (d *dataKeys) prove(c *carried) {
	if c.proven.Swap(true) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unproven.Delete(c.id)
	d.proven.Put(c.id, c)
}

// remove forgets the data key of an ID.
func (d *dataKeys) remove(id digest) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.proven.Delete(id)
	d.unproven.Delete(id)
}

// drop forgets c unless it is proven, since whoever makes such up may have many. Another one of
// its ID, which has come since c was pushed out, stays.
func (d *dataKeys) drop(c *carried) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if there, _ := d.unproven.Get(c.id); there == c {
		d.unproven.Delete(c.id)
	}
}
