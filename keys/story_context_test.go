package keys_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
)

// A listener is a source from elsewhere. It notes what the contexts hold that it gets.
type listener struct {
	ownKey
	set   *keys.Set
	heard *[]any
}

// callers is the name of a value in the context of a caller.
type callers struct{}

func (l listener) note(ctx context.Context) { *l.heard = append(*l.heard, ctx.Value(callers{})) }

func (l listener) SigningKey(ctx context.Context) (keys.SigningKey, error) {
	l.note(ctx)
	return l.ownKey.SigningKey(ctx)
}

func (l listener) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	l.note(ctx)
	return l.ownKey.VerificationKey(ctx, h)
}

func (l listener) PublicSet(ctx context.Context) (*keys.Set, error) {
	l.note(ctx)
	return l.set, nil
}

func (l listener) Ready(ctx context.Context) error {
	l.note(ctx)
	return nil
}

func TestWhatASourceCallsGetsTheContextOfTheCaller(t *testing.T) {
	key := privateKey(t, "k", "EdDSA", "a")
	_, signature := sign(t, key, []byte("input"))
	var heard []any
	l := listener{key, newSet(t, key.Public()), &heard}
	known, unknown := keys.Header{Algorithm: "EdDSA", Kid: "k"}, keys.Header{Algorithm: "EdDSA", Kid: "x"}
	find := func(s keys.VerificationSource, h keys.Header) func(context.Context) error {
		return func(ctx context.Context) error { _, err := s.VerificationKey(ctx, h); return err }
	}
	signs := func(s keys.SigningSource) func(context.Context) error {
		return func(ctx context.Context) error { _, err := s.SigningKey(ctx); return err }
	}
	publish := func(s keys.PublicSource) func(context.Context) error {
		return func(ctx context.Context) error { _, err := s.PublicSet(ctx); return err }
	}
	ring := newRing(t, l)
	clock := clocktest.NewManual()
	r, err := keys.NewRefreshing(keys.RefreshingConfig{
		Load: func(ctx context.Context) (*keys.Ring, error) {
			l.note(ctx)
			return ring, nil
		},
		Observer: func(ctx context.Context, _ keys.Event) { l.note(ctx) },
		Now:      clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	load := func(call func(context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error {
			clock.Add(keys.DefaultMaxAge)
			return call(ctx)
		}
	}
	for _, test := range []struct {
		name string
		call func(context.Context) error
		want int
		err  error
	}{
		{"Ring.SigningKey", signs(ring), 1, nil},
		{"Ring.VerificationKey", find(ring, known), 1, nil},
		{"Ring.PublicSet", publish(ring), 1, nil},
		{"Ring.Ready", ring.Ready, 1, nil},
		// The ring is loaded, which the observer is told, and then asked.
		{"Refreshing.Ready", load(r.Ready), 3, nil},
		{"Refreshing.SigningKey", load(signs(r)), 3, nil},
		{"Refreshing.VerificationKey", load(find(r, known)), 3, nil},
		{"Refreshing.PublicSet", load(publish(r)), 3, nil},
		// The use of the ring is told, it is asked, loaded early, which is told, and asked again.
		{"an unknown kid", func(ctx context.Context) error {
			clock.Add(keys.DefaultCooldown)
			return find(r, unknown)(ctx)
		}, 5, keys.ErrUnknownKey},
		{"a wrong signature", func(ctx context.Context) error {
			clock.Add(keys.DefaultCooldown)
			key, err := r.VerificationKey(ctx, known)
			if err != nil {
				return err
			}
			return key.Verify(ctx, []byte("other"), signature)
		}, 5, keys.ErrSignature},
	} {
		heard = nil
		if err := test.call(context.WithValue(t.Context(), callers{}, "own")); !errors.Is(err, test.err) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.err)
		}
		if !slices.Equal(heard, slices.Repeat([]any{"own"}, test.want)) {
			t.Errorf("%s: got %v from the contexts of %d calls", test.name, heard, test.want)
		}
	}
}
