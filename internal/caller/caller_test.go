package caller_test

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/internal/caller"
	"github.com/lambdajwt/authorizer/verifier"
)

func token(t *testing.T, claims string) *verifier.Token {
	t.Helper()
	token, err := verifier.TrustClaims([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestACallerHasTheClaimsThatAreAskedForAndAreAStringOrAnInteger(t *testing.T) {
	c, err := caller.Of(token(t, `{"sub":"user-1","scope":"a b","tenant":"acme","level":7,
		"half":7.5,"wide":7.0,"admin":true,"roles":["x"],"none":null,"other":"y"}`),
		[]string{"tenant", "level", "half", "wide", "admin", "roles", "none", "missing"})
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"tenant": "acme", "level": "7"}; !maps.Equal(c.Claims, want) {
		t.Errorf("claims %v, want %v", c.Claims, want)
	}
	if c.Principal != "user-1" || !slices.Equal(c.Scopes, []string{"a", "b"}) {
		t.Errorf("%+v", c)
	}
}

func TestNoClaimsAreReadIfNoneAreAskedFor(t *testing.T) {
	c, err := caller.Of(token(t, `{"sub":"user-1","tenant":"acme"}`), nil)
	if err != nil || c.Claims != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestATokenWithoutSubIsNobodys(t *testing.T) {
	c, err := caller.Of(token(t, `{"scope":"a"}`), nil)
	if !errors.Is(err, verifier.ErrInvalidToken) || verifier.ReasonOf(err) != verifier.MissingClaim || c.Principal != "" || c.Scopes != nil {
		t.Errorf("%+v, %v", c, err)
	}
}
