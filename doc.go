// Package authorizer is a Lambda authorizer for API Gateway: a request's event in,
// an IAM policy out, decided by a JSON Web Token.
//
// A whole authorizer:
//
//	package main
//
//	import (
//		"log"
//		"log/slog"
//		"os"
//
//		"github.com/aws/aws-lambda-go/lambda"
//
//		"github.com/lambdajwt/authorizer"
//		"github.com/lambdajwt/authorizer/keys"
//		"github.com/lambdajwt/authorizer/verifier"
//	)
//
//	func main() {
//		a, err := newAuthorizer([]byte(os.Getenv("JWT_PUBLIC_KEY")))
//		if err != nil {
//			log.Fatal(err)
//		}
//		lambda.Start(a)
//	}
//
//	func newAuthorizer(pem []byte) (*authorizer.Authorizer, error) {
//		key, err := keys.ParsePublicPEM("RS256", pem)
//		if err != nil {
//			return nil, err
//		}
//		v, err := verifier.New(verifier.Config{Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"}})
//		if err != nil {
//			return nil, err
//		}
//		return authorizer.New(authorizer.Config{
//			Verifier: v,
//			Policy:   authorizer.AllowStage, // everything: ByScope and ByRoute allow less
//			Logger:   slog.New(slog.NewJSONHandler(os.Stderr, nil)),
//		})
//	}
//
// The Authorizer is the Lambda function's handler. It takes the events of REST, WebSocket
// and HTTP APIs and answers in kind. [AllowStage] lets a good token call everything,
// [ByRoute] and [ByScope] open the routes of a table, and any other rule is a [PolicyFunc]
// of a few lines. The function behind the authorizer reads the token's claims with
// [FromContext].
//
// # Outcomes
//
// API Gateway caches what an authorizer returns, for up to an hour, but not an
// error. A denial that an outage caused would outlive the outage, so there are
// three outcomes:
//
//   - No token, or one that is at fault: an error whose text is exactly
//     "Unauthorized", which API Gateway turns into a 401. The header WWW-Authenticate, which
//     leads clients to a login, is API Gateway's to set: package httpauth makes the gateway
//     response for it.
//   - The token is good, but does not permit the request: a policy that does not
//     allow it, or isAuthorized false. The caller gets a 403.
//   - Anything else, such as KMS or a key server that does not answer, or a panic in
//     the user's code: an error, a 500 that the next request tries again.
//
// # The cache
//
// API Gateway caches an answer by the authorizer's identity sources, and serves it to
// every request with the same values of them. Usually that is the token alone, and then
// the answer to one route decides about all others until it expires. So choose how to
// decide by what the cache goes by:
//
//   - The token alone: [ByScope], whose policy says everything that the token may do, or
//     [AllowStage]. TOKEN authorizers leave no choice.
//   - Token, method, path and route, or no cache: [ByRoute], which takes every table of
//     routes.
//
// The identity sources of the second way are, for an HTTP API,
//
//	$request.header.Authorization, $context.httpMethod, $context.path, $context.routeKey
//
// and for a REST API with a REQUEST authorizer (M)
//
//	method.request.header.Authorization, context.httpMethod, context.path
//
// In SAM they are Identity: {Headers: [Authorization], Context: [httpMethod, path]}, with
// routeKey for an HTTP API, in Terraform identity_sources of aws_apigatewayv2_authorizer and
// identity_source of aws_api_gateway_authorizer, and in the console a list of the
// authorizer's. The time to live beside them (ReauthorizeEvery,
// authorizer_result_ttl_in_seconds) turns the cache off when it is 0. The route is among
// them because an HTTP API shows paths decoded: if it takes the route of the encoded path
// (L), one path belongs to two routes.
//
// Chosen wrongly, a policy denies too much, and never allows too much. An answer with
// isAuthorized, which names no route, could allow too much; the events of HTTP APIs tell
// what the cache goes by, and where that is too little the answer is an error that says
// what to add. See [Config.SkipIdentitySourceCheck].
//
// A cached answer may outlive the token's exp by the cache's time to live. Keep that
// short, or let the policy end with the token: [ExpireWithToken].
//
// # Compatibility
//
// Versions follow semantic versioning. Before 1.0 a minor version may change the API; the
// changelog says how to follow. What only gets stricter about tokens that no standard allows
// counts as a fix. Log lines, texts of errors and the JSON of policies may change in any
// version; decisions, reasons and errors that are exported do not.
package authorizer
