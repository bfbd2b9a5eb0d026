package policy_test

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// A thousand routes do not fit, which is seen before they are compared with each other.
func TestMoreThanAThousandRoutesAreNotEvenMeasured(t *testing.T) {
	for n, isMeasured := range map[int]bool{1000: true, 1001: false} {
		var routes []policy.Route
		for i := range n {
			routes = append(routes, policy.Route{Key: fmt.Sprintf("GET /r%d", i), AnyToken: true})
		}
		r, err := policy.NewRoutes(routes...)
		if r != nil {
			t.Errorf("%d routes are accepted", n)
		}
		var limit *policy.LimitError
		if errors.As(err, &limit) != isMeasured {
			t.Errorf("%d routes: %v", n, err)
		}
		if !isMeasured {
			wantError(t, err, "overlap in too many ways")
		}
	}
}

func TestAPathMayHaveSixteenSegments(t *testing.T) {
	path := strings.Repeat("/x", 16)
	r, err := policy.NewRoutes(policy.Route{Key: "GET " + path, AnyToken: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := suffixes(t, policyFor(t, r), "Allow"); !slices.Equal(got, []string{"GET" + path}) {
		t.Errorf("Allow %q", got)
	}
	r, err = policy.NewRoutes(policy.Route{Key: "GET " + path + "/x", AnyToken: true})
	if r != nil {
		t.Error("got routes along with an error")
	}
	wantError(t, err, "more than 16 segments")
}

// conflictsOf returns the conflicts that an error lists.
func conflictsOf(t *testing.T, err error) []*policy.ConflictError {
	t.Helper()
	list, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%v lists no errors", err)
	}
	var all []*policy.ConflictError
	for _, err := range list.Unwrap() {
		c, ok := err.(*policy.ConflictError)
		if !ok {
			t.Fatalf("%v is no conflict", err)
		}
		all = append(all, c)
	}
	return all
}

func TestTheFirstEightConflictsAreListed(t *testing.T) {
	for _, n := range []int{1, 7, 8, 9, 12} {
		var text strings.Builder
		for i := range n {
			fmt.Fprintf(&text, "GET /o%[1]d/{o} org\n GET /o%[1]d/{o}/members members\n GET /o%[1]d/{o}/projects/{p}/members project\n", i)
		}
		_, err := policy.NewRoutes(table(text.String())...)
		conflicts := conflictsOf(t, err)
		if len(conflicts) != min(n, 8) {
			t.Errorf("of %d conflicts %d are listed", n, len(conflicts))
		}
		for i, c := range conflicts {
			if want := fmt.Sprintf("GET /o%d/{o}", i); c.Allowed.Key != want {
				t.Errorf("conflict %d is of %s, want %s", i, c.Allowed.Key, want)
			}
		}
	}
}

// planTable reads routes as table does, $default among them. A parameter that is bound is
// {name=claim}, and a scope of several is s+t.
func planTable(text string) []policy.Route {
	bound := regexp.MustCompile(`\{(\w+)=(\w+)(\+?)\}`)
	var routes []policy.Route
	for _, r := range table(strings.ReplaceAll(text, "$default", "$default -")) {
		r.Key = strings.TrimSuffix(r.Key, " -")
		for _, m := range bound.FindAllStringSubmatch(r.Key, -1) {
			if r.Bind == nil {
				r.Bind = make(map[string]string)
			}
			r.Bind[m[1]] = m[2]
		}
		r.Key = bound.ReplaceAllString(r.Key, "{$1$3}")
		r.Scopes = slices.Clone(r.Scopes)
		for i, s := range r.Scopes {
			r.Scopes[i] = strings.ReplaceAll(s, "+", " ")
		}
		routes = append(routes, r)
	}
	return routes
}

// describe returns the policy for a caller as "Allow ! Deny". The caller is a list of
// scopes and, in braces, claims, each of which has its name twice for its value. What is
// denied of odd paths is "odd".
func describe(t *testing.T, r *policy.Routes, caller string) string {
	t.Helper()
	c := policy.Caller{Principal: "someone", Claims: make(map[string]string)}
	for _, s := range strings.Fields(caller) {
		if claim, ok := strings.CutPrefix(s, "{"); ok {
			claim = strings.TrimSuffix(claim, "}")
			c.Claims[claim] = claim + claim
		} else {
			c.Scopes = append(c.Scopes, s)
		}
	}
	p, err := r.Policy(c, testAPI)
	if err != nil {
		t.Fatal(err)
	}
	allow, deny := suffixes(t, p, "Allow"), suffixes(t, p, "Deny")
	slices.Sort(allow)
	slices.Sort(deny)
	text := strings.Join(append(append(allow, "!"), deny...), " ")
	return strings.ReplaceAll(text, "*%* */*/ *//*", "odd")
}

// exceptionLines returns exceptions as "scopes: denied as pattern hits routes".
func exceptionLines(exceptions []policy.Exception) []string {
	var lines []string
	for _, e := range exceptions {
		lines = append(lines, exceptionLine(e.Scopes, e.Denied, e.Pattern, e.Hit))
	}
	return lines
}

func exceptionLine(scopes []string, denied policy.Route, pattern string, hit []policy.Route) string {
	var keys []string
	for _, r := range hit {
		keys = append(keys, r.Key)
	}
	return fmt.Sprintf("%s: %s as %s hits %s", strings.Join(scopes, " "), denied.Key, pattern, strings.Join(keys, " and "))
}

func TestRoutesThatOverlapHaveOnePolicyForEachCaller(t *testing.T) {
	tests := []struct {
		name, routes string
		policies     map[string]string
		exceptions   []string
	}{
		{
			"the root path of any verb",
			"ANY / s",
			map[string]string{"s": "*/ !", "": "! */*"}, nil,
		},
		{
			"the root path, which no parameter reaches",
			"GET / s\n GET /{x} t",
			map[string]string{"s": "GET/ !", "t": "GET/* ! odd GET/ GET/*/*"}, nil,
		},
		{
			"a root path without a route may be one of an empty segment",
			"GET /{x} s t\n GET /{rest+} t",
			map[string]string{"s": "GET/* ! odd GET/ GET/*/*", "t": "GET/* !"}, nil,
		},
		{
			"a root path with a route is nothing else",
			"ANY / r\n GET /{x} s t\n GET /{rest+} t",
			map[string]string{"s": "GET/* ! odd GET/ GET/*/*", "r s": "*/ GET/* ! odd GET/*/*", "t": "GET/* ! odd GET/"}, nil,
		},
		{
			"an ANY route to which its verbs leave nothing",
			"GET,POST,PUT,PATCH,HEAD,DELETE,OPTIONS /a/{id} s\n ANY /a/{id} t",
			map[string]string{
				"s": "DELETE/a/* GET/a/* HEAD/a/* OPTIONS/a/* PATCH/a/* POST/a/* PUT/a/* ! */a/*/*",
				"t": "! */*",
			}, nil,
		},
		{
			"a default route beside a greedy one",
			"GET /{rest+} s\n $default t",
			map[string]string{
				"": "! */*", "s": "GET/* ! odd GET/",
				"t":   "*/ DELETE/* HEAD/* OPTIONS/* PATCH/* POST/* PUT/* ! odd GET/",
				"s t": "*/ DELETE/* GET/* HEAD/* OPTIONS/* PATCH/* POST/* PUT/* !",
			}, nil,
		},
		{
			"a default route beside the root path for a verb",
			"POST /\n $default t",
			map[string]string{"": "POST/ !", "t": "*/* !"}, nil,
		},
		{
			"a default route beside the root path for every verb",
			"ANY / s\n $default t",
			map[string]string{
				"s": "*/ ! odd", "t": "*/* ! odd DELETE/ GET/ HEAD/ OPTIONS/ PATCH/ POST/ PUT/", "s t": "*/* !",
			}, nil,
		},
		{
			"a default route to which others leave nothing",
			"$default s\n ANY / t\n ANY /{rest+} t",
			map[string]string{"s": "! */*", "t": "*/* ! odd", "s t": "*/* !"}, nil,
		},
		{
			"a default route beside a greedy one behind a parameter",
			"GET /{a}/{rest+} s+t\n GET /b t\n $default t",
			map[string]string{"s": "! */*", "t": "*/* ! odd GET/*/*", "s t": "*/* !"}, nil,
		},
		{
			"a default route beside a path for every verb",
			"ANY /a\n $default s",
			map[string]string{"": "*/a ! *%* */*/ */*/a *//*", "s": "*/* !"}, nil,
		},
		{
			"odd paths may be for a default route of which a verb has nothing else",
			"GET / s\n GET /{rest+} s\n $default t",
			map[string]string{"s": "GET/* ! odd", "s t": "*/* !"}, nil,
		},
		{
			"a default route has nothing of what a greedy one takes",
			"GET /{a}/{b}/c s\n $default t\n GET /{rest+} t",
			map[string]string{
				"s": "GET/*/*/c ! odd GET/*/*/*/c",
				"t": "*/ DELETE/* GET/* HEAD/* OPTIONS/* PATCH/* POST/* PUT/* ! odd GET/*/*/c",
			},
			[]string{"t: GET /{a}/{b}/c as GET/*/*/c hits GET /{rest+}"},
		},
		{
			"a default route that is open to all around a route that is not",
			"GET /{rest+} t\n GET /{a}/{b} t\n POST /a/a/{c} t\n $default",
			map[string]string{
				"":  "*/ DELETE/* HEAD/* OPTIONS/* PATCH/* POST/* PUT/* ! odd GET/ POST/a/a/*",
				"t": "*/ DELETE/* GET/* HEAD/* OPTIONS/* PATCH/* POST/* PUT/* !",
			},
			[]string{": POST /a/a/{c} as POST/a/a/* hits $default"},
		},
		{
			"an asterisk for the verb that makes no more exceptions than the verbs, and a closed literal",
			"GET /{a}/{b}\n GET /{rest+} s\n ANY /{a}/{b}/{c} s t\n GET /a/{b} u",
			map[string]string{
				"":    "GET/*/* ! odd GET/*/*/* GET/a/*",
				"s":   "*/*/*/* GET/* ! odd GET/a/*",
				"t":   "*/*/*/* GET/*/* ! *%* */*/ */*/*/*/* *//* GET/a/*",
				"t u": "*/*/*/* GET/*/* ! *%* */*/ */*/*/*/* *//*",
			},
			[]string{
				"s: GET /a/{b} as GET/a/* hits GET /{rest+}",
				"s: GET /a/{b} as GET/a/* hits ANY /{a}/{b}/{c}",
			},
		},
		{
			"two open routes that take in the same closed one",
			"GET /{x}/{y} p s\n GET /{x}/b t\n GET /{rest+} s",
			map[string]string{"p": "GET/*/* ! odd GET/*/*/* GET/*/b", "s": "GET/* ! odd GET/*/b"},
			[]string{
				"p s: GET /{x}/b as GET/*/b hits GET /{rest+}",
				"s: GET /{x}/b as GET/*/b hits GET /{rest+}",
			},
		},
		{
			"a Deny that hits two routes for the same request, of which one says so",
			"GET /{v}/{k}/b s t\n GET /a/{y+} t\n GET /{u}/x/{w}/{z} s t\n GET /a/{b}/{c}/{e} s t",
			map[string]string{
				"s": "GET/*/*/b GET/*/x/*/* GET/a/*/*/* ! odd GET/*/*/x/*/* GET/*/x/*/*/* GET/a/*/*/*/* GET/a/*/b",
				"t": "GET/*/*/b GET/*/x/*/* GET/a/* !",
			},
			[]string{"s: GET /a/{y+} as GET/a/*/b hits GET /a/{b}/{c}/{e}"},
		},
		{
			"a Deny that hits a route of its verb alone",
			"GET /{x}/{y} s\n GET /{x}/b t\n POST /{u}/{v}/b u\n GET /{u}/{v}/{w} s",
			map[string]string{"s": "GET/*/* ! odd GET/*/b"},
			[]string{"s: GET /{x}/b as GET/*/b hits GET /{u}/{v}/{w}"},
		},
		{
			"a Deny that hits the end of a greedy route",
			"GET /{y}/{z} s\n GET /{x}/b t\n GET /a/{rest+} s",
			map[string]string{"s": "GET/*/* ! odd GET/*/b"},
			[]string{"s: GET /{x}/b as GET/*/b hits GET /a/{rest+}"},
		},
		{
			"a route for another verb, which does not divide what is denied",
			"GET /{q}/{w}/b/{z+} s t\n ANY /{x}/a/{rest+} t\n POST /{x}/a/b/{v} u",
			map[string]string{
				"s":   "GET/*/*/b/* ! odd GET/*/a/*/b/* GET/*/a/b/*",
				"t":   "*/*/a/* GET/*/*/b/* ! odd POST/*/a/b/*",
				"t u": "*/*/a/* GET/*/*/b/* !",
			},
			[]string{
				"s: ANY /{x}/a/{rest+} as GET/*/a/b/* hits GET /{q}/{w}/b/{z+}",
				"s: ANY /{x}/a/{rest+} as GET/*/a/*/b/* hits GET /{q}/{w}/b/{z+}",
				"s: ANY /{x}/a/{rest+} as GET/*/a/*/*/b/* hits GET /{q}/{w}/b/{z+}",
				"t: POST /{x}/a/b/{v} as POST/*/a/b/* hits ANY /{x}/a/{rest+}",
			},
		},
		{
			"Denies of two verbs, where one for every verb would hit another route",
			"PUT,DELETE /{a}/{b} s\n PUT,DELETE /b/{x} t\n PUT /{q}/b/{z} u",
			map[string]string{
				"s":   "DELETE/*/* PUT/*/* ! *%* */*/ */*/*/* *//* DELETE/b/* PUT/b/*",
				"s u": "DELETE/*/* PUT/*/* ! odd DELETE/*/*/* DELETE/b/* PUT/b/*",
			},
			[]string{"s u: PUT /b/{x} as PUT/b/* hits PUT /{q}/b/{z}"},
		},
		{
			"a bound route that a Deny of itself hits, where others have their own",
			"ANY /{a}/b u\n GET /{a=org}/a/{rest+} s",
			map[string]string{
				"s": "! */*", "s {org}": "GET/orgorg/a/* !",
				"u": "*/*/b ! *%* */*/ */*/*/b *//* GET/*/a/*", "u {org}": "*/*/b ! *%* */*/ */*/*/b *//* GET/*/a/*",
				"s u {org}": "*/*/b GET/orgorg/a/* ! odd GET/*/a/*/b GET/*/a/b",
			},
			[]string{
				"s u: GET /{a}/a/{rest+} as GET/*/a/b hits GET /{a}/a/{rest+}",
				"s u: GET /{a}/a/{rest+} as GET/*/a/*/b hits GET /{a}/a/{rest+}",
				"s u: GET /{a}/a/{rest+} as GET/*/a/*/*/b hits GET /{a}/a/{rest+}",
			},
		},
		{
			"the caller's own value, further on in a path of another's",
			"GET /{a}/{b=org}/{rest+}",
			map[string]string{"": "! */*", "{org}": "GET/*/orgorg/* ! odd GET/*/*/orgorg/*"},
			[]string{
				": GET /{a}/{b}/{rest+} as GET/*/*/{org}/* hits GET /{a}/{b}/{rest+}",
				": GET /{a}/{b}/{rest+} as GET/*/*/*/{org}/* hits GET /{a}/{b}/{rest+}",
			},
		},
		{
			"Denies of two verbs, where one for every verb would hit nothing but what is others'",
			"GET,PUT /c/{x} s\n GET /{q}/{t=org}/{y}/{z}",
			map[string]string{
				"s":       "GET/c/* PUT/c/* ! odd */c/*/* GET/*/*/*/*",
				"s {org}": "GET/*/orgorg/*/* GET/c/* PUT/c/* ! odd GET/*/*/orgorg/*/* GET/*/orgorg/*/*/* GET/c/*/*/* PUT/c/*/*",
			},
			[]string{"s: GET /{q}/{t}/{y}/{z} as GET/c/*/*/* hits GET /{q}/{t}/{y}/{z}"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := policy.NewRoutes(planTable(tt.routes)...)
			if err != nil {
				t.Fatal(err)
			}
			for caller, want := range tt.policies {
				if got := describe(t, r, caller); got != want {
					t.Errorf("for %q\ngot  %s\nwant %s", caller, got, want)
				}
			}
			if got := exceptionLines(r.Exceptions()); !slices.Equal(got, tt.exceptions) {
				t.Errorf("exceptions\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.exceptions, "\n"))
			}
		})
	}
}

// The first conflict of each route is the one that is listed for it.
func TestRoutesAtOddsAreListedWithTheirFirstConflict(t *testing.T) {
	for _, tt := range []struct {
		name, routes string
		want         []string
	}{
		{
			"two closed routes",
			`GET /orgs/{o}                       org
			GET /orgs/{o}/members               members
			GET /orgs/{o}/projects/{p}/members  project
			GET /orgs/{o}/teams                 teams
			GET /orgs/{o}/projects/{p}/teams    project`,
			[]string{"GET /orgs/{o}: org project: GET /orgs/{o}/members as GET/orgs/*/members hits GET /orgs/{o}/projects/{p}/members"},
		},
		{
			"a Deny that hits a route both with the name of a segment and without",
			`GET /{x}/{q}/{y}      s
			GET /{x}/b/{y}        t
			GET /{u}/{v}/b/{w}    u`,
			[]string{"GET /{x}/{q}/{y}: s u: GET /{x}/b/{y} as GET/*/b/* hits GET /{u}/{v}/b/{w}"},
		},
		{
			"many scopes, in order",
			`GET /a/{x}    s5+s3+s1
			GET /a/{x}/b  t
			GET /a/{x}/c/b s2+s6+s4`,
			[]string{"GET /a/{x}: s1 s2 s3 s4 s5 s6: GET /a/{x}/b as GET/a/*/b hits GET /a/{x}/c/b"},
		},
		{
			"a route with two claims",
			`$default                 s
			GET /b/{x=user}/{y=org}  t
			GET /b/a/b               s t`,
			[]string{"$default: s t: GET /b/{x}/{y} as GET/b/*/* hits GET /b/{x}/{y}"},
		},
		{
			"a route with a claim and no scope",
			`ANY /a/{x=org}/{rest+}
			GET /{rest+}`,
			[]string{"GET /{rest+}: : ANY /a/{x}/{rest+} as GET/a/*/* hits ANY /a/{x}/{rest+}"},
		},
		{
			"three routes at odds with one another",
			`GET /a/{x}      s
			GET /a/{p+}     p
			GET /a/{x}/b    t
			GET /a/{y}/c/b  u`,
			[]string{
				"GET /a/{x}: s t: GET /a/{p+} as GET/a/*/* hits GET /a/{x}/b",
				"GET /a/{p+}: p: GET /a/{x} as GET/a/* hits GET /a/{p+}",
				"GET /a/{x}/b: t u: GET /a/{p+} as GET/a/*/*/b hits GET /a/{y}/c/b",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := policy.NewRoutes(planTable(tt.routes)...)
			var got []string
			for _, c := range conflictsOf(t, err) {
				got = append(got, c.Allowed.Key+": "+exceptionLine(c.Scopes, c.Denied, c.Pattern, c.Blocked))
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

// So many scopes could not be tried together. Only what is closed to some ties them.
func TestAnOpenRouteDoesNotTieTheScopesOfOthersTogether(t *testing.T) {
	text := "GET /all/{rest+}\n GET /users/{id} users\n"
	for i := range 45 {
		text += fmt.Sprintf("GET /all/n%[1]d s%[1]d\n", i)
	}
	r := newRoutes(t, text)
	if got := describe(t, r, "users"); !strings.HasSuffix(got, " GET/users/*/*") {
		t.Errorf("the policy has no room for all that it can deny: %s", got)
	}
}
