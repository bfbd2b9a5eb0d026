package binding

import (
	"errors"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// The standard library may refuse to work with a key, as it can in FIPS 140 mode.
func TestASignatureThatCannotBeCheckedIsAnOutage(t *testing.T) {
	p := proof{key: new(keys.PublicKey)}
	if err := p.verify(t.Context()); !errors.Is(err, keys.ErrMisconfigured) || errors.Is(err, verifier.ErrInvalidToken) {
		t.Errorf("got %v", err)
	}
}
