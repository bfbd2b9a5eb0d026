package verifier_test

import (
	"context"
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// A listener is a source of a key. It notes the contexts that it and the key get.
type listener struct {
	algorithmKey
	heard *[]context.Context
}

// callers is the name of a value in the context of a caller.
type callers struct{}

func (l listener) note(ctx context.Context) { *l.heard = append(*l.heard, ctx) }

func (l listener) VerificationKey(ctx context.Context, _ keys.Header) (keys.VerificationKey, error) {
	l.note(ctx)
	return listeningKey{l}, nil
}

func (l listener) Ready(ctx context.Context) error {
	l.note(ctx)
	return nil
}

type listeningKey struct{ l listener }

func (k listeningKey) Algorithm() string { return k.l.Algorithm() }

func (k listeningKey) Verify(ctx context.Context, input, signature []byte) error {
	k.l.note(ctx)
	return k.l.algorithmKey.(keys.VerificationKey).Verify(ctx, input, signature)
}

func TestWhatAVerifierCallsGetsTheContextOfTheCaller(t *testing.T) {
	var heard []context.Context
	l := listener{secret(t, "", "HS256"), &heard}
	check := func(c *verifier.Config) {
		c.Check = func(ctx context.Context, _ *verifier.Token) error {
			l.note(ctx)
			return nil
		}
	}
	local, claims := newVerifier(t, l, check), newClaimsChecker(t, check)
	cache := cached(t, local, verifier.CacheConfig{Size: 1})
	byIssuer, err := verifier.ByIssuer(local)
	if err != nil {
		t.Fatal(err)
	}
	byFunc := anyIssuer(t, 1, func(string) (verifier.Verifier, error) { return local, nil })
	token := forge(t, l.algorithmKey, header(l.algorithmKey), good)
	verify := func(v verifier.Verifier) func(context.Context) error {
		return func(ctx context.Context) error { _, err := v.Verify(ctx, token); return err }
	}
	const decided, ready = 3, 1 // calls of the source, of its key and of Config.Check
	for name, test := range map[string]struct {
		call func(context.Context) error
		want int
	}{
		"Local.Verify":        {verify(local), decided},
		"Cache.Verify":        {verify(cache), decided},
		"ByIssuer's Verify":   {verify(byIssuer), decided},
		"ByIssuerFunc's":      {verify(byFunc), decided},
		"ClaimsChecker.Check": {func(ctx context.Context) error { _, err := claims.Check(ctx, []byte(good)); return err }, 1},
		"Local.Ready":         {local.Ready, ready},
		"Cache.Ready":         {cache.Ready, ready},
		"ByIssuer's Ready":    {byIssuer.(interface{ Ready(context.Context) error }).Ready, ready},
	} {
		heard = nil
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), callers{}, "own"))
		if err := test.call(ctx); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		cancel()
		isNone := func(ctx context.Context) bool { return ctx.Value(callers{}) != "own" || ctx.Err() == nil }
		if len(heard) != test.want || slices.ContainsFunc(heard, isNone) {
			t.Errorf("%s: got the contexts %v, want that of the caller %d times", name, heard, test.want)
		}
	}
}
