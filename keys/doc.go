// Package keys is where the keys of tokens come from.
//
// To verify with the one public key of an issuer, read it from PEM; to sign and
// verify with a shared secret, use [HMAC]; to verify with what an issuer publishes,
// read its JWK set from a file, or from where it is published:
//
//	key, err := keys.ParsePublicPEM("RS256", pem)
//	key, err := keys.HMAC("HS256", secret)
//	set, err := keys.ParseJWKS(json)
//	remote, err := keys.NewRemote(keys.RemoteConfig{Issuer: "https://login.example.com"})
//
// Each is a source that a verifier takes as it is. To sign, [ParsePrivatePEM] or
// [GeneratePrivateKey] gives a private key, which a signer takes; a [Secret] does
// both. To rotate, [NewRing] signs with one source and verifies with several.
//
// # Sources and keys
//
// Every backend, those outside of this package too, is a source of keys: a
// [SigningSource] gives the key that signs the next token, a [VerificationSource]
// finds the one that a token names. A key for one thing only does not fit the
// other: [PublicKey] and [Set] cannot sign, and that shows when a program is
// compiled. [Secret] and [PrivateKey] do both. The keystest package holds the tests
// that every backend must pass.
//
// # Algorithms
//
// HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512
// (RFC 7518 section 3), EdDSA (RFC 8037), which means Ed25519 here, and its name
// of its own, Ed25519 (RFC 9864). Each key has one of them for life, and serves no
// token that names another, not even if the arithmetic is the same: keys of EdDSA
// and of Ed25519 do not pass for each other. The names are compared byte for byte.
// "none" is not among them.
//
// The arithmetic is the standard library's. PSS signatures have a salt of the
// hash's length and are refused with any other (RFC 7518 section 3.5); ECDSA
// signatures are r and s at full width (section 3.4), never DER.
//
// # Key IDs
//
// One key by itself leaves nothing to choose: it serves tokens that have its kid and
// tokens that have none, and if it was made with an empty kid, tokens with any. Where
// there are several, the kid chooses. An asymmetric key made with an empty kid then
// goes by its thumbprint (RFC 7638), which is also what it signs and is published
// with.
//
// # Published keys
//
// An issuer's keys are public so that anybody can verify its tokens. [NewPublisher]
// makes the discovery document and the JWK set that others read, [CheckGateway] says
// beforehand what API Gateway's own JWT authorizer would not take of them, and
// [NewRemote] reads those of any issuer, made for Lambda.
//
// A [Schedule] says when each key of an issuer is published, signs, retires and
// expires, so that a rotation refuses no good token while verifiers still hold what
// they read before. A [ScheduledRing] follows it as the clock moves.
//
// # What is refused
//
// The functions that make keys refuse what is not safe to use, and say what to use
// instead: secrets that are too short or are keys in disguise, RSA keys that are too
// small, points that are not on their curve, keys on the wrong curve, halves that
// do not belong together, and text that can be read in more than one way. Each
// says in detail. A nil or zero key, set or ring works for nothing: it answers
// with an error that is neither [ErrUnknownKey] nor [ErrSignature].
//
// # Secrecy
//
// Key material is copied in. It comes out only by [PrivateKey.MarshalPrivatePEM]
// and [PrivateKey.MarshalPrivateJWK], and a Secret's not at all: no verb of package
// fmt, no logger and no encoder gets at it, and no error holds any of it.
package keys
