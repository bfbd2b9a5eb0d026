package policy

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A Route is one route of an API, and who may call it.
type Route struct {
	// Key is the route as API Gateway writes it, without the stage: a verb and a
	// path such as "GET /users/{id}" or "ANY /files/{proxy+}", or "$connect" of a
	// WebSocket API. The verb is GET, POST, PUT, PATCH, HEAD, DELETE or OPTIONS,
	// or ANY for all that the path has no route of its own for.
	Key string
	// Scopes are those that open the route: a token needs one of them.
	Scopes []string
	// AnyToken opens the route to every good token. A route has either this or
	// scopes: one with neither is an error, since a setting may be missing.
	AnyToken bool
	// Bind ties path parameters to claims. No route can be bound so far.
	Bind map[string]string
}

// A Caller is whom a policy is for.
type Caller struct {
	Principal string
	Scopes    []string          // that the caller's token has
	Claims    map[string]string // values of the claims that routes bind
}

// split returns the verb and the path of a route. A route key, such as $connect,
// has no verb.
func (r Route) split() (verb, path string) {
	verb, path, found := strings.Cut(r.Key, " ")
	if !found {
		return "", verb
	}
	return verb, path
}

// check refuses a route that does not say who may call it.
func (r Route) check() error {
	switch {
	case slices.Contains(r.Scopes, ""):
		return errors.New("a scope is empty")
	case len(r.Scopes) == 0 && !r.AnyToken:
		return errors.New("no scope opens it: set Scopes, or AnyToken to open it to every good token")
	case len(r.Scopes) > 0 && r.AnyToken:
		return errors.New("it has scopes and AnyToken: one or the other")
	case len(r.Bind) > 0:
		return errors.New("Bind is not supported")
	}
	return nil
}

// Routes is the table of an API's routes. It makes policies that are right for
// all of them, so that it does not matter for which route API Gateway asks and
// for which it takes the answer from its cache.
//
// A Routes does not change and may be used by several goroutines.
type Routes struct {
	connect *Route // the only route of a WebSocket API
	table   *table
	byScope map[string]bitset // routes that a scope opens
	public  bitset            // routes that every good token opens
}

const connectRoute = "$connect"

// NewRoutes reads the routes of one API. List every route that the authorizer
// guards, also those that few may call: what is not listed is never allowed by
// itself, but lies within what a path parameter matches, and is denied there
// only where one pattern can say so.
//
// It is an error if a route is ill-formed or listed twice, and, as one or more
// [*ConflictError], if for the holder of some scopes there is no IAM policy that
// allows exactly the open routes. A table that NewRoutes accepts has a policy
// for every set of scopes, if only its size stays within the limits.
//
// The routes of a WebSocket API are a single one, $connect: API Gateway asks no
// authorizer for the others. An HTTP API's $default route is declared as two:
// ANY / and ANY /{proxy+}.
func NewRoutes(routes ...Route) (*Routes, error) {
	if len(routes) == 0 {
		return nil, errors.New("policy: no routes: list every route that the authorizer guards")
	}
	routes = slices.Clone(routes)
	for i, r := range routes {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("policy: route %q: %w", r.Key, err)
		}
		routes[i].Scopes = slices.Clone(r.Scopes)
	}
	t := &Routes{byScope: make(map[string]bitset), public: newBitset(len(routes))}
	if err := t.read(routes); err != nil {
		return nil, err
	}
	for i, r := range routes {
		if r.AnyToken {
			t.public.add(i)
		}
		for _, s := range r.Scopes {
			if t.byScope[s] == nil {
				t.byScope[s] = newBitset(len(routes))
			}
			t.byScope[s].add(i)
		}
	}
	return t, nil
}

// read takes the routes in, as those of a WebSocket API or of another.
func (t *Routes) read(routes []Route) error {
	keyOnly := func(r Route) bool { verb, _ := r.split(); return verb == "" }
	if !slices.ContainsFunc(routes, keyOnly) {
		var err error
		t.table, err = newTable(routes)
		return err
	}
	if len(routes) > 1 || routes[0].Key != connectRoute {
		return errors.New("policy: a route without a verb has to be $connect, of a WebSocket API, and the only one: API Gateway asks no authorizer for other route keys; an HTTP API's $default is declared as ANY / and ANY /{proxy+}")
	}
	t.connect = &routes[0]
	return nil
}

// Policy returns the policy for a caller, on the API and stage of a request's
// ARN. It allows exactly the declared routes that are open to the caller, whichever of them was asked for and but for
// [Routes.Exceptions], and denies the others where an allowed pattern would take
// them in. If no route is open, it denies the whole stage.
//
// A request that matches two routes of which neither is narrower than the other,
// such as /{a}/x and /y/{b}, is allowed only if both are open: API Gateway does
// not document which it takes. Declaring /y/x decides it. A request with a slash
// at its end is allowed only if every route that it might reach is open, and may
// be denied even then.
//
// The policy compares text. It relies on API Gateway routing on the same text of
// the path that it writes into the ARN. (L)
//
// A policy beyond the limits is a [*LimitError]; an incomplete or ill-formed
// ARN, and one of the other kind of API, are errors too.
func (t *Routes) Policy(c Caller, api ARN) (*Response, error) {
	if err := t.checkAPI(api); err != nil {
		return nil, err
	}
	if err := checkPrincipal(c.Principal); err != nil {
		return nil, err
	}
	open := t.open(c.Scopes)
	prefix := api.resource("")
	switch {
	case open.empty():
		return newResponse(c.Principal, statement(deny, prefix+t.everything()))
	case t.connect != nil:
		return newResponse(c.Principal, statement(allow, prefix+connectRoute))
	}
	grants := t.table.allowed(open)
	denies := t.table.denied(open, grants)
	statements := make([]Statement, 0, 2)
	list := resources(prefix, len(grants), func(i int) string { return grants[i].text })
	statements = append(statements, statement(allow, list...))
	if len(denies) > 0 {
		list := resources(prefix, len(denies), func(i int) string { return denies[i].text })
		statements = append(statements, statement(deny, list...))
	}
	return newResponse(c.Principal, statements...)
}

// statement returns a statement without conditions.
func statement(effect string, resources ...string) Statement {
	return Statement{Action: invoke, Effect: effect, Resource: resources}
}

// Exceptions returns the requests that are denied to some callers although
// their route is open to them. All have a parameter whose value is, or for a
// greedy parameter holds, the name of some segment in the table. They do not
// matter where parameters are numbers, UUIDs and the like. Look at them in a test
// where users choose the names.
func (t *Routes) Exceptions() []Exception {
	if t.table == nil {
		return nil
	}
	return slices.Clone(t.table.exceptional)
}

// checkAPI refuses an ARN that a policy cannot be made for. Unlike New it needs
// every field: a "*" for the stage would match a verb and more, too.
func (t *Routes) checkAPI(api ARN) error {
	if err := api.check(); err != nil {
		return err
	}
	if api.isWebSocket() && t.connect == nil {
		return errors.New("policy: the ARN is a WebSocket API's, the routes are not")
	}
	if api.Verb != "" && t.connect != nil {
		return errors.New("policy: the routes are a WebSocket API's, the ARN is not")
	}
	return nil
}

// open returns the routes that scopes open.
func (t *Routes) open(scopes []string) bitset {
	open := slices.Clone(t.public)
	for _, s := range scopes {
		open.addAll(t.byScope[s])
	}
	return open
}

// everything returns the suffix that matches all requests of the API.
func (t *Routes) everything() string {
	if t.connect != nil {
		return "*"
	}
	return "*/*"
}

// newResponse returns an answer that is within the limits.
func newResponse(principal string, statements ...Statement) (*Response, error) {
	r := &Response{
		PrincipalID:    principal,
		PolicyDocument: Document{Version: version, Statement: statements},
	}
	if err := r.CheckLimits(); err != nil {
		return nil, err
	}
	return r, nil
}
