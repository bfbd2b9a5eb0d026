package authorizer

import (
	"context"

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
	principal, err := caller.Principal(t)
	if err != nil {
		return nil, err
	}
	return policy.New(principal, r.ARN).AllowAllMethods().Build()
}

// ByRoute returns a [PolicyFunc] that decides each request by the route that API Gateway
// matched, under the token's sub as principal: [policy.Table.Policy]. It takes every table.
//
// Its answer is about the requested method and path alone. The authorizer's cache has to
// be off, or go by the method and path beside the token: the package comment shows the
// settings. With a cache that goes by the token alone, the answer to a caller's first
// request denies that caller everything else.
//
// A route that binds a parameter to a claim opens for a claim that is a string or an
// integer, if both the path of the ARN and the path parameter of the event agree with it. A
// token without sub is refused as by [AllowStage].
func ByRoute(table *policy.Table) PolicyFunc {
	claims := table.Claims()
	return func(ctx context.Context, r *Request, t *verifier.Token) (*policy.Response, error) {
		c, err := caller.Of(t, claims)
		if err != nil {
			return nil, err
		}
		for name, claim := range table.Bound(r.ARN.Verb, r.Route) {
			if r.PathParameter(name) != c.Claims[claim] {
				delete(c.Claims, claim) // it may be that the ARN has the path decoded (L)
			}
		}
		tellMissing(ctx, func() []string { return table.MissingScopes(c, r.ARN.Verb, r.Route) })
		return table.Policy(c, r.ARN, r.Route)
	}
}

// ByScope returns a [PolicyFunc] that allows every route which the token opens, whichever
// was asked for, under the token's sub as principal: [policy.Routes.Policy]. Its answer may
// be cached by the token alone. Routes that bind a parameter are those of [ByRoute].
func ByScope(routes *policy.Routes) PolicyFunc {
	claims := routes.Claims()
	return func(ctx context.Context, r *Request, t *verifier.Token) (*policy.Response, error) {
		c, err := caller.Of(t, claims)
		if err != nil {
			return nil, err
		}
		tellMissing(ctx, func() []string { return routes.MissingScopes(c, r.ARN.Verb, r.Route) })
		return routes.Policy(c, r.ARN)
	}
}

// ExpireWithToken returns a [PolicyFunc] whose policies end when the token does, however
// long API Gateway caches them: [policy.Response.ExpireAt] of the token's exp. A token
// without exp gets nothing. An answer with isAuthorized cannot end by itself; it is an
// error where the event shows that there may be a cache.
func ExpireWithToken(decide PolicyFunc) PolicyFunc {
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

// missingKey is the key of a context's place for what finds out which scopes a token has not.
type missingKey struct{}

// tellMissing tells the Authorizer, if one is asking, how to find the missing scopes. It
// wants to know only after a denial.
func tellMissing(ctx context.Context, missing func() []string) {
	if place, ok := ctx.Value(missingKey{}).(*func() []string); ok {
		*place = missing
	}
}
