package jose

import (
	"fmt"
	"testing"
)

// The names of an object are compared each with each up to a number, and from there on looked
// up in a map: the work grows with their number, and not with its square.
func TestManyNamesAreLookedUpAndFewAreCompared(t *testing.T) {
	for _, around := range []int{0, 40} { // names of the objects around it
		for names, looksUp := range map[int]bool{0: false, 31: false, 32: true, 1000: true} {
			var s scanner
			for i := range around + names {
				s.push(fmt.Sprint(i))
			}
			var many map[string]bool
			if s.repeats("new", around, &many) || around > 0 && s.repeats("0", around, &many) {
				t.Errorf("%d names in %d: a new one is no new one", names, around)
			}
			if (many != nil) != looksUp {
				t.Errorf("%d names in %d: a map of %d", names, around, len(many))
			}
			if last := fmt.Sprint(around + names - 1); names > 0 && !s.repeats(last, around, &many) {
				t.Errorf("%d names in %d: the last one is there already", names, around)
			}
		}
	}
}
