// Package revocation refuses tokens that were taken back before they expired.
//
// For JWTs, put the [Checker] of a store into a verifier. The store says what has been
// revoked: single tokens by their jti, all tokens of a subject that were issued before some
// time, the tokens of a session by its sid.
//
//	c, err := revocation.New(revocation.Config{Store: store})
//	v, err := verifier.New(verifier.Config{Keys: key, Issuer: issuer, Audience: audience, Check: c.Check})
//
// For opaque tokens, an [Introspector] asks the server that has issued them (RFC 7662). It
// is a [verifier.Verifier].
//
// # Outages
//
// A store that is down, or an introspection endpoint, says nothing about a token. The error
// is then an outage (a 500) and does not wrap [verifier.ErrInvalidToken]; nothing is
// accepted unchecked, unless [Config.AcceptUnchecked] says so.
//
// # Caches
//
// A revocation shows when everything that remembers an answer has forgotten it. The times
// add up:
//
//   - API Gateway's cache gives an authorizer's answer again without asking, for its time
//     to live: 300 seconds for REST APIs unless set otherwise, an hour at most. A token
//     that is revoked meanwhile still opens every route that the cached policy names. Set
//     it to 0 where a revocation must show at once.
//   - verifier.Cached remembers accepted tokens for CacheConfig.MaxAge, and a [Config.Store]
//     or an endpoint is not asked again so long.
//   - [Config.CacheMaxAge] remembers the store's answers; it is off unless set.
//
// Tokens that are good for minutes need none of this: see signer.IssuerConfig.Lifetime.
package revocation
