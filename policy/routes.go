package policy

import "slices"

// Routes holds the routes of an API. It makes policies that are right for all of
// them, so that it does not matter for which route API Gateway asks and for which it
// takes the answer from its cache.
//
// It takes the tables that one IAM policy can say. For others, and wherever the
// cache's key has the method, path and route of the request, there is [Table].
//
// A Routes does not change and may be used by several goroutines.
type Routes struct {
	rules      []rule
	keys       routeKeys
	hasConnect bool
	claims     []string
	needs      map[string]int // numbers of scopes; those of claims come after them

	rows       []row
	texts      []string // of the tokens; the values of claims come last
	values     token    // the first of the values of claims
	grants     []grant
	denials    []denial
	exceptions []Exception
}

// oddPaths are denied to those whose wildcards might take such a path to a route
// that is closed to them: empty segments and percent-encoded characters.
var oddPaths = [...]string{"*//*", "*/*/", "*%*"}

// NewRoutes reads the routes of one API. List every route that the authorizer
// guards, also those that few may call: what is not listed is never allowed by
// itself, but lies within what a path parameter matches, and is denied there only
// where one pattern can say so and the policy has room for it.
//
// It is an error if a route is ill-formed or takes the same requests as another. It
// is one or more [*ConflictError] if for the holder of some scopes there is no IAM
// policy that allows exactly the open routes, and a [*LimitError] if the policy of
// some caller might not fit: all of it has to, for the caller with the most, with a
// principal of 180 bytes, an ARN of 81 characters before its verb and 40
// characters for the value of each claim. [NewTable] takes what NewRoutes refuses.
//
// A WebSocket API has one route, $connect: API Gateway asks no authorizer for the
// others.
func NewRoutes(routes ...Route) (*Routes, error) {
	rules, keys, err := readRoutes(routes)
	if err != nil {
		return nil, err
	}
	t := &Routes{rules: rules, keys: keys, claims: claimsOf(rules), needs: make(map[string]int)}
	for _, r := range rules {
		for _, set := range r.sets {
			for _, s := range set {
				if _, ok := t.needs[s]; !ok {
					t.needs[s] = len(t.needs)
				}
			}
		}
	}
	if t.hasConnect = rules[0].Key == connectKey; t.hasConnect {
		return t, nil
	}
	if err := newPlan(t).make(); err != nil {
		return nil, err
	}
	return t, nil
}

// Claims returns the names of the claims that routes bind, in order.
func (t *Routes) Claims() []string { return slices.Clone(t.claims) }

// Policy returns the policy for a caller, on the API and stage of a request's ARN.
// It allows the declared routes that are open to the caller, whichever was asked
// for, except for [Routes.Exceptions], and denies the others where an allowed
// pattern would take them in. If no route is open, it denies the whole stage.
//
// A request that matches two routes of which neither is narrower than the other,
// such as /{a}/x and /y/{b}, is allowed only if both are open: API Gateway does
// not document which it takes. Declaring /y/x decides it.
//
// A path with an empty segment, a slash at its end or a percent-encoded character
// is denied to a caller to whom any route is closed that it might reach. That
// holds if API Gateway takes the route of the text that it writes into the ARN, or
// of that text decoded. (L) If it took the route of the encoded text and wrote the
// decoded one, /users/%6De could get to a closed /users/{id} beside an open
// /users/me; [Table] does not depend on it.
//
// Bound parameters are written into the policy as the values of the caller's
// claims. In addition to what [Route] says of Bind, a value opens nothing if it is longer
// than 40 bytes, is the text of some segment in the table, or is the value of another
// claim too.
//
// An incomplete or ill-formed ARN and one of the other kind of API are errors, and so is
// a policy beyond the limits, as a [*LimitError]: principal or ARN are longer than
// NewRoutes assumes.
func (t *Routes) Policy(c Caller, api ARN) (*Response, error) {
	if err := checkAPI(api, t.hasConnect); err != nil {
		return nil, err
	}
	if err := checkPrincipal(c.Principal); err != nil {
		return nil, err
	}
	prefix := api.resource("")
	if t.hasConnect {
		if t.rules[0].opens(&c, nil) {
			return newResponse(c.Principal, statement(allow, prefix+connectKey))
		}
		return newResponse(c.Principal, statement(deny, prefix+"*"))
	}
	return newResponse(c.Principal, t.held(&c).statements(prefix)...)
}

// MissingScopes is [Table.MissingScopes] of these routes.
func (t *Routes) MissingScopes(c Caller, method, route string) []string {
	return missingScopes(t.rules, t.keys, &c, method, route)
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

// Exceptions returns the requests that are denied to some callers although their
// route is open to them. All have a parameter whose value is, or for a greedy
// parameter holds, the name of some segment in the table. They do not matter where
// parameters are numbers, UUIDs and the like. Look at them in a test where users
// choose the names. It does not list the paths with empty segments or
// percent-encoded characters that [Routes.Policy] speaks of.
func (t *Routes) Exceptions() []Exception { return slices.Clone(t.exceptions) }
