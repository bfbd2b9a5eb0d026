package binding

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/setup"
)

// A ProofStore remembers which proofs have been used, each for its time.
//
// Use notes that the proof of this ID is used now, and reports whether it is the first time.
// An ID has 43 characters of base64url. Use must be atomic: of two calls with one ID at the
// same time, exactly one is the first. From until on the store may forget the ID, because
// the proof is then refused for its age. A store that several machines share keeps IDs for
// some seconds longer, because their clocks differ. An error is an outage.
type ProofStore interface {
	Use(ctx context.Context, id string, until time.Time) (first bool, err error)
}

// DefaultMemorySize is how many proofs a [Memory] remembers, if [MemoryConfig.Size] says
// nothing. They take about 10 MB.
const DefaultMemorySize = 1 << 16

// ErrFull says that a [Memory] is full of proofs that are not yet too old. If it forgot one
// of them, that could be used again. So this is an outage: the answer is a 500.
var ErrFull = errors.New("the memory of used proofs is full")

// MemoryConfig says how much a [Memory] remembers.
type MemoryConfig struct {
	// Size is how many proofs it holds at most. It needs room for the requests of one
	// window (DPoPConfig.Window), or of two if the clocks of clients are ahead. 0 means
	// DefaultMemorySize: 500 requests a second with the default window.
	Size int

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Memory is a [ProofStore] of one process. On Lambda, where several processes run at a
// time, a proof can be used once with each of them. What it holds is bounded: when it is
// full, it gives [ErrFull]. It is safe for concurrent use. Make it with [NewMemory].
type Memory struct {
	size int
	now  func() time.Time

	mu      sync.Mutex
	ids     map[string]bool
	expires expiries // those of ids, the next one to be forgotten first
}

var _ ProofStore = (*Memory)(nil)

// NewMemory returns a memory, or an error that says which setting to mend.
func NewMemory(cfg MemoryConfig) (*Memory, error) {
	if cfg.Size < 0 {
		return nil, fmt.Errorf("binding: MemoryConfig.Size is %d: set it to the number of proofs to remember, or to 0 for %d", cfg.Size, DefaultMemorySize)
	}
	setup.Default(&cfg.Size, DefaultMemorySize)
	return &Memory{size: cfg.Size, now: clock.Wall(cfg.Now), ids: map[string]bool{}}, nil
}

// Use notes that a proof is used. It gives [ErrFull] if there is no room.
func (m *Memory) Use(_ context.Context, id string, until time.Time) (first bool, err error) {
	if m == nil || m.ids == nil {
		return false, errNotMade
	}
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forget(now)
	switch {
	case m.ids[id]:
		return false, nil
	case len(m.ids) >= m.size:
		return false, ErrFull
	}
	m.ids[id] = true
	heap.Push(&m.expires, expiry{id, until})
	return true, nil
}

// forget makes room.
func (m *Memory) forget(now time.Time) {
	for len(m.expires) > 0 && !now.Before(m.expires[0].at) {
		delete(m.ids, heap.Pop(&m.expires).(expiry).id)
	}
}

type expiry struct {
	id string
	at time.Time
}

// expiries are a heap: the first one is the next.
type expiries []expiry

func (e expiries) Len() int           { return len(e) }
func (e expiries) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e expiries) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *expiries) Push(x any)        { *e = append(*e, x.(expiry)) }

func (e *expiries) Pop() any {
	last := len(*e) - 1
	x := (*e)[last]
	(*e)[last] = expiry{}
	*e = (*e)[:last]
	return x
}
