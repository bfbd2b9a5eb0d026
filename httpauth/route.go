package httpauth

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
)

// A route is what a table is asked about a request.
type route struct {
	name      string     // as Outcome has it
	questions []question // all of which must be answered with yes
	paths     []string   // the readings of the request's path, for each of which they are asked
}

// A question is one that [policy.Table.Allows] answers for a path. An empty key leaves it to
// the path.
type question struct{ method, key string }

// isOpen reports whether a table opens a route to a caller.
func (r route) isOpen(t *policy.Table, c policy.Caller) bool {
	for _, q := range r.questions {
		for _, path := range r.paths {
			if !t.Allows(c, q.method, path, q.key) {
				return false
			}
		}
	}
	return len(r.questions) > 0
}

// missing returns the scopes that would open a route.
func (r route) missing(t *policy.Table, c policy.Caller) []string {
	for _, q := range r.questions {
		if scopes := t.MissingScopes(c, q.method, q.key); scopes != nil {
			return scopes
		}
	}
	return nil
}

// routeOf finds the route of a request, which goes to mux if that is not nil.
func (m *Middleware) routeOf(r *http.Request, mux *http.ServeMux) (route, error) {
	found := route{paths: pathsOf(r)}
	var key string
	bySlash := false
	if m.cfg.Route != nil {
		key = m.cfg.Route(r)
	} else {
		pattern := r.Pattern
		if mux != nil {
			_, pattern = mux.Handler(r)
		}
		if pattern != "" {
			var err error
			if key, bySlash, err = keyOf(pattern, r.Method); err != nil {
				return route{}, fmt.Errorf("%w: the pattern %s %w", keys.ErrMisconfigured, redact.Quote(pattern), err)
			}
		}
	}
	if mux == nil && isGreedy(key) && !begins(found.paths[0], key) { // mux itself may be about to redirect to the key
		return route{}, fmt.Errorf("%w: the path does not begin as the route %s does: put what changes it, such as http.StripPrefix, behind the middleware",
			keys.ErrMisconfigured, redact.Quote(key))
	}
	found.name, found.questions = nameOf(key), questionsOf(r.Method, key, bySlash)
	return found, nil
}

// nameOf returns a key as an outcome names it. A pattern without a method takes any that a
// caller makes up, and those would be names without end.
func nameOf(key string) string {
	method, path, found := strings.Cut(key, " ")
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return key
	}
	if !found {
		return key // $default, or none
	}
	return "ANY " + path
}

// questionsOf returns what to ask about a request that takes a route.
func questionsOf(method, key string, bySlash bool) []question {
	asked := []question{{method, key}}
	if method == http.MethodHead {
		asked = questionsOfHead(key)
	}
	if bySlash {
		asked = append(asked, question{asked[0].method, ""})
	}
	return asked
}

// questionsOfHead returns what to ask about a HEAD. A pattern with GET stands for both. What
// routes further may take a HEAD for either.
func questionsOfHead(key string) []question {
	method, path, found := strings.Cut(key, " ")
	switch {
	case !found:
		return []question{{http.MethodHead, key}, {http.MethodGet, key}}
	case isGreedy(key):
		return []question{{http.MethodHead, "HEAD " + path}, {http.MethodGet, "GET " + path}}
	case method == http.MethodGet:
		return []question{{http.MethodGet, key}}
	}
	return []question{{http.MethodHead, key}}
}

// pathsOf returns the path of a request as ServeMux reads it, and as it was sent if that is
// another: with a character that should have been escaped, in "/a%2Fé", net/url takes "%2F"
// for a slash.
func pathsOf(r *http.Request) []string {
	path := r.URL.EscapedPath()
	if path == "" && r.Method != http.MethodConnect {
		path = "/" // RFC 9110 section 4.2.3
	}
	if raw := r.URL.RawPath; raw != "" && raw != path {
		return []string{path, raw}
	}
	return []string{path}
}

// keyOf returns the key of a table's route for a pattern of ServeMux and the method of a
// request. bySlash says that the pattern takes a path which ends in a slash and which no key
// names: what the path reaches then counts beside the key.
func keyOf(pattern, method string) (key string, bySlash bool, err error) {
	if i := strings.IndexAny(pattern, " \t"); i > 0 { // ServeMux takes " /orders" for any method
		method, pattern = pattern[:i], strings.TrimLeft(pattern[i:], " \t")
	}
	_, path, found := strings.Cut(pattern, "/") // without the host
	if !found {
		return "", false, errUnmapped
	}
	segments := strings.Split(path, "/")
	last := len(segments) - 1
	for i, s := range segments {
		if segments[i], err = segmentOf(s, i == last); err != nil {
			return "", false, err
		}
	}
	if last > 0 && segments[last] == "" { // "{$}"
		segments, bySlash = segments[:last], true
	}
	return method + " /" + strings.Join(segments, "/"), bySlash, nil
}

// errUnmapped says what is wrong with a pattern, also one of another router than ServeMux.
var errUnmapped = errors.New("cannot be written as the route of a table: name the route in Config.Route")

// segmentOf returns a segment of a pattern as the key of a route has it.
func segmentOf(segment string, last bool) (string, error) {
	name, isWildcard := strings.CutPrefix(segment, "{")
	switch {
	case last && segment == "":
		return "{rest+}", nil
	case last && segment == "{$}":
		return "", nil
	case segment == "" || !isWildcard && !isLiteral(segment):
		return "", errUnmapped
	case !isWildcard:
		return segment, nil
	}
	name, closed := strings.CutSuffix(name, "}")
	name, greedy := strings.CutSuffix(name, "...")
	switch {
	case !closed || strings.ContainsAny(name, "{}:*.+$ ") || name == "" || greedy && !last:
		return "", errUnmapped
	case greedy:
		return "{" + name + "+}", nil
	}
	return "{" + name + "}", nil
}

// isLiteral reports whether a segment of a pattern can be one of a table.
func isLiteral(segment string) bool {
	return !strings.ContainsFunc(segment, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune(`*{}"\`, c) })
}

func isGreedy(key string) bool { return strings.HasSuffix(key, "+}") }

// begins reports whether a path has the literal segments of a greedy route.
func begins(path, key string) bool {
	_, pattern, _ := strings.Cut(key, " ")
	wanted, segments := strings.Split(pattern, "/"), strings.Split(path, "/")
	wanted = wanted[:len(wanted)-1]
	if len(segments) <= len(wanted) {
		return false
	}
	for i, want := range wanted {
		if !strings.HasPrefix(want, "{") && unescape(segments[i]) != unescape(want) {
			return false
		}
	}
	return true
}

// unescape decodes a segment as ServeMux does.
func unescape(segment string) string {
	if text, err := url.PathUnescape(segment); err == nil {
		return text
	}
	return segment
}
