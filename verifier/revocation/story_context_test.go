package revocation_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/revocation"
)

// A listener is a store that is down. It notes what the contexts hold that it gets.
type listener struct{ heard []any }

// callers is the name of a value in the context of a caller.
type callers struct{}

func (l *listener) note(ctx context.Context) { l.heard = append(l.heard, ctx.Value(callers{})) }

func (l *listener) Lookup(ctx context.Context, _ []revocation.Key) (map[revocation.Key]time.Time, error) {
	l.note(ctx)
	return nil, errDown
}

func TestWhatIsCalledGetsTheContextOfTheCaller(t *testing.T) {
	var l listener
	checker := newChecker(t, &l, clocktest.NewManual(), func(cfg *revocation.Config) {
		cfg.AcceptUnchecked = func(ctx context.Context, _ *verifier.Token, err error) bool {
			l.note(ctx)
			return errors.Is(err, errDown)
		}
	})
	introspector := newIntrospector(t, server(func(r *http.Request) *http.Response {
		l.note(r.Context())
		return answer(http.StatusOK, active)
	}), func(cfg *revocation.IntrospectionConfig) {
		cfg.Authenticate = func(ctx context.Context, _ http.Header) error {
			l.note(ctx)
			return nil
		}
		cfg.Claims.Check = func(ctx context.Context, _ *verifier.Token) error {
			l.note(ctx)
			return nil
		}
	})
	ctx := context.WithValue(t.Context(), callers{}, "own")
	for name, test := range map[string]struct {
		call func() error
		want int
	}{
		"Checker.Check":       {func() error { return checker.Check(ctx, user1(t, 1000)) }, 2},              // the store and AcceptUnchecked
		"Introspector.Verify": {func() error { _, err := introspector.Verify(ctx, opaque); return err }, 3}, // Authenticate, the server and Check
		"Introspector.Ready":  {func() error { return introspector.Ready(ctx) }, 2},                         // Authenticate and the server
	} {
		l.heard = nil
		wantAccepted(t, test.call())
		if !slices.Equal(l.heard, slices.Repeat([]any{"own"}, test.want)) {
			t.Errorf("%s: got %v from the contexts of %d calls", name, l.heard, test.want)
		}
	}
}
