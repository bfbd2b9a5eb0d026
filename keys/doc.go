// Package keys is where the keys of tokens come from.
//
// To verify with the one public key of an issuer, read it from PEM; to sign and
// verify with a shared secret, use [HMAC]; to verify with what an issuer publishes,
// read its JWK set from a file, or from where it is published:
//
//	key, err := keys.ParsePublicPEM("RS256", pem)
//	shared, err := keys.HMAC("HS256", secret)
//	set, err := keys.ParseJWKS(json)
//	source, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: "https://login.example.com"})
//
// Each is a source that a verifier takes as it is. To sign, [ParsePrivatePEM] or
// [GeneratePrivateKey] gives a private key, which a signer takes; a [Secret] does
// both. To rotate, [NewRing] signs with one source and verifies with several, and
// [NewRefreshing] loads such a ring again and again from where secrets are kept.
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
// One key by itself leaves nothing to choose. It serves tokens with any kid or none, and
// once it has a kid of its own (WithKid), tokens with that kid and tokens without one.
// Where there are several keys, the kid chooses. An asymmetric key without a kid of its
// own then goes by its thumbprint (RFC 7638), with which it also signs and is published.
//
// # Other packages
//
// Package jwks reads the keys that any issuer publishes, and publishes one's own. Package
// rotation replaces keys by a schedule. Package kmskeys has keys that AWS KMS holds.
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
