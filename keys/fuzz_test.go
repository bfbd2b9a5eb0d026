package keys_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"math/big"
	"os"
	"path/filepath"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

// What parses marshals to what parses to the same, and never has anything private.
func FuzzParseJWKS(f *testing.F) {
	ec, ed, rsa := publicJWK(f, "ES256", "a"), publicJWK(f, "Ed25519", "a"), publicJWK(f, "PS256", "a")
	for _, seed := range [][]byte{
		jwkSet(ec), jwkSet(ec, ed, rsa), jwkSet(rsa, edit(f, ec, map[string]any{"kid": nil, "alg": nil})),
		jwkSet(ed, edit(f, rsa, map[string]any{"use": "enc"})), jwkSet(ed, []byte(`{"kty":"AKP","pub":"AA"}`)),
		jwkSet(edit(f, ec, map[string]any{"kid": "<é\u2028\x00>", "x5c": []string{"AA"}, "key_ops": []string{"verify"}})),
		jwkSet(privateJWK(f, "ES256", "a")), jwkSet(ec, ec), jwkSet([]byte(`{"kty":"oct","k":"AA"}`)),
		[]byte(`{"keys":[]}`), []byte(`{"keys":[{}]}`), []byte(` {"keys" : [ ` + string(ed) + ` ] , "x":[{}]}`),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		set, err := keys.ParseJWKS(text)
		if err != nil {
			if set != nil {
				t.Fatal("a set came with the error")
			}
			return
		}
		out := encode(t, set)
		again, err := keys.ParseJWKS(out)
		if err != nil {
			t.Fatalf("%s became %s: %v", text, out, err)
		}
		wantSameKeys(t, set.Keys(), again.Keys())
		eachObject(t, out, func(members map[string]any) {
			for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
				if _, found := members[name]; found {
					t.Fatalf("%s became %s, with %q", text, out, name)
				}
			}
		})
		for _, key := range set.Keys() {
			h := keys.Header{Algorithm: key.Algorithm(), Kid: key.Kid()}
			if found, err := set.VerificationKey(context.Background(), h); err != nil || found != keys.VerificationKey(key) {
				t.Fatalf("looking for %v gave %v, %v", key, found, err)
			}
			single, err := keys.ParsePublicJWK(encode(t, key))
			if err != nil {
				t.Fatal(err)
			}
			wantSameKeys(t, []*keys.PublicKey{key}, []*keys.PublicKey{single})
		}
	})
}

func wantSameKeys(t *testing.T, before, after []*keys.PublicKey) {
	t.Helper()
	if len(before) != len(after) {
		t.Fatalf("%v became %v", before, after)
	}
	for i, key := range before {
		other := after[i]
		if key.Kid() != other.Kid() || key.Algorithm() != other.Algorithm() || key.Thumbprint() != other.Thumbprint() {
			t.Fatalf("%v became %v", key, other)
		}
	}
}

// What parses as a private JWK or a secret comes out as it went in, and is refused
// where something public belongs.
func FuzzParsePrivateJWK(f *testing.F) {
	for _, alg := range []string{"RS256", "ES256", "ES512", "EdDSA"} {
		f.Add(privateJWK(f, alg, "a"))
		f.Add(publicJWK(f, alg, "a"))
	}
	f.Add([]byte(`{"kty":"oct","k":"` + base64url(secretBytes("s")) + `"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if secret, err := keys.ParseSecretJWK(text); err == nil {
			h, signature := sign(t, secret, []byte("input"))
			if err := verify(secret, h, []byte("input"), signature); err != nil {
				t.Fatal(err)
			}
		}
		private, err := keys.ParsePrivateJWK(text)
		if err != nil {
			return
		}
		out, err := private.MarshalPrivateJWK()
		if err != nil {
			t.Fatal(err)
		}
		again, err := keys.ParsePrivateJWK(out)
		if err != nil {
			t.Fatalf("%s became %s: %v", text, out, err)
		}
		wantSameKeys(t, []*keys.PublicKey{private.Public()}, []*keys.PublicKey{again.Public()})
		if _, err := keys.ParsePublicJWK(text); err == nil {
			t.Fatalf("%s was read as a public key", text)
		}
		h, signature := sign(t, again, []byte("input"))
		if err := verify(private.Public(), h, []byte("input"), signature); err != nil {
			t.Fatal(err)
		}
	})
}

// What parses as one half comes out as it went in, is refused as the other half,
// and is never taken for a secret.
func FuzzParsePEM(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("..", "internal", "testkeys", "pem", "*.pem"))
	if err != nil || len(files) == 0 {
		f.Fatal("no files", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		public, publicErr := keys.ParsePublicPEM("", text)
		private, privateErr := keys.ParsePrivatePEM("", text)
		if publicErr != nil && privateErr != nil {
			return
		}
		if publicErr == nil && privateErr == nil {
			t.Fatalf("%s was read as a public and as a private key", text)
		}
		if _, err := keys.HMAC("", text); err == nil {
			t.Fatalf("%s was read as a secret as well", text)
		}
		if privateErr == nil {
			out, err := private.MarshalPrivatePEM()
			if err != nil {
				t.Fatal(err)
			}
			again, err := keys.ParsePrivatePEM(private.Algorithm(), out) // PEM says nothing of PS
			if err != nil {
				t.Fatalf("%s became %s: %v", text, out, err)
			}
			wantSameKeys(t, []*keys.PublicKey{private.Public()}, []*keys.PublicKey{again.Public()})
			public = private.Public()
		}
		out, err := public.MarshalPEM()
		if err != nil {
			t.Fatal(err)
		}
		again, err := keys.ParsePublicPEM(public.Algorithm(), out)
		if err != nil {
			t.Fatalf("%s became %s: %v", text, out, err)
		}
		wantSameKeys(t, []*keys.PublicKey{public}, []*keys.PublicKey{again})
	})
}

// A signature of ES256 is good if it has 64 bytes and the standard library says so
// of the two numbers in it.
func FuzzVerifyES256(f *testing.F) {
	private := privateKey(f, "", "ES256", "a")
	standard := &standardKey(f, "ec-p256-a.pkcs8").(*ecdsa.PrivateKey).PublicKey
	h, good := sign(f, private, []byte("input"))
	order := standard.Params().N.Bytes()
	for _, seed := range [][]byte{
		good, good[:63], append(bytes.Clone(good), 0), make([]byte, 64), bytes.Repeat([]byte{255}, 64),
		append(bytes.Clone(order), good[32:]...), append(bytes.Clone(good[:32]), order...), nil,
	} {
		f.Add([]byte("input"), seed)
	}
	f.Fuzz(func(t *testing.T, input, signature []byte) {
		digest := sha256.Sum256(input)
		want := len(signature) == 64 && ecdsa.Verify(standard, digest[:],
			new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
		if err := verify(private, h, input, signature); (err == nil) != want {
			t.Fatalf("%x: %v, want %v", signature, err, want)
		}
	})
}

// What parses verifies what it signs, and publishes nothing private.
func FuzzParseRing(f *testing.F) {
	f.Add(jwkSet(privateJWK(f, "ES256", "a"), privateJWK(f, "EdDSA", "a")))
	f.Add([]byte(`{"keys":[{"kty":"oct","k":"` + base64url(secretBytes("s")) + `"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		ring, err := keys.ParsePrivateJWKS(text)
		if err != nil {
			return
		}
		h, signature := sign(t, ring, []byte("input"))
		if err := verify(ring, h, []byte("input"), signature); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if set, err := ring.PublicSet(t.Context()); err == nil && bytes.Contains(encode(t, set), []byte(`"d"`)) {
			t.Fatalf("%s was published with a private member", text)
		}
	})
}
