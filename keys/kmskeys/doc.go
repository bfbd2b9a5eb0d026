// Package kmskeys signs and verifies tokens with keys of AWS KMS.
//
// Most programs want an asymmetric key: KMS signs at login, and verifiers fetch the
// public key now and then.
//
//	client := kms.NewFromConfig(awsConfig)
//	cfg := kmskeys.AsymmetricConfig{KeyID: "1234abcd-12ab-34cd-56ef-1234567890ab", Algorithm: "RS256"}
//	signing, err := kmskeys.NewAsymmetricSigner(client, cfg)
//	verification, err := kmskeys.NewAsymmetricVerifier(client, cfg)
//
// Both are sources of package keys, as signer.Config and verifier.Config take them.
//
// # Which one
//
//   - [AsymmetricSigner] and [AsymmetricVerifier]: one call for each token that is
//     signed, none to verify it. The public key can be published as a JWK set, also
//     for API Gateway's own JWT authorizer.
//   - [AsymmetricRemoteVerifier]: one call for each token that is verified, for those
//     who must have every one in CloudTrail.
//   - [EnvelopeSigner] and [EnvelopeVerifier]: HMAC with a data key for each token,
//     which goes along in the header, encrypted by KMS. One call to sign, and one for
//     each data key that a verifier has not seen lately.
//   - [MACSigner] and [MACVerifier]: HMAC with a key that stays in KMS. One call to
//     sign and one to verify.
//
// README.md has what each costs, in calls and in dollars, and which permissions it needs.
//
// # Clients
//
// A constructor takes whatever has the one operation that it calls: a *kms.Client, the
// KMS in memory of package kmstest, or a mock of one method. Contexts and their
// deadlines go into every call, and CallTimeout bounds it. A call is tried a second time
// where that may help: see [Retry]. Where several requests wait for one call, the first
// of them makes it, with the values of its context, and carries it through even if it is
// cancelled.
//
// Every source has three methods more. Ready asks KMS once, when a program starts, and
// finds a wrong key, Region, spec, usage or permission before the first request does. Kid
// returns the kid of tokens. Stats counts calls, hits and refusals.
//
// # What is checked
//
// KMS is not asked about what can be seen without it: another algorithm or kid, a
// header that no signer writes, a signature of impossible length. The sources that pay
// for each token or data key say so (keys.Metered), so that a verifier checks the
// time, the issuer and the audience first; they have a budget of calls, and remember what
// KMS has refused. Answers must name the key that was asked for and the algorithm.
// Decrypt is never called without a key ID: without one the ciphertext would choose the
// key.
//
// # Errors
//
// An error is the token's fault (keys.ErrUnknownKey, keys.ErrSignature) if KMS has said
// so or need not be asked. Every other one is an outage, and wraps keys.ErrMisconfigured
// where no retry will help. Which is which is told by KMS's error codes, in one table.
// Errors name the operation as IAM policies do: kms:Decrypt.
//
// What is held goes on being used for a time of grace while KMS fails, and is given up at
// once when KMS refuses: so a key is withdrawn, by disabling it or by taking a permission
// away. All ages are told by the wall clock, since the monotonic clock may stand still
// while Lambda has a function frozen.
package kmskeys
