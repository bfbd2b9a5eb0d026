// Package golangjwt lets code that stays on github.com/golang-jwt/jwt/v5 sign and verify
// with any source of package keys: keys in KMS, rings, remote key sets.
//
// To verify, give the parser a [Keyfunc]:
//
//	token, err := jwt.Parse(text, golangjwt.Keyfunc(ctx, source), jwt.WithValidMethods([]string{"RS256"}))
//	switch {
//	case errors.Is(err, golangjwt.ErrOutage): // 500: nobody knows whether the token is good
//	case err != nil: // 401
//	}
//
// To sign, let [NewWithClaims] make the token, with the header that its key needs:
//
//	token, key, err := golangjwt.NewWithClaims(ctx, source, claims)
//	text, err := token.SignedString(key)
//
// golang-jwt has no context. What Keyfunc and NewWithClaims return uses the context that they
// were given, so call them once for each request.
//
// # Outages
//
// golang-jwt wraps every error of a key function in jwt.ErrTokenUnverifiable, which it also
// gives for tokens that are at fault. So test for [ErrOutage] first: every error that says
// that a token could not be decided wraps it, and no error that is the token's fault does.
// Apart from jwt.ErrTokenUnverifiable, an outage matches none of golang-jwt's errors: the key
// function checks the signature itself, because the parser would call a failure of the check
// jwt.ErrTokenSignatureInvalid.
//
// # What rules
//
// A key has one algorithm. A token that names another one is refused, whatever
// jwt.WithValidMethods says, and so is a token with the algorithm none. A header with
// duplicate members, crit or b64 is refused, although the parser lets it through.
//
// The parser and its options check the claims. Without options it accepts a token without
// exp, of any issuer and for any audience: see jwt.WithExpirationRequired, jwt.WithIssuer
// and jwt.WithAudience. Package verifier checks all of this by default, and more strictly.
// With keys that cost a call for each token (KMS), it also looks at the claims before it
// makes the call, which a key function cannot do.
//
// The parser knows the algorithms that are registered with golang-jwt. Ed25519, which is
// EdDSA by its name of RFC 9864, and ML-DSA are not. A program that has such tokens
// registers them:
//
//	jwt.RegisterSigningMethod("Ed25519", func() jwt.SigningMethod { return golangjwt.Method(ctx, "Ed25519") })
package golangjwt
