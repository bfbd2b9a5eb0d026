package main

import "github.com/lambdajwt/authorizer/policy"

const (
	scopeRead  = "reports:read"
	scopeAdmin = "reports:admin"
)

// newTable says who may call which route: everybody who has a token, those who have a
// scope, and of these only the ones of the region that is in the path.
func newTable() (*policy.Table, error) {
	return policy.NewTable(
		policy.Route{Key: "GET /whoami", AnyToken: true},
		policy.Route{Key: "GET /reports/{region}", Scopes: []string{scopeRead}, Bind: map[string]string{"region": "region"}},
		policy.Route{Key: "DELETE /reports/{region}", Scopes: []string{scopeAdmin}},
	)
}
