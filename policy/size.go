package policy

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// assumedStage is the beginning of an ARN that NewRoutes takes for the longest.
	assumedStage = "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:a1b2c3d4e5/production-blue/"

	// assumedPrincipal is what it leaves for the principal, in bytes of JSON.
	assumedPrincipal = 256

	// maxValue is the longest value of a claim that is written into a policy.
	maxValue = 40

	frame = `{"principalId":"","policyDocument":{"Version":"2012-10-17","Statement":[` +
		`{"Action":"execute-api:Invoke","Effect":"Allow","Resource":[]},` +
		`{"Action":"execute-api:Invoke","Effect":"Deny","Resource":[]}]}}`
)

// checkWhole refuses a table whose policy does not fit a caller with every scope,
// before any work goes into it.
func (p *plan) checkWhole() error {
	var all []pattern
	for i := range p.rows {
		if r := &p.rows[i]; r.isGranted() {
			all = append(all, p.widest(r))
		}
	}
	size := len(frame) + assumedPrincipal
	for i, a := range all {
		within := func(b pattern) bool { return b.covers(a) && b.text != a.text }
		if !slices.ContainsFunc(all, within) && !slices.ContainsFunc(all[:i], func(b pattern) bool { return b.text == a.text }) {
			size += p.size(&a)
		}
	}
	p.steps += len(all) * len(all) / 8
	return tooLarge(size)
}

// checkSize returns an error unless the policy of every caller fits. It leaves out
// the guards if there is no room for them.
func (p *plan) checkSize() error {
	if err := p.checkResources(); err != nil {
		return err
	}
	m := newMeasure(p)
	if m.everything() <= MaxResponse {
		return nil
	}
	if size, ok := m.most(); ok && size <= MaxResponse {
		return nil
	}
	for i := range p.grants {
		p.grants[i].guards = nil
	}
	m = newMeasure(p)
	size, ok := m.most()
	if !ok {
		size = m.bound()
	}
	return tooLarge(size)
}

// base is the size of what every policy may have.
func base() int {
	size := len(frame) + assumedPrincipal
	for _, path := range oddPaths {
		size += resourceSize(path)
	}
	return size
}

// A measure finds how large policies can become.
//
// Rows are one part of the table if what a policy says of one depends on the other. The
// policies of parts add up, so that the scopes of one part can be tried while all others
// are held.
type measure struct {
	*plan
	grantSizes, denialSizes []int
	varies                  bitset // rows that are open to some and closed to others
	part                    []int  // of each row, another of the same part, or itself
	cost                    int    // so far, in grants and holes looked at
}

// maxCost is how much may be looked at in trying.
const maxCost = 1_000_000

func newMeasure(p *plan) *measure {
	m := &measure{plan: p, varies: newBitset(len(p.rows))}
	for i := range p.grants {
		m.grantSizes = append(m.grantSizes, p.size(&p.grants[i].pattern))
	}
	for i := range p.denials {
		m.denialSizes = append(m.denialSizes, p.size(&p.denials[i].pattern))
	}
	for i, r := range p.rows {
		m.part = append(m.part, i)
		if len(r.sets) > 0 {
			m.varies.add(i)
		}
	}
	return m
}

// everything returns the size of a policy with all grants and denials.
func (m *measure) everything() int {
	size := base()
	for _, n := range m.grantSizes {
		size += n
	}
	for _, n := range m.denialSizes {
		size += n
	}
	return size
}

// bound returns a size that no policy exceeds: for each row, what allows it or, if
// that is more, all that may keep it closed. Rows that lie within others make it
// larger than need be.
func (m *measure) bound() int {
	opened, closed := make([]int, len(m.rows)), make([]int, len(m.rows))
	counted := make(map[[2]int]bool) // rows with denials
	for i, g := range m.grants {
		opened[g.row] += m.grantSizes[i]
		for _, h := range g.holes {
			for _, n := range [...]int{h.whole, h.part} {
				if key := [2]int{h.row, n}; !counted[key] {
					counted[key] = true
					closed[h.row] += m.denialSizes[n]
				}
			}
		}
	}
	size := base()
	for i := range m.rows {
		size += max(opened[i], closed[i])
	}
	return size
}

// most returns a size that no policy exceeds, and false if it takes too many tries.
func (m *measure) most() (int, bool) {
	m.join()
	open := m.open(newBitset(len(m.needs) + len(m.claims)))
	size := m.policySize(open)
	most := size
	for part := range m.varies.all {
		if m.find(part) != part {
			continue
		}
		partMost, ok := m.mostOf(part, open)
		if !ok {
			return 0, false
		}
		most += partMost - size
	}
	return most, true
}

// policySize returns the size of the policy for some open rows.
func (m *measure) policySize(open bitset) int {
	size := base()
	grants := m.allowed(open)
	m.cost += len(m.grants)
	for _, g := range grants {
		size += m.grantSizes[g]
		m.cost += len(m.grants[g].holes)
	}
	denials, _ := m.denied(open, grants)
	for n := range denials.all {
		size += m.denialSizes[n]
	}
	return size
}

// mostOf returns the size of the largest policy for rows that differ from some open
// ones in one part only.
func (m *measure) mostOf(part int, open bitset) (int, bool) {
	var rows []int
	needs := newBitset(len(m.needs) + len(m.claims))
	for i := range m.varies.all {
		if m.find(i) == part {
			rows = append(rows, i)
			for _, set := range m.rows[i].sets {
				needs.addAll(set)
			}
		}
	}
	list := slices.Collect(needs.all)
	if len(list) > bits.Len(maxCost) {
		return 0, false
	}
	most := 0
	open = slices.Clone(open)
	for subset := range 1 << len(list) {
		if m.cost > maxCost {
			return 0, false
		}
		held := newBitset(len(m.needs) + len(m.claims))
		for i, n := range list {
			if subset>>i&1 != 0 {
				held.add(n)
			}
		}
		for _, i := range rows {
			open.remove(i)
			if m.rows[i].opens(held) {
				open.add(i)
			}
		}
		most = max(most, m.policySize(open))
	}
	return most, true
}

// join finds the parts: a grant depends on its row and on the rows whose grants take it
// in, and a denial on the grants that want it, the row that it closes and those that it
// hits. Denials that one for every verb can replace, or that are inside one another,
// belong together.
func (m *measure) join() {
	users := make([]int, len(m.denials)) // of denials, a row that each depends on
	for n := range users {
		users[n] = noRoute
	}
	for i := range m.grants {
		g := &m.grants[i]
		user := m.unite(noRoute, g.row)
		for _, other := range g.inside {
			user = m.unite(user, m.grants[other].row)
		}
		for _, n := range g.guards {
			m.use(users, user, n)
		}
		for _, h := range g.holes {
			// Which of the two denials it is depends on what the whole one hits.
			m.use(users, m.use(users, m.unite(user, h.row), h.whole), h.part)
		}
	}
	for n, d := range m.denials {
		for other := range d.inside.all {
			m.unite(users[m.denials[n].wide], users[m.denials[other].wide])
		}
	}
}

// use notes that a denial depends on a row, and returns one of all those that it depends on.
func (m *measure) use(users []int, row, n int) int {
	wide := m.denials[n].wide
	user := m.unite(row, users[wide])
	for hit := range m.denials[wide].hits.all {
		user = m.unite(user, hit)
	}
	users[wide] = user
	return user
}

// unite puts two rows into one part, and returns one of them. A row that is open, or
// closed, to everybody is as good as none.
func (m *measure) unite(a, b int) int {
	switch {
	case b == noRoute || !m.varies.has(b):
		return a
	case a == noRoute:
		return b
	}
	m.part[m.find(a)] = m.find(b)
	return b
}

// find returns the row that stands for the part of a row.
func (m *measure) find(row int) int {
	for m.part[row] != row {
		row = m.part[row]
	}
	return row
}

// size returns what a pattern adds to an answer, with the longest values of claims.
func (p *plan) size(of *pattern) int { return resourceSize(p.longest(of)) }

// longest returns the longest text that a pattern can have.
func (p *plan) longest(of *pattern) string {
	return p.write(of.verb, of.path, func(token) string { return strings.Repeat("x", maxValue) })
}

// resourceSize returns what a resource adds to an answer.
func resourceSize(suffix string) int {
	return len(`"",`) + len(assumedStage) + escapedSize(suffix)
}

// escapedSize returns the length of a path in JSON, which has \u0026 for "&".
func escapedSize(path string) int { return len(path) + len(`u0026`)*strings.Count(path, "&") }

// checkResources refuses patterns that are too long for a resource.
func (p *plan) checkResources() error {
	var all []pattern
	for _, g := range p.grants {
		all = append(all, g.pattern)
	}
	for _, d := range p.denials {
		all = append(all, d.pattern)
	}
	for i := range all {
		if n := utf8.RuneCountInString(assumedStage + p.longest(&all[i])); n > MaxResource {
			limit := &LimitError{What: "resource for " + all[i].text, Unit: "characters", Size: n, Limit: MaxResource}
			return fmt.Errorf("%w: %s", limit, wayOut)
		}
	}
	return nil
}

func tooLarge(size int) error {
	if size <= MaxResponse {
		return nil
	}
	limit := &LimitError{What: "policy of the caller with the most", Unit: "bytes of JSON", Size: size, Limit: MaxResponse}
	return fmt.Errorf("%w: %s", limit, wayOut)
}
