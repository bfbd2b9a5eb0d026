package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Route is one route of an API, and who may call it.
type Route struct {
	// Key is the route as API Gateway writes it, without the stage: a verb and a
	// path such as "GET /users/{id}" or "ANY /files/{proxy+}"; "$default" of an
	// HTTP API; "$connect" of a WebSocket API. The verb is GET, POST, PUT, PATCH,
	// HEAD, DELETE or OPTIONS, or ANY for all that the path has no route of its
	// own for. A literal segment holds what a URI's path may (RFC 3986 section
	// 3.3).
	Key string

	// Scopes open the route: a caller needs one of them. An entry with spaces in
	// it, such as "orders:read orders:write", needs all its parts.
	Scopes []string

	// AnyToken opens the route to every good token. A route has either this or
	// Scopes. One with neither is an error, since a setting may be missing.
	AnyToken bool

	// Bind ties path parameters to claims. With {"tenant": "tenant_id"}, a request
	// for "GET /tenants/{tenant}/users" is open only if its tenant is the value of
	// the caller's claim tenant_id. A greedy parameter cannot be bound.
	//
	// What is compared is the parameter's segment in the path of the ARN, byte by
	// byte. The value has to be a segment that needs no encoding: see [PathValue].
	// Any other opens nothing, and neither does one with a "%" in it, since the ARN
	// may hold the path encoded or decoded. A path that has not as many segments as
	// the route opens nothing either, so that no encoded slash can move a segment. In front
	// of a greedy parameter that cannot be seen: if API Gateway matched an encoded
	// path and wrote the decoded one into the ARN, /tenants/acme%2Fx/… would pass
	// for acme's. (L) A policy that decides by the route of an event looks at the event's
	// path parameter as well, and closes that: see [Table.Bound]. Elsewhere let no identifier
	// begin with another and a slash.
	Bind map[string]string
}

// A Caller is whom a policy is for.
type Caller struct {
	Principal string
	Scopes    []string          // that the caller's token has
	Claims    map[string]string // the values of the claims that routes bind; what is missing opens nothing
}

// A rule is a route that has been read.
type rule struct {
	Route
	verb  string     // "ANY" too; empty for $connect and $default
	path  []segment  // empty for the root path, $connect and $default
	sets  [][]string // sets of scopes, one of which opens the route; nil for AnyToken
	binds []bind
}

// A segment is one of a route's path: literal text, {parameter} or {greedy+}.
type segment struct {
	text string // of a literal, or the name of a parameter
	kind segmentKind
}

func (s segment) sameName(other segment) bool { return other.kind != literal && other.text == s.text }

type segmentKind int

const (
	literal segmentKind = iota
	parameter
	greedy
)

// A bind ties a segment of the path to a claim.
type bind struct {
	segment int
	claim   string
}

const (
	connectKey = "$connect"
	defaultKey = "$default"
	anyVerb    = "ANY"
)

// routeKeys finds the rule of a canonical route key.
type routeKeys map[string]int

// readRoutes reads the routes of one API. No two may take the same requests.
func readRoutes(routes []Route) ([]rule, routeKeys, error) {
	if len(routes) == 0 {
		return nil, nil, errors.New("policy: no routes: list every route that the authorizer guards")
	}
	rules := make([]rule, len(routes))
	keys := make(routeKeys, len(routes))
	for i, r := range routes {
		var err error
		if rules[i], err = readRoute(r); err != nil {
			return nil, nil, fmt.Errorf("policy: route %q: %w", r.Key, err)
		}
		canonical := string(appendCanonical(nil, r.Key))
		if other, ok := keys[canonical]; ok {
			return nil, nil, fmt.Errorf("policy: the routes %q and %q are the same", routes[other].Key, r.Key)
		}
		keys[canonical] = i
		if r.Key == connectKey && len(routes) > 1 {
			return nil, nil, errors.New("policy: $connect, of a WebSocket API, has to be the only route: API Gateway asks no authorizer for the others")
		}
	}
	return rules, keys, nil
}

// find finds the rule of a route that API Gateway matched, or noRoute. It is not ok if
// the route is not one that a request with this verb can have.
func (k routeKeys) find(verb, route string) (rule int, ok bool) {
	if route == defaultKey || route == connectKey {
		if i, ok := k[route]; ok {
			return i, true
		}
		return noRoute, route == defaultKey
	}
	own, path, _ := strings.Cut(route, " ")
	if own != verb {
		return noRoute, false
	}
	var space [128]byte
	key := appendCanonical(space[:0], route)
	if i, ok := k[string(key)]; ok {
		return i, true
	}
	key = appendCanonical(append(key[:0], anyVerb+" "...), path)
	if i, ok := k[string(key)]; ok {
		return i, true
	}
	return noRoute, true
}

func readRoute(r Route) (rule, error) {
	r.Scopes, r.Bind = slices.Clone(r.Scopes), maps.Clone(r.Bind)
	read := rule{Route: r}
	var err error
	if read.sets, err = readScopes(r.Scopes, r.AnyToken); err != nil {
		return rule{}, err
	}
	if r.Key == connectKey || r.Key == defaultKey {
		if len(r.Bind) > 0 {
			return rule{}, errors.New("it has no parameter to bind")
		}
		return read, nil
	}
	verb, path, found := strings.Cut(r.Key, " ")
	if !found {
		return rule{}, errors.New("it has no verb: want a key such as GET /orders/{id}, or $default or $connect")
	}
	if verb != anyVerb && !slices.Contains(verbs[:], verb) {
		return rule{}, fmt.Errorf("invalid HTTP verb %q: want one of %s, or ANY for all", verb, strings.Join(verbs[:], ", "))
	}
	read.verb = verb
	if read.path, err = readPath(path); err != nil {
		return rule{}, err
	}
	read.binds, err = readBinds(r.Bind, read.path)
	return read, err
}

// readScopes returns the sets of scopes that open a route or a field.
func readScopes(scopes []string, anyToken bool) ([][]string, error) {
	if anyToken == (len(scopes) > 0) {
		return nil, errors.New("it is not said who may call it: set either Scopes, or AnyToken to open it to every good token")
	}
	var sets [][]string
	for _, entry := range scopes {
		set := strings.Split(entry, " ")
		if slices.Contains(set, "") {
			return nil, fmt.Errorf("the scope %q is empty, or has spaces around it", entry)
		}
		sets = append(sets, set)
	}
	return sets, nil
}

// readPath reads the path of a route. The root path has no segment.
func readPath(path string) ([]segment, error) {
	rest, ok := strings.CutPrefix(path, "/")
	if !ok {
		return nil, errors.New("the path must begin with a slash")
	}
	if rest == "" {
		return nil, nil
	}
	texts := strings.Split(rest, "/")
	segments := make([]segment, len(texts))
	for i, text := range texts {
		var err error
		if segments[i], err = readSegment(text); err != nil {
			return nil, err
		}
		if segments[i].kind == greedy && i < len(texts)-1 {
			return nil, fmt.Errorf("%s must come last", text)
		}
		if segments[i].kind != literal && slices.ContainsFunc(segments[:i], segments[i].sameName) {
			return nil, fmt.Errorf("two parameters are called %s", segments[i].text)
		}
	}
	return segments, nil
}

func readSegment(text string) (segment, error) {
	if name, isGreedy, ok := parameterName(text); ok {
		if isGreedy {
			return segment{name, greedy}, nil
		}
		return segment{name, parameter}, nil
	}
	switch {
	case text == "":
		return segment{}, errors.New("the path has an empty segment or a slash at its end")
	case strings.Contains(text, "*"):
		return segment{}, errors.New(`the path has a "*": declare a parameter instead, such as {id} or {proxy+}`)
	case strings.Contains(text, "${"):
		return segment{}, errors.New("the path holds a policy variable")
	}
	return segment{text, literal}, checkURIPath(text)
}

// readBinds finds the segments that are bound.
func readBinds(names map[string]string, path []segment) ([]bind, error) {
	var binds []bind
	for _, name := range slices.Sorted(maps.Keys(names)) {
		i := slices.IndexFunc(path, func(s segment) bool { return s.kind != literal && s.text == name })
		switch {
		case names[name] == "":
			return nil, fmt.Errorf("in Bind, {%s} has no name of a claim", name)
		case i < 0:
			return nil, fmt.Errorf("in Bind, {%s} is not in the path", name)
		case path[i].kind == greedy:
			return nil, fmt.Errorf("{%s+} cannot be bound: a greedy parameter takes any number of segments", name)
		}
		binds = append(binds, bind{i, names[name]})
	}
	return binds, nil
}

// appendCanonical appends a route key without the names of its parameters, which
// say nothing about the requests that the route takes.
func appendCanonical(to []byte, key string) []byte {
	for {
		before, rest, found := strings.Cut(key, "{")
		to = append(to, before...)
		if !found {
			return to
		}
		name, after, _ := strings.Cut(rest, "}")
		to = append(to, '{')
		if strings.HasSuffix(name, "+") {
			to = append(to, '+')
		}
		key = after
	}
}

// claimsOf returns the names of the claims that rules bind, each once, in order.
func claimsOf(rules []rule) []string {
	var names []string
	for _, r := range rules {
		for _, b := range r.binds {
			names = append(names, b.claim)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// boundValue returns the value of a claim if it can be a segment of a path that
// reads the same encoded and decoded, and "" otherwise.
func (c *Caller) boundValue(claim string) string {
	value, err := PathValue(c.Claims[claim])
	if err != nil || strings.Contains(value, "%") {
		return ""
	}
	return value
}

// form returns the path of the route without the names of its parameters.
func (r *rule) form() string {
	_, path, _ := strings.Cut(r.Key, " ")
	return string(appendCanonical(nil, path))
}
