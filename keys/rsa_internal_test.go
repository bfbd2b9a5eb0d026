package keys

import (
	"crypto/rsa"
	"errors"
	"math/big"
	"strings"
	"testing"
)

// A signature that the standard library does not look at is not wrong: nobody knows.
func TestAnRSAKeyThatTheStandardLibraryRefusesIsAnOutage(t *testing.T) {
	weak := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 511, 1), E: 65537}
	for _, name := range []string{"RS256", "PS256"} {
		alg, _ := findAlgorithm(name)
		err := (&rsaPublic{alg: alg, key: weak}).verify([]byte("input"), make([]byte, 64))
		if err == nil || errors.Is(err, ErrSignature) || !strings.Contains(err.Error(), "keys: verifying with "+name+": ") {
			t.Errorf("%s: %v", name, err)
		}
		own := &rsa.PrivateKey{PublicKey: *weak, D: big.NewInt(3)}
		if signature, err := (&rsaPrivate{alg: alg, key: own}).sign([]byte("input")); signature != nil || err == nil {
			t.Errorf("%s: signed %x, %v", name, signature, err)
		}
	}
}
