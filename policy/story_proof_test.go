package policy_test

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// This story holds both ways of deciding against a router and a check of scopes that
// are written down here as plainly as can be, and share no code with the package. A
// request that some route closes is never allowed, whatever is done to its path. A
// plain request that is open is never denied, except where the package says so.

// A world is how API Gateway treats an encoded path: which text it takes the route
// of, and which text stands in the ARN. Documents do not say.
type world struct{ routesDecoded, arnDecoded bool }

var worlds = []world{{false, false}, {true, true}, {true, false}, {false, true}}

func (w world) texts(path string) (routed, inARN string) {
	routed, inARN = path, path
	if w.routesDecoded {
		routed = decoded(path)
	}
	if w.arnDecoded {
		inARN = decoded(path)
	}
	return routed, inARN
}

func decoded(path string) string {
	text, err := url.PathUnescape(path)
	if err != nil {
		return path
	}
	return text
}

// A gateway routes requests.
type gateway struct {
	routes []policy.Route
	kinds  [][]string      // the segments of each, without the names of parameters
	keys   map[string]bool // verb and kinds
}

func newGateway(routes []policy.Route) *gateway {
	g := &gateway{routes: routes, keys: make(map[string]bool)}
	for _, r := range routes {
		g.kinds = append(g.kinds, kindsOf(r))
		g.keys[formOf(r)] = true
	}
	return g
}

func formOf(r policy.Route) string { return verbOf(r) + " /" + strings.Join(kindsOf(r), "/") }

// A way is a route that a request may take, with the values of its parameters.
type way struct {
	number int
	route  policy.Route
	values map[string]string
}

// ways returns the routes that API Gateway may take for a text: of those that match
// and that no other beats, all. Of a text with empty segments, all that match with
// some of them left out.
func (g *gateway) ways(verb, text string) []way {
	segments := strings.Split(text[1:], "/")
	if text == "/" && (g.keys[verb+" /"] || g.keys["ANY /"]) {
		segments = nil
	}
	var all []way
	for _, variant := range variants(segments) {
		all = append(all, g.match(verb, variant)...)
	}
	odd := slices.Contains(segments, "")
	if !odd {
		beaten := func(w way) bool {
			return slices.ContainsFunc(all, func(other way) bool { return narrower(g.kinds[other.number], g.kinds[w.number]) })
		}
		all = slices.DeleteFunc(slices.Clone(all), beaten)
	}
	if i := slices.IndexFunc(g.routes, isDefault); i >= 0 && (odd || len(all) == 0) {
		all = append(all, way{number: i, route: g.routes[i]})
	}
	return all
}

func isDefault(r policy.Route) bool { return r.Key == "$default" }

// variants returns the segments with any of the empty ones left out.
func variants(segments []string) [][]string {
	all := [][]string{nil}
	for _, s := range segments {
		var next [][]string
		for _, v := range all {
			next = append(next, append(slices.Clone(v), s))
			if s == "" {
				next = append(next, v)
			}
		}
		all = next
	}
	return all
}

// match returns the routes that take a request. ANY does not where the same path has
// a route for the verb.
func (g *gateway) match(verb string, path []string) []way {
	var found []way
	for i, r := range g.routes {
		own := verbOf(r) == verb || verbOf(r) == "ANY" && !g.keys[verb+strings.TrimPrefix(formOf(r), "ANY")]
		if values, ok := matchPath(segmentsOf(r), path); ok && own && !isDefault(r) {
			found = append(found, way{i, r, values})
		}
	}
	return found
}

// matchPath compares a route's path with a request's.
func matchPath(route, path []string) (map[string]string, bool) {
	values := make(map[string]string)
	for i, s := range route {
		name, isParameter := strings.CutPrefix(strings.TrimSuffix(s, "}"), "{")
		switch {
		case i >= len(path):
			return nil, false
		case isParameter && strings.HasSuffix(name, "+"):
			return values, true
		case isParameter:
			values[name] = path[i]
		case s != path[i]:
			return nil, false
		}
	}
	return values, len(route) == len(path)
}

func segmentsOf(r policy.Route) []string {
	if path := pathOf(r); len(path) > 1 {
		return strings.Split(path[1:], "/")
	}
	return nil
}

// kindsOf returns a route's segments with the names of parameters taken out.
func kindsOf(r policy.Route) []string {
	segments := segmentsOf(r)
	for i, s := range segments {
		switch {
		case strings.HasSuffix(s, "+}"):
			segments[i] = "{+}"
		case strings.HasPrefix(s, "{"):
			segments[i] = "{}"
		}
	}
	return segments
}

// narrower reports whether all paths of x are some of y's.
func narrower(x, y []string) bool {
	if slices.Equal(x, y) {
		return false
	}
	for i, s := range y {
		switch {
		case s == "{+}":
			return i < len(x)
		case i >= len(x) || x[i] == "{+}" || s != "{}" && s != x[i]:
			return false
		}
	}
	return len(x) == len(y)
}

// isOpen reports whether scopes open a route.
func isOpen(r policy.Route, scopes []string) bool {
	return r.AnyToken || slices.ContainsFunc(r.Scopes, func(entry string) bool {
		return !slices.ContainsFunc(strings.Fields(entry), func(s string) bool { return !slices.Contains(scopes, s) })
	})
}

// open reports whether a way is open to a caller: by scopes and because the bound
// parameters are the caller's, as they were sent or decoded.
func (w way) open(c policy.Caller) bool {
	for name, claim := range w.route.Bind {
		own := c.Claims[claim]
		if own == "" || w.values[name] != own && decoded(w.values[name]) != own {
			return false
		}
	}
	return isOpen(w.route, c.Scopes)
}

func allOpen(ways []way, c policy.Caller) bool {
	return !slices.ContainsFunc(ways, func(w way) bool { return !w.open(c) })
}

// The generator.

var proofVerbs = []string{"GET", "POST", "DELETE"}

// proofTable returns about n routes that take no same requests.
func proofTable(rng *rand.Rand, n int) []policy.Route {
	literals := []string{"a", "b", "c"}
	for i := range n / 8 {
		literals = append(literals, fmt.Sprintf("r%d", i))
	}
	var routes []policy.Route
	seen := make(map[string]bool)
	for range n {
		r := policy.Route{Key: proofKey(rng, literals)}
		if seen[formOf(r)] {
			continue
		}
		seen[formOf(r)] = true
		entries := []string{"s1", "s2", "s3", "s1 s2", "s2 s3"}
		rng.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
		if r.Scopes = entries[:rng.IntN(3)]; len(r.Scopes) == 0 {
			r.AnyToken = true
		}
		for _, s := range segmentsOf(r) {
			if strings.HasPrefix(s, "{p") && rng.IntN(4) == 0 {
				if r.Bind == nil {
					r.Bind = make(map[string]string)
				}
				r.Bind[strings.Trim(s, "{}")] = []string{"tenant", "user"}[rng.IntN(2)]
			}
		}
		routes = append(routes, r)
	}
	if rng.IntN(4) == 0 {
		routes = append(routes, policy.Route{Key: "$default", Scopes: []string{"s1"}})
	}
	return routes
}

func proofKey(rng *rand.Rand, literals []string) string {
	verb := append([]string{"ANY"}, proofVerbs[:2]...)[rng.IntN(3)]
	depth := rng.IntN(5)
	if depth == 0 {
		return verb + " /"
	}
	var b strings.Builder
	for i := range depth {
		switch k := rng.IntN(8); {
		case k == 7 && i == depth-1:
			b.WriteString("/{rest+}")
		case k >= 5:
			fmt.Fprintf(&b, "/{p%d}", i)
		default:
			b.WriteString("/" + literals[rng.IntN(len(literals))])
		}
	}
	return verb + " " + b.String()
}

// proofPath returns a path that one of the routes may take, and is changed with some
// likelihood.
func proofPath(rng *rand.Rand, routes []policy.Route) string {
	r := routes[rng.IntN(len(routes))]
	values := []string{"7", "7", "z", "own", "own", "me", "a", "b", "c", "x%20y", "%61", "own%2Fx", "a%2Fb", "%2561", "*", "?", "a*", "..", "%2e%2e", "%6f%77n", "${x}", "é"}
	var b strings.Builder
	for _, s := range segmentsOf(r) {
		b.WriteByte('/')
		switch {
		case strings.HasSuffix(s, "+}"):
			b.WriteString(values[rng.IntN(len(values))] + strings.Repeat("/"+values[rng.IntN(len(values))], rng.IntN(3)))
		case strings.HasPrefix(s, "{"):
			b.WriteString(values[rng.IntN(len(values))])
		default:
			b.WriteString(s)
		}
	}
	path := b.String()
	if r.Key == "$default" {
		path = "/" + values[rng.IntN(len(values))] + "/q"
	}
	for range rng.IntN(3) {
		path = changed(rng, path)
	}
	if path == "" {
		return "/"
	}
	return path
}

// changed returns a path with one thing done to it.
func changed(rng *rand.Rand, path string) string {
	i := rng.IntN(len(path) + 1)
	switch rng.IntN(6) {
	case 0:
		return path + "/"
	case 1: // an empty segment
		return "/" + strings.Replace(path, "/", "//", 1+rng.IntN(2))[min(1, len(path)):]
	case 2: // an encoded slash
		return path[:min(1, len(path))] + strings.Replace(path[min(1, len(path)):], "/", "%2F", 1)
	case 3: // an encoded letter
		if i > 0 && i < len(path) && 'a' <= path[i] && path[i] <= 'z' && path[i-1] != '%' && (i < 2 || path[i-2] != '%') {
			return path[:i] + fmt.Sprintf("%%%02x", path[i]) + path[i+1:]
		}
	case 4: // one segment more
		return path + "/" + []string{"a", "b", "7"}[rng.IntN(3)]
	}
	return path
}

// proofCallers returns callers with every set of scopes, and several with claims.
func proofCallers(rng *rand.Rand) []policy.Caller {
	claims := []map[string]string{
		nil,
		{"tenant": "own", "user": "me"},
		{"tenant": "own"},
		{"tenant": "own", "user": "own"},
		{"tenant": "a", "user": "me"}, // the name of a segment
		{"tenant": "a*", "user": "own/x"},
		{"tenant": "x%20y", "user": ".."},
		{"tenant": "", "user": "z"},
	}
	var callers []policy.Caller
	for _, scopes := range subsets([]string{"s1", "s2", "s3"}) {
		callers = append(callers, policy.Caller{Principal: "someone", Scopes: scopes, Claims: claims[rng.IntN(len(claims))]})
	}
	return callers
}

// subsets returns every subset of the scopes.
func subsets(scopes []string) [][]string {
	all := [][]string{nil}
	for _, s := range scopes {
		for _, set := range all {
			all = append(all, append(slices.Clone(set), s))
		}
	}
	return all
}

// isPlain reports whether a path means the same to everybody.
func isPlain(path string) bool {
	return !strings.Contains(path, "//") && (path == "/" || !strings.HasSuffix(path, "/")) &&
		!strings.ContainsAny(path, "%*?$") && !strings.Contains(path+"/", "/../")
}

// routeOf returns how API Gateway names the route of a request.
func routeOf(w way, verb string) string {
	if w.route.Key == "$default" {
		return "$default"
	}
	return verb + " " + pathOf(w.route)
}

// An encoded slash in front of a greedy parameter cannot be seen in a decoded path:
// Route.Bind says so.
func (w way) hidesSlash(of world) bool {
	return !of.routesDecoded && of.arnDecoded && strings.HasSuffix(w.route.Key, "+}") && w.route.Bind != nil &&
		slices.ContainsFunc(slices.Collect(mapValues(w.values)), func(v string) bool { return strings.Contains(decoded(v), "/") })
}

func mapValues(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func TestATableAllowsNothingThatIsClosedAndAllThatIsOpen(t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 26))
	answers := map[bool]int{}
	step := 5
	if os.Getenv("STORIES") == "whole" {
		step = 1
	}
	for n := 0; n < 50; n += step {
		routes := proofTable(rng, 1+rng.IntN(2+n*n/5)) // 500 at the most
		p := newTableProof(t, routes)
		callers := proofCallers(rng)
		for range 40 {
			verb, path := proofVerbs[rng.IntN(3)], proofPath(rng, routes)
			for _, w := range worlds {
				p.check(t, callers, w, verb, path, answers)
			}
		}
	}
	t.Logf("%d allowed, %d denied", answers[true], answers[false])
	if answers[true] < 10_000/step {
		t.Error("the test no longer looks at what is allowed")
	}
}

// A tableProof is a table, and API Gateway with all its routes and with the greedy
// ones only, where the function behind them finds the others.
type tableProof struct {
	table       *policy.Table
	all, greedy *gateway
}

func newTableProof(t testing.TB, routes []policy.Route) *tableProof {
	t.Helper()
	table, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatal(err)
	}
	greedy := slices.DeleteFunc(slices.Clone(routes), func(r policy.Route) bool {
		return !isDefault(r) && !strings.HasSuffix(r.Key, "+}")
	})
	return &tableProof{table, newGateway(routes), newGateway(greedy)}
}

// check makes a request by every caller, with and without a route in the event.
func (p *tableProof) check(t *testing.T, callers []policy.Caller, of world, verb, path string, answers map[bool]int) {
	t.Helper()
	routed, inARN := of.texts(path)
	taken, inFront := p.all.ways(verb, routed), p.greedy.ways(verb, routed)
	behind := append(p.all.ways(verb, inARN), p.all.ways(verb, decoded(inARN))...)
	for _, c := range callers {
		failed := func(what string, by any) {
			t.Helper()
			t.Fatalf("routes %v\ncaller %v: %s %s, as %s in the ARN, %s %v", p.all.routes, c, verb, path, inARN, what, by)
		}
		for _, w := range taken {
			got := p.allows(t, c, verb, inARN, routeOf(w, verb))
			answers[got]++
			if got && !w.open(c) && !w.hidesSlash(of) {
				failed("is allowed, and this is closed:", w.route.Key)
			}
			if !got && isPlain(path) && allOpen(taken, c) {
				failed("is denied, and open by", w.route.Key)
			}
		}
		for _, w := range inFront {
			got := p.allows(t, c, verb, inARN, routeOf(w, verb))
			if got && !w.hidesSlash(of) && !(w.open(c) && allOpen(behind, c)) {
				failed("is allowed behind "+w.route.Key+", and one of these is closed:", behind)
			}
		}
		if of.arnDecoded && !of.routesDecoded {
			continue // no such events are without a route
		}
		switch got := p.allows(t, c, verb, inARN, ""); {
		case got && !allOpen(taken, c):
			failed("is allowed without a route, and one of these is closed:", taken)
		case !got && isPlain(path) && len(taken) > 0 && allOpen(taken, c):
			failed("is denied without a route, and open by", taken)
		}
	}
}

func (p *tableProof) allows(t *testing.T, c policy.Caller, verb, path, route string) bool {
	t.Helper()
	answer, err := p.table.Policy(c, request(verb, path), route)
	if err != nil {
		t.Fatal(err)
	}
	return evaluate(t, answer, verb, path) == policy.Allowed
}

func TestRoutesAllowNothingThatIsClosedAndAllThatIsOpen(t *testing.T) {
	rng := rand.New(rand.NewPCG(26, 20))
	var p routesProof
	const tables = 500
	refused := 0
	for n := range tables {
		routes := proofTable(rng, 1+rng.IntN(2+n/50))
		r, err := policy.NewRoutes(routes...)
		if err != nil {
			refused++
			continue
		}
		paths := universe
		if n%4 > 0 {
			paths = nil
			for range 60 {
				paths = append(paths, proofPath(rng, routes))
			}
		}
		p.check(t, r, newGateway(routes), proofCallers(rng), paths)
	}
	t.Logf("%d of %d tables were refused; %d allowed, %d denied, %d of them by exceptions", refused, tables, p.allowed, p.denied, p.excepted)
	if refused > tables/2 || refused == 0 || p.excepted < 50 || p.allowed < 10_000 {
		t.Error("the test no longer looks at all kinds of tables")
	}
}

// universe has every path of up to four segments from a small alphabet.
var universe = func() []string {
	paths := []string{"/"}
	last := []string{""}
	for range 4 {
		var longer []string
		for _, p := range last {
			for _, s := range []string{"a", "b", "7", "own"} {
				longer = append(longer, p+"/"+s)
			}
		}
		paths = append(paths, longer...)
		last = longer
	}
	return paths
}()

// A routesProof counts what was decided.
type routesProof struct{ allowed, denied, excepted int }

// check makes requests by callers who each have one policy for all.
func (p *routesProof) check(t *testing.T, r *policy.Routes, g *gateway, callers []policy.Caller, paths []string) {
	t.Helper()
	answers := make([]*policy.Response, len(callers))
	for i, c := range callers {
		var err error
		if answers[i], err = r.Policy(c, testAPI); err != nil {
			t.Fatal(err)
		}
	}
	for n, path := range paths {
		verb := proofVerbs[n%len(proofVerbs)]
		for _, of := range worlds[:3] { // the fourth is not for Routes: see Routes.Policy
			routed, inARN := of.texts(path)
			taken := g.ways(verb, routed)
			for i, c := range callers {
				got := evaluate(t, answers[i], verb, inARN) == policy.Allowed
				if what := p.judge(r, c, taken, got, verb, path); what != "" {
					t.Fatalf("routes %v\ncaller %v: %s %s, as %s in the ARN, is %s: %v, by %s", g.routes, c, verb, path, inARN, what, taken, answers[i])
				}
			}
			if isPlain(path) {
				break // the same in all worlds
			}
		}
	}
}

// judge says what is wrong with a decision.
func (p *routesProof) judge(r *policy.Routes, c policy.Caller, taken []way, got bool, verb, path string) string {
	if got {
		p.allowed++
		if !allOpen(taken, c) {
			return "allowed, and one of these is closed"
		}
		return ""
	}
	p.denied++
	if !isPlain(path) || len(taken) == 0 || !allOpen(taken, c) || unwritten(c) {
		return ""
	}
	p.excepted++
	if !isExcepted(r, c, taken, verb, path) {
		return "denied, and open"
	}
	return ""
}

// unwritten reports whether a value of a caller's claims is not written into policies
// although it could be: it is also the name of a segment, or of another claim.
func unwritten(c policy.Caller) bool {
	return c.Claims["tenant"] == "a" || c.Claims["tenant"] == c.Claims["user"]
}

// isExcepted reports whether the table owns up to denying a request: an exception
// names its routes and a pattern that matches it.
func isExcepted(r *policy.Routes, c policy.Caller, taken []way, verb, path string) bool {
	return slices.ContainsFunc(r.Exceptions(), func(e policy.Exception) bool {
		pattern := e.Pattern
		for claim, value := range c.Claims {
			pattern = strings.ReplaceAll(pattern, "{"+claim+"}", value)
		}
		hit := func(w way) bool {
			return slices.ContainsFunc(e.Hit, func(r policy.Route) bool { return r.Key == w.route.Key })
		}
		return slices.ContainsFunc(taken, hit) && patternMatches(pattern, verb, path)
	})
}

// patternMatches matches what follows the stage as IAM does, by way of Evaluate.
func patternMatches(pattern, verb, path string) bool {
	p := policy.Response{PolicyDocument: policy.Document{
		Version:   "2012-10-17",
		Statement: []policy.Statement{{Action: []string{"*"}, Effect: "Allow", Resource: []string{testPrefix + pattern}}},
	}}
	d, err := p.Evaluate(request(verb, path), policy.ConditionKeys{})
	return err == nil && d == policy.Allowed
}
