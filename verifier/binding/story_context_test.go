package binding_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/verifier/binding"
)

// A listener is a store to which every proof is new. It notes what the contexts hold that
// it gets.
type listener struct{ heard []any }

// callers is the name of a value in the context of a caller.
type callers struct{}

func (l *listener) note(ctx context.Context) { l.heard = append(l.heard, ctx.Value(callers{})) }

func (l *listener) Use(ctx context.Context, _ string, _ time.Time) (bool, error) {
	l.note(ctx)
	return true, nil
}

func TestWhatABindingCallsGetsTheContextOfTheCaller(t *testing.T) {
	c := newClient(t, "ES256", "a")
	var l listener
	dpop := newDPoP(t, c, func(cfg *binding.DPoPConfig) {
		cfg.Proofs = &l
		cfg.Nonce = func(ctx context.Context, _ string) (string, bool, error) {
			l.note(ctx)
			return "", true, nil
		}
	})
	either, err := binding.NewEither(binding.NewCertificate(binding.CertificateConfig{}), dpop)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]binding.Binding{"DPoP": dpop, "Either": either} {
		l.heard = nil
		ctx := context.WithValue(t.Context(), callers{}, "own")
		for _, check := range []func() error{
			func() error { return b.Check(ctx, request(c.proof(t, "1", nil)), c.token(t)) },
			func() error { return binding.Check(ctx, b, request(c.proof(t, "2", nil)), c.token(t)) },
		} {
			wantAccepted(t, check())
		}
		if !slices.Equal(l.heard, []any{"own", "own", "own", "own"}) { // of the nonces and of the proofs, twice
			t.Errorf("%s: got %v from the contexts of four calls", name, l.heard)
		}
	}
}
