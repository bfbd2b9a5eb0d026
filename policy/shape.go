package policy

import "slices"

// A token is one segment of a path: a text that occurs in the table, the value of a
// claim, or a set of texts.
type token int32

const (
	noSegment token = 0 // in place of segments in the root path
	firstText token = 1 // texts of the table, then the values of claims

	one       token = -1 // any segment
	run       token = -2 // one segment or more
	firstElse token = -3 // and down: any segment but the value of a claim
)

// A shape is a set of paths, none of which has an empty segment. The root path is
// noSegment alone.
type shape []token

// takes reports whether a token that stands for any segment, or any but one, holds a
// text.
func (want token) takes(text token, values token) bool {
	switch {
	case text < firstText:
		return false
	case want <= firstElse:
		return text != values+(firstElse-want)
	}
	return want == one
}

// An overlap finds what an IAM pattern matches of a shape. In a pattern each
// wildcard of a shape is a "*", which takes one segment or more: "*" crosses
// slashes.
type overlap struct {
	values token // the first of the values of claims
	steps  *int  // done so far
	found  func(shape)
	space  [2 * maxSegments]token
}

// of calls found for shapes that together are the paths of s which the pattern
// matches. A pattern for any verb begins with a "*", which may take segments too.
// Found must not keep the shape.
func (o *overlap) of(p pattern, s shape) {
	o.match(p.path, s, o.space[:0])
	if p.verb == anyVerbs {
		o.wild(append(shape{run}, p.path...), s, o.space[:0])
	}
}

// match goes on at the beginning of p and of s, having found so far the shape out.
func (o *overlap) match(p, s, out shape) {
	if *o.steps++; *o.steps > maxSteps {
		return
	}
	switch {
	case len(p) == 0 || len(s) == 0:
		if len(p) == len(s) {
			o.found(out)
		}
	case p[0] < 0:
		o.wild(p, s, out)
	case s[0] == run: // the last of s: it holds all that is left of p
		o.rest(p, out)
	case p[0] == s[0] || s[0].takes(p[0], o.values):
		o.match(p[1:], s[1:], append(out, p[0]))
	}
}

// wild goes on where the "*" at the beginning of p takes one more segment.
func (o *overlap) wild(p, s, out shape) {
	switch {
	case len(s) == 0:
	case s[0] == run:
		o.rest(p, out)
	default:
		out = append(out, s[0])
		o.match(p[1:], s[1:], out)
		o.wild(p, s[1:], out)
	}
}

// rest ends at a run of segments, of which p takes all.
func (o *overlap) rest(p, out shape) {
	for _, t := range p {
		if t == noSegment {
			return
		}
		if t < 0 {
			t = run
		}
		out = append(out, t)
	}
	o.found(out)
}

// within reports whether every path of s is one of other's. A run of other is its
// last token.
func (s shape) within(other shape, values token) bool {
	for i, want := range other {
		switch {
		case want == run:
			return i < len(s) && s[i] != noSegment
		case i == len(s) || s[i] == run:
			return false
		case want == s[i] || want == one && s[i] != noSegment || want.takes(s[i], values):
		default:
			return false
		}
	}
	return len(s) == len(other)
}

// mayLieWithin reports whether every path of s is one of other's once each run of s is
// given some length.
func (s shape) mayLieWithin(other shape, values token) bool {
	switch {
	case len(s) == 0 || len(other) == 0:
		return len(s) == len(other)
	case s[0] == run && other[0] == one:
		return s[1:].mayLieWithin(other[1:], values) || s.mayLieWithin(other[1:], values)
	case other[0] == run:
		return s[0] != noSegment
	}
	return s[:1].within(other[:1], values) && s[1:].mayLieWithin(other[1:], values)
}

// beats is what it is for the paths of routes.
func (s shape) beats(other shape, values token) bool {
	return s.within(other, values) && !other.within(s, values)
}

const anyVerbs = -1

// A pattern is what follows the stage in a resource.
type pattern struct {
	verb  int // an index of verbs, or anyVerbs for "*"
	path  shape
	text  string // with the names of claims for their values
	bound bool   // it holds values of claims
}

func (p pattern) verbs() verbSet {
	if p.verb == anyVerbs {
		return allVerbs
	}
	return 1 << p.verb
}

// misses reports whether a first look shows that the pattern matches nothing of a
// shape.
func (p pattern) misses(s shape) bool {
	differ := func(a, b token) bool { return a >= 0 && b >= 0 && a != b }
	first, last := s[0], s[len(s)-1]
	return last != run && len(p.path) > len(s) ||
		p.verb != anyVerbs && differ(p.path[0], first) || differ(p.path[len(p.path)-1], last)
}

func (p pattern) hasWildcard() bool {
	return p.verb == anyVerbs || slices.ContainsFunc(p.path, func(t token) bool { return t < 0 })
}

// covers reports whether p matches all that q does. It suffices that p matches q's
// own text: nothing but a "*" matches another "*", and it then takes what that does.
func (p pattern) covers(q pattern) bool {
	if p.verb != q.verb && p.verb != anyVerbs {
		return false
	}
	return coversPath(p.path, q.path) || p.verb == anyVerbs && coversPath(append(shape{run}, p.path...), q.path)
}

// coversPath is covers for paths. On a mismatch it goes back to the last "*" only,
// which then takes one token more.
func coversPath(p, q shape) bool {
	i, j, star, next := 0, 0, -1, 0
	for j < len(q) {
		switch {
		case i < len(p) && p[i] < 0:
			star, next = i, j+1
			i, j = i+1, j+1
		case i < len(p) && p[i] == q[j]:
			i, j = i+1, j+1
		case star >= 0:
			next++
			i, j = star+1, next
		default:
			return false
		}
	}
	return i == len(p)
}

// mayReach reports whether a path that p matches can be taken for one of s once
// empty segments are left out or put into parameters, or once it is decoded: then a
// "*" of p may take no segment of s, and a parameter of s none of p.
func (p pattern) mayReach(s shape, values token) bool {
	path := p.path
	if p.verb == anyVerbs {
		path = append(shape{run}, path...)
	}
	here := make([]bool, len(path)+1) // how much of the pattern can have matched
	here[0] = true
	for i, want := range path {
		here[i+1] = here[i] && want < firstText
	}
	for _, t := range s {
		here = after(path, here, t, values)
	}
	return here[len(path)]
}

// after returns how much of p can have matched after one more token of a shape.
func after(p shape, here []bool, t, values token) []bool {
	next := make([]bool, len(here))
	for i, want := range p {
		next[i] = next[i] || here[i] && (t < firstText || want < 0)
		if want < firstText {
			next[i+1] = next[i]
		} else {
			next[i+1] = here[i] && (t == want || t.takes(want, values)) || t == run && next[i]
		}
	}
	end := len(p)
	next[end] = next[end] || here[end] && t < firstText
	return next
}
