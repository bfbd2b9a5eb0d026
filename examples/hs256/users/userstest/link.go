package userstest

import (
	"errors"
	"sync"
)

// A Link stands between a store and its database, where a test can cut it. A store that
// needs more than one write for a call sends each of them through Write. One whose calls
// are a transaction each needs no link.
type Link struct {
	mu     sync.Mutex
	writes int
	fault  func(write int) fault
}

// A fault is what happens to a write.
type fault int

const (
	passes       fault = iota
	isLost             // it does not reach the database
	answerIsLost       // it does, but the store does not learn of it
)

var errCut = errors.New("the line to the database is cut")

// Write sends a write, or does not: send sends it and waits for the answer.
func (l *Link) Write(send func() error) error {
	l.mu.Lock()
	happens, write := l.fault, l.writes
	l.writes++
	l.mu.Unlock()
	now := passes
	if happens != nil {
		now = happens(write)
	}
	if now == isLost {
		return errCut
	}
	err := send()
	if now == answerIsLost {
		return errCut
	}
	return err
}

// set has a fault decide about all writes from now on, which are counted from 0.
func (l *Link) set(f func(write int) fault) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes, l.fault = 0, f
}

// CutAfter lets some writes pass and then none, as if the process ended there.
func (l *Link) CutAfter(writes int) {
	l.set(func(write int) fault {
		if write < writes {
			return passes
		}
		return isLost
	})
}

// Mend lets all writes pass again.
func (l *Link) Mend() { l.set(nil) }

// loseAnswer loses the answer of one write. What the store sends again gets through.
func (l *Link) loseAnswer(to int) {
	l.set(func(write int) fault {
		if write == to {
			return answerIsLost
		}
		return passes
	})
}

// before has something done before one of the writes, and reports through done that it was.
func (l *Link) before(write int, do func()) (done *bool) {
	done = new(bool)
	l.set(func(n int) fault {
		if n == write && !*done {
			*done = true // do writes, too
			do()
		}
		return passes
	})
	return done
}

// sent returns how many writes there have been since the last fault was set.
func (l *Link) sent() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.writes
}
