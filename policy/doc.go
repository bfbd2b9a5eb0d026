// Package policy makes the policies that a Lambda authorizer answers with, and
// evaluates them.
//
// Most programs list the routes of their API, each with the scopes that open it:
//
//	routes := []policy.Route{
//		{Key: "GET /users/{id}", Scopes: []string{"users:read"}},
//		{Key: "DELETE /users/{id}", Scopes: []string{"users:write"}},
//		{Key: "GET /tenants/{tenant}/files/{path+}", AnyToken: true, Bind: map[string]string{"tenant": "tenant_id"}},
//		{Key: "GET /health", AnyToken: true},
//	}
//
// There are two ways to decide by them, and the key of the authorizer's cache says
// which is right. API Gateway applies a cached answer to every request with the same
// key.
//
//   - [Table] answers for the requested method and path alone. It belongs to a cache
//     by token, method, path and route, or to none. It takes every table of routes. With a
//     cache by the token alone, the first answer denies all other requests.
//   - [Routes] answers with one policy for all that a caller may do. It belongs to a
//     cache by the token alone, as that of TOKEN authorizers. It takes the tables
//     that IAM can say in 8 KB for every caller, and refuses others when the program
//     starts.
//
// [Builder] makes a policy from single permissions. It is the AuthPolicy class of
// AWS's authorizer blueprint, under the same method names. [Response.Evaluate]
// says what a policy, from here or elsewhere, decides on a request, so that what
// is granted can be tested without AWS. [ParseOpenAPI] reads routes from a document.
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
// A "*" also matches empty segments and percent-encoded characters, and by them a
// request may get to another route than its text says. Callers to whom such a route
// is closed are denied these paths altogether, by *//*, */*/ and *%*.
//
// # Differences from the blueprint
//
// A Builder gives the blueprint's answers, with these differences:
//
//   - The partition is the ARN's; the blueprint writes arn:aws: everywhere, which
//     matches nothing in the other partitions.
//   - Paths may hold every character of a URI's path, such as "_", "%", ":" and
//     "~", which real paths have. [Builder.BlueprintPaths] brings the old rule back.
//   - {id} and {proxy+} in a path become "*", so that paths can be written as in
//     API Gateway. [Builder.BlueprintPaths] refuses them, as the blueprint does.
//   - The verb ANY is accepted for "*": it is API Gateway's own word.
//   - Wildcards do not come from data: not from the request's path, which the
//     caller chooses (see [Builder.AllowMethod] and [PathValue]), and not from part
//     of a region, API or stage. The original's defaults for these are "*"; here
//     that is written out, and a field that is not set is an error (see [New]).
//   - A path that ends in a newline, the verb ALL, and names of Python attributes
//     such as __doc__ as verbs are refused. The blueprint accepts them by accident
//     and makes resources that match nothing.
//   - Conditions are read when they are given. An operator, key or value that
//     API Gateway is not known to support is an error, and so is an operator
//     without keys; the blueprint passes everything on.
//   - What is wrong with a call is reported by Build, so that calls can be chained.
//   - With a WebSocket API's ARN, allowing or denying all methods gives the
//     resource {stage}/*. The blueprint's {stage}/*/* does not match {stage}/$connect.
//   - A Resource list is never empty, a principal is valid UTF-8, and the size
//     limits are kept to: [MaxResource], [MaxResponse].
package policy
