package keys

import (
	"crypto"
	"errors"
	"testing"

	"github.com/lambdajwt/authorizer/internal/redact"
)

var errHardware = errors.New("the module is out of order")

// brokenKey is a key whose arithmetic fails.
type brokenKey struct{}

func (brokenKey) sign([]byte) ([]byte, error)  { return []byte("half a signature"), errHardware }
func (brokenKey) standard() crypto.PrivateKey  { return nil }
func (brokenKey) addPrivate(*jwkMembers) error { return errHardware }

// foreignKey is a key that the standard library does not know.
type foreignKey struct{ verifyingKey }

func (foreignKey) standard() crypto.PublicKey { return nil }

func TestAKeyThatFailsGivesNothing(t *testing.T) {
	key, err := GeneratePrivateKey("EdDSA")
	if err != nil {
		t.Fatal(err)
	}
	broken := newPrivateKeyOf(key.public, redact.Seal[signingKey](brokenKey{}))
	if signature, err := broken.Sign(t.Context(), []byte("input")); signature != nil || !errors.Is(err, errHardware) {
		t.Errorf("signed %x, %v", signature, err)
	}
	if text, err := broken.MarshalPrivateJWK(); text != nil || !errors.Is(err, errHardware) {
		t.Errorf("a JWK: %s, %v", text, err)
	}
	if text, err := broken.MarshalPrivatePEM(); text != nil || err == nil {
		t.Errorf("PEM: %s, %v", text, err)
	}
	if text, err := (&PublicKey{key: foreignKey{}}).MarshalPEM(); text != nil || err == nil {
		t.Errorf("PEM of the public half: %s, %v", text, err)
	}
}
