package policy

import (
	"slices"
	"strings"
)

// This file puts the policy of one caller together, of what a plan has worked out
// before. Rows, grants and denials refer to each other by number.

// A row is a route or, of a route that is bound, the requests that are the caller's
// own. The requests that are others' are rows too, which never open.
type row struct {
	rule     int
	path     shape
	verbs    verbSet
	odd      verbSet  // the verbs with which odd paths may be for it
	sets     []bitset // of needs: one of them opens the row, and so does having none
	never    bool
	narrower []int // rows that API Gateway prefers to this one
}

// isGranted reports whether the row is anything that a caller can be allowed.
func (r *row) isGranted() bool { return !r.never && r.verbs != 0 }

// A verbSet holds a bit for each of verbs.
type verbSet uint8

const allVerbs = verbSet(1<<len(verbs) - 1)

// A grant allows a row: all of it, or of an ANY route that is listed verb by verb,
// one verb.
type grant struct {
	pattern
	row    int
	inside []int  // other grants that allow all this one does
	guards []int  // denials of undeclared paths, each wanted unless it hits an open row
	holes  []hole // what it lets through of other rows
	odd    bitset // rows that odd paths which it allows may reach
}

// A hole is what a grant lets through of a row: Deny what is left of the pattern, or
// the row's whole pattern if that hits no open row.
type hole struct {
	row         int
	whole, part int
}

// A denial is a pattern that may be denied.
type denial struct {
	pattern
	hits   bitset // rows of which it denies a request
	wide   int    // the same denial for every verb, or this one
	inside bitset // other denials that deny all this one does
}

// A holding is what a caller has: scopes and claims, by number, and the values of
// the claims.
type holding struct {
	routes *Routes
	needs  bitset
	values []string // "" for what is missing
}

// held returns what a caller has.
func (t *Routes) held(c *Caller) *holding {
	h := &holding{t, newBitset(len(t.needs) + len(t.claims)), make([]string, len(t.claims))}
	for _, s := range c.Scopes {
		if n, ok := t.needs[s]; ok {
			h.needs.add(n)
		}
	}
	for i, claim := range t.claims {
		value := c.boundValue(claim)
		if value == "" || escapedSize(value) > maxValue || slices.Contains(h.values, value) || slices.Contains(t.texts[:t.values], value) {
			continue
		}
		h.values[i] = value
		h.needs.add(len(t.needs) + i)
	}
	return h
}

// open returns the rows that needs open.
func (t *Routes) open(needs bitset) bitset {
	open := newBitset(len(t.rows))
	for i := range t.rows {
		if t.rows[i].opens(needs) {
			open.add(i)
		}
	}
	return open
}

func (r *row) opens(needs bitset) bool {
	fits := func(set bitset) bool { return set.within(needs) }
	return !r.never && (len(r.sets) == 0 || slices.ContainsFunc(r.sets, fits))
}

// allowed returns the numbers of the grants for the open rows, without those that
// are part of another.
func (t *Routes) allowed(open bitset) []int {
	grants := make([]int, 0, len(t.grants))
	isOpen := func(g int) bool { return open.has(t.grants[g].row) }
	for i := range t.grants {
		if isOpen(i) && !slices.ContainsFunc(t.grants[i].inside, isOpen) {
			grants = append(grants, i)
		}
	}
	return grants
}

// denied returns the numbers of the denials that grants need, and whether they need
// to have odd paths denied. A denial has the values of claims that a grant has, too:
// a "*" that took such a value would take those of others, and be a conflict.
//
// Where a closed row cannot be denied without hitting an open one, it is denied all
// the same: the plan has made sure that such a hit is an Exception.
func (t *Routes) denied(open bitset, grants []int) (denials bitset, odd bool) {
	chosen := newBitset(len(t.denials))
	for _, i := range grants {
		g := &t.grants[i]
		odd = odd || !g.odd.within(open)
		for _, n := range g.guards {
			if n, ok := t.harmless(n, open); ok {
				chosen.add(n)
			}
		}
		for _, hole := range g.holes {
			if open.has(hole.row) {
				continue
			}
			n, ok := t.harmless(hole.whole, open)
			if !ok {
				n, _ = t.harmless(hole.part, open)
			}
			chosen.add(n)
		}
	}
	denials = slices.Clone(chosen)
	for n := range chosen.all {
		if chosen.intersects(t.denials[n].inside) {
			denials.remove(n)
		}
	}
	return denials, odd
}

// harmless returns the denial in the widest form that hits no open row: for every
// verb, which lets several become one, or as it is. If both hit one, it returns the
// denial as it is, and false.
func (t *Routes) harmless(n int, open bitset) (int, bool) {
	if wide := t.denials[n].wide; !t.denials[wide].hits.intersects(open) {
		return wide, true
	}
	return n, !t.denials[n].hits.intersects(open)
}

// statements returns the policy for a caller, after the beginning of all resources.
func (h *holding) statements(prefix string) []Statement {
	t := h.routes
	open := t.open(h.needs)
	grants := t.allowed(open)
	if len(grants) == 0 {
		return []Statement{statement(deny, prefix+"*/*")}
	}
	denials, odd := t.denied(open, grants)
	allows := make([]string, len(grants))
	for i, g := range grants {
		allows[i] = prefix + h.text(&t.grants[g].pattern)
	}
	var denies []string
	for n := range denials.all {
		denies = append(denies, prefix+h.text(&t.denials[n].pattern))
	}
	if odd {
		for _, path := range oddPaths {
			denies = append(denies, prefix+path)
		}
	}
	if len(denies) == 0 {
		return []Statement{statement(allow, allows...)}
	}
	return []Statement{statement(allow, allows...), statement(deny, denies...)}
}

// text returns a pattern as it stands in a resource.
func (h *holding) text(p *pattern) string {
	if !p.bound {
		return p.text
	}
	return h.routes.write(p.verb, p.path, func(t token) string { return h.values[t-h.routes.values] })
}

// write returns the text of a pattern, with some text for the values of claims.
func (t *Routes) write(verb int, path shape, value func(token) string) string {
	var b strings.Builder
	b.WriteString("*")
	if verb != anyVerbs {
		b.Reset()
		b.WriteString(verbs[verb])
	}
	for _, tok := range path {
		b.WriteByte('/')
		switch {
		case tok < 0:
			b.WriteByte('*')
		case tok < t.values:
			b.WriteString(t.texts[tok])
		default:
			b.WriteString(value(tok))
		}
	}
	return b.String()
}
