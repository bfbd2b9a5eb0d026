package signer_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
)

// A listener is a source of a key. It notes what the contexts hold that it and the key get.
type listener struct {
	*keys.Secret
	heard []any
}

// callers is the name of a value in the context of a caller.
type callers struct{}

func (l *listener) note(ctx context.Context) { l.heard = append(l.heard, ctx.Value(callers{})) }

func (l *listener) SigningKey(ctx context.Context) (keys.SigningKey, error) {
	l.note(ctx)
	return l, nil
}

func (l *listener) Sign(ctx context.Context, input []byte) ([]byte, error) {
	l.note(ctx)
	return l.Secret.Sign(ctx, input)
}

func TestWhatASignerCallsGetsTheContextOfTheCaller(t *testing.T) {
	l := &listener{Secret: secret(t)}
	s := newSigner(t, signer.Config{Keys: l})
	i, verify := newIssuer(t, &clock{time.Unix(1_700_000_000, 0)}, func(cfg *signer.IssuerConfig) { cfg.Keys = l })
	text, err := i.Issue(t.Context(), "user-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	token := verify(text)
	for name, call := range map[string]func(context.Context) (string, error){
		"Signer.Sign":    func(ctx context.Context) (string, error) { return s.Sign(ctx, jwt.MapClaims{}) },
		"Issuer.Issue":   func(ctx context.Context) (string, error) { return i.Issue(ctx, "user-1", nil) },
		"Issuer.Refresh": func(ctx context.Context) (string, error) { return i.Refresh(ctx, token) },
	} {
		l.heard = nil
		if got, err := call(context.WithValue(t.Context(), callers{}, "own")); got == "" || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
		if !slices.Equal(l.heard, []any{"own", "own"}) {
			t.Errorf("%s: got %v from the contexts of the source and of its key", name, l.heard)
		}
	}
}
