package lru_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/internal/lru"
)

// wantEntries tests that exactly these keys are there, each with itself as its value.
func wantEntries(t *testing.T, m *lru.Map[string, string], want ...string) {
	t.Helper()
	if m.Len() != len(want) {
		t.Errorf("%d entries, want %d", m.Len(), len(want))
	}
	for _, key := range want {
		if value, found := m.Get(key); !found || value != key {
			t.Errorf("%s: got %q, %v", key, value, found)
		}
	}
}

func put(m *lru.Map[string, string], keys ...string) {
	for _, key := range keys {
		m.Put(key, key)
	}
}

func TestTheLeastRecentlyUsedGivesWay(t *testing.T) {
	m := lru.New[string, string](3)
	put(m, "a", "b", "c")
	m.Get("a")
	put(m, "d")
	wantEntries(t, m, "a", "c", "d")
	if _, found := m.Get("b"); found {
		t.Error("b is still there")
	}
}

func TestPuttingAKeyAgainReplacesItAndCountsAsAUse(t *testing.T) {
	m := lru.New[string, string](2)
	m.Put("a", "old")
	put(m, "b", "a", "c")
	wantEntries(t, m, "a", "c")
}

func TestADeletedEntryMakesRoom(t *testing.T) {
	m := lru.New[string, string](2)
	put(m, "a", "b")
	m.Delete("b")
	m.Delete("never there")
	put(m, "c")
	wantEntries(t, m, "a", "c")
}

func TestAMapOfSizeOneHoldsTheLast(t *testing.T) {
	m := lru.New[string, string](1)
	put(m, "a")
	wantEntries(t, m, "a")
	put(m, "b")
	wantEntries(t, m, "b")
}

func TestAMapOfNoSizeHoldsNothing(t *testing.T) {
	for _, size := range []int{0, -1} {
		m := lru.New[string, string](size)
		put(m, "a", "b")
		wantEntries(t, m)
	}
}

// A list of keys, the most recently used first, is all that a Map is.
func TestItBehavesAsTheObviousListDoes(t *testing.T) {
	const size = 8
	random := rand.New(rand.NewPCG(1, 2))
	m := lru.New[int, int](size)
	var keys, values []int
	remove := func(key int) {
		if i := slices.Index(keys, key); i >= 0 {
			keys, values = slices.Delete(keys, i, i+1), slices.Delete(values, i, i+1)
		}
	}
	for step := range 20_000 {
		key := random.IntN(2 * size)
		switch random.IntN(5) {
		case 0:
			m.Delete(key)
			remove(key)
		case 1, 2:
			m.Put(key, step)
			remove(key)
			keys, values = slices.Insert(keys, 0, key), slices.Insert(values, 0, step)
			keys, values = keys[:min(size, len(keys))], values[:min(size, len(values))]
		default:
			got, found := m.Get(key)
			i := slices.Index(keys, key)
			if found != (i >= 0) || found && got != values[i] {
				t.Fatalf("step %d: key %d gave %d, %v; want %v", step, key, got, found, i >= 0)
			}
			if found {
				remove(key)
				keys, values = slices.Insert(keys, 0, key), slices.Insert(values, 0, got)
			}
		}
		if m.Len() != len(keys) {
			t.Fatalf("step %d: %d entries, want %d", step, m.Len(), len(keys))
		}
	}
}

func TestAllGivesTheMostRecentlyUsedFirstAndUsesNone(t *testing.T) {
	m := lru.New[string, string](3)
	put(m, "a", "b", "c")
	m.Get("a")
	list := func() (keys []string) {
		for key, value := range m.All() {
			if key != value {
				t.Errorf("%s has %s", key, value)
			}
			keys = append(keys, key)
		}
		return keys
	}
	for range 2 {
		if got := list(); !slices.Equal(got, []string{"a", "c", "b"}) {
			t.Errorf("got %q", got)
		}
	}
	for range m.All() {
		break
	}
}
