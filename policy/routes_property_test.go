package policy_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// The oracle of these tests routes requests by brute force. It knows routes as
// sets of the paths in a small universe and shares no code with the package.

var (
	oracleVerbs    = []string{"GET", "POST", "DELETE"}
	oracleLiterals = []string{"a", "b"}
	oracleSegments = []string{"a", "b", "z"} // z stands for whatever is no literal
)

const oracleDepth = 5

// universe returns every path of up to depth segments, the root path included.
func universe(depth int) []string {
	paths := []string{"/"}
	last := []string{""}
	for range depth {
		var longer []string
		for _, p := range last {
			for _, s := range oracleSegments {
				longer = append(longer, p+"/"+s)
			}
		}
		paths = append(paths, longer...)
		last = longer
	}
	return paths
}

// pathMatches reports whether a route's path matches a path of the universe.
func pathMatches(route, path string) bool {
	if route == "/" || path == "/" {
		return route == path
	}
	want, got := strings.Split(route[1:], "/"), strings.Split(path[1:], "/")
	for i, w := range want {
		switch {
		case i >= len(got):
			return false
		case strings.HasSuffix(w, "+}"):
			return true
		case !strings.HasPrefix(w, "{") && w != got[i]:
			return false
		}
	}
	return len(want) == len(got)
}

// An oracle decides which routes a request is for.
type oracle struct {
	routes []policy.Route
	beats  [][]bool
}

func newOracle(routes []policy.Route, paths []string) *oracle {
	o := &oracle{routes: routes}
	for _, a := range routes {
		var row []bool
		for _, b := range routes {
			row = append(row, beats(a, b, paths))
		}
		o.beats = append(o.beats, row)
	}
	return o
}

// beats reports whether every path of a is one of b's, and b has more of them
// or, on the same paths, any verb.
func beats(a, b policy.Route, paths []string) bool {
	more := false
	for _, p := range paths {
		inA, inB := pathMatches(pathOf(a), p), pathMatches(pathOf(b), p)
		if inA && !inB {
			return false
		}
		more = more || inB && !inA
	}
	return more || verbOf(a) != "ANY" && verbOf(b) == "ANY"
}

func (o *oracle) preferred(match func(policy.Route) bool) []int {
	var matching []int
	for i, r := range o.routes {
		if match(r) {
			matching = append(matching, i)
		}
	}
	var best []int
	for _, i := range matching {
		if !slices.ContainsFunc(matching, func(j int) bool { return o.beats[j][i] }) {
			best = append(best, i)
		}
	}
	return best
}

func verbMatches(r policy.Route, verb string) bool { return verbOf(r) == "ANY" || verbOf(r) == verb }

// owners returns the routes that a request can be for.
func (o *oracle) owners(verb, path string) []int {
	return o.preferred(func(r policy.Route) bool { return verbMatches(r, verb) && pathMatches(pathOf(r), path) })
}

// slashOwners returns the routes that a request with one more slash can be for.
func (o *oracle) slashOwners(verb, path string) []int {
	greedy := o.preferred(func(r policy.Route) bool {
		prefix, ok := strings.CutSuffix(pathOf(r), "/{rest+}")
		if !ok || !verbMatches(r, verb) {
			return false
		}
		return pathMatches(pathOf(r), path) || pathMatches(prefix, path)
	})
	return append(greedy, o.owners(verb, path)...)
}

func isOpen(r policy.Route, scopes []string) bool {
	return r.AnyToken || slices.ContainsFunc(r.Scopes, func(s string) bool { return slices.Contains(scopes, s) })
}

func (o *oracle) allOpen(owners []int, scopes []string) bool {
	return !slices.ContainsFunc(owners, func(i int) bool { return !isOpen(o.routes[i], scopes) })
}

// randomRoutes returns a table over the small alphabet, without two same routes.
func randomRoutes(rng *rand.Rand, scopes []string) []policy.Route {
	seen := make(map[string]bool)
	var routes []policy.Route
	for range 1 + rng.IntN(7) {
		r := policy.Route{Key: append([]string{"ANY"}, oracleVerbs[:2]...)[rng.IntN(3)] + " " + randomPath(rng)}
		for _, s := range scopes {
			if rng.IntN(3) == 0 {
				r.Scopes = append(r.Scopes, s)
			}
		}
		r.AnyToken = len(r.Scopes) == 0
		if !seen[r.Key] {
			seen[r.Key] = true
			routes = append(routes, r)
		}
	}
	return routes
}

func randomPath(rng *rand.Rand) string {
	var b strings.Builder
	n := rng.IntN(4)
	for i := range n {
		switch k := rng.IntN(7); {
		case k < 4:
			b.WriteString("/" + oracleLiterals[k%2])
		case k == 6 && i == n-1:
			b.WriteString("/{rest+}")
		default:
			fmt.Fprintf(&b, "/{p%d}", i)
		}
	}
	if b.Len() == 0 {
		return "/"
	}
	return b.String()
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

func TestAPolicyOfRoutesAllowsWhatARouterWouldAndNothingElse(t *testing.T) {
	rng := rand.New(rand.NewPCG(20, 26))
	paths := universe(oracleDepth)
	scopes := []string{"s1", "s2", "s3"}
	const tables = 200
	refused, excepted := 0, 0
	for range tables {
		routes := randomRoutes(rng, scopes)
		o := newOracle(routes, paths)
		table, err := policy.NewRoutes(routes...)
		if err != nil {
			refused++
			checkConflicts(t, o, err, paths)
			continue
		}
		if len(table.Exceptions()) > 0 {
			excepted++
		}
		for _, held := range subsets(scopes) {
			checkPolicy(t, o, table, held, paths)
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("of %d random tables %d have no IAM policy for some scopes, and %d have exceptions", tables, refused, excepted)
	if refused == 0 || excepted == 0 || refused > tables/4 {
		t.Errorf("of %d random tables %d were refused and %d had exceptions: the test no longer looks at all kinds", tables, refused, excepted)
	}
}

// checkPolicy compares the policy for some scopes with the oracle, request by request.
func checkPolicy(t *testing.T, o *oracle, table *policy.Routes, held, paths []string) {
	t.Helper()
	p, err := table.Policy(policy.Caller{Principal: "someone", Scopes: held}, testAPI)
	if err != nil {
		t.Errorf("routes %v, scopes %v: %v", o.routes, held, err)
		return
	}
	for _, verb := range oracleVerbs {
		for _, path := range paths {
			owners := o.owners(verb, path)
			if len(owners) > 0 {
				got, want := allows(t, p, verb, path), o.allOpen(owners, held)
				if got != want && (got || !o.excepted(table, owners, verb, path, held)) {
					t.Errorf("routes %v, scopes %v: %s %s allowed is %v, want %v by %s", o.routes, held, verb, path, got, want, p)
					return
				}
			}
			if path == "/" {
				continue
			}
			if owners := o.slashOwners(verb, path); !o.allOpen(owners, held) && allows(t, p, verb, path+"/") {
				t.Errorf("routes %v, scopes %v: %s %s/ is allowed by %s", o.routes, held, verb, path, p)
				return
			}
		}
	}
}

// excepted reports whether the table owns up to denying a request: an exception
// names its routes and a pattern that matches it, and a parameter has the name
// of a segment.
func (o *oracle) excepted(table *policy.Routes, owners []int, verb, path string, held []string) bool {
	if o.ordinary(owners, path) {
		return false
	}
	return slices.ContainsFunc(table.Exceptions(), func(e policy.Exception) bool {
		return o.same(owners, e.Hit) && !isOpen(e.Denied, held) && patternMatches(e.Pattern, verb, path)
	})
}

// same reports whether the numbers are those of the routes.
func (o *oracle) same(numbers []int, routes []policy.Route) bool {
	return len(numbers) == len(routes) && !slices.ContainsFunc(numbers, func(i int) bool {
		return !slices.ContainsFunc(routes, func(r policy.Route) bool { return r.Key == o.routes[i].Key })
	})
}

// ordinary reports whether for one of its routes no parameter of a request has
// the name of a segment.
func (o *oracle) ordinary(owners []int, path string) bool {
	got := strings.Split(path, "/")
	return slices.ContainsFunc(owners, func(i int) bool {
		want := strings.Split(pathOf(o.routes[i]), "/")
		for j, segment := range got {
			if segment != "z" && (j >= len(want) || want[j] != segment) {
				return false
			}
		}
		return true
	})
}

func allows(t *testing.T, p *policy.Response, verb, path string) bool {
	t.Helper()
	arn := testAPI
	arn.Verb, arn.Path = verb, path
	d, err := p.Evaluate(arn, policy.ConditionKeys{})
	if err != nil {
		t.Fatal(err)
	}
	return d == policy.Allowed
}

// checkConflicts makes sure that what a ConflictError says is so: its scopes
// open and close the routes that it names, the pattern of the allowed route
// matches a request for the denied one, and the narrowest pattern for such
// requests hits ordinary ones for the blocked route.
func checkConflicts(t *testing.T, o *oracle, err error, paths []string) {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Errorf("routes %v: %v", o.routes, err)
		return
	}
	for _, err := range joined.Unwrap() {
		var c *policy.ConflictError
		if !errors.As(err, &c) {
			t.Errorf("routes %v: %v", o.routes, err)
			return
		}
		if isOpen(c.Denied, c.Scopes) || !isOpen(c.Allowed, c.Scopes) || slices.ContainsFunc(c.Blocked, func(r policy.Route) bool { return !isOpen(r, c.Scopes) }) {
			t.Errorf("routes %v: %v: the scopes do not open and close what it says", o.routes, c)
		}
		if !o.has(c, paths) {
			t.Errorf("routes %v: %v: no requests bear it out", o.routes, c)
		}
	}
}

// has reports whether there are requests that a conflict can be about.
func (o *oracle) has(c *policy.ConflictError, paths []string) bool {
	spilled, blocked := false, false
	for _, verb := range oracleVerbs {
		for _, path := range paths {
			if !patternMatches(c.Pattern, verb, path) {
				continue
			}
			owners := o.owners(verb, path)
			blocked = blocked || o.ordinary(owners, path) && o.same(owners, c.Blocked)
		}
	}
	for _, verb := range oracleVerbs {
		for _, path := range paths {
			for _, slash := range []string{"", "/"} {
				owners := o.owners(verb, path)
				if slash != "" {
					owners = o.slashOwners(verb, path)
				}
				if patternMatches(routePattern(c.Allowed), verb, path+slash) && patternMatches(c.Pattern, verb, path+slash) {
					spilled = spilled || slices.ContainsFunc(owners, func(i int) bool { return o.routes[i].Key == c.Denied.Key })
				}
			}
		}
	}
	return spilled && blocked
}

// routePattern returns the IAM pattern of a route.
func routePattern(r policy.Route) string {
	parts := strings.Split(pathOf(r), "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = "*"
		}
	}
	return strings.ReplaceAll(verbOf(r), "ANY", "*") + strings.Join(parts, "/")
}

// patternMatches matches what follows the stage as IAM does, by way of Evaluate.
func patternMatches(pattern, verb, path string) bool {
	arn := testAPI
	prefix := arn.String()
	p := policy.Response{PolicyDocument: policy.Document{
		Version:   "2012-10-17",
		Statement: []policy.Statement{{Action: "*", Effect: "Allow", Resource: []string{prefix + pattern}}},
	}}
	arn.Verb, arn.Path = verb, path
	d, err := p.Evaluate(arn, policy.ConditionKeys{})
	return err == nil && d == policy.Allowed
}
