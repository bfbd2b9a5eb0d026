// Package authorizer is a Lambda authorizer for API Gateway: a request's event in,
// an IAM policy out, decided by a JSON Web Token.
//
// A whole authorizer:
//
//	key, err := keys.ParsePublicPEM("RS256", []byte(os.Getenv("JWT_PUBLIC_KEY")))
//	v, err := verifier.New(verifier.Config{Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"}})
//	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage})
//	lambda.Start(a)
//
// The Authorizer is the Lambda function's handler. It takes the events of REST, WebSocket
// and HTTP APIs and answers in kind. [AllowStage] lets a good token call everything; [ByScope] opens routes by
// the token's scopes; any other rule is a [PolicyFunc] of a few lines. The function
// behind the authorizer reads the token's claims with [FromContext].
//
// # Outcomes
//
// API Gateway caches what an authorizer returns, for up to an hour, but not an
// error. A denial that an outage caused would outlive the outage, so there are
// three outcomes:
//
//   - No token, or one that is at fault: an error whose text is exactly
//     "Unauthorized", which API Gateway turns into a 401.
//   - The token is good, but does not permit the request: a policy that does not
//     allow it, or isAuthorized false. The caller gets a 403.
//   - Anything else, such as KMS or a key server that does not answer, or a panic in
//     the user's code: an error, a 500 that the next request tries again.
//
// # The cache
//
// API Gateway caches an answer by the identity sources, usually the token, and not
// by method or path. The policy for one route therefore decides about all of them
// until it expires: grant everything that the token may do ([ByScope] does), never
// just the method that was asked for. A cached answer may also outlive the token's
// exp by the cache's time to live; keep that time short, or put the expiry into the
// policy as a condition on aws:CurrentTime.
//
// An isAuthorized answer is about one route. Cache it only if $context.routeKey is
// among the identity sources.
package authorizer
