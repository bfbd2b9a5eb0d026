// Package revocation refuses tokens that were revoked before they expired.
//
// For JWTs, give a verifier the Check of a [Checker]. It asks a store of yours what has been
// revoked: single tokens by their jti, all tokens of a subject that were issued until some
// time, all tokens of a session by its sid.
//
//	c, err := revocation.New(revocation.Config{Store: store})
//	v, err := verifier.New(verifier.Config{Keys: key, Issuer: issuer, Audience: audience, Check: c.Check})
//
// For opaque tokens, an [Introspector] asks the server that has issued them (RFC 7662). It
// is a [verifier.Verifier].
//
// # Outages
//
// A store or an endpoint that is down says nothing about a token. The error is then an
// outage (a 500), and does not wrap [verifier.ErrInvalidToken]. No token is accepted
// unchecked, unless [Config.AcceptUnchecked] says so.
//
// # Caches
//
// A revocation takes effect when no cache holds an older answer any more. The times add up:
//
//   - API Gateway caches what an authorizer has answered, and gives it again without
//     asking: for 300 seconds on REST APIs unless set otherwise, for an hour at most. A
//     token that is revoked meanwhile still opens every route that the cached policy
//     allows. Set the time to live to 0 where a revocation must take effect at once.
//   - verifier.Cached remembers accepted tokens for CacheConfig.MaxAge. Neither a store nor
//     an endpoint is asked meanwhile.
//   - A Checker remembers the store's answers for [Config.CacheMaxAge]; by default it does
//     not.
//
// Tokens that expire within minutes may need none of this: see signer.IssuerConfig.Lifetime.
package revocation
