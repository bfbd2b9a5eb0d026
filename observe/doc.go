// Package observe makes metrics of what an authorizer decides and of what its sources of
// keys do, in CloudWatch's embedded metric format: lines of JSON on standard output, which
// CloudWatch Logs turns into metrics. Nothing is called and nothing waits.
//
//	m, err := observe.NewEMF(observe.Config{Name: "orders", Routes: routes})
//	issuer, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: url, Observer: m.KeyEvent})
//	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: p, Observer: m.Outcome})
//
// Package github.com/lambdajwt/authorizer/otel, a module of its own, makes traces and
// metrics of OpenTelemetry of the same two.
//
// # Metrics
//
// All of them have the dimension Authorizer, which is [Config.Name]. What is 0 is not
// written: let alarms treat missing data as good.
//
//	Requests          by Decision, by Reason, and by Route and Decision
//	Duration          from the event to the answer, in milliseconds; also by Route
//	ColdStarts        1 in the first line of a process
//	KeyHits           requests that got keys without a call of their own
//	KeyFetches        calls to an issuer or a secret store, with those that failed:
//	KeyFetchFailures
//	KeyFetchDuration  in milliseconds
//	KMSCalls          with those that KMS did not decide, and those that it refused for the token:
//	KMSFailures
//	KMSRefusals
//	KMSDuration       in milliseconds
//	KeysOnGrace       requests that got keys which are too old and cannot be had anew
//	OverBudget        requests that got none, since the budget of calls was used up
//	KeyRotations      keys that are others than before
//
// CloudWatch bills each combination of a metric and its dimensions by the hour. Of one
// Authorizer there are at most 14 without a further dimension, 5 by decision, 26 by reason,
// and 6 for each route and for "other" routes. Callers add none: a reason or a route that is
// not known when the program starts is "other".
package observe
