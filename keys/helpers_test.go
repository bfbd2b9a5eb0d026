package keys_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

var (
	hmacAlgorithms       = []string{"HS256", "HS384", "HS512"}
	asymmetricAlgorithms = []string{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
	}
)

// pemFile reads a file of testdata/pem.
func pemFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "pem", name+".pem"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// stem names the test keys that fit an algorithm.
func stem(alg string) string {
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

// privateKey returns test key "a" or "b" for an algorithm.
func privateKey(t testing.TB, kid, alg, instance string) *keys.PrivateKey {
	t.Helper()
	key, err := keys.ParsePrivatePEM(alg, pemFile(t, stem(alg)+"-"+instance+".pkcs8"))
	if err != nil {
		t.Fatal(err)
	}
	key = key.WithKid(kid)
	return key
}

// secretBytes returns 64 bytes that are the same for the same label.
func secretBytes(label string) []byte {
	sum := sha512.Sum512([]byte(label))
	return sum[:]
}

func hmacSecret(t testing.TB, kid, alg, label string) *keys.Secret {
	t.Helper()
	secret, err := keys.HMAC(alg, secretBytes(label))
	if err != nil {
		t.Fatal(err)
	}
	secret = secret.WithKid(kid)
	return secret
}

func newRing(t testing.TB, active keys.SigningSource, others ...keys.VerificationSource) *keys.Ring {
	t.Helper()
	ring, err := keys.NewRing(active, others...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

func newSet(t testing.TB, members ...*keys.PublicKey) *keys.Set {
	t.Helper()
	set, err := keys.NewSet(members...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// sign signs input with the key that source gives.
func sign(t testing.TB, source keys.SigningSource, input []byte) (keys.Header, []byte) {
	t.Helper()
	key, err := source.SigningKey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	signature, err := key.Sign(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	return key.Header(), signature
}

// verify has source find a key and that key give its verdict.
func verify(source keys.VerificationSource, h keys.Header, input, signature []byte) error {
	key, err := source.VerificationKey(context.Background(), h)
	if err != nil {
		return err
	}
	return key.Verify(context.Background(), input, signature)
}

// wantError tests that err holds every one of these texts, and none that looks
// like material.
func wantError(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
}

// object parses a JSON object.
func object(t testing.TB, text []byte) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	return members
}

// edit returns the JSON object with members set, or taken out if they are nil.
func edit(t testing.TB, text []byte, changes map[string]any) []byte {
	t.Helper()
	members := object(t, text)
	for name, value := range changes {
		if value == nil {
			delete(members, name)
		} else {
			members[name] = value
		}
	}
	return encode(t, members)
}

func encode(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// jwks returns a JWK set of these JWKs.
func jwks(members ...[]byte) []byte {
	return []byte(`{"keys":[` + string(bytes.Join(members, []byte(","))) + `]}`)
}

func publicJWK(t testing.TB, alg, instance string) []byte {
	t.Helper()
	return encode(t, privateKey(t, "", alg, instance).Public())
}

func privateJWK(t testing.TB, alg, instance string) []byte {
	t.Helper()
	text, err := privateKey(t, "", alg, instance).MarshalPrivateJWK()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func base64url(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func fromBase64url(t testing.TB, text any) []byte {
	t.Helper()
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text.(string))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

func sortedNames(members map[string]any) []string {
	return slices.Sorted(maps.Keys(members))
}

// smallECKey returns the public JWK of the P-256 key with this private scalar, and
// its coordinates.
func smallECKey(t testing.TB, d *big.Int) (jwk, x, y []byte) {
	t.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	x, y = point[1:33], point[33:]
	return encode(t, map[string]any{"kty": "EC", "crv": "P-256", "x": base64url(x), "y": base64url(y)}), x, y
}

// ed25519JWK returns the private JWK of a seed of 32 bytes.
func ed25519JWK(seed []byte) map[string]any {
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	return map[string]any{"kty": "OKP", "crv": "Ed25519", "x": base64url(public), "d": base64url(seed)}
}
