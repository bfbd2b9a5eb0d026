package binding_test

import (
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

func TestEitherTakesWhatTheTokenIsBoundTo(t *testing.T) {
	c := newClient(t, "ES256", "a")
	either := bindings(t, c, false)["Either"]
	certified := certificate(t, []byte(rfc8705Certificate))
	both := `{"jkt":"` + c.key.Public().Thumbprint() + `","x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}`

	withCertificate := request()
	withCertificate.Certificate = certified
	wantAccepted(t, either.Check(t.Context(), withCertificate, boundTo(t, rfc8705CNF)))
	wantRefused(t, either.Check(t.Context(), withCertificate, c.token(t)), verifier.WrongProof)
	wantRefused(t, either.Check(t.Context(), withCertificate, boundTo(t, both)), verifier.WrongProof)

	withProof := request(c.proof(t, "1", nil))
	wantAccepted(t, either.Check(t.Context(), withProof, c.token(t)))
	withProof = request(c.proof(t, "2", nil))
	wantRefused(t, either.Check(t.Context(), withProof, boundTo(t, rfc8705CNF)), verifier.WrongBinding)
	wantRefused(t, either.Check(t.Context(), withProof, boundTo(t, both)), verifier.WrongBinding)

	withBoth := withProof
	withBoth.Certificate = certified
	wantAccepted(t, either.Check(t.Context(), withBoth, boundTo(t, both)))
}

func TestEitherNeedsTwoThatAgree(t *testing.T) {
	c := newClient(t, "ES256", "a")
	strict := binding.NewCertificate(binding.CertificateConfig{})
	for want, test := range map[string]struct {
		certificate *binding.Certificate
		dpop        *binding.DPoP
	}{
		"no Certificate":       {new(binding.Certificate), newDPoP(t, c, nil)},
		"make it with NewCert": {nil, newDPoP(t, c, nil)},
		"no DPoP":              {strict, new(binding.DPoP)},
		"make it with NewDPoP": {strict, nil},
		"AllowBearerTokens":    {strict, newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.AllowBearerTokens = true })},
	} {
		either, err := binding.NewEither(test.certificate, test.dpop)
		if either != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
