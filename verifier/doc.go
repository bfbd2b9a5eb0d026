// Package verifier decides tokens: JWTs (RFC 7519) in the JWS compact serialization
// (RFC 7515).
//
//	v, err := verifier.New(verifier.Config{
//		Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"},
//	})
//	token, err := v.Verify(ctx, text)
//
// Every check is on unless it is skipped by name. The algorithm belongs to the key
// and never to the token (RFC 8725 section 3.1), and a token is read strictly: it
// is refused for an unknown critical extension, an embedded key, a duplicate or
// misspelt member, invalid UTF-8, or another encoding of the same bytes, all of
// which other readers let through.
//
// # Errors
//
// An error that wraps [ErrInvalidToken] says that the token is at fault, and no
// retry will help; [ReasonOf] tells why in a word, and golang-jwt's own errors
// match too, such as jwt.ErrTokenExpired. Any other error says that the token
// could not be decided: the key source failed, or [Config.Check] did, or the
// context ended. The two must not be mixed up: one is a 401, the other a 500.
//
// # Several issuers, and memory
//
// [ByIssuer] gives each issuer rules and keys of its own. [Cached] remembers
// accepted tokens until they expire.
//
// # Other proofs
//
// A [ClaimsChecker] checks claims that somebody else has proven, such as the answer of an
// introspection endpoint (package revocation). A token that is bound to its sender has a
// [Token.Confirmation], which package binding checks.
//
// # Presets
//
// [NewCognitoAccess], [NewCognitoID] and [NewRFC9068] are [New] with the further rules
// of Amazon Cognito's tokens and of RFC 9068. The rules cannot be configured away.
package verifier
