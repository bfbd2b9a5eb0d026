// Package testkeys has keys for tests. They are the same in every run, and public:
// never use one of them for anything else.
package testkeys

import (
	"crypto/sha512"
	"embed"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

//go:embed pem/*.pem
var files embed.FS

// PEM returns a file of the folder pem, without its extension.
func PEM(t testing.TB, name string) []byte {
	t.Helper()
	data, err := files.ReadFile("pem/" + name + ".pem")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Stem returns how the names of the keys that fit an algorithm begin.
func Stem(alg string) string {
	switch alg {
	case "ES256":
		return "ec-p256"
	case "ES384":
		return "ec-p384"
	case "ES512":
		return "ec-p521"
	case "EdDSA", "Ed25519":
		return "ed25519"
	default:
		return "rsa2048"
	}
}

// Private returns the key "a" or "b" for an algorithm, under a kid or, if that is
// empty, its thumbprint.
func Private(t testing.TB, kid, alg, instance string) *keys.PrivateKey {
	t.Helper()
	key, err := keys.ParsePrivatePEM(alg, PEM(t, Stem(alg)+"-"+instance+".pkcs8"))
	if err != nil {
		t.Fatal(err)
	}
	return key.WithKid(kid)
}

// SecretBytes returns 64 bytes that are the same for the same label.
func SecretBytes(label string) []byte {
	sum := sha512.Sum512([]byte(label))
	return sum[:]
}

// Secret returns the secret of a label.
func Secret(t testing.TB, kid, alg, label string) *keys.Secret {
	t.Helper()
	secret, err := keys.HMAC(alg, SecretBytes(label))
	if err != nil {
		t.Fatal(err)
	}
	return secret.WithKid(kid)
}

// Ring returns the ring of these sources.
func Ring(t testing.TB, active keys.SigningSource, others ...keys.VerificationSource) *keys.Ring {
	t.Helper()
	ring, err := keys.NewRing(active, others...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// Set returns the set of these keys.
func Set(t testing.TB, members ...*keys.PublicKey) *keys.Set {
	t.Helper()
	set, err := keys.NewSet(members...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}
