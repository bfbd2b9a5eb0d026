package policy

import (
	"errors"
	"slices"
	"strings"
)

// A table holds what can be worked out about routes before a caller is known.
// Everything in it refers to routes and patterns by number.
type table struct {
	routes []Route
	router *router
	grants []grant
	denies []denial
	// exceptional is what Routes.Exceptions returns
	exceptional []Exception

	// These are of use only while the table is made: the numbers of denies and
	// the exceptions so far, by their text.
	known        map[string]int
	listedBefore map[string]bool
}

// A grant allows a route: all of it, or of an ANY route that is listed verb by
// verb, one verb.
type grant struct {
	route   int
	pattern pattern
	text    string

	inside []int  // other grants that allow all this one does
	guards []int  // denials of undeclared paths, each wanted unless it hits an open route
	spills []hole // denials of declared routes
}

// A hole is a spill with the denial that covers it.
type hole struct {
	owners bitset
	denial int
}

// A denial is a pattern that may be denied.
type denial struct {
	pattern pattern
	text    string

	// hits are the routes of which it denies a request; where it is not documented
	// which of several routes a request is for, the set of them is in groups.
	hits   bitset
	groups []bitset

	anyVerb int    // the same denial for every verb, or this one
	inside  bitset // other denials that deny all this one does
}

// newTable reads the routes of an HTTP or REST API.
func newTable(routes []Route) (*table, error) {
	r, err := newRouter(routes)
	if err != nil {
		return nil, err
	}
	t := &table{routes: routes, router: r, known: make(map[string]int), listedBefore: make(map[string]bool)}
	var conflicts []error
	for i := range routes {
		err := t.addGrants(i)
		var conflict *ConflictError
		if err != nil && !errors.As(err, &conflict) {
			return nil, err
		}
		if err != nil && len(conflicts) < maxConflicts {
			conflicts = append(conflicts, err)
		}
	}
	if len(conflicts) > 0 {
		return nil, errors.Join(conflicts...)
	}
	t.widen()
	if pairs := len(t.denies) * len(t.denies); t.router.work+pairs > maxWork {
		return nil, errTooComplex
	}
	t.relate()
	return t, nil
}

// maxConflicts is how many conflicts an error lists.
const maxConflicts = 8

// addGrants adds what allows a route. An ANY route is allowed with "*" for its
// verb. Only if the paths that this "*" also takes in make a conflict or an
// exception that listing the verbs does not are the verbs listed instead.
func (t *table) addGrants(route int) error {
	s := t.router.shapes[route]
	one, err := t.plan(route, s.pattern())
	if err != nil {
		return err
	}
	if s[0] != anySegment || one.conflict == nil && len(one.exceptions) == 0 {
		return t.adopt(one)
	}
	listed, err := t.plan(route, t.listed(route)...)
	if err != nil {
		return err
	}
	if one.conflict != nil || listed.conflict == nil && len(listed.exceptions) == 0 {
		return t.adopt(listed)
	}
	return t.adopt(one)
}

// listed returns the patterns of an ANY route with its verbs listed.
func (t *table) listed(route int) []pattern {
	var patterns []pattern
	for _, verb := range t.router.verbsOf[route] {
		patterns = append(patterns, t.router.shapes[route].pattern().withVerb(verb))
	}
	return patterns
}

// A plan is a way to allow a route, and what it would lead to.
type plan struct {
	route      int
	patterns   []pattern
	spills     [][]spill // for each pattern
	conflict   *ConflictError
	exceptions []Exception
}

// plan works out what allowing a route by patterns leads to.
func (t *table) plan(route int, patterns ...pattern) (*plan, error) {
	p := &plan{route: route, patterns: patterns}
	for _, pattern := range patterns {
		spills, err := t.router.spills(route, pattern)
		if err != nil {
			return nil, err
		}
		for _, s := range spills {
			found := t.exceptions(route, s, t.router.owners(s.cover))
			if len(found) > 0 && p.conflict == nil {
				p.conflict = t.conflict(route, s)
			}
			p.exceptions = append(p.exceptions, found...)
		}
		p.spills = append(p.spills, spills)
	}
	return p, nil
}

// adopt adds the grants of a plan, unless it has a conflict.
func (t *table) adopt(p *plan) error {
	if p.conflict != nil {
		return p.conflict
	}
	for i, pattern := range p.patterns {
		t.addGrant(p.route, pattern, p.spills[i])
	}
	for _, e := range p.exceptions {
		if text := e.String(); !t.listedBefore[text] {
			t.listedBefore[text] = true
			t.exceptional = append(t.exceptional, e)
		}
	}
	return nil
}

// addGrant adds a grant with what has to be denied along with it.
func (t *table) addGrant(route int, p pattern, spills []spill) {
	text := t.router.text(p)
	g := grant{route: route, pattern: p, text: text}
	for _, s := range spills {
		g.spills = append(g.spills, hole{s.owners, t.denial(s.cover)})
	}
	greedy := t.router.shapes[route].greedy()
	for i, tok := range p {
		if tok == anyRun && !(greedy && i == len(p)-1) {
			g.guards = append(g.guards, t.denial(p.longerAt(i)))
		}
	}
	t.grants = append(t.grants, g)
}

// denial returns the number of a pattern among the denials.
func (t *table) denial(p pattern) int {
	text := t.router.text(p)
	if n, ok := t.known[text]; ok {
		return n
	}
	d := denial{pattern: p, text: text, hits: newBitset(len(t.routes))}
	for _, owners := range t.router.owners(p) {
		if owners.len() > 1 {
			d.groups = append(d.groups, owners)
		} else {
			d.hits.addAll(owners)
		}
	}
	n := len(t.denies)
	d.anyVerb = n
	t.known[text] = n
	t.denies = append(t.denies, d)
	return n
}

// widen adds the denials that can take the place of several which differ in
// their verbs only.
func (t *table) widen() {
	narrow := make(map[string][]int)
	for n, d := range t.denies {
		_, path, _ := strings.Cut(d.text, "/")
		narrow[path] = append(narrow[path], n)
	}
	for n := range len(t.denies) {
		_, path, _ := strings.Cut(t.denies[n].text, "/")
		if len(narrow[path]) > 1 {
			wide := t.denial(t.denies[n].pattern.withVerb(anyRun)) // may move t.denies
			t.denies[n].anyVerb = wide
		}
	}
}

// relate works out which grants and denials are part of others.
func (t *table) relate() {
	t.known, t.listedBefore = nil, nil
	for i := range t.grants {
		g := &t.grants[i]
		for j, other := range t.grants {
			if j != i && g.pattern.within(other.pattern) && (j < i || g.text != other.text) {
				g.inside = append(g.inside, j)
			}
		}
	}
	for i := range t.denies {
		d := &t.denies[i]
		d.inside = newBitset(len(t.denies))
		for j, other := range t.denies {
			if j != i && d.pattern.within(other.pattern) {
				d.inside.add(j)
			}
		}
	}
}

// allowed returns the grants for the open routes, without those that are part
// of another.
func (t *table) allowed(open bitset) []*grant {
	grants := make([]*grant, 0, len(t.grants))
	for i := range t.grants {
		g := &t.grants[i]
		if !open.has(g.route) {
			continue
		}
		covered := func(other int) bool { return open.has(t.grants[other].route) }
		if !slices.ContainsFunc(g.inside, covered) {
			grants = append(grants, g)
		}
	}
	return grants
}

// denied returns the denials that the grants need: those of undeclared paths as
// far as they hit no open route, and those of all closed routes.
//
// Where a closed route cannot be denied without hitting an open one, it is
// denied all the same: newTable has made sure that such a hit is an Exception.
func (t *table) denied(open bitset, grants []*grant) []*denial {
	chosen := newBitset(len(t.denies))
	for _, g := range grants {
		for _, n := range g.guards {
			if n, ok := t.harmless(n, open); ok {
				chosen.add(n)
			}
		}
	}
	for _, g := range grants {
		for _, h := range g.spills {
			if h.owners.within(open) || chosen.has(h.denial) || chosen.intersects(t.denies[h.denial].inside) {
				continue
			}
			n, _ := t.harmless(h.denial, open)
			chosen.add(n)
		}
	}
	denies := make([]*denial, 0, chosen.len())
	for n := range chosen.all {
		if d := &t.denies[n]; !chosen.intersects(d.inside) {
			denies = append(denies, d)
		}
	}
	return denies
}

// harmless returns the denial in the widest form that hits no open route: for
// every verb, which lets several become one, or as it is. If both hit one, it
// returns the denial as it is, and false.
func (t *table) harmless(n int, open bitset) (int, bool) {
	if wide := t.denies[n].anyVerb; !t.denies[wide].hitsOpen(open) {
		return wide, true
	}
	return n, !t.denies[n].hitsOpen(open)
}

// hitsOpen reports whether the denial hits a request that has to be allowed.
func (d *denial) hitsOpen(open bitset) bool {
	if d.hits.intersects(open) {
		return true
	}
	return slices.ContainsFunc(d.groups, func(owners bitset) bool { return owners.within(open) })
}

// resources returns the resources for texts after a common beginning, all cut
// from one string.
func resources(prefix string, n int, text func(int) string) []string {
	size := 0
	for i := range n {
		size += len(prefix) + len(text(i))
	}
	var b strings.Builder
	b.Grow(size)
	for i := range n {
		b.WriteString(prefix)
		b.WriteString(text(i))
	}
	all, list := b.String(), make([]string, n)
	for i := range n {
		length := len(prefix) + len(text(i))
		list[i], all = all[:length], all[length:]
	}
	return list
}
