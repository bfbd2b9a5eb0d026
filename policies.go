package authorizer

import (
	"context"
	"errors"

	"github.com/lambdajwt/authorizer/internal/caller"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// AllowStage is a [PolicyFunc] that allows the bearer of a good token everything on
// the API's stage, under the token's sub as principal. A token without sub is
// refused, with reason [verifier.MissingClaim]; where another claim names the user,
// write the PolicyFunc:
//
//	return policy.New(user, r.ARN).AllowAllMethods().Build()
func AllowStage(_ context.Context, r *Request, t *verifier.Token) (*policy.Response, error) {
	c, err := callerOf(r, t, nil)
	if err != nil {
		return nil, err
	}
	answer, err := policy.New(c.Principal, r.ARN).AllowAllMethods().Build()
	return answer, blameSubject(c.Principal, err)
}

// ByRoute returns a [PolicyFunc] that decides each request by the route that API Gateway
// matched, under the token's sub as principal: [policy.Table.Policy]. It takes every table.
//
// Its answer is about the requested method and path alone. The authorizer's cache has to
// be off, or go by the method, path and route beside the token: the package comment shows
// the settings. With a cache that goes by the token alone, the answer to a caller's first
// request denies that caller everything else.
//
// A route that binds a parameter to a claim opens for a claim that is a string or an
// integer, if both the path of the ARN and the path parameter of the event agree with it. A
// token without sub is refused as by [AllowStage].
func ByRoute(table *policy.Table) PolicyFunc {
	if table == nil {
		return ofNothing
	}
	claims := table.Claims()
	return func(ctx context.Context, r *Request, t *verifier.Token) (*policy.Response, error) {
		c, err := callerOf(r, t, claims)
		if err != nil {
			return nil, err
		}
		for name, claim := range table.Bound(r.ARN.Verb, r.Route) {
			if r.PathParameter(name) != c.Claims[claim] {
				delete(c.Claims, claim) // it may be that the ARN has the path decoded (L)
			}
		}
		tellMissing(ctx, func() []string { return table.MissingScopes(c, r.ARN.Verb, r.Route) })
		answer, err := table.Policy(c, r.ARN, r.Route)
		return answer, blameSubject(c.Principal, err)
	}
}

// ByScope returns a [PolicyFunc] that allows every route which the token opens, whichever
// was asked for, under the token's sub as principal: [policy.Routes.Policy]. Its answer may
// be cached by the token alone. Routes that bind a parameter are those of [ByRoute].
func ByScope(routes *policy.Routes) PolicyFunc {
	if routes == nil {
		return ofNothing
	}
	claims := routes.Claims()
	return func(ctx context.Context, r *Request, t *verifier.Token) (*policy.Response, error) {
		c, err := callerOf(r, t, claims)
		if err != nil {
			return nil, err
		}
		tellMissing(ctx, func() []string { return routes.MissingScopes(c, r.ARN.Verb, r.Route) })
		answer, err := routes.Policy(c, r.ARN)
		return answer, blameSubject(c.Principal, err)
	}
}

// ExpireWithToken returns a [PolicyFunc] whose policies end when the token does, however
// long API Gateway caches them: [policy.Response.ExpireAt] of the token's exp. A token
// without exp gets nothing. An answer with isAuthorized cannot end by itself; it is an
// error where the event shows that there may be a cache.
func ExpireWithToken(decide PolicyFunc) PolicyFunc {
	if decide == nil {
		return ofNothing
	}
	return func(ctx context.Context, r *Request, t *verifier.Token) (*policy.Response, error) {
		answer, err := decide(ctx, r, t)
		if err != nil || answer == nil {
			return nil, err
		}
		ending := *answer
		ending.ExpireAt(t.ExpiresAt)
		return &ending, nil
	}
}

// ofNothing is the PolicyFunc of a table that is nil.
func ofNothing(context.Context, *Request, *verifier.Token) (*policy.Response, error) {
	return nil, errNothing
}

var errNothing = errors.New("made of nil, or given no token: check the error of the function that was to make the table")

// missingKey is the key of a context's place for what finds out which scopes a token has not.
type missingKey struct{}

// tellMissing tells the Authorizer, if one is asking, how to find the missing scopes. It
// wants to know only after a denial.
func tellMissing(ctx context.Context, missing func() []string) {
	if place, ok := ctx.Value(missingKey{}).(*func() []string); ok {
		*place = missing
	}
}

// callerOf returns what a table of routes wants to know of a token's bearer.
func callerOf(r *Request, t *verifier.Token, claims []string) (policy.Caller, error) {
	if r == nil || t == nil {
		return policy.Caller{}, errors.New("no request or no token to decide about: hand over what the PolicyFunc was given")
	}
	return caller.Of(t, claims)
}

// usualSubject is how long a sub may be (OpenID Connect Core 1.0 section 2), in bytes.
const usualSubject = 255

// blameSubject makes a refusal of the error of an answer that is too large, if the principal
// in it is longer than any should be.
func blameSubject(principal string, err error) error {
	tooLarge := new(policy.LimitError)
	if len(principal) > usualSubject && errors.As(err, &tooLarge) && tooLarge.Limit == policy.MaxResponse {
		return &verifier.Error{Reason: verifier.ContextTooLarge, Claim: "sub"}
	}
	return err
}
