package httpauth_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/policy"
)

// This story sends requests with odd paths through the middleware, and holds what gets through
// against a check of scopes that is written down here as plainly as can be: a request that
// some route closes is never let through, however a handler reads its path, and a plain
// request that is open always is.

// guarded are routes that each need a scope of their own: their own key.
var guarded = []string{
	"GET /", "GET /orders", "POST /orders", "GET /orders/{id}", "ANY /orders/{id}/lines", "GET /orders/new", "ANY /any/{id}",
	"GET /files/{path+}", "GET /files/secret/{path+}", "POST /files/{path+}", "GET /files/{name}", "GET /static/{path+}", "GET /static/admin",
}

// served are the patterns of a ServeMux, with the route that guards each. Those that take
// whole subtrees, marked with a star, route further by the path.
var served = []struct{ pattern, route string }{
	{"GET /{$}", "GET /"}, {"GET /orders", "GET /orders"}, {"POST /orders", "POST /orders"}, {"GET /orders/{id}", "GET /orders/{id}"},
	{"/orders/{id}/lines", "ANY /orders/{id}/lines"}, {"GET /orders/new", "GET /orders/new"}, {"/any/{x}", "ANY /any/{id}"},
	{"GET /orders/{$}", "GET /orders"}, {"/files/", "* /files/{path+}"}, {"GET /static/{p...}", "* /static/{path+}"},
}

// A router of this story is a list of regular expressions.
type router []struct {
	verb, key string
	pattern   *regexp.Regexp
	rank      string // smaller is more special
}

func newRouter() (all router) {
	parameter := regexp.MustCompile(`\{[^}]*\}`)
	for _, key := range guarded {
		verb, path, _ := strings.Cut(key, " ")
		text := parameter.ReplaceAllStringFunc(path, func(p string) string {
			if strings.HasSuffix(p, "+}") {
				return "(?s:.+)"
			}
			return "[^/]+"
		})
		rank := ""
		for segment := range strings.SplitSeq(path[1:], "/") {
			switch {
			case !strings.HasPrefix(segment, "{"):
				rank += "0"
			case strings.HasSuffix(segment, "+}"):
				rank += "2"
			default:
				rank += "1"
			}
		}
		all = append(all, struct {
			verb, key string
			pattern   *regexp.Regexp
			rank      string
		}{verb, key, regexp.MustCompile("^" + text + "$"), rank})
	}
	return all
}

// route returns the key of the most special route for a path, empty if there is none.
func (all router) route(verb, path string) (key string) {
	best := "9"
	for _, r := range all {
		if (r.verb == verb || r.verb == "ANY") && r.pattern.MatchString(path) && r.rank < best {
			key, best = r.key, r.rank
		}
	}
	return key
}

var slashes = regexp.MustCompile(`/+`)

// readings returns the texts for which a handler may take a path.
func readings(sent string) (all []string) {
	text := sent
	for range 3 {
		merged := slashes.ReplaceAllString(text, "/")
		all = append(all, text, merged, path.Clean(text), path.Clean(merged))
		decoded, err := url.PathUnescape(text)
		if err != nil {
			break
		}
		text = decoded
	}
	for _, text := range slices.Clone(all) {
		all = append(all, strings.TrimSuffix(text, "/"))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

var pieces = []string{
	"orders", "orders", "new", "7", "lines", "any", "files", "files", "secret", "static", "admin", "", "", ".", "..", "%2e", "%2E.", "..%2f", "%2F",
	"%2f%2F", "%73ecret", "%2573ecret", "secret%2Fx", "x%2F..%2Fsecret", "files%2Fsecret", "a;b", "é", "%", "%zz", "%00", "{id}", "*", "admin%2f", "%252e%252e",
}

var plainPieces = []string{"orders", "new", "7", "lines", "any", "files", "secret", "static", "admin", "x"}

func randomPath(random *rand.Rand, from []string) string {
	var b strings.Builder
	for range 1 + random.IntN(4) {
		b.WriteString("/" + from[random.IntN(len(from))])
	}
	if random.IntN(6) == 0 {
		b.WriteByte('/')
	}
	return b.String()
}

// read reads a request as a server does, or gives nil where that refuses it.
func read(method, target string) *http.Request {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(method + " " + target + " HTTP/1.1\r\nHost: api.example.com\r\n\r\n")))
	if err != nil {
		return nil
	}
	return r
}

// A bearer has some of the scopes.
func randomBearer(random *rand.Rand) map[string]bool {
	has := map[string]bool{}
	for _, key := range guarded {
		has[key] = random.IntN(4) != 0
	}
	return has
}

// scopeOf returns the scope that opens a route. Keys have spaces.
func scopeOf(key string) string {
	return strings.NewReplacer(" ", "_", "{", "(", "}", ")").Replace(key)
}

func tokenOf(has map[string]bool) string {
	var scopes []string
	for key, ok := range has {
		if ok {
			scopes = append(scopes, scopeOf(key))
		}
	}
	return fmt.Sprintf(`{"sub":"ann","scope":%q}`, strings.Join(scopes, " "))
}

func TestNothingThatSomeRouteClosesIsOpenedByAnOddPath(t *testing.T) {
	var list []policy.Route
	for _, key := range guarded {
		list = append(list, policy.Route{Key: key, Scopes: []string{scopeOf(key)}})
	}
	tokens := tokens{}
	auth, err := httpauth.New(httpauth.Config{Verifier: tokens, Table: table(t, list...)})
	if err != nil {
		t.Fatal(err)
	}
	var reached string // the pattern that was served, or "path" without a mux
	reach := func(pattern string) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = pattern })
	}
	around, within := http.NewServeMux(), http.NewServeMux()
	for _, s := range served {
		around.Handle(s.pattern, reach(s.pattern))
		within.Handle(s.pattern, auth.Wrap(reach(s.pattern)))
	}
	ways := map[string]http.Handler{"around the mux": auth.Wrap(around), "within the mux": within, "by the path": auth.Wrap(reach("path"))}

	all, random := newRouter(), rand.New(rand.NewPCG(6750, 9728))
	passed, denied := map[string]int{}, map[string]int{}
	for range 12_000 {
		plain := random.IntN(3) == 0
		from := pieces
		if plain {
			from = plainPieces
		}
		method, target := []string{"GET", "GET", "POST", "HEAD", "PUT"}[random.IntN(5)], randomPath(random, from)
		r := read(method, target)
		if r == nil {
			continue
		}
		has := randomBearer(random)
		tokens["x"] = tokenOf(has)
		r.Header.Set("Authorization", "Bearer x")
		for name, h := range ways {
			reached = ""
			code := serve(h, r.Clone(t.Context())).Code
			if code == http.StatusInternalServerError {
				t.Fatalf("%s %s %s: a mistake of the setup", name, method, target)
			}
			switch {
			case reached == "":
				denied[name]++
			default:
				passed[name]++
				if closed := closedTo(all, has, reached, method, target); closed != "" {
					t.Fatalf("%s: %s %s gets through to %s, and is closed by %s", name, method, target, reached, closed)
				}
			}
			if plain && reached == "" && isOpen(all, has, around, method, target) {
				t.Fatalf("%s: %s %s is denied with %d, and open", name, method, target, code)
			}
		}
	}
	for name := range ways {
		if passed[name] < 500 || denied[name] < 500 {
			t.Errorf("%s: %d passed and %d were denied: that proves little", name, passed[name], denied[name])
		}
	}
}

// closedTo returns the route that closes a request which has reached a pattern.
func closedTo(all router, has map[string]bool, pattern, method, target string) string {
	for _, s := range served {
		if s.pattern == pattern && s.route[0] != '*' {
			if !has[s.route] {
				return s.route
			}
			return ""
		}
	}
	methods := []string{method}
	if method == http.MethodHead {
		methods = append(methods, http.MethodGet)
	}
	for _, method := range methods {
		for _, reading := range readings(target) {
			if key := all.route(method, reading); key != "" && !has[key] {
				return key
			}
		}
	}
	return ""
}

// isOpen reports whether a plain request is served, and by all readings open.
func isOpen(all router, has map[string]bool, mux *http.ServeMux, method, target string) bool {
	_, pattern := mux.Handler(httptest.NewRequest(method, target, http.NoBody))
	if pattern == "" || method == http.MethodHead || strings.HasSuffix(target, "/") {
		return false
	}
	for _, s := range served {
		subtree := strings.TrimPrefix(s.route, "*")
		if s.pattern == pattern && subtree != s.route && slices.Contains(guarded, method+subtree) && !has[method+subtree] {
			return false
		}
	}
	key := all.route(method, target)
	return key != "" && has[key]
}
