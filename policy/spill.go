package policy

import "slices"

// Since IAM's "*" crosses slashes, the pattern of an allowed route spills over:
// GET/users/* lets GET /users/{id} through and also GET /users/1/posts, which is
// another route's. A spill is one such set of requests.
type spill struct {
	// owners are the routes that the requests can be for. They may be let
	// through only if all of these are open.
	owners bitset
	// cover is the narrowest pattern that denies them all.
	cover pattern
}

// spills returns what a route's pattern lets through of other routes.
//
// It walks the router with every request that the pattern matches, taking
// otherSegment to stand for all segments that are no literals of the table. Each
// walk ends at requests that go to the same routes, and is itself the narrowest
// pattern for them once each otherSegment in it has become a "*": no pattern
// without that "*" matches all of them. Past the longest route only greedy
// routes are left, which take whatever follows, so a "*" of the pattern need not
// be tried at more length there: the "*" of the cover stands for that.
func (t *router) spills(route int, p pattern) ([]spill, error) {
	w := walker{router: t, pattern: p, own: newBitset(len(t.shapes))}
	w.own.add(route)
	w.expect(0, t.start)
	if t.work > maxWork {
		return nil, errTooComplex
	}
	return w.found, nil
}

// A walker searches for the spills of a pattern.
type walker struct {
	router  *router
	pattern pattern
	own     bitset // the route whose pattern it is
	path    pattern
	found   []spill
}

// expect goes on at the i-th token of the pattern.
func (w *walker) expect(i int, n *node) {
	w.router.work++
	if n == nil || w.router.work > maxWork {
		return
	}
	if i == len(w.pattern) {
		w.end(n.owners)
		return
	}
	switch tok := w.pattern[i]; tok {
	case anyRun:
		w.run(i, n)
	case emptySegment:
		w.slash(n)
	default:
		w.take(tok, func() { w.expect(i+1, n.after(tok)) })
	}
}

// run goes on where the "*" at i of the pattern takes one more segment, or the
// end of a request with a slash at its end.
func (w *walker) run(i int, n *node) {
	if i+1 == len(w.pattern) {
		w.slash(n)
	}
	for _, e := range n.next {
		w.take(e.token, func() { w.taken(i, e.to) })
	}
	if n.other != nil {
		w.take(otherSegment, func() { w.taken(i, n.other) })
	}
}

// taken goes on where the "*" at i of the pattern has taken a segment: it may
// end there, or take more.
func (w *walker) taken(i int, n *node) {
	w.expect(i+1, n)
	if n != nil && len(w.path) <= w.router.longest {
		w.run(i, n)
	}
}

// take adds a token to the request while next goes on.
func (w *walker) take(tok token, next func()) {
	w.path = append(w.path, tok)
	next()
	w.path = w.path[:len(w.path)-1]
}

// slash ends the request with an empty segment.
func (w *walker) slash(n *node) {
	w.take(emptySegment, func() { w.end(n.slashOwners) })
}

// end notes the requests that the walk has come to, unless they are the route's
// own or nobody's.
func (w *walker) end(owners bitset) {
	if owners.within(w.own) {
		return
	}
	cover := slices.Clone(w.path)
	for i, tok := range cover {
		if tok == otherSegment {
			cover[i] = anyRun
		}
	}
	w.note(spill{owners, cover})
}

// note adds a spill, unless another denies its requests whenever it would.
func (w *walker) note(s spill) {
	w.router.work += len(w.found)
	implies := func(a, b spill) bool { return b.owners.within(a.owners) && b.cover.within(a.cover) }
	if slices.ContainsFunc(w.found, func(other spill) bool { return implies(other, s) }) {
		return
	}
	w.found = slices.DeleteFunc(w.found, func(other spill) bool { return implies(s, other) })
	w.found = append(w.found, s)
}
