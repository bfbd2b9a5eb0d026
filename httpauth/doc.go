// Package httpauth puts a verifier and a table of routes in front of a net/http handler: what
// package authorizer is for API Gateway, it is for containers, Lambda function URLs, load
// balancers and laptops.
//
//	auth, err := httpauth.New(httpauth.Config{Verifier: v, Table: table})
//	…
//	api := http.NewServeMux()
//	api.HandleFunc("GET /orders/{id}", readOrder)
//	mux := http.NewServeMux()
//	mux.Handle("/", auth.Wrap(api))
//	mux.Handle("GET /health", health) // open to all
//	http.ListenAndServe(":8080", mux)
//
// A handler behind it reads the token with [TokenFrom], and its claims with [Claims].
//
// # Answers
//
// Clients learn what to do from the status and, as RFC 6750 section 3 says, from the header
// WWW-Authenticate:
//
//   - 401: there is no token, or it is not good (invalid_token). Without a token no error
//     code is named.
//   - 400: the request has several tokens (invalid_request).
//   - 403: the token does not open the route. If it lacks a scope, the challenge says
//     insufficient_scope and names the first entry of the route's Scopes.
//   - 503: the token could not be decided, because of an outage. Retry-After says when to try
//     again. It is never a 401, on which clients would throw good tokens away.
//   - 500: a mistake of the setup, which no retry ends.
//
// What refuses a token is said in fixed words, never with anything of the token. No cache may
// keep a refusal. A panic of a verifier or a handler is left to net/http.
//
// # Routes
//
// The table is the one of package policy, written as API Gateway writes routes. For a handler
// in an [http.ServeMux], and for a ServeMux that Wrap is given, the pattern that was matched
// names the route of the table:
//
//	pattern of ServeMux       route of the table
//	GET /orders/{id}          GET /orders/{id}, or ANY /orders/{id}
//	/orders/{id}              the same with the method of the request
//	GET /files/{path...}      GET /files/{path+}, and what the path reaches below
//	/static/                  GET /static/{rest+}, likewise
//	/                         GET /{rest+} or $default, likewise
//	GET /{$}                  GET /
//	GET /orders/{$}           GET /orders, and what the path /orders/ reaches
//	example.com/orders        GET /orders: the table knows no hosts
//
// Names of parameters do not matter. What no route of the table names is denied. Behind
// another router the table finds the routes by the path, as [policy.Table.Policy] says: all
// that it can reach must be open, however slashes, dots and escapes in it are read.
// [Config.Route] can name the route instead. The paths of the table are those that the
// middleware sees: put [http.StripPrefix] behind it.
//
// ServeMux gives a HEAD request to the handler of a pattern with GET, and so a HEAD is
// decided as a GET there. In all other cases it is a method of its own, because a handler
// that tells reading from writing by r.Method == "GET" would take it for writing; where the
// path decides, a HEAD must be open as GET too.
//
// # Order
//
// A CORS preflight (OPTIONS) has no token. Put the handler that answers it in front:
//
//	cors(auth.Wrap(mux))
//
// The same handler has to expose WWW-Authenticate, if programs in browsers are to read it.
//
// # Caches in front
//
// A shared cache must not keep the answer to a request with Authorization, unless the answer
// allows it (RFC 9111 section 3.5). For those that keep more, and for tokens in other places,
// answers have Cache-Control: private, and Vary: Authorization where the token comes from
// there. A handler that sets Cache-Control itself replaces the former.
//
// # Lambda
//
// aws-lambda-go/lambdaurl serves a handler behind a function URL, and adapters serve it behind
// load balancers and API Gateway. Know what becomes of WWW-Authenticate on the way:
//
//   - Servers and load balancers pass it on.
//   - REST APIs rename it to x-amzn-Remapped-WWW-Authenticate. (H)
//   - Function URLs and HTTP APIs are reported to do the same. (M)
//
// Clients then do not find it: they see a 401 without a challenge, and look for the metadata
// of RFC 9728 at the well-known place alone. On a REST API let package authorizer decide
// before the function, and API Gateway answer: [Metadata.GatewayResponses] makes the gateway
// response that sets the header. In front of a function URL, a Lambda@Edge function on
// CloudFront's event origin-response can give the header its name back; a CloudFront Function
// cannot, because none runs after an answer of 400 or more.
//
// # Metadata
//
// [NewMetadata] makes the document by which clients find out who issues tokens for an API
// (RFC 9728), as those of the Model Context Protocol do.
package httpauth
