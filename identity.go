package authorizer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/policy"
)

// An answer of an HTTP API's authorizer is served from the cache to every request with the
// same values of the identity sources. Events list the values, and HTTP APIs cache nothing
// where there are no sources. So a trap shows itself while there is still nothing in the
// cache.

// checkToken refuses to answer where the cache does not go by the token.
func (a *Authorizer) checkToken(r *Request, token string) error {
	holdsToken := func(value string) bool { return hasWord(value, token) }
	if a.cfg.SkipIdentitySourceCheck || len(r.identitySource) == 0 || slices.ContainsFunc(r.identitySource, holdsToken) {
		return nil
	}
	return errors.New("the token is in none of the identity sources, so that the cached answer to one token would serve others: " +
		"add the place of the token to them, such as $request.header.Authorization, or set Config.SkipIdentitySourceCheck if nothing is cached")
}

// hasWord reports whether a word stands in text by itself, as a token does behind its
// scheme or among cookies.
func hasWord(text, word string) bool {
	for rest := text; ; {
		before, after, found := strings.Cut(rest, word)
		if !found {
			return false
		}
		if (before == "" || strings.ContainsAny(before[len(before)-1:], " =")) && (after == "" || strings.ContainsAny(after[:1], " ;")) {
			return true
		}
		rest = after
	}
}

// checkSimple refuses an isAuthorized true that the cache would serve to requests which it
// is not true of. A policy says itself what it is about.
func (a *Authorizer) checkSimple(r *Request, response *policy.Response, brought policy.ConditionKeys) error {
	if a.cfg.SkipIdentitySourceCheck || len(r.identitySource) == 0 {
		return nil
	}
	if !allowsStage(r.ARN, response, brought) && !r.isKeyedByRoute() {
		return errors.New("isAuthorized hangs on the method and path, by which the cache does not go as far as the event shows: " +
			"add $context.httpMethod, $context.path and $context.routeKey to the identity sources, or set Config.SkipIdentitySourceCheck if nothing is cached")
	}
	for _, key := range conditionKeysOf(response) {
		if source := r.missingSource(key); source != "" {
			return fmt.Errorf("isAuthorized hangs on %s, by which the cache does not go: %s, or set Config.SkipIdentitySourceCheck if nothing is cached", key, source)
		}
	}
	return nil
}

// allowsStage reports whether a policy allows every request to the API's stage, as far as
// methods and paths go. Only wildcards match what no request can have.
func allowsStage(arn policy.ARN, response *policy.Response, brought policy.ConditionKeys) bool {
	for _, s := range response.PolicyDocument.Statement {
		if s.Effect != "Allow" {
			return false
		}
	}
	never := strings.Repeat("\x00", policy.MaxResource)
	arn.Verb, arn.Path = never, "/"+never
	decision, err := response.Evaluate(arn, brought)
	return err == nil && decision == policy.Allowed
}

// isKeyedByRoute reports whether the identity sources hold the request's method, path and
// route, or the key of a route that stands for one of each. The path alone does not tell the
// route if API Gateway decodes the one and goes by the encoded one for the other. (L)
func (r *Request) isKeyedByRoute() bool {
	if strings.HasPrefix(r.routeKey, r.ARN.Verb+" ") && !strings.Contains(r.routeKey, "{") && r.isSource(r.routeKey) {
		return true
	}
	return r.holdsRouteKey() && r.isSource(r.ARN.Verb) && (r.isSource(r.ARN.Path) || r.isSource(r.rawPath))
}

// holdsRouteKey reports whether the identity sources hold the key of the route. An event of
// format 1.0 does not say whether that names the method or ANY.
func (r *Request) holdsRouteKey() bool {
	if r.routeKey != "" {
		return r.isSource(r.routeKey)
	}
	_, pattern, _ := strings.Cut(r.Route, " ")
	return r.isSource(r.Route) || r.isSource("ANY "+pattern)
}

// isSource reports whether a value is that of an identity source, and of none that the
// client fills: a caller who sends a header with a path in it cannot make it look as if the
// cache went by the path.
func (r *Request) isSource(value string) bool {
	if value == "" || !slices.Contains(r.identitySource, value) {
		return false
	}
	// The header Cookie, however its cookies are put together, begins with the first.
	sent := slices.Contains(r.cookies, value) || len(r.cookies) > 0 && strings.HasPrefix(value, r.cookies[0])
	visit := func(name, got string) {
		// API Gateway itself writes this one.
		sent = sent || got == value && !strings.EqualFold(name, "X-Forwarded-For")
	}
	r.headers.each(visit)
	r.query.each(visit)
	return !sent
}

// conditionKeysOf returns the names of the keys that a policy's conditions are on, in lower
// case.
func conditionKeysOf(response *policy.Response) []string {
	var names []string
	for _, s := range response.PolicyDocument.Statement {
		for _, operands := range s.Condition {
			for name := range operands {
				names = append(names, strings.ToLower(name))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// missingSource says what to do if the cache does not go by what a condition is on, and
// nothing if it does. What an HTTP API's event never tells is the same for all requests.
func (r *Request) missingSource(key string) string {
	switch key {
	case "aws:currenttime", "aws:epochtime":
		return "answer with a policy"
	case "aws:sourceip":
		if !r.SourceIP.IsValid() || slices.ContainsFunc(r.identitySource, func(v string) bool { return parseIP(v) == r.SourceIP && r.isSource(v) }) {
			return ""
		}
		return "add $context.identity.sourceIp to the identity sources"
	case "aws:useragent":
		if slices.Contains(r.identitySource, r.UserAgent) {
			return ""
		}
		return "add $request.header.User-Agent to the identity sources"
	case "aws:referer":
		if slices.Contains(r.identitySource, first(r.Header("Referer"))) {
			return ""
		}
		return "add $request.header.Referer to the identity sources"
	}
	return ""
}
