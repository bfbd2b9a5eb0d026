package binding_test

import (
	"testing"

	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

func TestAChallengeSaysWhatWasWrong(t *testing.T) {
	c, thief := newClient(t, "ES256", "a"), newClient(t, "ES256", "b")
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.Algorithms = []string{"ES256", "PS256"} })
	wantAccepted(t, d.Check(t.Context(), request(c.proof(t, "used", nil)), c.token(t)))
	check := func(proofs ...string) error { return d.Check(t.Context(), request(proofs...), c.token(t)) }
	withNonce := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.Nonce = nonces("n1", false, nil) })

	const algs = `algs="ES256 PS256"`
	const badProof = `DPoP error="invalid_dpop_proof", error_description="the DPoP proof is not good for this request", ` + algs
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"no token":       {verifier.ErrNoToken, "DPoP " + algs},
		"no error":       {nil, "DPoP " + algs},
		"no proof":       {check(), badProof},
		"a wrong proof":  {check("x"), badProof},
		"a replay":       {check(c.proof(t, "used", nil)), badProof},
		"another's key":  {check(thief.proof(t, "1", nil)), `DPoP error="invalid_token", error_description="the token is not bound to the key of the DPoP proof", ` + algs},
		"a bearer token": {d.Check(t.Context(), request(), token(t, `{}`)), `DPoP error="invalid_token", error_description="the token is not bound to the key of the DPoP proof", ` + algs},
		"an old token":   {&verifier.Error{Reason: verifier.Expired}, `DPoP error="invalid_token", error_description="the token is not good", ` + algs},
		"no nonce":       {withNonce.Check(t.Context(), request(c.proof(t, "1", nil)), c.token(t)), `DPoP error="use_dpop_nonce", error_description="the DPoP proof must have the nonce of DPoP-Nonce", ` + algs},
	} {
		t.Run(name, func(t *testing.T) {
			got := d.Challenge(test.err)
			if got.String() != test.want {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
			if wantNonce := map[bool]string{true: "n1"}[name == "no nonce"]; got.Nonce != wantNonce {
				t.Errorf("got the nonce %q, want %q", got.Nonce, wantNonce)
			}
		})
	}
}

func TestEitherChallengesAsDPoPDoes(t *testing.T) {
	c := newClient(t, "ES256", "a")
	either := bindings(t, c, false)["Either"].(*binding.Either)
	want := `DPoP algs="ES256 ES384 ES512 EdDSA Ed25519 PS256 PS384 PS512 RS256 RS384 RS512"`
	if got := either.Challenge(verifier.ErrNoToken).String(); got != want {
		t.Errorf("got %s", got)
	}
	for _, got := range []binding.Challenge{
		(*binding.DPoP)(nil).Challenge(nil), new(binding.DPoP).Challenge(nil), (*binding.Either)(nil).Challenge(nil), new(binding.Either).Challenge(nil),
	} {
		if got.String() != "DPoP" {
			t.Errorf("got %s", got)
		}
	}
}
