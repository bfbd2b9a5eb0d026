package policy

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// The texts of tokens in these tests: a and b are literals, v is the value of a
// claim, and z stands for all other texts.
const (
	tokenA token = iota + firstText
	tokenB
	tokenV
	tokenZ
)

var tokenTexts = map[token]string{noSegment: "", tokenA: "a", tokenB: "b", tokenV: "v", tokenZ: "z"}

func randomShape(rng *rand.Rand) shape {
	if rng.IntN(12) == 0 {
		return shape{noSegment}
	}
	var s shape
	for range 1 + rng.IntN(4) {
		s = append(s, []token{tokenA, tokenB, tokenV, one, one, firstElse}[rng.IntN(6)])
	}
	if rng.IntN(4) == 0 {
		s = append(s, run)
	}
	return s
}

// paths returns all paths of up to n segments.
func paths(n int) []shape {
	all := []shape{{noSegment}}
	last := []shape{nil}
	for range n {
		var longer []shape
		for _, p := range last {
			for t := tokenA; t <= tokenZ; t++ {
				longer = append(longer, append(slices.Clone(p), t))
			}
		}
		all = append(all, longer...)
		last = longer
	}
	return all
}

// holds reports whether a path is one of a shape's, by trying.
func (s shape) holds(path shape) bool {
	switch {
	case len(s) == 0 || len(path) == 0:
		return len(s) == len(path)
	case s[0] == run:
		return path[0] != noSegment && (s[1:].holds(path[1:]) || s.holds(path[1:]))
	}
	fits := s[0] == path[0] || path[0] != noSegment && (s[0] == one || s[0] == firstElse && path[0] != tokenV)
	return fits && s[1:].holds(path[1:])
}

// text returns what stands in an ARN after the stage.
func textOf(verb string, path shape) string {
	parts := []string{verb}
	for _, t := range path {
		if t < 0 {
			parts = append(parts, "*")
		} else {
			parts = append(parts, tokenTexts[t])
		}
	}
	return strings.Join(parts, "/")
}

func TestAnOverlapIsWhatThePatternMatchesOfTheShape(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	all := paths(5)
	for range 300 {
		p, s := pattern{verb: []int{0, anyVerbs}[rng.IntN(2)], path: randomShape(rng)}, randomShape(rng)
		var parts []shape
		o := overlap{values: tokenV, steps: new(int), found: func(part shape) { parts = append(parts, slices.Clone(part)) }}
		o.of(p, s)
		if p.misses(s) && len(parts) > 0 {
			t.Errorf("%v misses %v, and has in common %v", p, s, parts)
		}
		text := textOf(map[int]string{0: "GET", anyVerbs: "*"}[p.verb], p.path)
		for _, path := range all {
			want := match(text, textOf("GET", path)) && s.holds(path)
			got := slices.ContainsFunc(parts, func(part shape) bool { return part.holds(path) })
			if got != want {
				t.Fatalf("%v and %v have in common %v: %v is in there: %v, want %v", p, s, parts, path, got, want)
			}
		}
	}
}

func TestOneShapeOrPatternIsWithinAnotherIfAllItsPathsAre(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	all := paths(5)
	within, covers := 0, 0
	for range 1200 {
		a, b := randomShape(rng), randomShape(rng)
		subset := func(holds func(a, b shape, path shape) (bool, bool)) bool {
			return !slices.ContainsFunc(all, func(path shape) bool { inA, inB := holds(a, b, path); return inA && !inB })
		}
		isWithin := subset(func(a, b, path shape) (bool, bool) { return a.holds(path), b.holds(path) })
		if got := a.within(b, tokenV); got != isWithin {
			t.Fatalf("%v within %v: %v", a, b, got)
		}
		isCovered := subset(func(a, b, path shape) (bool, bool) {
			text := textOf("GET", path)
			return match(textOf("GET", a), text), match(textOf("GET", b), text)
		})
		if got := (pattern{path: b}).covers(pattern{path: a}); got && !isCovered {
			t.Fatalf("%v covers %v", b, a)
		} else if got {
			covers++
		}
		if isWithin {
			within++
		}
	}
	if within < 50 || covers < 50 {
		t.Errorf("%d shapes were within others, and %d patterns", within, covers)
	}
}

// A path whose parts have been decoded, or whose empty segments do not count, may be
// for any route that the pattern can be bent to.
func TestAPatternMayReachWhatItsOddPathsAreTakenFor(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	all := paths(4)
	reached, not := 0, 0
	for range 1200 {
		p, s := pattern{verb: []int{0, anyVerbs}[rng.IntN(2)], path: randomShape(rng)}, randomShape(rng)
		text := textOf(map[int]string{0: "GET", anyVerbs: "*"}[p.verb], p.path)
		may := p.mayReach(s, tokenV)
		if may {
			reached++
		} else {
			not++
		}
		for _, path := range all {
			if !s.holds(path) {
				continue
			}
			for i := range len(path) + 1 { // an empty segment before the i-th
				odd := slices.Insert(slices.Clone(path), i, noSegment)
				if match(text, textOf("GET", odd)) && !may {
					t.Fatalf("%s matches %s, which may be taken for %v of %v", text, textOf("GET", odd), path, s)
				}
			}
		}
	}
	if reached < 100 || not < 100 {
		t.Errorf("%d reached and %d not", reached, not)
	}
}
