package revocation_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/revocation"
)

const issuer = "https://login.example.com"

var errDown = errors.New("the table cannot be reached")

// errRefused is of somebody who has refused a token of this program's own.
var errRefused = fmt.Errorf("the token of this program: %w", &verifier.Error{Reason: verifier.Expired})

// token returns a token of these claims, as a verifier gives it to Config.Check.
func token(t testing.TB, claims string) *verifier.Token {
	t.Helper()
	token, err := verifier.TrustClaims([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// user1 is a token of all kinds.
func user1(t testing.TB, iat int64) *verifier.Token {
	t.Helper()
	return token(t, fmt.Sprintf(`{"iss":%q,"sub":"user-1","jti":"token-1","sid":"session-1","iat":%d}`, issuer, iat))
}

func keyOf(kind revocation.Kind, id string) revocation.Key {
	return revocation.Key{Kind: kind, Issuer: issuer, ID: id}
}

// A store is a Memory that can be down, and counts what it is asked.
type store struct {
	revocation.Memory
	mu    sync.Mutex
	err   error
	asked [][]revocation.Key
}

func (s *store) Lookup(ctx context.Context, keys []revocation.Key) (map[revocation.Key]time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, keys)
	if s.err != nil {
		return nil, s.err
	}
	return s.Memory.Lookup(ctx, keys)
}

// fail makes the store answer with an error, or, if that is nil, well again.
func (s *store) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *store) calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

func newChecker(t testing.TB, s revocation.Store, clock *clocktest.Manual, change func(*revocation.Config)) *revocation.Checker {
	t.Helper()
	cfg := revocation.Config{Store: s, Now: clock.Now}
	if change != nil {
		change(&cfg)
	}
	c, err := revocation.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantRevoked(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, revocation.ErrRevoked) || !errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("got %v, want that it has been revoked", err)
	}
}

func wantAccepted(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("refused: %v", err)
	}
}

func wantRefused(t *testing.T, err error, want verifier.Reason) {
	t.Helper()
	if !errors.Is(err, verifier.ErrInvalidToken) || verifier.ReasonOf(err) != want {
		t.Errorf("got reason %q (%v), want %q", verifier.ReasonOf(err), err, want)
	}
}

// wantOutage checks that nobody puts the blame on the token.
func wantOutage(t *testing.T, err, cause error) {
	t.Helper()
	if err == nil || errors.Is(err, verifier.ErrInvalidToken) || cause != nil && !errors.Is(err, cause) {
		t.Errorf("got %v, want an outage caused by %v", err, cause)
	}
}
