package jwks_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// At the gateway an issuer that is down is a 500 that nothing remembers, and never a
// 401 or 403.
func TestAnIssuerThatIsDownIsNoDenialAtTheGateway(t *testing.T) {
	c := clocktest.NewManual()
	s := newSite(t, named(t, "1").Public())
	up := s.answer(status(http.StatusServiceUnavailable))
	r := newRemote(t, s, c, nil)
	v, err := verifier.New(verifier.Config{Keys: r, Issuer: issuer, Audience: []string{"orders"}, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	gateway, err := authorizertest.New(authorizertest.Config{
		Kind: authorizer.RESTToken, Authorizer: a, Now: c.Now,
		Routes: []authorizertest.Route{{Key: "GET /orders", Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}},
	})
	if err != nil {
		t.Fatal(err)
	}
	call := func(token string) int {
		request := httptest.NewRequest(http.MethodGet, "/orders", nil)
		request.Header.Set("Authorization", "Bearer "+token)
		response := httptest.NewRecorder()
		gateway.ServeHTTP(response, request)
		return response.Code
	}
	good, unknown := tokenOf(t, c, named(t, "1")), tokenOf(t, c, named(t, "2"))
	const hour = 61 * time.Minute // what was cached is old, and so is a set
	for _, step := range []struct {
		name  string
		after time.Duration
		token string
		up    bool
		want  int
	}{
		{"down, never had a set", hour, good, false, 500},
		{"down, an unknown kid", hour, unknown, false, 500},
		{"up again", hour, good, true, 200},
		{"up, an unknown kid", 0, unknown, true, 401},
		{"down, by the grace of the old set", hour, good, false, 200},
		{"down, a kid that the old set does not have", 0, unknown, false, 500},
		{"down for too long", hour, good, false, 500},
		{"up again after that", time.Second, good, true, 200},
	} {
		c.Add(step.after)
		s.restore(up)
		if !step.up {
			s.answer(status(http.StatusServiceUnavailable))
		}
		if got := call(step.token); got != step.want {
			t.Errorf("%s: %d, want %d", step.name, got, step.want)
		}
	}
}

// tokenOf returns a token that is good for a day.
func tokenOf(t *testing.T, c *clocktest.Manual, key *keys.PrivateKey) string {
	t.Helper()
	i, err := signer.NewIssuer(signer.IssuerConfig{Keys: key, Issuer: issuer, Audience: []string{"orders"}, Lifetime: 24 * time.Hour, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	token, err := i.Issue(t.Context(), "user-1", nil)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
