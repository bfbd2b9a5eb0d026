package policy

import (
	"slices"
	"strings"
)

// A pattern is what follows the stage in a resource: literal segments, and
// anyRun for IAM's "*", which matches across slashes. Its first token stands for
// the verb, and since that "*" crosses slashes too, */users also matches
// GET/archive/users.
type pattern []token

// text returns the pattern as it stands in a resource.
func (t *router) text(p pattern) string {
	parts := make([]string, len(p))
	for i, tok := range p {
		if tok == anyRun {
			parts[i] = "*"
		} else {
			parts[i] = t.texts[tok]
		}
	}
	return strings.Join(parts, "/")
}

// pattern returns the narrowest IAM pattern that matches all of a route's requests.
func (s shape) pattern() pattern {
	p := make(pattern, len(s))
	for i, tok := range s {
		p[i] = tok
		if tok < 0 {
			p[i] = anyRun
		}
	}
	return p
}

// withVerb returns the pattern with another verb.
func (p pattern) withVerb(verb token) pattern {
	q := append(pattern(nil), p...)
	q[0] = verb
	return q
}

// withVerb returns the route for one verb.
func (s shape) withVerb(verb token) shape { return shape(pattern(s).withVerb(verb)) }

// longerAt returns the pattern with the "*" at i made to span two segments or more.
func (p pattern) longerAt(i int) pattern {
	q := make(pattern, 0, len(p)+1)
	q = append(q, p[:i+1]...)
	q = append(q, anyRun)
	return append(q, p[i+1:]...)
}

// A state of matching holds a bit for each prefix of the pattern that the tokens
// so far can match.
type state uint64

const begin state = 1

// step returns the state after one more token.
func (p pattern) step(s state, tok token) state {
	var next state
	for i, want := range p {
		here := s>>i&1 != 0
		again := s>>(i+1)&1 != 0 // want has matched, and an anyRun goes on matching
		if here && (want == anyRun || want == tok) || again && want == anyRun {
			next |= 1 << (i + 1)
		}
	}
	return next
}

// done reports whether the tokens so far are all that the pattern asks for.
func (p pattern) done(s state) bool { return s>>len(p)&1 != 0 }

// within reports whether q matches everything that p does.
//
// It suffices that q matches p with otherSegment for each "*": nothing but a "*"
// of q matches that token, and it then matches any longer run as well.
func (p pattern) within(q pattern) bool {
	fits := func(want, tok token) bool { return want == anyRun || want == tok }
	if len(q) > len(p) || !fits(q[0], p[0]) || !fits(q[len(q)-1], p[len(p)-1]) {
		return false // most pairs part here
	}
	s := begin
	for _, tok := range p {
		if tok == anyRun {
			tok = otherSegment
		}
		if s = q.step(s, tok); s == 0 {
			return false
		}
	}
	return q.done(s)
}

// ordinary returns what owners does, for those requests only that have
// otherSegment for each parameter of a route that they can be for. They stand
// for all requests whose parameters have values that are no literals of the
// table: where the pattern matches one such value, it matches every other.
func (t *router) ordinary(p pattern) []bitset {
	var found []bitset
	for i, verbs := range t.verbsOf {
		for _, verb := range verbs {
			found = t.appendOrdinary(found, p, i, verb)
		}
	}
	return found
}

// appendOrdinary appends the owners of a route's ordinary requests with a verb
// that the pattern matches.
func (t *router) appendOrdinary(found []bitset, p pattern, route int, verb token) []bitset {
	t.work++
	n, state := t.start, begin
	if p.step(state, verb) == 0 {
		return found
	}
	s := t.shapes[route].withVerb(verb)
	if s.root() {
		if p.done(p.step(p.step(state, verb), emptySegment)) {
			found = appendSet(found, n.after(verb).slashOwners)
		}
		return found
	}
	for _, tok := range s {
		if tok < 0 {
			tok = otherSegment
		}
		n, state = n.after(tok), p.step(state, tok)
	}
	// A greedy parameter may go on. Past the longest route and the pattern's
	// length nothing changes any more.
	for range t.longest + len(p) {
		if p.done(state) && n.owners.has(route) {
			found = appendSet(found, n.owners)
		}
		if !s.greedy() {
			break
		}
		n, state = n.after(otherSegment), p.step(state, otherSegment)
	}
	return found
}

// owners returns, for the requests that the pattern matches, the sets of routes
// that they can be for, each set once. Trailing slashes are left out: no request
// has to be allowed with one.
func (t *router) owners(p pattern) []bitset {
	var found []bitset
	seen := make([][]state, len(t.nodes)) // a few at most for each node
	var visit func(n *node, s state)
	visit = func(n *node, s state) {
		t.work++
		if n == nil || s == 0 || slices.Contains(seen[n.id], s) {
			return
		}
		seen[n.id] = append(seen[n.id], s)
		if p.done(s) {
			found = appendSet(found, n.owners)
		}
		if n.atRoot && p.done(p.step(s, emptySegment)) {
			found = appendSet(found, n.slashOwners)
		}
		for _, e := range n.next {
			visit(e.to, p.step(s, e.token))
		}
		visit(n.other, p.step(s, otherSegment))
		for i, tok := range p { // literals that only the pattern expects here
			if s>>i&1 != 0 && tok >= firstLiteral {
				visit(n.after(tok), p.step(s, tok))
			}
		}
	}
	visit(t.start, begin)
	return found
}

// appendSet appends a set that is not empty and not there yet.
func appendSet(sets []bitset, s bitset) []bitset {
	if s.empty() {
		return sets
	}
	for _, other := range sets {
		if s.within(other) && other.within(s) {
			return sets
		}
	}
	return append(sets, s)
}
