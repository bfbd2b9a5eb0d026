package main

import (
	"context"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// permit says what the bearer of a good token may do: see everybody's name, and
// change or delete nobody but themself.
//
// It names all that the token opens, whichever method was asked for: API Gateway
// caches the policy by the token and uses it for the next method too.
func permit(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
	self, err := policy.PathValue(t.Subject) // never a "*" that would open all paths
	if err != nil {
		return nil, err
	}
	return policy.New(t.Subject, r.ARN).
		AllowMethod("GET", "/user").
		AllowMethod("GET", "/user/{id}").
		AllowMethod("PUT", "/user/"+self).
		AllowMethod("DELETE", "/user/"+self).
		Build()
}
