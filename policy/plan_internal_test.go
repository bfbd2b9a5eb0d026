package policy

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// newPlanOf returns a plan that is still to be made, of routes in lines: a verb, a
// path and scopes.
func newPlanOf(t *testing.T, text string) *plan {
	t.Helper()
	var routes []Route
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 0 {
			routes = append(routes, Route{Key: f[0] + " " + f[1], Scopes: f[2:], AnyToken: len(f) == 2})
		}
	}
	rules, keys, err := readRoutes(routes)
	if err != nil {
		t.Fatal(err)
	}
	r := &Routes{rules: rules, keys: keys, claims: claimsOf(rules), needs: make(map[string]int)}
	for _, rule := range rules {
		for _, set := range rule.sets {
			for _, s := range set {
				if _, ok := r.needs[s]; !ok {
					r.needs[s] = len(r.needs)
				}
			}
		}
	}
	return newPlan(r)
}

const (
	// usersTable has denials that lie within others, and one for several verbs.
	usersTable = `
		GET    /users             list
		GET    /users/{id}        read
		PUT    /users/{id}        write
		DELETE /users/{id}        write
		GET    /users/{id}/keys   keys
		ANY    /files/{path+}     files
		GET    /files/{id}/owner  admin`

	conflictTable = `
		GET /orgs/{o}                       org
		GET /orgs/{o}/members               members
		GET /orgs/{o}/projects/{p}/members  project
		GET /teams/{t}                      team
		GET /teams/{t}/members              members
		GET /teams/{t}/projects/{p}/members project`
)

// A table is read if its work takes the greatest number of steps, and refused if it
// takes more, wherever in the work the steps run out.
func TestATableIsReadInUpToTheGreatestNumberOfSteps(t *testing.T) {
	for name, text := range map[string]string{
		"users": usersTable, "at odds": conflictTable,
		"a look at the end": "GET /{x}/y/c\n GET /b/z/c",
	} {
		first := newPlanOf(t, text)
		firstErr := first.make()
		if errors.Is(firstErr, errTooComplex) || (firstErr != nil) != (name == "at odds") {
			t.Fatalf("%s: %v", name, firstErr)
		}
		for excess := range first.steps {
			p := newPlanOf(t, text)
			p.steps = 500_000 - first.steps + excess
			err := p.make()
			if excess > 0 {
				if err != errTooComplex {
					t.Fatalf("%s: with %d steps too many: %v", name, excess, err)
				}
				continue
			}
			if fmt.Sprint(err) != fmt.Sprint(firstErr) || p.steps != 500_000 {
				t.Fatalf("%s: %d steps, %v", name, p.steps, err)
			}
			for subset := range 1 << len(p.needs) {
				c := Caller{Principal: "someone"}
				for s, n := range p.needs {
					if subset>>n&1 != 0 {
						c.Scopes = append(c.Scopes, s)
					}
				}
				got, want := p.held(&c).statements(""), first.held(&c).statements("")
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("%s: with %q the policy is %v, want %v", name, c.Scopes, got, want)
				}
			}
		}
	}
}

// What goes through all rows, grants or denials counts as steps too.
func TestWorkCountsByWhatItLooksAt(t *testing.T) {
	var text strings.Builder
	for i := range 9 {
		fmt.Fprintf(&text, "GET /r%d\n", i)
	}
	p := newPlanOf(t, text.String())
	counted := func(what string, want int, work func()) {
		t.Helper()
		before := p.steps
		if work(); p.steps-before != want {
			t.Errorf("%s counts as %d steps, want %d", what, p.steps-before, want)
		}
	}
	if err := p.readTexts(); err != nil {
		t.Fatal(err)
	}
	counted("comparing 9 rows", 9*9/8, p.addRows)
	counted("looking for an owner among 9 rows", 9/4, func() { p.owners(shape{tokenA}, allVerbs) })
	counted("a look at a row for another verb", 1, func() {
		p.overlaps(pattern{verb: verbNumber("PUT"), path: shape{tokenA}}, 0, func(shape, verbSet) { t.Error("found") })
	})
	r := &row{path: shape{run}, narrower: make([]int, 9)}
	counted("a part of a row with 9 narrower ones", 1+9/4, func() { p.claim(r, shape{tokenA}, 0, func(shape, verbSet) {}) })
	p.grants, p.denials = make([]grant, 9), make([]denial, 13)
	counted("relating 9 grants and 13 denials", 9*9/8+13*13/8, p.relate)
}

func TestScopesAreChosenInUpToTheGreatestNumberOfSteps(t *testing.T) {
	p := newPlanOf(t, "GET /a s\n GET /b t")
	if err := p.make(); err != nil {
		t.Fatal(err)
	}
	for steps, want := range map[int]bool{0: true, 500_000 - 3: true, 500_000 - 2: true, 500_000 - 1: false, 500_000: false} {
		p.steps = steps
		if _, got := p.choose([]int{0}, newBitset(len(p.needs)), 1); got != want {
			t.Errorf("after %d steps scopes are found: %v, want %v", steps, got, want)
		}
	}
}
