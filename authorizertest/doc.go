// Package authorizertest is an API Gateway for tests and laptops, in process. It
// does what API Gateway does around a Lambda authorizer: it makes the event, calls
// the authorizer with it as JSON, answers 401, 403 or 500, caches, and hands what the
// authorizer allowed to the function behind it.
//
//	gw, err := authorizertest.New(authorizertest.Config{
//		Kind:       authorizer.RESTToken,
//		Authorizer: a,
//		Routes: []authorizertest.Route{
//			{Key: "GET /user/{id}", Handler: readUser},
//			{Key: "POST /login", Handler: login, NoAuthorizer: true},
//		},
//	})
//	http.ListenAndServe("localhost:8080", gw)
//
// An API can do without a function: with [Config].JWT the gateway is the JWT authorizer
// that HTTP APIs have of their own, and with [Config].RESTJWT that of REST APIs. Both read
// the keys that issuers publish.
//
// Refusals of REST APIs are gateway responses: [ParseGatewayResponses] reads them from the
// definition that is deployed, so that a test sees the headers for CORS that a browser
// will.
//
// [Gateway.Panel] shows in a browser what the gateway decides, and why: for each request
// the event, the policy with the statement that decided, and the token taken apart; who may
// call what; and what is in the cache.
//
// A [Gateway] is one API on one stage, served without the stage in the URL, as a
// custom domain does; requestContext.domainName is the request's Host. Served with mutual
// TLS, it hands on the client's certificate. What it does is what AWS documents, as far as
// it does, and what has been seen of it elsewhere; the comments say where it is a guess:
// (H) is from AWS's documents, (M) from older ones or reports, (L) is inferred. It is a
// test double: good for showing that an API refuses what it should, and no place to
// serve real users from.
//
// # What is cached
//
// REST APIs, and HTTP APIs as most tools set them up, use an authorizer's answer for 300
// seconds again, for every request with the same identity sources. So does a gateway,
// unless CacheTTL says otherwise: an answer that is right for one route alone is then
// wrong for the next, here as there.
//
// What it leaves out: the check of client certificates against a truststore, CORS except for
// gateway responses, throttling, usage plans, models and mapping templates, resource
// policies, and all of a WebSocket but its handshake.
package authorizertest
