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
// An HTTP API can do without a function: with [Config].JWT the gateway is API Gateway's
// own JWT authorizer, which reads the keys that an issuer publishes.
//
// A [Gateway] is one API on one stage, served without the stage in the URL, as a
// custom domain does. What it does is what AWS documents, as far as it does, and
// what has been seen of it elsewhere; the comments say where it is a guess. It is a
// test double: good for showing that an API refuses what it should, and no place to
// serve real users from.
//
// What it leaves out: TLS and mutual TLS, CORS, throttling, usage plans, models and
// mapping templates, resource policies, and all of a WebSocket but its handshake.
package authorizertest
