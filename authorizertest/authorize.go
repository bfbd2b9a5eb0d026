package authorizertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/policy"
)

// An Invocation tells how the authorizer's word on one request came about. Event
// holds the caller's token: print it only where tokens are made up.
//
// A JWT authorizer has no Event and no Answer. Its Err says why the token is refused or
// the keys could not be had, and its Decision is Allowed, or ImplicitlyDenied where
// the token lacks the route's scopes.
type Invocation struct {
	Route  string          // the key of the route that was called
	Cached bool            // the authorizer was not called; of a JWT authorizer, nothing was fetched
	Event  json.RawMessage // what it was called with; nil if it was not
	Answer json.RawMessage // what it answered, now or when it was called; nil on an error

	// Err is the authorizer's error, or what is wrong with its answer.
	Err error

	// Decision is what the answer means for this request, if there is no error.
	Decision policy.Decision
}

// authorize asks the authorizer, or the cache, whether the request may pass.
func (g *Gateway) authorize(x *exchange) (*granted, *failure) {
	if g.jwt != nil {
		return g.authorizeJWT(x)
	}
	identity, ok := g.identify(x)
	if !ok {
		return nil, unauthorized
	}
	call := Invocation{Route: x.route.Key, Cached: true}
	key := cacheKey(identity)
	said := g.cache.get(key, x.now)
	if said == nil {
		call.Cached = false
		call.Event = g.authorizerEvent(x, identity)
		said, call.Err = g.ask(x, call.Event)
	}
	if call.Cached && g.cfg.Unconfirmed.CachedJSONFails && said.holdsJSON() {
		call.Err = errors.New("invalid JSON in the answer that was cached")
	}
	if call.Err == nil {
		call.Answer = said.answer
		call.Decision, call.Err = said.decide(x)
	}
	if call.Err == nil && !call.Cached {
		// Errors, and what turns out to be one, are not remembered.
		g.cache.put(key, said, identity, x.now.Add(g.cfg.CacheTTL))
	}
	x.seen.hear(call, said, identity)
	if g.cfg.Observer != nil {
		g.cfg.Observer(call)
	}
	f := g.outcome(call)
	if f == authorizerFailed {
		g.log(x, "the authorizer failed", call.Err)
	}
	return said, f
}

func (g *Gateway) outcome(call Invocation) *failure {
	switch {
	case call.Err != nil && errorMessage(call.Err) == "Unauthorized" && !g.cfg.Unconfirmed.UnauthorizedFails:
		// Documented for REST APIs, reported for WebSocket APIs, and not confirmed
		// for HTTP APIs.
		return unauthorized
	case call.Err != nil:
		return authorizerFailed
	case call.Decision == policy.ExplicitlyDenied:
		return explicitlyDenied
	case call.Decision != policy.Allowed:
		return implicitlyDenied
	}
	return nil
}

// ask calls the authorizer, and counts that.
func (g *Gateway) ask(x *exchange, event []byte) (*granted, error) {
	g.calls.Add(1)
	return g.call(x, event)
}

func (g *Gateway) call(x *exchange, event []byte) (*granted, error) {
	ctx := x.http.Context()
	if g.cfg.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, g.cfg.Timeout)
		defer cancel()
		ctx = limited
	}
	answer, err := g.authorizer.invoke(ctx, x.id, event)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("the authorizer took too long: %w", ctx.Err())
	}
	if err != nil {
		return nil, err
	}
	said, err := g.readAnswer(answer)
	if said != nil {
		said.madeFor, said.route = x.id, x.route.Key
	}
	return said, err
}
