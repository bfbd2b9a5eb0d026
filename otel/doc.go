// Package otel makes traces and metrics of OpenTelemetry of what an authorizer decides and
// of what its sources of keys do. It is a module of its own, so that nobody else requires
// OpenTelemetry.
//
//	o, err := otel.New(otel.Config{Traces: traces, Metrics: metrics, Routes: routes})
//	issuer, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: url, Observer: o.KeyEvent})
//	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: p, Observer: o.Outcome})
//
// A span "authorize" stands for each request that was decided, and one such as "kms.Decrypt"
// or "keys.fetch" for each call of a source. They are children of the span in the context
// that the authorizer is called with. Since a span is made when what it stands for is over,
// that of a call is beside the span of its request, and not below it. Keys that have been
// replaced, that are too old, and budgets that are used up are events of the span in the
// context.
//
// The metrics are authorizer.requests (by decision, reason and route), authorizer.duration in
// seconds, authorizer.key.events (by kind and source), and authorizer.key.call.duration in
// seconds (by source, operation and result). Callers add no attributes to them.
//
// Lambda freezes a function between invocations: export with sdktrace.WithSyncer, or flush
// both providers before each answer. The example shows how, for AWS X-Ray.
package otel
