package keys_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// rfcVectors is testdata/rfc.json: examples of RFC 7515, 7519, 7520, 7638, 7797 and
// 8037.
type rfcVectors struct {
	Vectors []struct {
		Name, Alg, Token, Expect string
		JWK                      json.RawMessage
	}
	Thumbprints []struct {
		Name, SHA256 string
		JWK          json.RawMessage
	}
}

func readRFC(t *testing.T) rfcVectors {
	t.Helper()
	text, err := os.ReadFile("testdata/rfc.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors rfcVectors
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	return vectors
}

func TestRFCThumbprints(t *testing.T) {
	vectors := readRFC(t)
	if len(vectors.Thumbprints) != 2 {
		t.Errorf("%d thumbprints, want 2", len(vectors.Thumbprints))
	}
	for _, vector := range vectors.Thumbprints {
		key, err := keys.ParsePublicJWK(vector.JWK)
		if err != nil {
			t.Fatal(err)
		}
		if key.Thumbprint() != vector.SHA256 {
			t.Errorf("%s: thumbprint %s, want %s", vector.Name, key.Thumbprint(), vector.SHA256)
		}
	}
}

// RFC 7638 section 3 in other words: of the required members alone, in the order of
// their names, without white space, which is how encoding/json writes a map.
func TestThumbprintIsTheHashOfTheRequiredMembers(t *testing.T) {
	required := map[string][]string{
		"RSA": {"e", "kty", "n"}, "EC": {"crv", "kty", "x", "y"}, "OKP": {"crv", "kty", "x"}, // RFC 8037 section 2
	}
	for _, alg := range []string{"PS256", "ES256", "ES384", "ES512", "Ed25519"} {
		members := object(t, publicJWK(t, alg, "a"))
		bare := map[string]any{}
		for _, name := range required[members["kty"].(string)] {
			bare[name] = members[name]
		}
		sum := sha256.Sum256(encode(t, bare))
		if got, want := privateKey(t, "k", alg, "a").Public().Thumbprint(), base64url(sum[:]); got != want {
			t.Errorf("%s: thumbprint %s, want %s", alg, got, want)
		}
	}
}

func TestRFCSignatures(t *testing.T) {
	verified, signed := 0, 0
	for _, vector := range readRFC(t).Vectors {
		if vector.Expect != "signature-valid" {
			continue // faults of the header or the serialization, of which a key sees nothing
		}
		verified++
		t.Run(vector.Name, func(t *testing.T) {
			jwk := edit(t, vector.JWK, map[string]any{"alg": vector.Alg})
			source := parseAnyJWK(t, jwk)
			h, input, signature := splitJWS(t, vector.Token)
			if err := verify(source, h, input, signature); err != nil {
				t.Fatal(err)
			}
			if err := verify(source, h, append(bytes.Clone(input), 'x'), signature); err == nil {
				t.Error("another message passes as well")
			}
			signer, ok := source.(keys.SigningKey)
			if !ok {
				return
			}
			if strings.HasPrefix(vector.Alg, "PS") || strings.HasPrefix(vector.Alg, "ES") {
				return // another signature every time
			}
			signed++
			again, err := signer.Sign(context.Background(), input)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again, signature) {
				t.Errorf("signature %x, want %x", again, signature)
			}
		})
	}
	if verified != 14 || signed != 9 {
		t.Errorf("%d signatures verified and %d made, want 14 and 9", verified, signed)
	}
}

// parseAnyJWK parses a JWK by what it holds.
func parseAnyJWK(t *testing.T, jwk []byte) keys.VerificationSource {
	t.Helper()
	members := object(t, jwk)
	var source keys.VerificationSource
	var err error
	switch {
	case members["kty"] == "oct":
		source, err = keys.ParseSecretJWK(jwk)
	case members["d"] != nil:
		source, err = keys.ParsePrivateJWK(jwk)
	default:
		source, err = keys.ParsePublicJWK(jwk)
	}
	if err != nil {
		t.Fatal(err)
	}
	return source
}
