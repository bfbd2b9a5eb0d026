package policy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"

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
