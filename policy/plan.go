package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A plan works out what can be known of Routes before there is a caller: which
// patterns allow a route, what else these let through, and by which patterns that
// can be denied.
type plan struct {
	*Routes
	tokens   map[string]token
	known    map[string]int         // denials by their text
	clashes  map[[2]int][]collision // by closed row and denial
	excepted map[string]bool        // the exceptions so far, by their text
	rooted   verbSet                // the verbs that the root path has a route for
	steps    int                    // done so far
}

// The limits keep a table that overlaps with itself in every direction from taking
// seconds to read. Tables of fifty routes, such as teams write them, need a tenth.
const (
	maxRules    = 1000
	maxSegments = 16
	maxSteps    = 500_000
)

// maxConflicts is how many conflicts an error lists.
const maxConflicts = 8

const wayOut = "use authorizer.ByRoute with policy.NewTable, which takes every table"

var errTooComplex = errors.New("policy: the routes overlap in too many ways for one IAM policy: " + wayOut)

func newPlan(t *Routes) *plan {
	return &plan{
		Routes: t, tokens: make(map[string]token), known: make(map[string]int),
		clashes: make(map[[2]int][]collision), excepted: make(map[string]bool),
	}
}

func (p *plan) make() error {
	if len(p.rules) > maxRules {
		return errTooComplex
	}
	if err := p.readTexts(); err != nil {
		return err
	}
	p.addRows()
	if err := p.checkWhole(); err != nil {
		return err
	}
	var conflicts []error
	for i := range p.rows {
		conflict := p.addGrants(i)
		if p.steps > maxSteps {
			return errTooComplex
		}
		if conflict != nil && len(conflicts) < maxConflicts {
			conflicts = append(conflicts, conflict)
		}
	}
	if len(conflicts) > 0 {
		return errors.Join(conflicts...)
	}
	p.widen()
	p.relate()
	if p.steps > maxSteps {
		return errTooComplex
	}
	return p.checkSize()
}

// readTexts numbers the texts of the table, and the values of claims after them.
func (p *plan) readTexts() error {
	p.texts = []string{""}
	for _, r := range p.rules {
		if len(r.path) > maxSegments {
			return fmt.Errorf("policy: route %q: the path has more than %d segments: %s", r.Key, maxSegments, wayOut)
		}
		for _, s := range r.path {
			if s.kind != literal {
				continue
			}
			if strings.Contains(s.text, "%") {
				return fmt.Errorf("policy: route %q: one policy cannot tell a percent-encoded literal from what it stands for: %s", r.Key, wayOut)
			}
			if _, ok := p.tokens[s.text]; !ok {
				p.tokens[s.text] = token(len(p.texts))
				p.texts = append(p.texts, s.text)
			}
		}
	}
	p.values = token(len(p.texts))
	for _, claim := range p.claims {
		p.texts = append(p.texts, "{"+claim+"}")
	}
	return nil
}

// addRows adds the rows of all routes.
func (p *plan) addRows() {
	declared := make(map[string]verbSet) // by path
	anyAt := make(map[string]verbSet)
	for i := range p.rules {
		switch r := &p.rules[i]; r.verb {
		case "":
		case anyVerb:
			anyAt[r.form()] = allVerbs
		default:
			declared[r.form()] |= 1 << verbNumber(r.verb)
		}
	}
	for i := range p.rules {
		switch r := &p.rules[i]; r.verb {
		case "": // $default: what is left over
			p.addRow(row{rule: i, path: shape{noSegment}, verbs: allVerbs &^ declared["/"] &^ anyAt["/"], sets: p.sets(r)})
			p.addRow(row{rule: i, path: shape{run}, verbs: allVerbs &^ declared["/{+"] &^ anyAt["/{+"], odd: allVerbs, sets: p.sets(r)})
		case anyVerb:
			p.addRoute(i, allVerbs&^declared[r.form()])
		default:
			p.addRoute(i, 1<<verbNumber(r.verb))
		}
	}
	p.rooted = declared["/"] | anyAt["/"]
	for a := range p.rows {
		for b := range p.rows {
			if p.rows[b].verbs&p.rows[a].verbs != 0 && p.rows[b].path.beats(p.rows[a].path, p.values) {
				p.rows[a].narrower = append(p.rows[a].narrower, b)
			}
		}
	}
	p.steps += len(p.rows) * len(p.rows) / 8
}

// addRoute adds the row of a route and, for each parameter that it binds, one for
// the requests with the caller's own values before it and another's in it.
func (p *plan) addRoute(i int, verbs verbSet) {
	r := &p.rules[i]
	path := shape{noSegment}
	if len(r.path) > 0 {
		path = path[:0]
	}
	for _, s := range r.path {
		switch s.kind {
		case literal:
			path = append(path, p.tokens[s.text])
		case parameter:
			path = append(path, one)
		case greedy:
			path = append(path, run)
		}
	}
	for _, b := range r.binds {
		n := token(slices.Index(p.claims, b.claim))
		others := slices.Clone(path)
		others[b.segment] = firstElse - n
		p.addRow(row{rule: i, path: others, verbs: verbs, never: true})
		path[b.segment] = p.values + n
	}
	p.addRow(row{rule: i, path: path, verbs: verbs, sets: p.sets(r)})
}

func (p *plan) addRow(r row) {
	if r.odd |= r.verbs; r.odd != 0 {
		p.rows = append(p.rows, r)
	}
}

// sets returns the sets of needs that open a route: scopes, and the claims that it
// binds.
func (p *plan) sets(r *rule) []bitset {
	claims := newBitset(len(p.needs) + len(p.claims))
	for _, b := range r.binds {
		claims.add(len(p.needs) + slices.Index(p.claims, b.claim))
	}
	var sets []bitset
	for _, scopes := range r.sets {
		set := slices.Clone(claims)
		for _, s := range scopes {
			set.add(p.needs[s])
		}
		sets = append(sets, set)
	}
	if r.AnyToken && len(r.binds) > 0 {
		sets = []bitset{claims}
	}
	return sets
}

// A candidate is a way to allow a row, and what it would lead to.
type candidate struct {
	patterns   []pattern
	holes      [][]hole // of each pattern
	conflict   *ConflictError
	exceptions []Exception // that of a conflict among them
}

// addGrants adds what allows a row, or returns the conflict that it leads to. An ANY
// route is allowed with "*" for its verb. Only if the paths that this "*" also takes
// in make a conflict or an exception that listing the verbs does not are the verbs
// listed instead.
func (p *plan) addGrants(i int) error {
	r := &p.rows[i]
	if !r.isGranted() {
		return nil
	}
	widest := p.widest(r)
	best := p.weigh(i, []pattern{widest})
	if widest.verb == anyVerbs && len(best.exceptions) > 0 {
		var listed []pattern
		for v := range verbs {
			if r.verbs&(1<<v) != 0 {
				listed = append(listed, p.pattern(v, r.path))
			}
		}
		narrow := p.weigh(i, listed)
		if best.conflict != nil || len(narrow.exceptions) == 0 {
			best = narrow
		}
	}
	return p.adopt(i, best)
}

// widest returns the one pattern that allows all of a row.
func (p *plan) widest(r *row) pattern { return p.pattern(verbNumber(p.rules[r.rule].verb), r.path) }

// verbNumber returns the index of a verb, and anyVerbs for ANY and $default.
func verbNumber(verb string) int { return slices.Index(verbs[:], verb) }

// pattern returns the pattern of a shape for a verb.
func (p *plan) pattern(verb int, path shape) pattern {
	return pattern{
		verb: verb, path: path,
		text:  p.write(verb, path, func(t token) string { return p.texts[t] }),
		bound: slices.ContainsFunc(path, func(t token) bool { return t >= p.values }),
	}
}

// adopt adds the grants of a candidate, unless it has a conflict.
func (p *plan) adopt(i int, c *candidate) error {
	if c.conflict != nil {
		return c.conflict
	}
	for n, pattern := range c.patterns {
		p.grants = append(p.grants, grant{
			pattern: pattern, row: i, guards: p.guards(pattern), holes: c.holes[n], odd: p.oddOf(pattern),
		})
	}
	for _, e := range c.exceptions {
		if text := e.String(); !p.excepted[text] {
			p.excepted[text] = true
			p.exceptions = append(p.exceptions, e)
		}
	}
	return nil
}

// guards returns the denials of what a pattern takes in because a "*" in it can take
// more than the one segment that it is there for.
func (p *plan) guards(of pattern) []int {
	if of.path[0] == noSegment {
		return nil
	}
	var guards []int
	if of.verb == anyVerbs {
		guards = append(guards, p.denial(of.verb, append(shape{run}, of.path...)))
	}
	for i, t := range of.path {
		if t == one {
			guards = append(guards, p.denial(of.verb, slices.Insert(slices.Clone(of.path), i, run)))
		}
	}
	return guards
}

// oddOf returns the rows that odd paths may reach which a pattern matches.
func (p *plan) oddOf(of pattern) bitset {
	if !of.hasWildcard() {
		return nil
	}
	odd := newBitset(len(p.rows))
	for c := range p.rows {
		if of.verbs()&p.rows[c].odd != 0 && of.mayReach(p.rows[c].path, p.values) {
			odd.add(c)
		}
	}
	return odd
}

// weigh works out what allowing a row by some patterns leads to.
func (p *plan) weigh(i int, patterns []pattern) *candidate {
	w := &candidate{patterns: patterns}
	for _, pattern := range patterns {
		holes := p.holes(i, pattern)
		for _, h := range holes {
			p.judge(w, i, h)
		}
		w.holes = append(w.holes, append(holes, p.rootHoles(i, pattern)...))
	}
	return w
}

// holes returns what a pattern of row i lets through of other rows.
func (p *plan) holes(i int, of pattern) []hole {
	var holes []hole
	for c := range p.rows {
		r := &p.rows[c]
		if r.rule == p.rows[i].rule && !r.never {
			continue
		}
		p.overlaps(of, c, func(part shape, claimed verbSet) {
			for v := range verbs {
				if claimed&(1<<v) == 0 {
					continue
				}
				h := hole{row: c, whole: p.denial(v, r.path), part: p.denial(v, part)}
				if !slices.Contains(holes, h) {
					holes = append(holes, h)
				}
			}
		})
	}
	return holes
}

// rootHoles returns what a pattern of row i lets through of other rows by matching the
// root path where that has no route of its own: it may then be taken for a path whose
// one segment is empty. Denying it is no exception.
func (p *plan) rootHoles(i int, of pattern) []hole {
	mayBeEmpty := func(path shape) bool { return len(path) == 1 && path[0] < firstText }
	if !mayBeEmpty(of.path) {
		return nil
	}
	var holes []hole
	for c := range p.rows {
		r := &p.rows[c]
		for v := range verbs {
			if r.rule != p.rows[i].rule && mayBeEmpty(r.path) && of.verbs()&r.verbs&^p.rooted&(1<<v) != 0 {
				root := p.denial(v, shape{noSegment})
				holes = append(holes, hole{row: c, whole: root, part: root})
			}
		}
	}
	return holes
}

// overlaps calls found for what a pattern matches of a row, and the verbs with which
// API Gateway may take the row for it. Found must not keep the shape.
func (p *plan) overlaps(of pattern, c int, found func(shape, verbSet)) {
	r := &p.rows[c]
	p.steps++
	verbs := of.verbs() & r.verbs
	if verbs == 0 || p.steps > maxSteps || of.misses(r.path) {
		return
	}
	o := overlap{values: p.values, steps: &p.steps, found: func(part shape) { p.claim(r, part, verbs, found) }}
	o.of(of, r.path)
}

// claim calls found for what is a row's own of a part of it: for the part, or for
// pieces of it if rows that are preferred to this one have others.
func (p *plan) claim(r *row, part shape, verbs verbSet, found func(shape, verbSet)) {
	p.steps += 1 + len(r.narrower)/4
	split := false
	for _, n := range r.narrower {
		other := &p.rows[n]
		switch {
		case other.verbs&verbs == 0 || !part.mayLieWithin(other.path, p.values):
		case part.within(other.path, p.values):
			verbs &^= other.verbs
		default:
			split = true
		}
	}
	switch {
	case verbs == 0:
	case split: // a run is one segment, or one and a run
		i := slices.Index(part, run)
		piece := slices.Clone(part)
		piece[i] = one
		p.claim(r, piece, verbs, found)
		p.claim(r, slices.Insert(piece, i+1, run), verbs, found)
	default:
		found(part, verbs)
	}
}

// denial returns the number of a pattern among the denials.
func (p *plan) denial(verb int, path shape) int {
	d := p.pattern(verb, path)
	if n, ok := p.known[d.text]; ok {
		return n
	}
	d.path = slices.Clone(path)
	hits := newBitset(len(p.rows))
	for o := range p.rows {
		p.overlaps(d, o, func(shape, verbSet) { hits.add(o) })
	}
	n := len(p.denials)
	p.known[d.text] = n
	p.denials = append(p.denials, denial{pattern: d, hits: hits, wide: n})
	return n
}

// widen adds the denials that can take the place of several which differ in their
// verbs only. The "*" in place of the verb must not take segments of another row.
func (p *plan) widen() {
	narrow := make(map[string]int) // how many, by the text after the verb
	for _, d := range p.denials {
		narrow[afterVerb(d.text)]++
	}
	for n := range len(p.denials) {
		d := p.denials[n]
		if narrow[afterVerb(d.text)] > 1 && d.path[0] != noSegment && !p.hitsAcross(d.path) {
			wide := p.denial(anyVerbs, d.path) // may move p.denials
			p.denials[n].wide = wide
		}
	}
}

func afterVerb(text string) string {
	_, path, _ := strings.Cut(text, "/")
	return path
}

// hitsAcross reports whether a path with any segments before it hits a row that a
// caller can be allowed.
func (p *plan) hitsAcross(path shape) bool {
	across := append(shape{run}, path...)
	hits := false
	for v := range verbs {
		for o := range p.rows {
			if p.rows[o].isGranted() {
				p.overlaps(pattern{verb: v, path: across}, o, func(shape, verbSet) { hits = true })
			}
		}
	}
	return hits
}

// relate works out which grants and denials are part of others.
func (p *plan) relate() {
	for i := range p.grants {
		g := &p.grants[i]
		for j, other := range p.grants {
			if other.covers(g.pattern) && (j < i || g.text != other.text) {
				g.inside = append(g.inside, j)
			}
		}
	}
	p.steps += len(p.grants) * len(p.grants) / 8
	p.steps += len(p.denials) * len(p.denials) / 8
	if p.steps > maxSteps {
		return
	}
	for i := range p.denials {
		d := &p.denials[i]
		d.inside = newBitset(len(p.denials))
		for j, other := range p.denials {
			if j != i && other.covers(d.pattern) {
				d.inside.add(j)
			}
		}
	}
}
