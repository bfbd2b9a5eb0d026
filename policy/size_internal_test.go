package policy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// randomRoutes returns routes that overlap in many ways.
func randomRoutes(rng *rand.Rand, n int) []Route {
	var routes []Route
	seen := make(map[string]bool)
	for range n {
		var path strings.Builder
		for i := range 1 + rng.IntN(4) {
			path.WriteString([]string{"/a", "/b", "/c", fmt.Sprintf("/{p%d}", i)}[rng.IntN(4)])
		}
		if rng.IntN(8) == 0 {
			path.WriteString("/{rest+}")
		}
		r := Route{Key: []string{"GET", "POST", "ANY"}[rng.IntN(3)] + " " + path.String()}
		if rng.IntN(5) == 0 {
			r.AnyToken = true
		} else {
			r.Scopes = []string{[]string{"s1", "s2", "s3", "s4", "s1 s2"}[rng.IntN(5)]}
		}
		if strings.Contains(r.Key, "{p1}") && rng.IntN(3) == 0 {
			r.Bind = map[string]string{"p1": "tenant"}
		}
		if key := string(appendCanonical(nil, r.Key)); !seen[key] {
			seen[key] = true
			routes = append(routes, r)
		}
	}
	return routes
}

// What a policy is measured at is what it has, and no caller's is larger than the
// most or, without guards, than the bound.
func TestNoPolicyIsLargerThanWhatIsMeasured(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	compared, tight := 0, 0
	for range 300 {
		r, err := NewRoutes(randomRoutes(rng, 1+rng.IntN(12))...)
		if err != nil {
			continue
		}
		m := newMeasure(&plan{Routes: r})
		most, ok := m.most()
		if !ok {
			t.Fatalf("%v: too much to try", r.rules)
		}
		var sets []bitset
		largest := 0
		needs := len(r.needs) + len(r.claims)
		for subset := range 1 << needs {
			held := newBitset(needs)
			c := Caller{Principal: strings.Repeat("p", assumedPrincipal)}
			for s, n := range r.needs {
				if subset>>n&1 != 0 {
					held.add(n)
					c.Scopes = append(c.Scopes, s)
				}
			}
			if len(r.claims) > 0 && subset>>len(r.needs)&1 != 0 {
				held.add(len(r.needs))
				c.Claims = map[string]string{r.claims[0]: strings.Repeat("x", maxValue)}
			}
			sets = append(sets, r.open(held))
			size := m.policySize(r.open(held))
			largest = max(largest, size)
			arn, err := ParseARN(assumedStage + "GET/")
			if err != nil {
				t.Fatal(err)
			}
			p, err := r.Policy(c, arn)
			if err != nil {
				t.Fatal(err)
			}
			if text, _ := json.Marshal(p); len(text) > size {
				t.Fatalf("%v, %v: measured at %d, and has %d: %s", r.rules, c, size, len(text), text)
			}
			compared++
		}
		if largest > most {
			t.Errorf("%v: the largest policy has %d, and the most is %d", r.rules, largest, most)
		}
		if largest == most {
			tight++
		}
		for i := range r.grants {
			r.grants[i].guards = nil
		}
		for _, open := range sets {
			if size := m.policySize(open); size > m.bound() {
				t.Errorf("%v: a policy has %d, and the bound is %d", r.rules, size, m.bound())
			}
		}
	}
	t.Logf("%d policies compared, the most is exact for %d tables", compared, tight)
	if compared < 1000 || tight < 100 {
		t.Error("the test no longer looks at enough")
	}
}

// largestOf returns the size of the largest policy by trying all that callers can hold.
func largestOf(r *Routes) int {
	m := newMeasure(&plan{Routes: r})
	needs, largest := len(r.needs)+len(r.claims), 0
	for subset := range 1 << needs {
		held := newBitset(needs)
		for n := range needs {
			if subset>>n&1 != 0 {
				held.add(n)
			}
		}
		largest = max(largest, m.policySize(r.open(held)))
	}
	return largest
}

// Whom one route is open to depends on the others only by what a policy has to say of
// them: then the parts of a table add up to exactly its largest policy.
func TestTheMostIsTheLargestPolicyWhereNoTwoRoutesShareAScope(t *testing.T) {
	tables := map[string][]Route{
		"an open route within two others": {
			{Key: "ANY /c/b", AnyToken: true}, {Key: "ANY /c/{x}", Scopes: []string{"c"}},
			{Key: "POST /a/{x}/c/c", Scopes: []string{"a"}}, {Key: "ANY /b", Scopes: []string{"b"}},
		},
	}
	rng := rand.New(rand.NewPCG(9, 10))
	for i := range 150 {
		routes := randomRoutes(rng, 2+rng.IntN(6))
		for i := range routes {
			if !routes[i].AnyToken {
				routes[i].Scopes = []string{fmt.Sprintf("s%d", i)}
			}
			for name := range routes[i].Bind {
				routes[i].Bind[name] = fmt.Sprintf("claim%d", i)
			}
		}
		tables[fmt.Sprint(i)] = routes
	}
	read, inParts := 0, 0
	for name, routes := range tables {
		r, err := NewRoutes(routes...)
		if err != nil {
			continue
		}
		m := newMeasure(&plan{Routes: r})
		if most, ok := m.most(); !ok || most != largestOf(r) {
			t.Errorf("%s: the most is %d, %v, and the largest policy has %d:", name, most, ok, largestOf(r))
			for _, r := range routes {
				t.Logf("%s %v %v", r.Key, r.Scopes, r.Bind)
			}
		}
		read++
		for row := range m.varies.all {
			if m.find(row) != row {
				inParts++
			}
		}
	}
	if read < 50 || inParts < 50 {
		t.Errorf("the test no longer looks at enough: %d tables, %d rows that depend on others", read, inParts)
	}
}
