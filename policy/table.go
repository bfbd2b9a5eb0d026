package policy

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Table holds the routes of an API, and answers for one request at a time. It
// takes every table that is well-formed, of thousands of routes.
//
// What it answers holds for the requested ARN alone. It belongs to an authorizer
// without a cache, or with one whose key has the request's method and path beside
// the token: the identity sources $context.httpMethod, $context.path and
// $context.routeKey of an HTTP API, context.httpMethod and context.path of a REST API's
// REQUEST authorizer. (M)
// With a cache by the token alone, the answer to a caller's first request is applied
// to all others, and denies every other method and path.
//
// A Table does not change and may be used by several goroutines.
type Table struct {
	rules      []rule
	keys       routeKeys
	root       node
	defaultAt  int // the $default route, or noRoute
	hasConnect bool
}

const noRoute = -1

// NewTable reads the routes of one API. List every route that the authorizer
// guards: what is not listed is denied.
//
// It is an error if a route is ill-formed, does not say who may call it, or takes the
// same requests as another. A WebSocket API has one route, $connect: API Gateway
// asks no authorizer for the others.
func NewTable(routes ...Route) (*Table, error) {
	rules, keys, err := readRoutes(routes)
	if err != nil {
		return nil, err
	}
	t := &Table{rules: rules, keys: keys, defaultAt: noRoute}
	for i, r := range rules {
		switch r.Key {
		case connectKey:
			t.hasConnect = true
		case defaultKey:
			t.defaultAt = i
		default:
			t.root.insert(r.path, r.verb, i)
		}
	}
	return t, nil
}

// Claims returns the names of the claims that routes bind, in order.
func (t *Table) Claims() []string { return claimsOf(t.rules) }

// Scopes returns every scope that a route names, each once, in order. It is what the
// metadata of a protected resource lists (RFC 9728 section 2).
func (t *Table) Scopes() []string {
	var scopes []string
	for _, r := range t.rules {
		for _, set := range r.sets {
			scopes = append(scopes, set...)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}

// Policy returns the answer to one request: a policy that allows its ARN and
// nothing else, or one that denies everything.
//
// Route is what API Gateway matched: the request's own verb and the resource, such
// as "GET /orders/{id}", or "$default" or "$connect". It is "" where the event does
// not say, as that of a TOKEN authorizer. The table's route of that key decides, or
// that of the same resource with ANY. If there is none, the request is denied.
//
// Where the route is greedy or $default, something behind it may route further. Then
// every route of the table that the path can reach must be open too. If the table does
// not have the route that matched, or the route is not known, these decide alone: where a
// function routes by itself, list its routes, and $default for all others.
//
// A path reaches the route that API Gateway would prefer or, where its documents do
// not say which of two, both. It reaches the same once it is percent-decoded. (L) An
// empty segment may be the value of a parameter or nothing. A path with a segment
// "." or "..", with more than four empty ones, or encoded more than twice, is denied
// where it is looked at.
//
// An ARN that IAM would not read as text is denied in any case, because of "*", "?"
// or "${" in its path, and one longer than [MaxResource].
//
// An ill-formed ARN and one of the other kind of API are errors, and so is a
// principal too long for an answer.
func (t *Table) Policy(c Caller, request ARN, route string) (*Response, error) {
	if err := checkRequest(request, t.hasConnect); err != nil {
		return nil, err
	}
	if err := checkPrincipal(c.Principal); err != nil {
		return nil, err
	}
	arn := request.String()
	if !isPlain(request.Path) || utf8.RuneCountInString(arn) > MaxResource || !t.allows(&c, &request, route) {
		return answer(c.Principal, deny, request.resource("*"))
	}
	return answer(c.Principal, allow, arn)
}

// Allows is Policy for a server that routes by itself, and so needs no policy: it reports
// whether a caller may make a request with this method, such as "GET", and this
// path, percent-encoded as it was sent. Route is the pattern that the server has matched,
// as in Policy.
func (t *Table) Allows(c Caller, method, path, route string) bool {
	request := ARN{Verb: method, Path: path}
	return isName(method) && strings.HasPrefix(path, "/") && t.allows(&c, &request, route)
}

// Bound returns which path parameters of a request have to equal a claim: their names in
// the route that API Gateway matched, which need not be those in the table, and the names of
// the claims. Method and route are those of Policy.
func (t *Table) Bound(method, route string) map[string]string {
	i, _ := t.keys.find(method, route)
	if i == noRoute || len(t.rules[i].binds) == 0 {
		return nil
	}
	_, path, _ := strings.Cut(route, " ")
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	bound := make(map[string]string, len(t.rules[i].binds))
	for _, b := range t.rules[i].binds {
		name, _, _ := parameterName(segments[b.segment])
		bound[name] = b.claim
	}
	return bound
}

// MissingScopes returns the Scopes of the table's route that decides a request: any of them
// would open it, and the caller has none. It is nil if the request depends on something
// else. Method and route are those of Policy.
func (t *Table) MissingScopes(c Caller, method, route string) []string {
	return missingScopes(t.rules, t.keys, &c, method, route)
}

func missingScopes(rules []rule, keys routeKeys, c *Caller, method, route string) []string {
	i, _ := keys.find(method, route)
	if i == noRoute || rules[i].AnyToken || c.hasOneOf(rules[i].sets) {
		return nil
	}
	return slices.Clone(rules[i].Scopes)
}

// answer returns a policy of one resource, which is not longer than MaxResource.
func answer(principal, effect, resource string) (*Response, error) {
	a := new(struct { // one piece of memory
		Response
		statement        [1]Statement
		action, resource [1]string
	})
	a.action[0], a.resource[0] = invoke, resource
	a.statement[0] = Statement{Action: a.action[:], Effect: effect, Resource: a.resource[:]}
	a.Response = Response{PrincipalID: principal, PolicyDocument: Document{Version: version, Statement: a.statement[:]}}
	const short = 512 // fits beside any such resource, however both are escaped
	if len(principal) > short {
		if err := a.CheckLimits(); err != nil {
			return nil, err
		}
	}
	return &a.Response, nil
}

// checkRequest refuses an ARN that is not of a request.
func checkRequest(request ARN, connect bool) error {
	if err := checkAPI(request, connect); err != nil {
		return err
	}
	if !connect && (!isName(request.Verb) || !strings.HasPrefix(request.Path, "/")) {
		return errors.New("policy: the ARN names no method: give the ARN of the request")
	}
	return nil
}

// checkAPI refuses an ARN that does not name a stage of the kind of API that the
// routes are of.
func checkAPI(api ARN, connect bool) error {
	if err := api.check(false); err != nil {
		return err
	}
	if api.isWebSocket() && !connect {
		return errors.New("policy: the ARN is a WebSocket API's, the routes are not")
	}
	if api.Verb != "" && connect {
		return errors.New("policy: the routes are a WebSocket API's, the ARN is not")
	}
	return nil
}

// isPlain reports whether IAM reads a path as nothing but text.
func isPlain(path string) bool {
	return !strings.ContainsAny(path, "*?") && !strings.Contains(path, "${") && utf8.ValidString(path)
}

// allows decides a request.
func (t *Table) allows(c *Caller, request *ARN, route string) bool {
	if t.hasConnect {
		return request.Path == connectKey && (route == connectKey || route == "") && t.rules[0].opens(c, nil)
	}
	if route == "" {
		return t.reaches(c, request, noRoute)
	}
	matched, ok := t.keys.find(request.Verb, route)
	if !ok {
		return false
	}
	if matched != noRoute && !t.rules[matched].opensPath(c, request.Path) {
		return false
	}
	if route == defaultKey || strings.HasSuffix(route, "+}") {
		return t.reaches(c, request, matched)
	}
	return matched != noRoute
}

// opens reports whether a caller may call the route, on a path with the given
// segments.
func (r *rule) opens(c *Caller, segments []string) bool {
	if !r.AnyToken && !c.hasOneOf(r.sets) {
		return false
	}
	for _, b := range r.binds {
		if value := c.boundValue(b.claim); value == "" || segments[b.segment] != value {
			return false
		}
	}
	return true
}

// hasOneOf reports whether the caller has all scopes of one of several sets.
func (c *Caller) hasOneOf(sets [][]string) bool {
next:
	for _, set := range sets {
		for _, s := range set {
			if !slices.Contains(c.Scopes, s) {
				continue next
			}
		}
		return true
	}
	return false
}

// opensPath is opens on the path of an ARN. A route with bound parameters opens
// only where the path has the route's form, segment by segment. So no encoded slash
// and no empty segment can have moved a value to where a parameter is looked for.
func (r *rule) opensPath(c *Caller, path string) bool {
	if len(r.binds) == 0 {
		return r.opens(c, nil)
	}
	segments := strings.Split(path[1:], "/")
	return !slices.ContainsFunc(segments, isOdd) && matches(r.path, segments) && r.opens(c, segments)
}

// isOdd reports whether a segment may be taken for something else than its text.
func isOdd(segment string) bool { return segment == "" || segment == "." || segment == ".." }

// matches reports whether a route takes a path, none of whose segments is empty.
func matches(route []segment, path []string) bool {
	for i, s := range route {
		switch {
		case i == len(path):
			return false
		case s.kind == greedy:
			return true
		case s.kind == literal && s.text != path[i]:
			return false
		}
	}
	return len(route) == len(path)
}
