package binding_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

func TestWithoutABindingABoundTokenIsNoBearerToken(t *testing.T) {
	for name, test := range map[string]struct {
		claims string
		bound  bool
	}{
		"a bearer token":       {`{"sub":"user-1"}`, false},
		"cnf under other case": {`{"sub":"user-1","CNF":{"jkt":"x"}}`, false},
		"bound to a key":       {`{"cnf":{"jkt":"x"}}`, true},
		"bound to something":   {`{"cnf":{"kid":"x"}}`, true},
		"an empty cnf":         {`{"cnf":{}}`, true},
		"a cnf that is null":   {`{"cnf":null}`, true},
		"a cnf that is text":   {`{"cnf":"x"}`, true},
		"a cnf that is a list": {`{"cnf":[]}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			err := binding.Check(t.Context(), nil, request(), token(t, test.claims))
			if !test.bound {
				wantAccepted(t, err)
				return
			}
			wantRefused(t, err, verifier.WrongBinding)
		})
	}
}

func TestABindingIsAskedWhereThereIsOne(t *testing.T) {
	c := newClient(t, "ES256", "a")
	d := newDPoP(t, c, nil)
	wantAccepted(t, binding.Check(t.Context(), d, request(c.proof(t, "1", nil)), c.token(t)))
	wantRefused(t, binding.Check(t.Context(), d, request(), c.token(t)), verifier.WrongProof)
}

// bindings are all there are, strict or not.
func bindings(t *testing.T, c *client, allowBearer bool) map[string]binding.Binding {
	t.Helper()
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.AllowBearerTokens = allowBearer })
	certificate := binding.NewCertificate(binding.CertificateConfig{AllowBearerTokens: allowBearer})
	either, err := binding.NewEither(certificate, d)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]binding.Binding{"Certificate": certificate, "DPoP": d, "Either": either}
}

func TestABindingRefusesBearerTokensUnlessTheyAreAllowed(t *testing.T) {
	c := newClient(t, "ES256", "a")
	for name, b := range bindings(t, c, false) {
		t.Run(name, func(t *testing.T) {
			wantRefused(t, b.Check(t.Context(), request(c.proof(t, "1", nil)), token(t, `{"sub":"user-1"}`)), verifier.WrongBinding)
		})
	}
	for name, b := range bindings(t, c, true) {
		t.Run(name+" that allows them", func(t *testing.T) {
			wantAccepted(t, b.Check(t.Context(), request(), token(t, `{"sub":"user-1"}`)))
			wantRefused(t, b.Check(t.Context(), request(), token(t, `{"cnf":null}`)), verifier.WrongBinding)
			wantRefused(t, b.Check(t.Context(), request(), boundTo(t, `{"jwk":{}}`)), verifier.WrongBinding)
			if err := b.Check(t.Context(), request(), boundTo(t, `{"jkt":"x","x5t#S256":"x"}`)); verifier.ReasonOf(err) == "" {
				t.Errorf("a bound token passed for a bearer token: %v", err)
			}
		})
	}
}

func TestAMethodThatNobodyKnowsIsNotPassedOver(t *testing.T) {
	c := newClient(t, "ES256", "a")
	used := false
	d := newDPoP(t, c, func(cfg *binding.DPoPConfig) { cfg.Proofs = countingStore(&used) })
	for _, other := range []string{`"x5t#S256":"x"`, `"kid":"x"`, `"JKT":"x"`} {
		cnf := fmt.Sprintf(`{"jkt":%q,%s}`, c.key.Public().Thumbprint(), other)
		wantRefused(t, d.Check(t.Context(), request(c.proof(t, "1", nil)), boundTo(t, cnf)), verifier.WrongBinding)
	}
	if used {
		t.Error("a proof was used up for a token that is refused anyway")
	}
}

func TestWhatIsNoTokenOrNoBindingIsAMistake(t *testing.T) {
	c := newClient(t, "ES256", "a")
	for name, b := range bindings(t, c, true) {
		wantOutage(t, b.Check(t.Context(), request(), nil), nil)
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := b.Check(cancelled, request(c.proof(t, "1", nil)), c.token(t)); err == nil || verifier.ReasonOf(err) != "" {
			t.Errorf("%s with a cancelled context: %v", name, err)
		}
	}
	wantOutage(t, binding.Check(t.Context(), nil, request(), nil), nil)
	for _, b := range []binding.Binding{
		(*binding.DPoP)(nil), new(binding.DPoP), (*binding.Certificate)(nil), new(binding.Certificate), (*binding.Either)(nil), new(binding.Either),
	} {
		wantOutage(t, binding.Check(t.Context(), b, request(), token(t, `{}`)), keys.ErrMisconfigured)
	}
	wantOutage(t, useOf((*binding.Memory)(nil)), keys.ErrMisconfigured)
	wantOutage(t, useOf(new(binding.Memory)), keys.ErrMisconfigured)
}

func TestARequestPrintsWithoutTokenAndProof(t *testing.T) {
	r := binding.Request{Method: "GET", URL: "https://api.example.com/?secret", Token: "secret", DPoP: []string{"secret"}}
	var b bytes.Buffer
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, format, r)
		fmt.Fprintf(&b, format, &r)
	}
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "request", r)
	r.URL = target
	if err := json.NewEncoder(&b).Encode(r); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "secret") || strings.Count(b.String(), `request("GET")`) != 14 || !strings.Contains(b.String(), `"request":"request(\"GET\")"`) {
		t.Errorf("got %s", b.String())
	}
}
