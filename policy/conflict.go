package policy

import (
	"fmt"
	"slices"
	"strings"
)

// A ConflictError says that a table of routes asks for something that no IAM
// policy can say. A pattern that lets a route's requests through matches those
// of a second route too, since "*" crosses slashes. Where the second route is
// closed to a caller, it takes a Deny, and every pattern that denies all of it
// denies a third route, which is open. A [Table] has no such conflicts.
type ConflictError struct {
	// Scopes are those of a caller for whom there is no policy.
	Scopes []string
	// Allowed is the open route whose pattern matches too much.
	Allowed Route
	// Denied is the closed route that it lets through. It is closed to the caller
	// as a whole or, if it binds parameters, with values that are not the caller's.
	Denied Route
	// Blocked are the open routes that a Deny would hit. It is one route, or
	// several that can be taken for the same request.
	Blocked []Route
	// Pattern is the Deny, as the part of a resource that follows the stage.
	Pattern string
}

// Error names the routes and what can be done.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("policy: no IAM policy fits a caller with the scopes %q: "+
		"allowing %s also allows %s, which is closed to the caller, and denying that as %s also denies %s, which is open: %s",
		e.Scopes, e.Allowed.Key, e.Denied.Key, e.Pattern, routeList(e.Blocked), wayOut)
}

// An Exception is a set of requests that a policy denies although their route
// is open, because no IAM policy can tell them from requests for a closed one.
//
// It comes of parameters that have the name of a segment as their value. With
// /orgs/{org}/billing closed and /orgs/{org}/members/{member} open, the Deny of
// /orgs/*/billing also hits the member whose identifier is "billing". Nothing is
// ever allowed that should be denied.
type Exception struct {
	// Scopes are those of a caller who meets the exception.
	Scopes []string
	// Denied is the closed route that makes the Deny necessary.
	Denied Route
	// Hit are the open routes for some of whose requests it is too wide. It is
	// one route, or several that can be taken for the same request.
	Hit []Route
	// Pattern is the Deny, as the part of a resource that follows the stage. In
	// place of the value of a claim it has the claim's name in braces.
	Pattern string
}

// String describes the exception in one line.
func (e Exception) String() string {
	return fmt.Sprintf("for the scopes %q, denying %s as %s also denies %s where a parameter has the name of a segment",
		e.Scopes, e.Denied.Key, e.Pattern, routeList(e.Hit))
}

func routeList(routes []Route) string {
	texts := make([]string, len(routes))
	for i, r := range routes {
		texts[i] = r.Key
	}
	return strings.Join(texts, " and ")
}

// A collision is what a denial hits of rows beside the closed one that it is for.
type collision struct {
	rows     []int // that can be taken for these requests
	ordinary bool  // no parameter has the name of a segment
}

// judge adds to a candidate for row i what comes of having to close one of its holes.
func (p *plan) judge(w *candidate, i int, h hole) {
	if p.denials[h.whole].hits.len() == 1 {
		return // the closed row
	}
	for _, c := range p.collisionsOf(h) {
		scopes, ok := p.scopesThatOpen(append([]int{i}, c.rows...), h.row)
		if !ok {
			continue
		}
		e := Exception{
			Scopes: scopes, Denied: p.routeAt(h.row), Pattern: p.denials[h.part].text,
		}
		for _, r := range c.rows {
			e.Hit = append(e.Hit, p.routeAt(r))
		}
		if c.ordinary && w.conflict == nil {
			w.conflict = &ConflictError{Scopes: e.Scopes, Allowed: p.routeAt(i), Denied: e.Denied, Blocked: e.Hit, Pattern: e.Pattern}
		}
		w.exceptions = append(w.exceptions, e)
	}
}

func (p *plan) routeAt(row int) Route { return p.rules[p.rows[row].rule].Route }

// collisionsOf returns what the narrow denial of a hole hits in excess.
func (p *plan) collisionsOf(h hole) []collision {
	key := [2]int{h.row, h.part}
	found, ok := p.clashes[key]
	if ok {
		return found
	}
	closed, d := &p.rows[h.row], p.denials[h.part]
	for o := range p.rows {
		if o == h.row || p.rows[o].never {
			continue
		}
		p.overlaps(d.pattern, o, func(part shape, claimed verbSet) {
			if part.within(closed.path, p.values) && !p.rows[o].path.beats(closed.path, p.values) {
				return // the closed row may be taken for these, too
			}
			c := collision{rows: p.owners(part, claimed), ordinary: part.isOrdinary(p.rows[o].path)}
			same := func(other collision) bool { return c.ordinary == other.ordinary && slices.Equal(c.rows, other.rows) }
			if !slices.ContainsFunc(found, same) {
				found = append(found, c)
			}
		})
	}
	p.clashes[key] = found
	return found
}

// owners returns the rows that can be taken for all requests of a shape.
func (p *plan) owners(s shape, verbs verbSet) []int {
	p.steps += len(p.rows) / 4
	var all []int
	for i := range p.rows {
		if p.rows[i].verbs&verbs != 0 && s.within(p.rows[i].path, p.values) {
			all = append(all, i)
		}
	}
	beaten := func(i int) bool {
		return slices.ContainsFunc(all, func(j int) bool { return p.rows[j].path.beats(p.rows[i].path, p.values) })
	}
	return slices.DeleteFunc(slices.Clone(all), beaten)
}

// isOrdinary reports whether a part of a row's shape has no text where the row has a
// parameter.
func (s shape) isOrdinary(row shape) bool {
	for i, t := range s {
		if t >= firstText && (i >= len(row) || row[i] < 0) {
			return false
		}
	}
	return true
}

// scopesThatOpen returns scopes that open some rows and leave another closed, and
// false if there are none.
func (p *plan) scopesThatOpen(open []int, closed int) ([]string, bool) {
	needs, ok := p.choose(open, newBitset(len(p.needs)+len(p.claims)), closed)
	if !ok {
		return nil, false
	}
	var scopes []string
	for s, n := range p.needs {
		if needs.has(n) {
			scopes = append(scopes, s)
		}
	}
	slices.Sort(scopes)
	return scopes, true
}

// choose adds to needs until they open some rows, if that leaves another closed.
func (p *plan) choose(open []int, needs bitset, closed int) (bitset, bool) {
	p.steps++
	if p.rows[closed].opens(needs) || p.steps > maxSteps {
		return nil, false
	}
	if len(open) == 0 {
		return needs, true
	}
	r := &p.rows[open[0]]
	if r.opens(needs) {
		return p.choose(open[1:], needs, closed)
	}
	for _, set := range r.sets {
		more := slices.Clone(needs)
		more.addAll(set)
		if found, ok := p.choose(open[1:], more, closed); ok {
			return found, true
		}
	}
	return nil, false
}
