// Package binding checks that a token is sent by the one for whom it was issued. Such a
// token says in its claim cnf (RFC 7800) who that is: the holder of a client certificate
// (RFC 8705 section 3) or of a key with which each request is signed (DPoP, RFC 9449).
// Stolen, it is of no use.
//
//	proofs, err := binding.NewMemory(binding.MemoryConfig{})
//	dpop, err := binding.NewDPoP(binding.DPoPConfig{Proofs: proofs})
//	…
//	token, err := v.Verify(ctx, text)
//	err = dpop.Check(ctx, binding.Request{Method: "GET", URL: url, Token: text, DPoP: header.Values("DPoP")}, token)
//
// [NewCertificate] makes the binding of client certificates, [NewDPoP] that of DPoP, and
// [NewEither] that of an API whose callers use one or the other.
//
// A token without cnf is a bearer token: whoever has it can use it. A binding refuses it,
// unless AllowBearerTokens is set. A token with cnf is none, and must not pass for one: who
// has no binding asks the function [Check], which refuses it.
//
// # Errors
//
// An error that wraps [verifier.ErrInvalidToken] is the caller's fault: answer with a 401.
// [verifier.ReasonOf] tells wrong_binding, wrong_proof, replayed_proof and missing_nonce
// apart, and [DPoP.Challenge] says what WWW-Authenticate tells the client. Any other error
// is an outage, or a mistake of the setup: a 500.
//
// # Caches
//
// An answer that API Gateway has cached is given without asking the authorizer, and so
// without this check: by the token alone, a thief gets the answer of the token's owner.
// Where tokens are bound, turn the authorizer's cache off (a time to live of 0). To
// remember tokens that have been verified (verifier.Cached) is safe, for the check comes
// after it.
//
// # Replays
//
// A DPoP proof is good for one request. Somebody must remember, for [DPoPConfig.Window],
// which proofs have been used: a [ProofStore]. [Memory] does it for one process. Lambda
// runs many at a time, of which each would accept the same proof once; where that matters
// share a store between them, such as a table of DynamoDB into which a proof's ID is put on
// the condition that it is not there.
package binding
