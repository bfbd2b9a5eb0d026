package policy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"
	"time"

	"github.com/lambdajwt/authorizer/policy"
)

// arn is what API Gateway gives an authorizer, as methodArn or routeArn.
const arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/users/7"

func ExampleRoutes_Policy() {
	routes, err := policy.NewRoutes(
		policy.Route{Key: "GET /users", Scopes: []string{"users:read"}},
		policy.Route{Key: "POST /users", Scopes: []string{"users:write"}},
		policy.Route{Key: "GET /users/{id}", Scopes: []string{"users:read"}},
		policy.Route{Key: "GET /users/{id}/secrets", Scopes: []string{"secrets:read"}},
		policy.Route{Key: "GET /health", AnyToken: true},
	)
	if err != nil {
		log.Fatal(err)
	}
	api, err := policy.ParseARN(arn)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := routes.Policy(policy.Caller{Principal: "ada", Scopes: []string{"users:read"}}, api)
	if err != nil {
		log.Fatal(err)
	}
	show(answer)
	// Output:
	// {
	//   "principalId": "ada",
	//   "policyDocument": {
	//     "Version": "2012-10-17",
	//     "Statement": [
	//       {
	//         "Action": "execute-api:Invoke",
	//         "Effect": "Allow",
	//         "Resource": [
	//           "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/users",
	//           "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/users/*",
	//           "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/health"
	//         ]
	//       },
	//       {
	//         "Action": "execute-api:Invoke",
	//         "Effect": "Deny",
	//         "Resource": [
	//           "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/users/*/*",
	//           "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*//*",
	//           "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*/*/",
	//           "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*%*"
	//         ]
	//       }
	//     ]
	//   }
	// }
}

func ExampleTable_Policy() {
	table, err := policy.NewTable(
		policy.Route{Key: "GET /users/{id}", Scopes: []string{"users:read"}},
		policy.Route{Key: "ANY /tenants/{tenant}/{path+}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id"}},
	)
	if err != nil {
		log.Fatal(err)
	}
	caller := policy.Caller{
		Principal: "ada",
		Scopes:    []string{"users:read"},
		Claims:    map[string]string{"tenant_id": "acme"}, // as table.Claims names them
	}
	for _, request := range []struct{ method, route string }{
		{"GET/users/7", "GET /users/{id}"},
		{"PUT/tenants/acme/logo", "PUT /tenants/{tenant}/{path+}"},
		{"PUT/tenants/other/logo", "PUT /tenants/{tenant}/{path+}"},
	} {
		asked, err := policy.ParseARN("arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/" + request.method)
		if err != nil {
			log.Fatal(err)
		}
		answer, err := table.Policy(caller, asked, request.route)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(answer)
	}
	// Output:
	// policy for "ada": Allow arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/users/7
	// policy for "ada": Allow arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/PUT/tenants/acme/logo
	// policy for "ada": Deny arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*
}

func ExampleParseOpenAPI() {
	document := `{
		"openapi": "3.0.1",
		"paths": {
			"/orders/{id}": {
				"get": {"security": [{"jwt": ["orders:read"]}, {"jwt": ["orders:write"]}]},
				"put": {"security": [{"jwt": ["orders:write", "orders:audit"]}]}
			},
			"/me": {"get": {"security": [{"authorizer": []}]}},
			"/health": {"get": {"security": []}}
		}
	}`
	routes, err := policy.ParseOpenAPI([]byte(document))
	if err != nil {
		log.Fatal(err)
	}
	for i, r := range routes {
		routes[i].AnyToken = r.Key == "GET /me" // the document does not say whom it is open to
		fmt.Printf("%s %q\n", r.Key, r.Scopes)
	}
	if _, err := policy.NewTable(routes...); err != nil {
		log.Fatal(err)
	}
	// Output:
	// GET /me []
	// GET /orders/{id} ["orders:read" "orders:write"]
	// PUT /orders/{id} ["orders:audit orders:write"]
}

func ExampleDifferences() {
	table := []policy.Route{
		{Key: "GET /orders/{id}", Scopes: []string{"orders:read"}},
		{Key: "DELETE /orders/{id}", Scopes: []string{"orders:write"}},
	}
	document, err := policy.ParseOpenAPI([]byte(`{"openapi": "3.0.1", "security": [{"jwt": ["orders:read"]}], "paths": {
		"/orders/{orderId}": {"get": {}}, "/orders": {"get": {}}
	}}`))
	if err != nil {
		log.Fatal(err)
	}
	for _, line := range policy.Differences(table, document) {
		fmt.Println(line)
	}
	// Output:
	// DELETE /orders/{id} is in the first only
	// GET /orders is in the second only
}

func ExampleResponse_ExpireAt() {
	api, err := policy.ParseARN(arn)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := policy.New("ada", api).AllowMethod("GET", "/users/{id}").Build()
	if err != nil {
		log.Fatal(err)
	}
	expires := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC) // of the token
	answer.ExpireAt(expires)
	for _, now := range []time.Time{expires.Add(-time.Second), expires} {
		decision, err := answer.Evaluate(api, policy.ConditionKeys{Time: now})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(now.Format(time.TimeOnly), decision)
	}
	// Output:
	// 11:59:59 Allowed
	// 12:00:00 ImplicitlyDenied
}

func ExampleNewRoutes_conflict() {
	_, err := policy.NewRoutes(
		policy.Route{Key: "GET /orgs/{org}", Scopes: []string{"org"}},
		policy.Route{Key: "GET /orgs/{org}/members", Scopes: []string{"members"}},
		policy.Route{Key: "GET /orgs/{org}/projects/{project}/members", Scopes: []string{"project"}},
	)
	var conflict *policy.ConflictError
	if errors.As(err, &conflict) {
		fmt.Println("a caller with", conflict.Scopes)
		fmt.Println("may call     ", conflict.Allowed.Key, "and", conflict.Blocked[0].Key)
		fmt.Println("and not      ", conflict.Denied.Key)
		fmt.Println("but a Deny of", conflict.Pattern, "hits both")
	}
	// Output:
	// a caller with [org project]
	// may call      GET /orgs/{org} and GET /orgs/{org}/projects/{project}/members
	// and not       GET /orgs/{org}/members
	// but a Deny of GET/orgs/*/members hits both
}

func ExampleRoutes_Exceptions() {
	routes, err := policy.NewRoutes(
		policy.Route{Key: "GET /orgs/{org}", Scopes: []string{"org"}},
		policy.Route{Key: "GET /orgs/{org}/members/{member}", Scopes: []string{"org"}},
		policy.Route{Key: "GET /orgs/{org}/billing", Scopes: []string{"billing"}},
	)
	if err != nil {
		log.Fatal(err)
	}
	// A member whose identifier is "billing" would be out of luck.
	for _, e := range routes.Exceptions() {
		fmt.Println(e)
	}
	// Output:
	// for the scopes ["org"], denying GET /orgs/{org}/billing as GET/orgs/*/billing also denies GET /orgs/{org}/members/{member} where a parameter has the name of a segment
}

func ExampleBuilder() {
	api, err := policy.ParseARN(arn)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := policy.New("ada", api).
		AllowMethod("GET", "/users/{id}").
		DenyMethod("DELETE", "/users/{id}").
		AllowMethodWithConditions("*", "/admin/{proxy+}", policy.Conditions{
			"IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
		}).
		Context("plan", "pro").
		Build()
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range answer.PolicyDocument.Statement {
		fmt.Println(s.Effect, s.Resource, s.Condition)
	}
	// Output:
	// Allow [arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*/admin/*] map[IpAddress:map[aws:SourceIp:203.0.113.0/24]]
	// Allow [arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/users/*] map[]
	// Deny [arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/DELETE/users/*] map[]
}

func ExamplePathValue() {
	api, err := policy.ParseARN(arn)
	if err != nil {
		log.Fatal(err)
	}
	for _, subject := range []string{"7b0e2c", "*", "../admin"} {
		id, err := policy.PathValue(subject)
		if err != nil {
			fmt.Println(err)
			continue
		}
		answer, err := policy.New(subject, api).AllowMethod("GET", "/users/"+id).Build()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(answer)
	}
	// Output:
	// policy for "7b0e2c": Allow arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/users/7b0e2c
	// policy: a path value must not hold '*'
	// policy: a path value must not hold '/'
}

func ExampleResponse_Evaluate() {
	api, err := policy.ParseARN(arn)
	if err != nil {
		log.Fatal(err)
	}
	answer, err := policy.New("ada", api).
		AllowMethod("GET", "/users/*").
		DenyMethodWithConditions("*", "*", policy.Conditions{
			"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"},
		}).
		Build()
	if err != nil {
		log.Fatal(err)
	}
	for _, address := range []string{"203.0.113.7", "198.51.100.1"} {
		decision, err := answer.Evaluate(api, policy.ConditionKeys{SourceIP: netip.MustParseAddr(address)})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(address, decision)
	}
	// Output:
	// 203.0.113.7 Allowed
	// 198.51.100.1 ExplicitlyDenied
}

func ExampleParseARN() {
	a, err := policy.ParseARN(arn)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(a.Stage, a.Verb, a.Path)
	// Output:
	// prod GET /users/7
}

// show writes an answer as API Gateway gets it, only with line breaks.
func show(answer *policy.Response) {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	if err := e.Encode(answer); err != nil {
		log.Fatal(err)
	}
}
