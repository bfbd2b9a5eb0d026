package policy

import (
	"slices"
	"strings"
	"testing"
)

// These tests try out all shapes and patterns of a small world: a is a literal, v and w
// are the values of two claims, and z stands for all other texts.
const (
	tokenA token = iota + firstText
	tokenV
	tokenW
	tokenZ

	elseV = firstElse     // any segment but v
	elseW = firstElse - 1 // any segment but w
)

var tokenTexts = map[token]string{noSegment: "", tokenA: "a", tokenV: "v", tokenW: "w", tokenZ: "z"}

// smallShapes returns the root path and all shapes of one or two tokens and, of fewer
// kinds, three and four; each with and without a run at its end.
func smallShapes() []shape {
	var all []shape
	kinds := []token{tokenA, tokenV, tokenW, one, elseV, elseW}
	last := []shape{nil}
	for length := range 4 {
		if length == 2 {
			kinds = []token{tokenA, one}
			last = slices.DeleteFunc(last, func(s shape) bool {
				return slices.ContainsFunc(s, func(t token) bool { return t != tokenA && t != one })
			})
		}
		var longer []shape
		for _, s := range last {
			for _, t := range kinds {
				longer = append(longer, append(slices.Clone(s), t))
			}
		}
		last = longer
		all = append(all, longer...)
	}
	for _, s := range slices.Clone(all) {
		all = append(all, append(slices.Clone(s), run))
	}
	return append(all, shape{noSegment}, shape{run})
}

// parts are shapes that stand for parts of others, with runs wherever a "*" can be.
var parts = []shape{
	{run, tokenA}, {run, one}, {run, run}, {run, elseV}, {tokenA, run, tokenA}, {one, run, tokenV},
	{run, tokenA, run}, {run, tokenA, one}, {run, one, tokenA}, {tokenA, run, one, run},
}

// A smallWorld has all paths of up to five segments, and finds by trying which of them
// a shape holds or a pattern matches.
type smallWorld struct {
	paths []shape
	texts []string // of requests
	sets  map[string]bitset
}

func newSmallWorld(depth int) *smallWorld {
	w := &smallWorld{paths: []shape{{noSegment}}, sets: make(map[string]bitset)}
	last := []shape{nil}
	for range depth {
		var longer []shape
		for _, p := range last {
			for t := tokenA; t <= tokenZ; t++ {
				longer = append(longer, append(slices.Clone(p), t))
			}
		}
		w.paths = append(w.paths, longer...)
		last = longer
	}
	for _, p := range w.paths {
		w.texts = append(w.texts, textOf(0, p))
	}
	return w
}

func (w *smallWorld) where(key string, fits func(i int) bool) bitset {
	if set, ok := w.sets[key]; ok {
		return set
	}
	set := newBitset(len(w.paths))
	for i := range w.paths {
		if fits(i) {
			set.add(i)
		}
	}
	w.sets[key] = set
	return set
}

// held returns the paths that are a shape's.
func (w *smallWorld) held(s shape) bitset {
	key := make([]byte, len(s))
	for i, t := range s {
		key[i] = 'm' + byte(t)
	}
	return w.where(string(key), func(i int) bool { return s.holds(w.paths[i]) })
}

// matched returns the paths of GET requests that a pattern matches.
func (w *smallWorld) matched(p pattern) bitset {
	text := textOf(p.verb, p.path)
	return w.where(text, func(i int) bool { return match(text, w.texts[i]) })
}

// holds reports whether a path is one of a shape's.
func (s shape) holds(path shape) bool {
	switch {
	case len(s) == 0 || len(path) == 0:
		return len(s) == len(path)
	case s[0] == run:
		return path[0] != noSegment && (s[1:].holds(path[1:]) || s.holds(path[1:]))
	}
	isElse := s[0] == elseV && path[0] != tokenV || s[0] == elseW && path[0] != tokenW
	fits := s[0] == path[0] || path[0] != noSegment && (s[0] == one || isElse)
	return fits && s[1:].holds(path[1:])
}

// textOf returns what stands in an ARN after the stage.
func textOf(verb int, path shape) string {
	texts := []string{"*"}
	if verb != anyVerbs {
		texts[0] = verbs[verb]
	}
	for _, t := range path {
		if t < 0 {
			texts = append(texts, "*")
		} else {
			texts = append(texts, tokenTexts[t])
		}
	}
	return strings.Join(texts, "/")
}

func smallPatterns() []pattern {
	var all []pattern
	for _, s := range smallShapes() {
		all = append(all, pattern{verb: 0, path: s}, pattern{verb: anyVerbs, path: s})
	}
	return all
}

func TestAnOverlapIsWhatThePatternMatchesOfTheShape(t *testing.T) {
	w := newSmallWorld(5)
	shapes := smallShapes()
	for _, p := range smallPatterns() {
		matched := w.matched(p)
		for _, s := range shapes {
			got := newBitset(len(w.paths))
			o := overlap{values: tokenV, steps: new(int), found: func(part shape) { got.addAll(w.held(part)) }}
			o.of(p, s)
			want := slices.Clone(w.held(s))
			for i := range want {
				want[i] &= matched[i]
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%v and %v have %d paths in common, want %d", p, s, got.len(), want.len())
			}
			if p.misses(s) && want.len() > 0 {
				t.Errorf("%v misses %v, and has paths in common", p, s)
			}
		}
	}
}

// Two steps find that a path of one segment is another.
func TestAnOverlapIsLookedForUpToTheGreatestNumberOfSteps(t *testing.T) {
	for steps, want := range map[int]bool{0: true, 500_000 - 2: true, 500_000 - 1: false, 500_000: false} {
		found := false
		o := overlap{values: tokenV, steps: &steps, found: func(shape) { found = true }}
		o.of(pattern{path: shape{tokenA}}, shape{tokenA})
		if found != want {
			t.Errorf("found is %v, and %d steps are done", found, steps)
		}
	}
}

func TestAPatternThatCannotMatchIsMostlySeenAtOnce(t *testing.T) {
	tests := []struct {
		p    pattern
		s    shape
		want bool
	}{
		{pattern{path: shape{tokenA}}, shape{tokenA}, false},
		{pattern{path: shape{tokenA, one}}, shape{tokenA}, true},
		{pattern{path: shape{tokenA}}, shape{tokenA, one}, false}, // which takes more than a look
		{pattern{path: shape{tokenA, one}}, shape{run}, false},
		{pattern{path: shape{tokenA, one}}, shape{tokenV, one}, true},
		{pattern{path: shape{one, one}}, shape{tokenV, one}, false},
		{pattern{path: shape{tokenA, one}}, shape{elseV, one}, false},
		{pattern{path: shape{noSegment}}, shape{tokenA}, true},
		{pattern{path: shape{tokenA}}, shape{noSegment}, true},
		{pattern{verb: anyVerbs, path: shape{tokenA, one}}, shape{tokenV, one}, false},
		{pattern{verb: anyVerbs, path: shape{one, tokenA}}, shape{one, tokenV}, true},
		{pattern{path: shape{one, tokenA}}, shape{one, tokenV}, true},
		{pattern{path: shape{one, tokenA}}, shape{one, one}, false},
		{pattern{path: shape{one, one}}, shape{one, tokenV}, false},
		{pattern{path: shape{one, noSegment}}, shape{one, tokenV}, true},
		{pattern{path: shape{one, tokenV}}, shape{one, noSegment}, true},
	}
	for _, tt := range tests {
		if got := tt.p.misses(tt.s); got != tt.want {
			t.Errorf("%v misses %v: %v, want %v", tt.p, tt.s, got, tt.want)
		}
	}
}

func TestOneShapeIsWithinAnotherIfAllItsPathsAre(t *testing.T) {
	w := newSmallWorld(5)
	shapes := smallShapes()
	for _, a := range shapes {
		for _, b := range shapes {
			isWithin, isEqual := w.held(a).within(w.held(b)), slices.Equal(w.held(a), w.held(b))
			if got := a.within(b, tokenV); got != isWithin {
				t.Errorf("%v within %v: %v", a, b, got)
			}
			if got := a.beats(b, tokenV); got != (isWithin && !isEqual) {
				t.Errorf("%v beats %v: %v", a, b, got)
			}
		}
	}
	for _, a := range parts {
		for _, b := range shapes {
			if a.within(b, tokenV) && !w.held(a).within(w.held(b)) {
				t.Errorf("%v within %v", a, b)
			}
		}
	}
}

// lengths returns the shapes of up to n tokens that come of giving each run a length.
func (s shape) lengths(n int) []shape {
	switch {
	case len(s) == 0:
		return []shape{nil}
	case n == 0:
		return nil
	}
	heads := []shape{s[:1]}
	if s[0] == run {
		heads = nil
		for length := range n {
			heads = append(heads, slices.Repeat(shape{one}, length+1))
		}
	}
	var all []shape
	for _, head := range heads {
		for _, tail := range s[1:].lengths(n - len(head)) {
			all = append(all, slices.Concat(head, tail))
		}
	}
	return all
}

func TestAShapeMayLieWithinAnotherIfItDoesWithSomeLengthsOfItsRuns(t *testing.T) {
	w := newSmallWorld(5)
	shapes := smallShapes()
	for _, a := range slices.Concat(shapes, parts) {
		for _, b := range shapes {
			want := slices.ContainsFunc(a.lengths(5), func(a shape) bool { return w.held(a).within(w.held(b)) })
			if got := a.mayLieWithin(b, tokenV); got != want {
				t.Errorf("%v may lie within %v: %v, want %v", a, b, got, want)
			}
		}
	}
}

// A pattern that matches the text of another matches all that this one does.
func TestAPatternCoversThoseWhoseTextItMatches(t *testing.T) {
	patterns := smallPatterns()
	for _, s := range parts {
		patterns = append(patterns, pattern{verb: 1, path: s}, pattern{verb: anyVerbs, path: s})
	}
	for _, p := range patterns {
		for _, q := range patterns {
			if got, want := p.covers(q), match(textOf(p.verb, p.path), textOf(q.verb, q.path)); got != want {
				t.Errorf("%v covers %v: %v, want %v", p, q, got, want)
			}
		}
	}
}

// reaches reports whether a path that p matches can be taken for one of s, by trying:
// a "*" of p takes any number of tokens, a parameter of s may take none.
func reaches(p, s shape) bool {
	if len(p) > 0 && p[0] < firstText && (reaches(p[1:], s) || p[0] < 0 && len(s) > 0 && reaches(p, s[1:])) {
		return true
	}
	if len(s) == 0 {
		return len(p) == 0
	}
	if s[0] < firstText && reaches(p, s[1:]) {
		return true
	}
	if len(p) == 0 || p[0] < firstText {
		return false
	}
	return s[:1].holds(p[:1]) && reaches(p[1:], s[1:]) || s[0] == run && reaches(p[1:], s)
}

// A path whose parts have been decoded, or whose empty segments do not count, may be
// for any route that the pattern can be bent to.
func TestAPatternMayReachWhatItsOddPathsAreTakenFor(t *testing.T) {
	w := newSmallWorld(4)
	shapes := smallShapes()
	odd := make([][]string, len(w.paths)) // with an empty segment somewhere
	for n, path := range w.paths {
		for i := range len(path) + 1 {
			odd[n] = append(odd[n], textOf(0, slices.Insert(slices.Clone(path), i, noSegment)))
		}
	}
	for _, p := range smallPatterns() {
		text, path := textOf(p.verb, p.path), p.path
		if p.verb == anyVerbs {
			path = append(shape{run}, path...)
		}
		takenFor := w.where("odd "+text, func(i int) bool {
			return slices.ContainsFunc(odd[i], func(path string) bool { return match(text, path) })
		})
		for _, s := range shapes {
			may := p.mayReach(s, tokenV)
			if !may && takenFor.intersects(w.held(s)) {
				t.Errorf("%v cannot reach %v", p, s)
			}
			if want := reaches(path, s); may != want {
				t.Errorf("%v may reach %v: %v, want %v", p, s, may, want)
			}
		}
	}
}

func TestAPatternWithAnAsteriskHasAWildcard(t *testing.T) {
	for _, p := range smallPatterns() {
		if got, want := p.hasWildcard(), strings.Contains(textOf(p.verb, p.path), "*"); got != want {
			t.Errorf("%v has a wildcard: %v", p, got)
		}
	}
}
