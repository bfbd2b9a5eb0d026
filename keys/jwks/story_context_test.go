package jwks_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
)

// callers is the name of a value in the context of a caller.
type callers struct{}

func TestWhatARemoteCallsGetsTheContextOfTheCaller(t *testing.T) {
	s, clock := newSite(t, named(t, "1").Public()), clocktest.NewManual()
	var heard []any
	r := newRemote(t, transport(func(request *http.Request) (*http.Response, error) {
		heard = append(heard, request.Context().Value(callers{}))
		return s.RoundTrip(request)
	}), clock, func(cfg *jwks.RemoteConfig) {
		cfg.Observer = func(ctx context.Context, _ keys.Event) { heard = append(heard, ctx.Value(callers{})) }
	})
	find := func(kid string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := r.VerificationKey(ctx, keys.Header{Algorithm: "EdDSA", Kid: kid})
			return err
		}
	}
	for _, test := range []struct {
		name  string
		after time.Duration
		call  func(context.Context) error
		want  int
		err   error
	}{
		{"the first fetch", 0, r.Ready, 3, nil}, // discovery, the set, and the observer
		{"a use of the set", 0, find("1"), 1, nil},
		{"a fetch for an unknown kid", time.Minute, find("2"), 3, keys.ErrUnknownKey}, // the use, the set, and the observer
		{"a fetch of a set that is old", time.Hour, find("1"), 3, nil},
	} {
		heard = nil
		clock.Add(test.after)
		if err := test.call(context.WithValue(t.Context(), callers{}, "own")); !errors.Is(err, test.err) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.err)
		}
		if !slices.Equal(heard, slices.Repeat([]any{"own"}, test.want)) {
			t.Errorf("%s: got %v from the contexts of %d calls", test.name, heard, test.want)
		}
	}
}
