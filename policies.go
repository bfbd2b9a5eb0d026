package authorizer

import (
	"context"
	"errors"
	"fmt"

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
	principal, err := subject(r, t)
	if err != nil {
		return nil, err
	}
	return policy.New(principal, r.ARN).AllowAllMethods().Build()
}

// ByScope returns a [PolicyFunc] that allows the routes which the token's scopes
// open, under the token's sub as principal: [policy.Routes.Policy] of
// [verifier.Token.Scopes]. A token without sub is refused as by [AllowStage].
func ByScope(routes *policy.Routes) PolicyFunc {
	return func(_ context.Context, r *Request, t *verifier.Token) (*policy.Response, error) {
		principal, err := subject(r, t)
		if err != nil {
			return nil, err
		}
		return routes.Policy(policy.Caller{Principal: principal, Scopes: t.Scopes()}, r.ARN)
	}
}

// subject returns the principal of a token, which access logs and usage plans tell
// users apart by.
func subject(r *Request, t *verifier.Token) (string, error) {
	switch {
	case r == nil || t == nil:
		return "", errors.New("no request or no token to decide about: hand over what the PolicyFunc was given")
	case t.Subject == "":
		return "", fmt.Errorf("the principal is sub: %w", &verifier.Error{Reason: verifier.MissingClaim, Claim: "sub"})
	}
	return t.Subject, nil
}
