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
// golang-jwt has no context, so those of Keyfunc and NewWithClaims are kept for one token:
// make them where the request is.
//
// # Outages
//
// golang-jwt wraps whatever a key function returns in jwt.ErrTokenUnverifiable, which it
// also gives for tokens that are at fault. So ask for [ErrOutage] first: it is in every
// error that says that a token could not be decided, and in none that is the token's fault.
// No outage is a jwt.ErrTokenSignatureInvalid, for the key function checks the signature
// itself.
//
// # What rules
//
// A key has one algorithm. A token that names another is refused whatever
// jwt.WithValidMethods says, and so is one with the algorithm none. Of the header, duplicate
// members, crit and b64 are refused, which the parser lets through. The claims are the
// parser's and its options': see jwt.WithExpirationRequired, jwt.WithIssuer and
// jwt.WithAudience, which check nothing by themselves. Package verifier does all of this in
// one place, and more strictly; with keys that cost a call for each token (KMS) it also
// looks at the claims before it makes the call.
//
// The parser knows the algorithms that are registered: not Ed25519 by its name of RFC 9864,
// and not ML-DSA. A program that has such tokens registers them:
//
//	jwt.RegisterSigningMethod("Ed25519", func() jwt.SigningMethod { return golangjwt.Method(ctx, "Ed25519") })
package golangjwt
