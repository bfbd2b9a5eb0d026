// Package lru is a map that holds a bounded number of entries: what is put into a
// full one takes the place of what has not been used for longest.
package lru

import (
	"container/list"
	"iter"
)

// A Map holds up to a number of entries. Make it with [New]. It is not safe for
// concurrent use: Get writes too.
type Map[K comparable, V any] struct {
	size    int
	entries map[K]*list.Element
	recent  list.List // of *entry[K, V], the most recently used first
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// New returns a Map of up to size entries. With a size of 0 or less it holds none.
func New[K comparable, V any](size int) *Map[K, V] {
	return &Map[K, V]{size: size, entries: map[K]*list.Element{}}
}

// Get returns the value of key, which counts as a use of it.
func (m *Map[K, V]) Get(key K) (value V, found bool) {
	element := m.entries[key]
	if element == nil {
		return value, false
	}
	m.recent.MoveToFront(element)
	return element.Value.(*entry[K, V]).value, true
}

// Put sets the value of key, which counts as a use of it.
func (m *Map[K, V]) Put(key K, value V) {
	if m.size <= 0 {
		return
	}
	m.Delete(key)
	if len(m.entries) == m.size {
		m.Delete(m.recent.Back().Value.(*entry[K, V]).key)
	}
	m.entries[key] = m.recent.PushFront(&entry[K, V]{key, value})
}

// Delete takes key out, if it is there.
func (m *Map[K, V]) Delete(key K) {
	element := m.entries[key]
	if element == nil {
		return
	}
	delete(m.entries, key)
	m.recent.Remove(element)
}

// Len returns how many entries there are.
func (m *Map[K, V]) Len() int { return len(m.entries) }

// All gives the entries, the most recently used first, which counts as no use of them. The
// Map must not be changed meanwhile.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for element := m.recent.Front(); element != nil; element = element.Next() {
			if e := element.Value.(*entry[K, V]); !yield(e.key, e.value) {
				return
			}
		}
	}
}
