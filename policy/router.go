package policy

import (
	"strconv"
	"strings"
)

// This file finds the routes of a table that a path can reach.

// A node of the tree of paths stands for the segments that lead to it.
type node struct {
	literals map[string]*node
	param    *node
	ends     ends // the routes whose path ends here
	greedy   ends // the routes whose greedy parameter begins here
}

// ends are routes with the same path, by verb.
type ends map[string]int

// of returns the route for a verb: its own, or ANY.
func (e ends) of(verb string) (int, bool) {
	if i, ok := e[verb]; ok {
		return i, true
	}
	i, ok := e[anyVerb]
	return i, ok
}

func (e *ends) add(verb string, rule int) {
	if *e == nil {
		*e = make(ends)
	}
	(*e)[verb] = rule
}

func (n *node) insert(path []segment, verb string, rule int) {
	for _, s := range path {
		if s.kind == greedy {
			n.greedy.add(verb, rule)
			return
		}
		n = n.child(s)
	}
	n.ends.add(verb, rule)
}

// child returns the node after one more segment, and makes it if need be.
func (n *node) child(s segment) *node {
	if s.kind == parameter {
		if n.param == nil {
			n.param = new(node)
		}
		return n.param
	}
	if n.literals == nil {
		n.literals = make(map[string]*node)
	}
	if n.literals[s.text] == nil {
		n.literals[s.text] = new(node)
	}
	return n.literals[s.text]
}

const (
	maxReadings = 3 // of a path that is percent-encoded
	maxEmpty    = 4 // empty segments in a path
)

// reaches reports whether a path reaches any routes, and all of them are open. The
// rule of the route that API Gateway matched, if there is one, has been looked at.
func (t *Table) reaches(c *Caller, request *ARN, matched int) bool {
	v := visit{table: t, caller: *c, verb: request.Verb, reached: matched != noRoute, open: true}
	path := request.Path
	for range maxReadings {
		v.read(path)
		decoded := decode(path)
		if decoded == path {
			return v.open && v.reached
		}
		path = decoded
	}
	return false
}

// A visit walks the tree for one request.
type visit struct {
	table    *Table
	caller   Caller
	verb     string
	segments []string
	found    []int // of a path without empty segments
	reached  bool  // some route
	open     bool  // every route so far
}

// read looks at what a path reaches, as one of the texts that it may stand for.
func (v *visit) read(path string) {
	v.segments = strings.Split(path[1:], "/")
	empty := 0
	for _, s := range v.segments {
		switch s {
		case ".", "..":
			v.open = false
			return
		case "":
			empty++
		}
	}
	root := &v.table.root
	if _, declared := root.ends.of(v.verb); path == "/" && declared {
		v.segments, empty = nil, 0
	}
	switch {
	case empty > maxEmpty:
		v.open = false
	case empty > 0:
		v.lenient(root, 0)
		v.claim(v.table.defaultAt, nil)
	default:
		v.strict(root)
	}
}

// claim notes a route that the path reaches.
func (v *visit) claim(rule int, segments []string) {
	if rule == noRoute {
		return
	}
	r := &v.table.rules[rule]
	v.reached = true
	// A bound parameter is not looked for among empty segments.
	v.open = v.open && (len(r.binds) == 0 || segments != nil) && r.opens(&v.caller, segments)
}

// strict claims the routes that API Gateway may take for a path without empty
// segments: those that no other beats.
func (v *visit) strict(root *node) {
	v.found = v.found[:0]
	v.match(root, 0)
	if len(v.found) == 0 {
		v.claim(v.table.defaultAt, nil)
	}
	for _, i := range v.found {
		if !v.isBeaten(i) {
			v.claim(i, v.segments)
		}
	}
}

// isBeaten reports whether another route that was found beats one.
func (v *visit) isBeaten(rule int) bool {
	for _, other := range v.found {
		if beats(v.table.rules[other].path, v.table.rules[rule].path) {
			return true
		}
	}
	return false
}

// match finds the routes that take the path, from the i-th segment on.
func (v *visit) match(n *node, i int) {
	if i == len(v.segments) {
		v.find(n.ends)
		return
	}
	v.find(n.greedy)
	if next := n.literals[v.segments[i]]; next != nil {
		v.match(next, i+1)
	}
	if n.param != nil {
		v.match(n.param, i+1)
	}
}

func (v *visit) find(e ends) {
	if i, ok := e.of(v.verb); ok {
		v.found = append(v.found, i)
	}
}

// lenient claims every route that a path with empty segments might be for: each
// may be left out, or be the value of a parameter.
func (v *visit) lenient(n *node, i int) {
	if i == len(v.segments) {
		if rule, ok := n.ends.of(v.verb); ok {
			v.claim(rule, nil)
		}
		return
	}
	if rule, ok := n.greedy.of(v.verb); ok {
		v.claim(rule, nil)
	}
	if v.segments[i] == "" {
		v.lenient(n, i+1)
	} else if next := n.literals[v.segments[i]]; next != nil {
		v.lenient(next, i+1)
	}
	if n.param != nil {
		v.lenient(n.param, i+1)
	}
}

// beats reports whether API Gateway prefers one route to another where both take a
// request: a literal to {name}, {name} to {name+}.
//
// That is documented (HTTP APIs: "Routing API requests" in the developer guide).
// That the path is compared before the verb holds for REST APIs, whose methods hang
// below their resource; for an HTTP API with "ANY /users/me" and "GET /users/{id}"
// it is inferred. Where neither path is within the other, as with /{a}/x and
// /y/{b}, no document says which wins, and neither beats the other here.
func beats(a, b []segment) bool { return pathWithin(a, b) && !pathWithin(b, a) }

// pathWithin reports whether every path of a is one of b's.
func pathWithin(a, b []segment) bool {
	for i, s := range b {
		switch {
		case s.kind == greedy:
			return i < len(a)
		case i == len(a) || a[i].kind == greedy:
			return false
		case s.kind == literal && (a[i].kind != literal || a[i].text != s.text):
			return false
		}
	}
	return len(a) == len(b)
}

// decode replaces every percent-encoded byte, and leaves all else as it is.
func decode(path string) string {
	if !strings.Contains(path, "%") {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			if c, err := strconv.ParseUint(path[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}
