package policy

import (
	"fmt"
	"slices"
	"strings"
)

// A ConflictError says that a table of routes asks for something that no IAM
// policy can say. A pattern that lets a route's requests through matches those
// of a second route too, since "*" crosses slashes. Where the second route is
// closed to a caller, it takes a Deny, and every pattern that denies all of it
// denies a third route, which is open.
type ConflictError struct {
	// Scopes are those of a caller for whom there is no policy.
	Scopes []string
	// Allowed is the open route whose pattern matches too much.
	Allowed Route
	// Denied is the closed route that it lets through.
	Denied Route
	// Blocked are the open routes that a Deny would hit. It is one route, or
	// several that can be taken for the same request.
	Blocked []Route
	// Pattern is the Deny, as the part of a resource that follows the stage.
	Pattern string
}

// Error names the routes and what can be done.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("policy: no IAM policy fits a caller with the scopes %q: "+
		"allowing %s also allows %s, which is closed to the caller, and denying that as %s also denies %s, which is open: "+
		"if such callers may call %s after all, add one of these scopes to it; otherwise give the paths different literal segments, or check that scope in the function behind the route",
		e.Scopes, e.Allowed.Key, e.Denied.Key, e.Pattern, routeList(e.Blocked), e.Denied.Key)
}

// An Exception is a set of requests that a policy denies although their route
// is open, because no IAM policy can tell them from requests for a closed one.
//
// It comes of parameters that have the name of a segment as their value. With
// /orgs/{org}/billing closed and /orgs/{org}/members/{member} open, the Deny of
// /orgs/*/billing also hits the member whose identifier is "billing". Nothing is
// ever allowed that should be denied.
type Exception struct {
	// Scopes are those of a caller who meets the exception.
	Scopes []string
	// Denied is the closed route that makes the Deny necessary.
	Denied Route
	// Hit are the open routes for some of whose requests it is too wide. It is
	// one route, or several that can be taken for the same request.
	Hit []Route
	// Pattern is the Deny, as the part of a resource that follows the stage.
	Pattern string
}

// String describes the exception in one line.
func (e Exception) String() string {
	return fmt.Sprintf("for the scopes %q, denying %s as %s also denies %s where a parameter has the name of a segment",
		e.Scopes, e.Denied.Key, e.Pattern, routeList(e.Hit))
}

// conflict returns why no policy can be made for some callers on account of a
// spill of the pattern of route allowed, or nil if one can be made for all.
func (t *table) conflict(allowed int, s spill) *ConflictError {
	e := t.exceptions(allowed, s, t.router.ordinary(s.cover))
	if len(e) == 0 {
		return nil
	}
	return &ConflictError{
		Scopes:  e[0].Scopes,
		Allowed: t.routes[allowed],
		Denied:  e[0].Denied,
		Blocked: e[0].Hit,
		Pattern: e[0].Pattern,
	}
}

// exceptions returns what the denial of a spill of the pattern of route allowed
// denies in excess, out of the requests for the given sets of routes, all of
// which it hits.
func (t *table) exceptions(allowed int, s spill, hits []bitset) []Exception {
	var found []Exception
	for _, hit := range hits {
		open := slices.Collect(hit.all)
		for closed := range s.owners.all {
			if closed == allowed || hit.has(closed) {
				continue
			}
			if scopes, ok := t.scopesThatOpen(append(open, allowed), closed); ok {
				found = append(found, Exception{
					Scopes:  scopes,
					Denied:  t.routes[closed],
					Hit:     t.routesAt(open),
					Pattern: t.router.text(s.cover),
				})
			}
		}
	}
	return found
}

func (t *table) routesAt(numbers []int) []Route {
	routes := make([]Route, len(numbers))
	for i, n := range numbers {
		routes[i] = t.routes[n]
	}
	return routes
}

func routeList(routes []Route) string {
	texts := make([]string, len(routes))
	for i, r := range routes {
		texts[i] = r.Key
	}
	return strings.Join(texts, " and ")
}

// scopesThatOpen returns scopes that open some routes and leave another closed,
// and false if there are none.
func (t *table) scopesThatOpen(open []int, closed int) ([]string, bool) {
	shut := t.routes[closed].Scopes
	if len(shut) == 0 {
		return nil, false
	}
	var scopes []string
	for _, r := range open {
		own := t.routes[r].Scopes
		if len(own) == 0 {
			continue
		}
		i := slices.IndexFunc(own, func(s string) bool { return !slices.Contains(shut, s) })
		if i < 0 {
			return nil, false
		}
		scopes = append(scopes, own[i])
	}
	slices.Sort(scopes)
	return slices.Compact(scopes), true
}
