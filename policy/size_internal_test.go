package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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
			c := Caller{Principal: strings.Repeat("p", 256)}
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
		"a Deny that spares two routes": {
			{Key: "GET /{x}", AnyToken: true}, {Key: "GET /c/c/a/{rest+}", Scopes: []string{"a"}}, {Key: "GET /c/c/b", Scopes: []string{"b"}},
		},
		"two routes of which neither is narrower": {
			{Key: "GET /{w}/{x}/a/{z}", Scopes: []string{"a"}}, {Key: "GET /c/c/{y}/{z}", Scopes: []string{"c"}},
		},
		"a Deny within another": {
			{Key: "ANY /{w}/c/{y}/{z}", Scopes: []string{"c"}}, {Key: "POST /{w}/b/c/{z}", Scopes: []string{"b"}},
		},
		"an open route before a closed one": {{Key: "ANY /b/c/c", AnyToken: true}, {Key: "POST /{x}", Scopes: []string{"x"}}},
		"an open route that a greedy one reaches": {
			{Key: "POST /a/{x}", AnyToken: true, Bind: map[string]string{"x": "sub"}}, {Key: "POST /c/a/{rest+}", Scopes: []string{"a"}},
			{Key: "ANY /a", AnyToken: true}, {Key: "POST /c/c/{x}", Scopes: []string{"c"}},
		},
		"a bound route before another": {
			{Key: "POST /a/{x}", AnyToken: true, Bind: map[string]string{"x": "sub"}}, {Key: "ANY /c", Scopes: []string{"c"}},
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

// Of row 1, a grant lets row 2 through. The whole Deny of that would hit row 3, and the one
// that is left, in part, is also what row 4 wants. Row 0 has nothing to do with it.
func TestADenyTiesAllRowsThatItDependsOn(t *testing.T) {
	scope := newBitset(1)
	scope.add(0)
	r := &Routes{grants: []grant{{row: 1, holes: []hole{{row: 2, whole: 0, part: 1}}}, {row: 4, guards: []int{1}}}}
	for range 5 {
		r.rows = append(r.rows, row{sets: []bitset{scope}})
	}
	hits := newBitset(5)
	hits.add(3)
	r.denials = []denial{{hits: hits, wide: 0}, {hits: newBitset(5), wide: 1}}
	m := newMeasure(&plan{Routes: r})
	m.join()
	for i, want := range []bool{false, true, true, true, true} {
		if got := m.find(i) == m.find(4); got != want {
			t.Errorf("row %d is in their part: %v", i, got)
		}
	}
}

// sizeOf returns the size of an answer with some resources, as NewRoutes assumes it.
func sizeOf(suffixes ...string) int {
	text, _ := json.Marshal(append(suffixes, ""))
	const empty = `{"principalId":"","policyDocument":{"Version":"2012-10-17","Statement":[` +
		`{"Action":"execute-api:Invoke","Effect":"Allow","Resource":[]},{"Action":"execute-api:Invoke","Effect":"Deny","Resource":[]}]}}`
	return len(empty) + 256 + len(text) - len(`[""]`) + len(suffixes)*len(assumedStage)
}

var odd = []string{"*//*", "*/*/", "*%*"}

func TestAPolicyIsMeasuredToTheByte(t *testing.T) {
	r, err := NewRoutes(
		Route{Key: "GET /users/{id}", Scopes: []string{"s"}},
		Route{Key: "GET /users/{id}/secrets", Scopes: []string{"other"}},
		Route{Key: "PUT /a&b&/{tenant}/{x+}", AnyToken: true, Bind: map[string]string{"tenant": "t"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	arn, err := ParseARN(assumedStage + "GET/")
	if err != nil {
		t.Fatal(err)
	}
	value := strings.Repeat("x", maxValue)
	c := Caller{Principal: strings.Repeat("p", 256), Scopes: []string{"s"}, Claims: map[string]string{"t": value}}
	p, err := r.Policy(c, arn)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	got := newMeasure(&plan{Routes: r}).policySize(r.open(r.held(&c).needs))
	want := sizeOf(append(odd, "GET/users/*", "PUT/a&b&/"+value+"/*", "GET/users/*/*")...)
	// A list has one comma less than texts.
	if got != len(text)+2 || got != want {
		t.Errorf("measured at %d, want %d; the policy has %d: %s", got, want, len(text), text)
	}
}

// literals returns routes that are open to all and add this many bytes to a policy.
func literals(size int) []Route {
	const room = 200
	var routes []Route
	for i := 0; size > 0; i++ {
		n := room
		if size < 2*room {
			n = size
		}
		name := fmt.Sprintf("%03d", i)
		fill := n - (sizeOf("GET/"+name) - sizeOf())
		routes = append(routes, Route{Key: "GET /" + name + strings.Repeat("x", fill), AnyToken: true})
		size -= n
	}
	return routes
}

// The size of a table as a whole, and that of its largest policy, are compared with the
// limit to the byte. Both are named in the error.
func TestFromWhichSizeOnATableIsRefused(t *testing.T) {
	open := func(keys ...string) []Route {
		var routes []Route
		for _, key := range keys {
			routes = append(routes, Route{Key: key, AnyToken: true})
		}
		return routes
	}
	value := strings.Repeat("x", maxValue)
	for name, tt := range map[string]struct {
		routes []Route
		whole  []string // what the whole table has of these, for a caller with every scope
	}{
		"no others":                    {nil, nil},
		"routes within a greedy one":   {open("ANY /w/{proxy+}", "GET /w/a", "PUT /w/{x}/{y}"), []string{"*/w/*"}},
		"two routes with one resource": {open("ANY /w/{proxy+}", "ANY /w/{x}"), []string{"*/w/*"}},
		"a bound route": {
			[]Route{{Key: "GET /t/{t}/x", AnyToken: true, Bind: map[string]string{"t": "tenant"}}},
			[]string{"GET/t/" + value + "/x"},
		},
		"scopes": {[]Route{{Key: "GET /a", Scopes: []string{"a"}}, {Key: "GET /b", Scopes: []string{"b"}}}, []string{"GET/a", "GET/b"}},
	} {
		refused := func(with []string, size int) int {
			_, err := NewRoutes(append(literals(size-sizeOf(with...)), tt.routes...)...)
			if err == nil {
				return 0
			}
			var limit *LimitError
			if !errors.As(err, &limit) || limit.What != "policy of the caller with the most" || limit.Unit != "bytes of JSON" || limit.Limit != MaxResponse ||
				!strings.HasSuffix(err.Error(), ": use authorizer.ByRoute with policy.NewTable, which takes every table") {
				t.Fatalf("%s: %v", name, err)
			}
			return limit.Size
		}
		if got := refused(tt.whole, MaxResponse+1); got != MaxResponse+1 {
			t.Errorf("%s: the whole of %d bytes is taken for %d", name, MaxResponse+1, got)
		}
		paths := sizeOf(odd...) - sizeOf()
		if got := refused(tt.whole, MaxResponse); got != MaxResponse+paths {
			t.Errorf("%s: the whole of %d bytes, and odd paths of %d, is taken for %d", name, MaxResponse, paths, got)
		}
		with := append(slices.Clone(odd), tt.whole...)
		if got := refused(with, MaxResponse+1); got != MaxResponse+1 {
			t.Errorf("%s: a policy of %d bytes is taken for %d", name, MaxResponse+1, got)
		}
		if got := refused(with, MaxResponse); got != 0 {
			t.Errorf("%s: a policy of %d bytes is refused as %d", name, MaxResponse, got)
		}
	}
}

// Denials of undeclared paths are wanted and not needed.
func TestGuardsAreLeftOutWhereThereIsNoRoomForThem(t *testing.T) {
	for name, tt := range map[string]struct {
		others []string
		with   []string
	}{
		"all of the table is in one policy": {nil, nil},
		"some of it is in others":           {[]string{"ANY /w/{proxy+}", "GET /w/a", "GET /w/b", "GET /w/c"}, []string{"*/w/*"}},
	} {
		with := append(tt.with, append(odd, "GET/u/*", "GET/u/*/*")...)
		for size, want := range map[int]bool{MaxResponse: true, MaxResponse + 1: false} {
			routes := append(literals(size-sizeOf(with...)), Route{Key: "GET /u/{id}", AnyToken: true})
			for _, key := range tt.others {
				routes = append(routes, Route{Key: key, AnyToken: true})
			}
			r, err := NewRoutes(routes...)
			if err != nil {
				t.Fatal(err)
			}
			denied, _ := r.denied(r.open(nil), r.allowed(r.open(nil)))
			if got := denied.len() == 1; got != want {
				t.Errorf("%s, %d bytes: it has a guard: %v", name, size, got)
			}
		}
	}
}

func TestTheLongestResourceOfATable(t *testing.T) {
	room := MaxResource - len(assumedStage+"GET/")
	for name, tt := range map[string]struct {
		route  Route
		longer string // the resource that is one character too long, after the verb
	}{
		"a grant":            {Route{Key: "GET /" + strings.Repeat("x", room+1), AnyToken: true}, strings.Repeat("x", room+1)},
		"a denial":           {Route{Key: "GET /" + strings.Repeat("x", room-3) + "/{id}", AnyToken: true}, strings.Repeat("x", room-3) + "/*/*"},
		"the value of claim": {Route{Key: "GET /" + strings.Repeat("x", room-maxValue) + "/{id}", AnyToken: true, Bind: map[string]string{"id": "sub"}}, strings.Repeat("x", room-maxValue) + "/{sub}"},
	} {
		_, err := NewRoutes(tt.route)
		var limit *LimitError
		if want := (LimitError{What: "resource for GET/" + tt.longer, Unit: "characters", Size: MaxResource + 1, Limit: MaxResource}); !errors.As(err, &limit) || *limit != want {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
		tt.route.Key = strings.Replace(tt.route.Key, "xx", "x", 1)
		if _, err := NewRoutes(tt.route); err != nil {
			t.Errorf("%s, one character less: %v", name, err)
		}
	}
}

// What is looked at is counted over all tries: every grant, and the holes of those that
// are allowed.
func TestTryingIsGivenUpOnceTooMuchHasBeenLookedAt(t *testing.T) {
	r, err := NewRoutes(Route{Key: "GET /a/{x}", Scopes: []string{"s"}}, Route{Key: "GET /a/b", Scopes: []string{"t"}}, Route{Key: "GET /c", Scopes: []string{"u"}})
	if err != nil {
		t.Fatal(err)
	}
	// Three grants, with nothing open, with each of four sets of s and t, and with each of
	// two of u. The first grant has a hole, and is allowed in two of these. The last try
	// takes three, and is made if there was room before it.
	const cost, last = 7*3 + 2, 3
	m := newMeasure(&plan{Routes: r})
	if _, ok := m.most(); !ok || m.cost != cost {
		t.Errorf("%d looked at, %v", m.cost, ok)
	}
	for spent, want := range map[int]bool{1_000_000 - (cost - last): true, 1_000_000 - (cost - last) + 1: false, 1_000_000 + 1: false} {
		m := newMeasure(&plan{Routes: r})
		m.cost = spent
		if most, ok := m.most(); ok != want || (most == 0) == want {
			t.Errorf("%d spent: %d, %v", spent, most, ok)
		}
	}
}

// The bound takes each row as open or, if that is more, as closed, with each denial once.
func TestTheBoundOfATable(t *testing.T) {
	for name, tt := range map[string]struct {
		routes []Route
		want   []string
	}{
		"open routes": {[]Route{{Key: "GET /a", AnyToken: true}, {Key: "PUT /b", Scopes: []string{"s"}}}, []string{"GET/a", "PUT/b"}},
		"routes that are as long open as closed": {
			[]Route{{Key: "GET /a/{x}", Scopes: []string{"s"}}, {Key: "GET /a/{x}/b", Scopes: []string{"t"}}, {Key: "GET /a/{x}/c", Scopes: []string{"u"}}},
			[]string{"GET/a/*", "GET/a/*/b", "GET/a/*/c"},
		},
		"a route that is longer closed, by its verbs": {
			[]Route{{Key: "ANY /{x}", Scopes: []string{"s"}}, {Key: "ANY /me", Scopes: []string{"t"}}},
			[]string{"*/*", "GET/me", "POST/me", "PUT/me", "PATCH/me", "HEAD/me", "DELETE/me", "OPTIONS/me"},
		},
		"a route that is longer closed, as a whole and in part": {
			[]Route{{Key: "GET /a/{x}", Scopes: []string{"s"}}, {Key: "GET /{p}/{q}/b", Scopes: []string{"t"}}},
			[]string{"GET/a/*", "GET/*/*/b", "GET/a/*/b"},
		},
	} {
		r, err := NewRoutes(tt.routes...)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := newMeasure(&plan{Routes: r}).bound(), sizeOf(append(odd, tt.want...)...); got != want {
			t.Errorf("%s: got %d, want %d", name, got, want)
		}
	}
}
