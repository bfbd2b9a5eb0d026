// Package policy makes the policies that a Lambda authorizer answers with, and
// evaluates them.
//
// [Routes] is what most programs want. It holds the routes of an API with the
// scopes that open them, and makes one policy for all that a caller may do:
//
//	routes, err := policy.NewRoutes(
//		policy.Route{Key: "GET /users/{id}", Scopes: []string{"users:read"}},
//		policy.Route{Key: "DELETE /users/{id}", Scopes: []string{"users:write"}},
//		policy.Route{Key: "GET /health", AnyToken: true},
//	)
//	…
//	answer, err := routes.Policy(policy.Caller{Principal: subject, Scopes: scopes}, arn)
//
// That matters because API Gateway caches the answer by the token. What it
// caches for one route it applies to all, so that a policy for the requested
// method alone answers 403 to the next method that the same caller uses.
//
// [Builder] makes a policy from single permissions. It is the AuthPolicy class of
// AWS's authorizer blueprint, under the same method names. [Response.Evaluate]
// says what a policy, from here or elsewhere, decides on a request, so that what
// is granted can be tested without AWS.
//
// # How Routes uses IAM
//
// IAM's "*" matches across slashes: GET/users/*, which GET /users/{id} takes,
// also lets GET /users/1/documents through. Where that is another route and the
// caller may not call it, Routes adds a Deny; where it is none, Routes denies it
// too if one pattern can say so. A Deny beats every Allow, so one that would hit
// an open route as well cannot be used, and some tables cannot be said in IAM at
// all. [NewRoutes] finds that out when the program starts, for every set of
// scopes there can be, and says which routes are at odds: [ConflictError]. The
// one excess that it accepts is a Deny that hits an open route only where a
// parameter has the name of some segment for its value: [Routes.Exceptions].
//
// # Differences from the blueprint
//
// A Builder gives the blueprint's answers but for these differences:
//
//   - The partition is the ARN's; the blueprint writes arn:aws: everywhere, which
//     matches nothing in the other partitions.
//   - Paths may hold every character of a URI's path, such as "_", "%", ":" and
//     "~", which real paths have. [Builder.BlueprintPaths] brings the old rule back.
//   - {id} and {proxy+} in a path become "*", so that paths can be written as in
//     API Gateway. [Builder.BlueprintPaths] refuses them, as the blueprint does.
//   - The verb ANY is accepted for "*": it is API Gateway's own word.
//   - Wildcards do not come from data: not from the request's path, which the
//     caller chooses (see [Builder.AllowMethod] and [PathValue]), and not from a
//     region, account, API or stage.
//   - A path that ends in a newline, the verb ALL, and names of Python attributes
//     such as __doc__ as verbs are refused. The blueprint accepts them by accident
//     and makes resources that match nothing.
//   - Conditions are read when they are given. An operator, key or value that
//     API Gateway is not known to support is an error, and so is an operator
//     without keys; the blueprint passes everything on.
//   - What is wrong with a call is reported by Build, so that calls can be chained.
//   - With a WebSocket API's ARN, allowing or denying all methods gives the
//     resource {stage}/*. The blueprint's {stage}/*/* does not match {stage}/$connect.
//   - A Resource list is never empty, a principal is valid UTF-8, an account is
//     always set, and the size limits are kept to: [MaxResource], [MaxResponse].
package policy
