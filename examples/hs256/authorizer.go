package main

import (
	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/policy"
)

// permit makes what says what the bearer of a good token may do: see everybody's name, and
// change or delete nobody but themself, for the parameter {id} has to be the token's sub.
//
// It names all that the token opens, whichever method was asked for: API Gateway
// caches the policy by the token and uses it for the next method too.
func permit() (authorizer.PolicyFunc, error) {
	self := map[string]string{"id": "sub"}
	routes, err := policy.NewRoutes(
		policy.Route{Key: "GET /user", AnyToken: true},
		policy.Route{Key: "GET /user/{id}", AnyToken: true},
		policy.Route{Key: "PUT /user/{id}", AnyToken: true, Bind: self},
		policy.Route{Key: "DELETE /user/{id}", AnyToken: true, Bind: self},
	)
	if err != nil {
		return nil, err
	}
	return authorizer.ByScope(routes), nil
}
