package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const (
	maxDocument = 6 << 20 // bytes, as much as API Gateway imports
	maxRoutes   = 10_000
)

// ParseOpenAPI reads the routes of an OpenAPI 3 document in JSON, such as API Gateway
// exports: its paths with their methods, x-amazon-apigateway-any-method among them,
// and for each the scopes of its security requirements, or of the document's.
//
// A caller needs the scopes of one of the requirements that an operation lists. Of
// one that names several schemes it needs those of all.
//
// Two kinds of operation are not what a table holds. One that needs no security at
// all, or may go without, is open to callers without a token: API Gateway asks no
// authorizer, and the operation is left out. One with a requirement that names no
// scope becomes a route with neither Scopes nor AnyToken, since the document does not
// say whom that scheme lets in. [NewTable] refuses such a route until the program
// has said so.
//
// It is an error if the document has more than 6 MiB or 10,000 operations, is of
// another version or leaves part of a path to another document, or if nothing in it
// is behind an authorizer. The routes are in the order of their paths.
func ParseOpenAPI(document []byte) ([]Route, error) {
	if len(document) > maxDocument {
		return nil, fmt.Errorf("policy: an OpenAPI document of %d bytes is larger than the %d that API Gateway takes", len(document), maxDocument)
	}
	doc := make(object)
	if err := json.Unmarshal(document, &doc); err != nil {
		return nil, fmt.Errorf("policy: the OpenAPI document cannot be read: %w", err)
	}
	var kind string
	paths := make(map[string]object)
	security, _, err := doc.security(nil)
	if err = errors.Join(doc.read("openapi", &kind), doc.read("paths", &paths), err); err != nil {
		return nil, fmt.Errorf("policy: the OpenAPI document cannot be read: %w", err)
	}
	if !strings.HasPrefix(kind, "3.") {
		return nil, errors.New(`policy: the document is not one of OpenAPI 3: export it with the type "oas30"`)
	}
	var routes []Route
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		found, err := paths[path].routes(path, security)
		if err != nil {
			return nil, fmt.Errorf("policy: the OpenAPI document's path %q: %w", path, err)
		}
		if routes = append(routes, found...); len(routes) > maxRoutes {
			return nil, fmt.Errorf("policy: the OpenAPI document has more than %d operations", maxRoutes)
		}
	}
	if len(routes) == 0 {
		return nil, errors.New("policy: no operation of the OpenAPI document has a security requirement")
	}
	return routes, nil
}

// An object is a JSON object of which little is read.
type object map[string]json.RawMessage

// read reads a member into v. What is missing leaves v as it is.
func (o object) read(name string, v any) error {
	if o[name] == nil {
		return nil
	}
	if err := json.Unmarshal(o[name], v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// A requirement names schemes, all of which a request has to satisfy, with scopes.
type requirement map[string][]string

// security returns the requirements of an object, or those of the whole document if
// it has none of its own, and whether there are any.
func (o object) security(document []requirement) ([]requirement, bool, error) {
	if o["security"] == nil {
		return document, len(document) > 0, nil
	}
	var own []requirement
	err := o.read("security", &own)
	return own, len(own) > 0, err
}

// anyMethod is the member of a path item that stands for ANY.
const anyMethod = "x-amazon-apigateway-any-method"

// routes returns the routes of a path item.
func (o object) routes(path string, document []requirement) ([]Route, error) {
	if o["$ref"] != nil {
		return nil, errors.New("$ref is not followed: bundle the document first")
	}
	var routes []Route
	for _, verb := range append([]string{anyVerb}, verbs[:]...) {
		member := strings.ToLower(verb)
		if verb == anyVerb {
			member = anyMethod
		}
		if o[member] == nil {
			continue
		}
		operation := make(object)
		if err := o.read(member, &operation); err != nil {
			return nil, err
		}
		route, guarded, err := operation.route(verb, path, document)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", member, err)
		}
		if guarded {
			routes = append(routes, route)
		}
	}
	return routes, nil
}

// route returns the route of an operation, unless callers without a token may call
// it.
func (o object) route(verb, path string, document []requirement) (Route, bool, error) {
	isDefault := false
	requirements, guarded, err := o.security(document)
	if err = errors.Join(err, o.read("isDefaultRoute", &isDefault)); err != nil {
		return Route{}, false, err
	}
	route := Route{Key: verb + " " + path}
	if verb == anyVerb && (isDefault || strings.TrimPrefix(path, "/") == defaultKey) {
		route.Key = defaultKey
	}
	anyScheme := false
	for _, r := range requirements {
		set, err := r.scopes()
		if err != nil {
			return Route{}, false, err
		}
		guarded = guarded && len(r) > 0
		anyScheme = anyScheme || len(set) == 0
		route.Scopes = append(route.Scopes, strings.Join(set, " "))
	}
	if anyScheme {
		route.Scopes = nil
	}
	slices.Sort(route.Scopes)
	route.Scopes = slices.Compact(route.Scopes)
	return route, guarded, nil
}

// scopes returns the scopes of a requirement, each once, in order.
func (r requirement) scopes() ([]string, error) {
	var set []string
	for scheme, scopes := range r {
		for _, s := range scopes {
			if s == "" || strings.Contains(s, " ") {
				return nil, fmt.Errorf("the scheme %q has the scope %q, which is empty or holds a space", scheme, s)
			}
			set = append(set, s)
		}
	}
	slices.Sort(set)
	return slices.Compact(set), nil
}

// Differences returns what two lists of routes do not have in common, in a line for
// each route: for tests that hold a table against a document. The names of
// parameters, the order of scopes and what is bound make no difference; a route
// without Scopes counts as open to every token.
func Differences(a, b []Route) []string {
	inA, inB := byCanonicalKey(a), byCanonicalKey(b)
	var lines []string
	for _, r := range a {
		other, ok := inB[string(appendCanonical(nil, r.Key))]
		switch {
		case !ok:
			lines = append(lines, fmt.Sprintf("%s is in the first only", r.Key))
		case !slices.Equal(canonicalScopes(r), canonicalScopes(other)):
			lines = append(lines, fmt.Sprintf("%s has the scopes %q in the first and %q in the second", r.Key, r.Scopes, other.Scopes))
		}
	}
	for _, r := range b {
		if _, ok := inA[string(appendCanonical(nil, r.Key))]; !ok {
			lines = append(lines, fmt.Sprintf("%s is in the second only", r.Key))
		}
	}
	slices.Sort(lines)
	return lines
}

func byCanonicalKey(routes []Route) map[string]Route {
	byKey := make(map[string]Route, len(routes))
	for _, r := range routes {
		byKey[string(appendCanonical(nil, r.Key))] = r
	}
	return byKey
}

// canonicalScopes returns the scopes of a route, sorted, as are the parts of each.
func canonicalScopes(r Route) []string {
	var sets []string
	for _, s := range r.Scopes {
		set := strings.Fields(s)
		slices.Sort(set)
		sets = append(sets, strings.Join(slices.Compact(set), " "))
	}
	slices.Sort(sets)
	return slices.Compact(sets)
}
