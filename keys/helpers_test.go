package keys_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
)

var (
	hmacAlgorithms       = []string{"HS256", "HS384", "HS512"}
	asymmetricAlgorithms = []string{
		"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
	}
)

// Keys that tests share, under names that are short.
var (
	pemFile     = testkeys.PEM
	stem        = testkeys.Stem
	privateKey  = testkeys.Private
	secretBytes = testkeys.SecretBytes
	hmacSecret  = testkeys.Secret
	newRing     = testkeys.Ring
	newSet      = testkeys.Set
)

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

// jwkSet returns a JWK set of these JWKs.
func jwkSet(members ...[]byte) []byte {
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
