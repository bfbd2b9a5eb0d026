package policy

import (
	"maps"
	"slices"
	"testing"
)

// Members are kept in words of 64: each is itself, and no other.
func TestABitsetHoldsWhatWasAddedAndNotRemovedAndNothingElse(t *testing.T) {
	const size = 200
	s, want := newBitset(size), make(map[int]bool)
	check := func(did string, i int) {
		t.Helper()
		members := slices.Sorted(maps.Keys(want))
		if got := slices.Collect(s.all); !slices.Equal(got, members) || s.len() != len(members) {
			t.Fatalf("%s %d: got %v, %d in all, want %v", did, i, got, s.len(), members)
		}
		for j := range size {
			if s.has(j) != want[j] {
				t.Fatalf("%s %d: has %d: %v", did, i, j, s.has(j))
			}
		}
	}
	check("nothing yet", 0)
	for i := range size {
		n := i * 7 % size // every one, not in order
		s.add(n)
		want[n] = true
		check("add", n)
		s.add(n)
		check("add again", n)
	}
	for i := range size {
		n := i * 9 % size
		s.remove(n)
		delete(want, n)
		check("remove", n)
		s.remove(n)
		check("remove again", n)
	}
}

func TestHowTwoBitsetsCompare(t *testing.T) {
	of := func(members ...int) bitset {
		s := newBitset(130)
		for _, n := range members {
			s.add(n)
		}
		return s
	}
	for _, tt := range []struct {
		a, b               bitset
		intersects, within bool
		union              []int
	}{
		{of(), of(), false, true, nil},
		{of(), of(0, 129), false, true, []int{0, 129}},
		{of(0, 129), of(), false, false, []int{0, 129}},
		{of(63), of(64), false, false, []int{63, 64}},
		{of(64), of(64), true, true, []int{64}},
		{of(129), of(1, 129), true, true, []int{1, 129}},
		{of(1, 129), of(129), true, false, []int{1, 129}},
		{of(1, 64), of(64, 129), true, false, []int{1, 64, 129}},
		{of(1), of(65), false, false, []int{1, 65}},
	} {
		if got := tt.a.intersects(tt.b); got != tt.intersects {
			t.Errorf("%v intersects %v: %v", tt.a, tt.b, got)
		}
		if got := tt.b.intersects(tt.a); got != tt.intersects {
			t.Errorf("%v intersects %v: %v", tt.b, tt.a, got)
		}
		if got := tt.a.within(tt.b); got != tt.within {
			t.Errorf("%v within %v: %v", tt.a, tt.b, got)
		}
		union := slices.Clone(tt.a)
		union.addAll(tt.b)
		if got := slices.Collect(union.all); !slices.Equal(got, tt.union) {
			t.Errorf("%v and %v together are %v, want %v", tt.a, tt.b, got, tt.union)
		}
	}
	for n := range of(3, 70).all {
		if n != 3 {
			t.Errorf("%d comes after the end", n)
		}
		break
	}
}
