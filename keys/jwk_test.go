package keys_test

import (
	"bytes"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

func TestJWKGoesOutAndInAgain(t *testing.T) {
	for _, alg := range asymmetricAlgorithms {
		private := privateKey(t, "kid of "+alg, alg, "a")
		text, err := private.MarshalPrivateJWK()
		if err != nil {
			t.Fatal(err)
		}
		again, err := keys.ParsePrivateJWK(text)
		if err != nil {
			t.Fatal(err)
		}
		public, err := keys.ParsePublicJWK(encode(t, again.Public()))
		if err != nil {
			t.Fatal(err)
		}
		if again.Algorithm() != alg || public.Algorithm() != alg || again.Kid() != "kid of "+alg || public.Kid() != "kid of "+alg {
			t.Errorf("%s came back as %v and %v", alg, again, public)
		}
		h, signature := sign(t, again, []byte("input"))
		if err := verify(public, h, []byte("input"), signature); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		if err := verify(private, h, []byte("input"), signature); err != nil {
			t.Errorf("%s: another key came back: %v", alg, err)
		}
	}
}

func TestPublicJWKHasTheMembersThatItNeedsAndNoOthers(t *testing.T) {
	for alg, want := range map[string]string{
		"PS384": "alg e kid kty n use", "ES512": "alg crv kid kty use x y", "Ed25519": "alg crv kid kty use x",
	} {
		private := privateKey(t, "", alg, "a")
		members := object(t, encode(t, private.Public()))
		if got := strings.Join(sortedNames(members), " "); got != want {
			t.Errorf("%s: members %s, want %s", alg, got, want)
		}
		if members["alg"] != alg || members["use"] != "sig" || members["kid"] != private.Public().Thumbprint() {
			t.Errorf("%s: %v", alg, members)
		}
	}
}

func TestJWKWithoutAlgorithmAndKeyIDTakesTheUsualOnes(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"} {
		bare := edit(t, publicJWK(t, alg, "a"), map[string]any{"alg": nil, "kid": nil, "use": nil})
		public, err := keys.ParsePublicJWK(bare)
		if err != nil {
			t.Fatal(err)
		}
		if public.Algorithm() != alg || public.Kid() != public.Thumbprint() {
			t.Errorf("%s: algorithm %s and kid %s", alg, public.Algorithm(), public.Kid())
		}
		// Made without a kid it serves tokens with any, as from other functions.
		if err := verify(public, keys.Header{Algorithm: alg, Kid: "any"}, nil, nil); err == nil || err.Error() != keys.ErrSignature.Error() {
			t.Errorf("%s: a token with another kid: %v", alg, err)
		}
	}
}

func TestAKidIsReadByteForByte(t *testing.T) {
	for _, kid := range []string{" a ", "A", "a/../b", "\t", "é"} {
		key, err := keys.ParsePublicJWK(edit(t, publicJWK(t, "ES256", "a"), map[string]any{"kid": kid}))
		if err != nil || key.Kid() != kid {
			t.Errorf("%q: got %v, %v", kid, key, err)
		}
	}
}

func TestSecretJWKIsRead(t *testing.T) {
	text := []byte(`{"kty":"oct","kid":"s","alg":"HS512","use":"sig","key_ops":["sign","verify"],"k":"` + base64url(secretBytes("s")) + `"}`)
	secret, err := keys.ParseSecretJWK(text)
	if err != nil {
		t.Fatal(err)
	}
	h, signature := sign(t, secret, []byte("input"))
	if h.Algorithm != "HS512" || h.Kid != "s" {
		t.Errorf("header %v", h)
	}
	if err := verify(hmacSecret(t, "", "HS512", "s"), h, []byte("input"), signature); err != nil {
		t.Error(err)
	}
	bare, err := keys.ParseSecretJWK(edit(t, text, map[string]any{"alg": nil, "kid": nil, "use": nil, "key_ops": nil}))
	if err != nil {
		t.Fatal(err)
	}
	if bare.Algorithm() != "HS256" || bare.Kid() != "" {
		t.Errorf("algorithm %s and kid %q of a bare secret", bare.Algorithm(), bare.Kid())
	}
}

// withZero returns base64url text of the same number with a zero byte before it.
func withZero(t *testing.T, text any) string {
	t.Helper()
	return base64url(append([]byte{0}, fromBase64url(t, text)...))
}

// Java writes a zero before a modulus whose first bit is set, and PyJWT and Authlib once
// left the zeros of coordinates out: the numbers are the same.
func TestNumbersOfPublicJWKsAreReadWithLeadingZerosAndWithout(t *testing.T) {
	rsa, ec := publicJWK(t, "RS256", "a"), publicJWK(t, "ES256", "a")
	short, x, y := smallECKey(t, big.NewInt(1)) // whatever it is, its coordinates can be padded
	for name, test := range map[string]struct{ plain, odd []byte }{
		"n":               {rsa, edit(t, rsa, map[string]any{"n": withZero(t, object(t, rsa)["n"])})},
		"e":               {rsa, edit(t, rsa, map[string]any{"e": "AAEAAQ"})},
		"a coordinate":    {ec, edit(t, ec, map[string]any{"x": withZero(t, object(t, ec)["x"])})},
		"shorter numbers": {short, edit(t, short, map[string]any{"x": base64url(bytes.TrimLeft(x, "\x00")), "y": base64url(bytes.TrimLeft(y, "\x00"))})},
	} {
		want, err := keys.ParsePublicJWK(test.plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := keys.ParsePublicJWK(test.odd); err != nil || got.Thumbprint() != want.Thumbprint() {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	if _, err := keys.ParsePublicJWK(edit(t, rsa, map[string]any{"e": "f____w"})); err != nil {
		t.Errorf("an exponent of 2³¹-1: %v", err)
	}
	_, err := keys.ParsePublicJWK(edit(t, ec, map[string]any{"x": base64url(append([]byte{1}, fromBase64url(t, object(t, ec)["x"])...))}))
	wantError(t, err, `the member "x" has 33 bytes: it needs 32`)
}

func TestPublicJWKThatIsNotOneGoodPublicKeyIsRefused(t *testing.T) {
	rsa, ec, ed := publicJWK(t, "RS256", "a"), publicJWK(t, "ES256", "a"), publicJWK(t, "EdDSA", "a")
	rsaMembers, ecMembers := object(t, rsa), object(t, ec)
	tests := []struct {
		name    string
		of      []byte
		changes map[string]any
		want    string
	}{
		{"no kty", rsa, map[string]any{"kty": nil}, `"kty" is missing`},
		{"a kty that is not a string", rsa, map[string]any{"kty": 1}, `"kty" is not a string`},
		{"an unknown kty", rsa, map[string]any{"kty": "AKP"}, `its kty is "AKP"`},
		{"kty in lower case", rsa, map[string]any{"kty": "rsa"}, `its kty is "rsa"`},
		{"kty of another key", rsa, map[string]any{"kty": "EC"}, `its crv is ""`},
		{"a secret", []byte(`{"kty":"oct"}`), nil, "ParseSecretJWK"},
		{"use enc", rsa, map[string]any{"use": "enc"}, `its use is "enc"`},
		{"use that is not a string", rsa, map[string]any{"use": []string{"sig"}}, `"use" is not a string`},
		{"an empty use", rsa, map[string]any{"use": ""}, `its use is ""`},
		{"use in upper case", rsa, map[string]any{"use": "SIG"}, `its use is "SIG"`},
		{"key_ops without verify", rsa, map[string]any{"key_ops": []string{"encrypt"}}, `do not hold "verify"`},
		{"key_ops of a private key", rsa, map[string]any{"key_ops": []string{"sign"}}, `do not hold "verify"`},
		{"empty key_ops", rsa, map[string]any{"key_ops": []string{}}, `do not hold "verify"`},
		{"key_ops with a value twice", rsa, map[string]any{"key_ops": []string{"verify", "verify"}}, "different operations"},
		{"key_ops that is not a list", rsa, map[string]any{"key_ops": "verify"}, `"key_ops"`},
		{"key_ops of numbers", rsa, map[string]any{"key_ops": []int{1}}, "different operations"},
		{"alg none", rsa, map[string]any{"alg": "none"}, `its alg is "none"`},
		{"alg of an encryption", rsa, map[string]any{"alg": "RSA-OAEP"}, `its alg is "RSA-OAEP"`},
		{"alg of a secret", rsa, map[string]any{"alg": "HS256"}, "HS256 needs a secret"},
		{"alg of another type", rsa, map[string]any{"alg": "ES256"}, "ES256 needs an EC key"},
		{"alg of another curve", ec, map[string]any{"alg": "ES384"}, "ES384 needs an EC key on P-384"},
		{"alg that is not a string", rsa, map[string]any{"alg": 256}, `"alg" is not a string`},
		{"kid that is not a string", rsa, map[string]any{"kid": 1}, `"kid" is not a string`},
		{"kid that is too long", rsa, map[string]any{"kid": strings.Repeat("k", 513)}, "at most 512"},
		{"no n", rsa, map[string]any{"n": nil}, `"n" is missing`},
		{"no e", rsa, map[string]any{"e": nil}, `"e" is missing`},
		{"an empty n", rsa, map[string]any{"n": ""}, "the RSA key is empty"},
		{"n that is not a string", rsa, map[string]any{"n": 5}, `"n" is not a string`},
		{"e of zero", rsa, map[string]any{"e": "AA"}, "public exponent 0"},
		{"e of 1", rsa, map[string]any{"e": "AQ"}, "exponent 1"},
		{"e of 3", rsa, map[string]any{"e": "Aw"}, "exponent 3"},
		{"e of 65536", rsa, map[string]any{"e": "AQAA"}, "exponent 65536"},
		{"e of 2³¹", rsa, map[string]any{"e": "gAAAAA"}, "2³¹ or more"},
		{"e of 2³¹+1", rsa, map[string]any{"e": "gAAAAQ"}, "2³¹ or more"},
		{"e of 2⁶⁴+65537", rsa, map[string]any{"e": "AQAAAAAAAQAB"}, "2³¹ or more"},
		{"n with padding", rsa, map[string]any{"n": rsaMembers["n"].(string) + "=="}, `"n": not unpadded canonical base64url`},
		{"n in plain base64", rsa, map[string]any{"n": "+" + rsaMembers["n"].(string)[1:]}, `"n": not unpadded canonical base64url`},
		{"n with a line break", rsa, map[string]any{"n": rsaMembers["n"].(string)[:4] + "\n" + rsaMembers["n"].(string)[4:]}, `"n": not unpadded canonical base64url`},
		{"e with trailing bits", rsa, map[string]any{"e": "AR"}, `"e": not unpadded canonical base64url`},
		{"n of 1024 bits", rsa, map[string]any{"n": base64url(fromBase64url(t, rsaMembers["n"])[:128])}, "at least 2048"},
		{"an unknown crv", ec, map[string]any{"crv": "P-224"}, `its crv is "P-224"`},
		{"secp256k1", ec, map[string]any{"crv": "secp256k1"}, `its crv is "secp256k1"`},
		{"crv that is not a string", ec, map[string]any{"crv": 256}, `"crv" is not a string`},
		{"no crv", ec, map[string]any{"crv": nil}, `its crv is ""`},
		{"crv of another curve", ec, map[string]any{"crv": "P-384", "alg": nil}, "not a point on P-384"},
		{"Ed25519 with kty EC", ed, map[string]any{"kty": "EC"}, `its crv is "Ed25519"`},
		{"P-256 with kty OKP", ec, map[string]any{"kty": "OKP"}, `its crv is "P-256"`},
		{"X25519", ed, map[string]any{"crv": "X25519", "alg": nil}, `its crv is "X25519"`},
		{"Ed448", ed, map[string]any{"crv": "Ed448", "alg": nil}, `its crv is "Ed448"`},
		{"no y", ec, map[string]any{"y": nil}, `"y" is missing`},
		{"x of 31 bytes", ec, map[string]any{"x": base64url(fromBase64url(t, ecMembers["x"])[1:])}, "not a point on P-256"},
		{"x and y swapped", ec, map[string]any{"x": ecMembers["y"], "y": ecMembers["x"]}, "not a point on P-256"},
		{"x and y of zero", ec, map[string]any{"x": base64url(make([]byte, 32)), "y": base64url(make([]byte, 32))}, "not a point on P-256"},
		{"x beyond the field", ec, map[string]any{"x": base64url(bytes.Repeat([]byte{255}, 32))}, "not a point on P-256"},
		{"x of Ed25519 of 31 bytes", ed, map[string]any{"x": base64url(make([]byte, 31))}, `"x" has 31 bytes`},
		{"x of Ed25519 of zeros", ed, map[string]any{"x": base64url(make([]byte, 32))}, "small order"},
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		tests = append(tests, struct {
			name    string
			of      []byte
			changes map[string]any
			want    string
		}{"the private member " + name, ed, map[string]any{name: ""}, `the member "` + name + `" of a private or secret key`})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, err := keys.ParsePublicJWK(edit(t, test.of, test.changes))
			wantError(t, err, "keys: public JWK: ", test.want)
			if key != nil {
				t.Error("a key came with the error")
			}
		})
	}
}

func TestJWKThatIsNotStrictJSONIsRefused(t *testing.T) {
	good := string(publicJWK(t, "EdDSA", "a"))
	inside := strings.TrimSuffix(good, "}")
	for name, text := range map[string]string{
		"empty":                         "",
		"white space":                   " ",
		"null":                          "null",
		"an array":                      "[" + good + "]",
		"a string":                      `"` + strings.ReplaceAll(good, `"`, `\"`) + `"`,
		"trailing data":                 good + "{}",
		"a trailing comma":              inside + ",}",
		"a byte order mark":             "\ufeff" + good,
		"a duplicate member":            inside + `,"kty":"OKP"}`,
		"a duplicate member in escapes": inside + `,"k\u0074y":"OKP"}`,
		"a duplicate member inside":     inside + `,"ext":{"a":1,"a":2}}`,
		"invalid UTF-8":                 inside + ",\"ext\":\"\xff\"}",
		"deep nesting":                  inside + `,"ext":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}",
		"many members":                  inside + manyMembers(300) + "}",
		"65 KiB":                        inside + `,"ext":"` + strings.Repeat("x", 64<<10) + `"}`,
	} {
		if _, err := keys.ParsePublicJWK([]byte(text)); err == nil {
			t.Errorf("%s: taken for a JWK", name)
		}
	}
}

func manyMembers(count int) string {
	var text strings.Builder
	for i := range count {
		fmt.Fprintf(&text, `,"ext%d":0`, i)
	}
	return text.String()
}

func TestMembersThatAreNotForSignaturesAreIgnored(t *testing.T) {
	good := publicJWK(t, "EdDSA", "a")
	other := publicJWK(t, "RS256", "b")
	public, err := keys.ParsePublicJWK(edit(t, good, map[string]any{
		"x5c": []string{"MIIB"}, "x5t": "AA", "x5t#S256": "AA", "x5u": "https://attacker.example/", "jku": "https://attacker.example/",
		"KTY": "RSA", "N": object(t, other)["n"], "n": object(t, other)["n"], "e": "AQAB", "ext": true, "nbf": 1,
		"key_ops": []string{"verify", "wrapKey"},
	}))
	if err != nil {
		t.Fatal(err)
	}
	if want := privateKey(t, "", "EdDSA", "a").Public().Thumbprint(); public.Thumbprint() != want {
		t.Errorf("thumbprint %s, want %s", public.Thumbprint(), want)
	}
}

func TestPrivateJWKWhosePartsDoNotBelongTogetherIsRefused(t *testing.T) {
	rsa, ec, ed := privateJWK(t, "RS256", "a"), privateJWK(t, "ES256", "a"), privateJWK(t, "EdDSA", "a")
	rsaB, ecB, edB := object(t, privateJWK(t, "RS256", "b")), object(t, privateJWK(t, "ES256", "b")), object(t, privateJWK(t, "EdDSA", "b"))
	tests := []struct {
		name    string
		of      []byte
		changes map[string]any
		want    string
	}{
		{"a public key", ec, map[string]any{"d": nil}, "ParsePublicJWK"},
		{"a secret", []byte(`{"kty":"oct","k":"AA"}`), nil, "ParseSecretJWK"},
		{"an unknown kty", ec, map[string]any{"kty": "AKP"}, `its kty is "AKP"`},
		{"use enc", ec, map[string]any{"use": "enc"}, `its use is "enc"`},
		{"key_ops without sign", ec, map[string]any{"key_ops": []string{"verify"}}, `do not hold "sign"`},
		{"EC, another's d", ec, map[string]any{"d": ecB["d"]}, "d does not belong to x and y"},
		{"EC, another's x and y", ec, map[string]any{"x": ecB["x"], "y": ecB["y"]}, "d does not belong to x and y"},
		{"EC, d of zero", ec, map[string]any{"d": base64url(make([]byte, 32))}, "d is no private key"},
		{"EC, d of the order or more", ec, map[string]any{"d": base64url(bytes.Repeat([]byte{255}, 32))}, "d is no private key"},
		{"EC, d of 31 bytes", ec, map[string]any{"d": base64url(make([]byte, 31))}, `"d" has 31 bytes`},
		{"EC, d of 33 bytes", ec, map[string]any{"d": base64url(make([]byte, 33))}, `"d" has 33 bytes`},
		{"EC, d that is not a string", ec, map[string]any{"d": 1}, `"d" is not a string`},
		{"EC, x and y off the curve", ec, map[string]any{"x": ecB["x"]}, "not a point on P-256"},
		{"EC, another curve", ec, map[string]any{"crv": "P-521", "alg": nil}, "not a point on P-521"},
		{"Ed25519, another's d", ed, map[string]any{"d": edB["d"]}, "d does not belong to x"},
		{"Ed25519, d of 64 bytes", ed, map[string]any{"d": base64url(make([]byte, 64))}, `"d" has 64 bytes`},
		{"Ed25519, no x", ed, map[string]any{"x": nil}, `"x" is missing`},
		{"RSA, another's n", rsa, map[string]any{"n": rsaB["n"]}, "belong together"},
		{"RSA, another e", rsa, map[string]any{"e": "AQAD"}, "belong together"},
		{"RSA, another's d", rsa, map[string]any{"d": rsaB["d"]}, "belong together"},
		{"RSA, another's p", rsa, map[string]any{"p": rsaB["p"]}, "belong together"},
		{"RSA, another's dp", rsa, map[string]any{"dp": rsaB["dp"]}, "belong together"},
		{"RSA, another's dq", rsa, map[string]any{"dq": rsaB["dq"]}, "belong together"},
		{"RSA, another's qi", rsa, map[string]any{"qi": rsaB["qi"]}, "belong together"},
		{"RSA, p and q swapped", rsa, map[string]any{"p": object(t, rsa)["q"], "q": object(t, rsa)["p"]}, "belong together"},
		{"RSA, d alone", rsa, map[string]any{"p": nil, "q": nil, "dp": nil, "dq": nil, "qi": nil}, `"p" is missing`},
		{"RSA, no qi", rsa, map[string]any{"qi": nil}, `"qi" is missing`},
		{"RSA, d with a leading zero", rsa, map[string]any{"d": withZero(t, object(t, rsa)["d"])}, `"d" is empty or begins with a zero`},
		{"RSA, more than two primes", rsa, map[string]any{"oth": []any{}}, "more than two primes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, err := keys.ParsePrivateJWK(edit(t, test.of, test.changes))
			wantError(t, err, "keys: private JWK: ", test.want)
			if key != nil {
				t.Error("a key came with the error")
			}
		})
	}
}

func TestPrivateJWKForSigningAloneIsRead(t *testing.T) {
	text := edit(t, privateJWK(t, "ES256", "a"), map[string]any{"key_ops": []string{"sign"}, "use": nil})
	if _, err := keys.ParsePrivateJWK(text); err != nil {
		t.Error(err)
	}
}

func TestSecretJWKThatIsNotOneGoodSecretIsRefused(t *testing.T) {
	good := encode(t, map[string]any{"kty": "oct", "k": base64url(secretBytes("s"))})
	tests := []struct {
		name    string
		changes map[string]any
		want    string
	}{
		{"no kty", map[string]any{"kty": nil}, `not "oct"`},
		{"a private key", object(t, privateJWK(t, "ES256", "a")), `not "oct"`},
		{"no k", map[string]any{"k": nil}, `"k" is missing`},
		{"an empty k", map[string]any{"k": ""}, "at least 32 bytes, got 0"},
		{"k that is not a string", map[string]any{"k": 1}, `"k" is not a string`},
		{"k of 31 bytes", map[string]any{"k": base64url(secretBytes("s")[:31])}, "at least 32 bytes, got 31"},
		{"k of 32 bytes for HS512", map[string]any{"alg": "HS512", "k": base64url(secretBytes("s")[:32])}, "at least 64 bytes, got 32"},
		{"k with padding", map[string]any{"k": base64url(secretBytes("s")) + "=="}, "canonical base64url"},
		{"k with trailing bits", map[string]any{"k": base64url(secretBytes("s")[:32])[:42] + "B"}, "canonical base64url"},
		{"k that is a public key", map[string]any{"k": base64url(pemFile(t, "rsa2048-a.spki"))}, "PEM"},
		{"alg of another type", map[string]any{"alg": "RS256"}, "RS256 needs an RSA key"},
		{"alg of a cipher", map[string]any{"alg": "A256GCM"}, `its alg is "A256GCM"`},
		{"use enc", map[string]any{"use": "enc"}, `its use is "enc"`},
		{"key_ops without sign", map[string]any{"key_ops": []string{"verify"}}, `do not hold "sign"`},
		{"key_ops without verify", map[string]any{"key_ops": []string{"sign"}}, `do not hold "verify"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := keys.ParseSecretJWK(edit(t, good, test.changes))
			wantError(t, err, "keys: secret JWK: ", test.want)
			if strings.Contains(err.Error(), base64url(secretBytes("s"))[:20]) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestPublicJWKIsNotReadFromAPrivateOne(t *testing.T) {
	_, err := keys.ParsePublicJWK(privateJWK(t, "ES256", "a"))
	wantError(t, err, "replace the key if this was published")
}

func TestCoordinatesKeepTheirLeadingZeros(t *testing.T) {
	found := 0
	for d := int64(1); found < 2 && d < 2000; d++ {
		text, x, y := smallECKey(t, big.NewInt(d))
		if x[0] != 0 && y[0] != 0 {
			continue
		}
		found++
		public, err := keys.ParsePublicJWK(text)
		if err != nil {
			t.Fatalf("d of %d: %v", d, err)
		}
		members := object(t, encode(t, public))
		if members["x"] != base64url(x) || members["y"] != base64url(y) {
			t.Errorf("d of %d: the coordinates became %v and %v", d, members["x"], members["y"])
		}
	}
	if found == 0 {
		t.Error("no key with a short coordinate was found")
	}
}

// Both sides of each limit, and what is said about it.
func TestAJWKIsReadUpToItsLimits(t *testing.T) {
	good := strings.TrimSuffix(string(publicJWK(t, "EdDSA", "a")), "}")
	own := len(object(t, publicJWK(t, "EdDSA", "a")))
	deep := func(n int) string { return `,"ext":` + strings.Repeat("[", n) + strings.Repeat("]", n) }
	for name, test := range map[string]struct {
		text string
		want string // part of the error; empty: read
	}{
		"256 members":       {good + manyMembers(256-own) + "}", ""},
		"257 members":       {good + manyMembers(257-own) + "}", "too many members"},
		"eight levels":      {good + deep(7) + "}", ""},
		"nine levels":       {good + deep(8) + "}", "nested too deep"},
		"64 KiB":            {good + strings.Repeat(" ", 64<<10-len(good)-1) + "}", ""},
		"64 KiB and a byte": {good + strings.Repeat(" ", 64<<10-len(good)) + "}", "a text of 65537 bytes: it may have at most 65536"},
		"no object":         {"[]", "not a strict JSON object"},
	} {
		key, err := keys.ParsePublicJWK([]byte(test.text))
		if (err == nil) != (test.want == "") || (key == nil) != (err != nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", name, key, err)
		}
	}
}

func TestAPrivateRSAJWKNeedsEachOfItsNumbers(t *testing.T) {
	good := privateJWK(t, "RS256", "a")
	for _, name := range []string{"n", "e", "d", "p", "q", "dp", "dq", "qi"} {
		for value, want := range map[any]string{nil: "is missing", "": "", "!": "base64url", 1: "is not a string", "AA": "", "AAAA": ""} {
			if name == "d" && value == nil {
				want = "a public key"
			}
			key, err := keys.ParsePrivateJWK(edit(t, good, map[string]any{name: value}))
			if key != nil || err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s is %v: got %v, %v", name, value, key, err)
			}
		}
	}
}
