package policy

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// This file answers which route API Gateway takes for a request. A request is a
// list of tokens, the verb and then the segments of the path, and the router is
// an automaton that reads them one by one.

// A token is a literal segment or verb that occurs in the table, or one of the
// numbers below.
type token int32

const (
	emptySegment token = iota // nothing between two slashes: the root path, or a trailing slash
	otherSegment              // any segment that is no literal of the table
	firstLiteral              // literals begin here

	anyRun     token = -1 // in patterns: IAM's "*", one or more segments, any of them empty
	anySegment token = -2 // in routes: {name}, or ANY as the verb
	anyRest    token = -3 // in routes: {name+}, one or more segments
)

// A shape is a route as tokens: the verb, then the segments of the path. The
// root path is one empty segment.
type shape []token

func (s shape) greedy() bool { return s[len(s)-1] == anyRest }
func (s shape) root() bool   { return len(s) == 2 && s[1] == emptySegment }

// step returns the position in the route after one more token of a request, and
// false if the route does not match it.
func (s shape) step(pos int, t token) (int, bool) {
	if pos == len(s) {
		return pos, s.greedy() && t != emptySegment
	}
	switch want := s[pos]; want {
	case anySegment, anyRest:
		return pos + 1, t != emptySegment
	default:
		return pos + 1, t == want
	}
}

// pathWithin reports whether every path of s is one of other's.
func (s shape) pathWithin(other shape) bool {
	s, other = s[1:], other[1:]
	for i, want := range other {
		if want == anyRest {
			return i < len(s) && s[i] != emptySegment
		}
		if i == len(s) || s[i] == anyRest {
			return false
		}
		if want != s[i] && (want != anySegment || s[i] == emptySegment) {
			return false
		}
	}
	return len(s) == len(other)
}

// beats reports whether API Gateway prefers s to other where both match. The
// narrower path wins: a literal over {name}, {name} over {name+}; on the same
// path a verb wins over ANY.
//
// For literals, parameters and greedy parameters that is documented (HTTP APIs:
// "Routing API requests" in the developer guide). That the path is compared
// before the verb holds for REST APIs, whose methods hang below their resource;
// for an HTTP API with "ANY /users/me" and "GET /users/{id}" it is inferred.
// Where neither path is within the other, as with /{a}/x and /y/{b}, no document
// says which wins, and neither beats the other here.
func (s shape) beats(other shape) bool {
	narrower, wider := s.pathWithin(other), other.pathWithin(s)
	if narrower && wider {
		return s[0] != anySegment && other[0] == anySegment
	}
	return narrower
}

// A router knows which routes a request can be for.
type router struct {
	shapes   []shape
	literals map[string]token
	texts    []string  // of the tokens
	verbs    []token   // the verbs of requests
	verbsOf  [][]token // of each route
	start    *node
	nodes    []*node
	longest  int // tokens of the longest route
	work     int // done so far in comparing patterns with routes
}

// A node is what the router knows after some tokens of a request.
type node struct {
	id    int
	items []item
	next  []edge // for the literals that some route expects here
	other *node  // for every other segment; nil if no route goes on

	// owners are the routes that the request can be for if it ends here: one, or
	// none, or several where it is not documented which of them is taken.
	owners bitset
	// slashOwners are the same with one more slash at the end. Where the root
	// path is declared, atRoot is set and they are exact. Elsewhere they are
	// every route that such a request may reach: REST APIs ignore the slash, HTTP
	// APIs may hand the request to a greedy route. (M)
	slashOwners bitset
	atRoot      bool
}

// An edge leads to the node after a token, or to nil if no route goes on.
type edge struct {
	token token
	to    *node
}

// An item is a route that matches so far, and how much of it has matched.
type item struct{ route, pos int }

// The limits keep a table that overlaps with itself in every direction from
// taking many seconds to read. A table of fifty routes such as teams write them
// needs less than a hundredth of what they leave.
const (
	maxNodes    = 10_000
	maxWork     = 10_000_000
	maxSegments = 29 // with the verb and what overlaps add, patterns stay below 64 tokens
)

var errTooComplex = errors.New("policy: the routes overlap in too many ways: use fewer path parameters next to literal segments")

// newRouter reads the routes of an HTTP or REST API.
func newRouter(routes []Route) (*router, error) {
	t := &router{
		literals: make(map[string]token),
		texts:    make([]string, firstLiteral),
	}
	for _, v := range verbs {
		t.verbs = append(t.verbs, t.literal(v))
	}
	for _, r := range routes {
		s, err := t.shape(r)
		if err != nil {
			return nil, fmt.Errorf("policy: route %q: %w", r.Key, err)
		}
		if i := slices.IndexFunc(t.shapes, func(other shape) bool { return slices.Equal(s, other) }); i >= 0 {
			return nil, fmt.Errorf("policy: the routes %q and %q are the same", routes[i].Key, r.Key)
		}
		t.shapes = append(t.shapes, s)
		t.longest = max(t.longest, len(s))
	}
	for _, s := range t.shapes {
		t.verbsOf = append(t.verbsOf, t.routeVerbs(s))
	}
	return t, t.build()
}

// literal returns the token of a literal segment or verb.
func (t *router) literal(text string) token {
	if tok, ok := t.literals[text]; ok {
		return tok
	}
	tok := token(len(t.texts))
	t.literals[text] = tok
	t.texts = append(t.texts, text)
	return tok
}

// shape reads a route.
func (t *router) shape(r Route) (shape, error) {
	verb, path := r.split()
	s := shape{anySegment}
	if verb != "ANY" {
		if !slices.Contains(verbs[:], verb) {
			return nil, fmt.Errorf("invalid HTTP verb %q: want one of %s, or ANY for all", verb, strings.Join(verbs[:], ", "))
		}
		s[0] = t.literal(verb)
	}
	if path == "/" {
		return append(s, emptySegment), nil
	}
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil, errors.New("the path must begin with a slash")
	}
	segments := strings.Split(rest, "/")
	if len(segments) > maxSegments {
		return nil, fmt.Errorf("the path has %d segments, and at most %d are supported", len(segments), maxSegments)
	}
	for i, segment := range segments {
		tok, err := t.segment(segment, i == len(segments)-1)
		if err != nil {
			return nil, err
		}
		s = append(s, tok)
	}
	return s, nil
}

// segment reads one segment of a route's path.
func (t *router) segment(segment string, last bool) (token, error) {
	name, greedy, ok := parameter(segment)
	switch {
	case ok && greedy && !last:
		return 0, fmt.Errorf("{%s+} must come last", name)
	case ok && greedy:
		return anyRest, nil
	case ok:
		return anySegment, nil
	case segment == "":
		return 0, errors.New("the path has an empty segment or a slash at its end")
	case strings.Contains(segment, "*"):
		return 0, errors.New(`the path has a "*": declare a parameter instead, such as {id} or {proxy+}`)
	}
	return t.literal(segment), checkLiteral(segment)
}

// checkLiteral refuses a literal segment that no request can have or that IAM
// would not read as text.
func checkLiteral(segment string) error {
	if strings.Contains(segment, "${") {
		return errors.New("the path holds a policy variable")
	}
	return checkURIPath(segment)
}

// routeVerbs returns the verbs of a route: its own or, for ANY, all for which its
// path has no route of its own.
func (t *router) routeVerbs(s shape) []token {
	if s[0] != anySegment {
		return s[:1]
	}
	var rest []token
	for _, verb := range t.verbs {
		declared := func(other shape) bool { return other[0] == verb && slices.Equal(other[1:], s[1:]) }
		if !slices.ContainsFunc(t.shapes, declared) {
			rest = append(rest, verb)
		}
	}
	return rest
}

// build makes the automaton.
func (t *router) build() error {
	known := make(map[string]*node)
	items := make([]item, len(t.shapes))
	for i := range items {
		items[i] = item{route: i}
	}
	t.start = t.node(items, known)
	for i := 0; i < len(t.nodes); i++ {
		if len(t.nodes) > maxNodes {
			return errTooComplex
		}
		t.connect(t.nodes[i], known)
	}
	return nil
}

// node returns the node for what matches so far, or nil if nothing does.
func (t *router) node(items []item, known map[string]*node) *node {
	if len(items) == 0 {
		return nil
	}
	var key []byte
	for _, it := range items {
		key = binary.AppendUvarint(key, uint64(it.route))
		key = binary.AppendUvarint(key, uint64(it.pos))
	}
	if n, ok := known[string(key)]; ok {
		return n
	}
	n := &node{id: len(t.nodes), items: items}
	t.own(n)
	t.nodes = append(t.nodes, n)
	known[string(key)] = n
	return n
}

// connect adds the node's transitions.
func (t *router) connect(n *node, known map[string]*node) {
	if n == t.start {
		for _, v := range t.verbs {
			n.next = append(n.next, edge{v, t.node(t.step(n, v), known)})
		}
		return
	}
	n.other = t.node(t.step(n, otherSegment), known)
	for _, it := range n.items {
		s := t.shapes[it.route]
		if it.pos == len(s) || s[it.pos] < firstLiteral {
			continue
		}
		lit := s[it.pos]
		if !slices.ContainsFunc(n.next, func(e edge) bool { return e.token == lit }) {
			n.next = append(n.next, edge{lit, t.node(t.step(n, lit), known)})
		}
	}
}

// step returns what still matches after one more token.
func (t *router) step(n *node, tok token) []item {
	var items []item
	for _, it := range n.items {
		if pos, ok := t.shapes[it.route].step(it.pos, tok); ok {
			items = append(items, item{it.route, pos})
		}
	}
	return items
}

// after returns the node after one more token, which is not the empty segment.
func (n *node) after(tok token) *node {
	for _, e := range n.next {
		if e.token == tok {
			return e.to
		}
	}
	return n.other
}

// own works out for which routes a request is that ends at the node.
func (t *router) own(n *node) {
	var ending, root, greedy []int
	for _, it := range n.items {
		s := t.shapes[it.route]
		switch {
		case it.pos == len(s):
			ending = append(ending, it.route)
			if s.greedy() {
				greedy = append(greedy, it.route)
			}
		case it.pos == 1 && s.root():
			root = append(root, it.route)
		case it.pos == len(s)-1 && s.greedy():
			greedy = append(greedy, it.route)
		}
	}
	n.owners = t.preferred(ending)
	if len(root) > 0 {
		n.atRoot = true
		n.slashOwners = t.preferred(root)
		return
	}
	n.slashOwners = t.preferred(greedy)
	n.slashOwners.addAll(n.owners)
}

// preferred returns the routes that no other of them beats.
func (t *router) preferred(routes []int) bitset {
	best := newBitset(len(t.shapes))
	for _, r := range routes {
		beaten := func(other int) bool { return t.shapes[other].beats(t.shapes[r]) }
		if !slices.ContainsFunc(routes, beaten) {
			best.add(r)
		}
	}
	return best
}
