// Package binding checks that a token is sent by the one for whom it was issued. Such a
// token says in its claim cnf (RFC 7800) who that is: the holder of a client certificate
// (RFC 8705 section 3) or of a key with which each request is signed (DPoP, RFC 9449). A
// thief cannot use such a token.
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
// unless AllowBearerTokens is set. A token with cnf is not a bearer token and must not be
// taken for one: the function [Check] refuses it where there is no binding.
//
// All members of cnf must be known and confirmed. RFC 7800 section 3.1 leaves it to the
// application whether unknown members are ignored. Here they are not: one of them may be
// the one by which the issuer has bound the token.
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
// API Gateway gives an answer that it has cached without asking the authorizer, and so
// without this check: a thief who has the token alone gets the answer of the token's owner.
// Where tokens are bound, turn the authorizer's cache off (a time to live of 0). It is safe
// to remember verified tokens by verifier.Cached, because the check comes after it.
//
// # Replays
//
// A DPoP proof is good for one request. A [ProofStore] remembers which proofs have been
// used. [Memory] does that for one process. Lambda runs many processes at a time, and each
// of them would accept the same proof once, within [DPoPConfig.Window]. To rule that out,
// share a store between them: a table of DynamoDB, for example, into which the ID of a proof
// is put on the condition that it is not there.
package binding
