package keys

//lint:file-ignore SA1019 keys with bad fields can only be made by setting them

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"math/big"
	"testing"
)

// No constructor makes such a key. If the standard library refuses to work with one, as it
// may in FIPS 140 mode, nothing comes of it.
func TestAnECKeyThatTheStandardLibraryRefusesGivesNothing(t *testing.T) {
	alg, _ := findAlgorithm("ES256")
	point := ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)}
	key := &ecPrivate{alg: alg, key: &ecdsa.PrivateKey{PublicKey: point, D: new(big.Int)}, size: 32}
	if signature, err := key.sign([]byte("input")); signature != nil || err == nil {
		t.Errorf("signed %x, %v", signature, err)
	}
	if err := key.addPrivate(&jwkMembers{}); err == nil {
		t.Error("it was written as a JWK")
	}
}
