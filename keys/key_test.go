package keys_test

//lint:file-ignore SA1019 keys with bad fields can only be made by setting them

import (
	"bytes"
	"context"
	"crypto"
	"crypto/dsa"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
)

func publicPart(t testing.TB, key crypto.PrivateKey) crypto.PublicKey {
	t.Helper()
	half, ok := key.(interface{ Public() crypto.PublicKey })
	if !ok {
		t.Fatalf("%T has no public half", key)
	}
	return half.Public()
}

// standardKey returns a test key as the standard library has it.
func standardKey(t testing.TB, name string) crypto.PrivateKey {
	t.Helper()
	block, _ := pem.Decode(pemFile(t, name))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestNewPublicKeyRefusesBadKeys(t *testing.T) {
	rsaKey := func() *rsa.PublicKey { return &standardKey(t, "rsa2048-a.pkcs8").(*rsa.PrivateKey).PublicKey }
	ecKey := func() *ecdsa.PublicKey { return &standardKey(t, "ec-p256-a.pkcs8").(*ecdsa.PrivateKey).PublicKey }
	point := func(x, y *big.Int) *ecdsa.PublicKey { return &ecdsa.PublicKey{Curve: elliptic.P256(), X: x, Y: y} }
	withE := func(e int) *rsa.PublicKey { key := rsaKey(); key.E = e; return key }
	withN := func(n *big.Int) *rsa.PublicKey { return &rsa.PublicKey{N: n, E: 65537} }
	even := new(big.Int).Sub(rsaKey().N, big.NewInt(1))
	large := new(big.Int).SetBit(new(big.Int).Lsh(rsaKey().N, 8193-2048), 0, 1)

	tests := []struct {
		name string
		key  crypto.PublicKey
		want string
	}{
		{"nil", nil, "the public key is nil"},
		{"a nil *rsa.PublicKey", (*rsa.PublicKey)(nil), "empty"},
		{"a nil *ecdsa.PublicKey", (*ecdsa.PublicKey)(nil), "empty"},
		{"a nil ed25519.PublicKey", ed25519.PublicKey(nil), "0 bytes"},
		{"a zero rsa.PublicKey", &rsa.PublicKey{}, "empty"},
		{"a zero ecdsa.PublicKey", &ecdsa.PublicKey{}, "empty"},
		{"an RSA modulus of zero", withN(new(big.Int)), "empty"},
		{"a negative RSA modulus", withN(new(big.Int).Neg(rsaKey().N)), "empty"},
		{"an even RSA modulus", withN(even), "even modulus"},
		{"an RSA modulus of 2047 bits", withN(new(big.Int).Rsh(rsaKey().N, 1)), "2047 bits"},
		{"an RSA modulus of 8193 bits", withN(large), "8193 bits"},
		{"the RSA exponent 0", withE(0), "exponent 0"},
		{"the RSA exponent -65537", withE(-65537), "exponent -65537"},
		{"the RSA exponent 1", withE(1), "exponent 1"},
		{"the RSA exponent 3", withE(3), "exponent 3"},
		{"the RSA exponent 65535", withE(65535), "exponent 65535"},
		{"the RSA exponent 65538", withE(65538), "exponent 65538"},
		{"an RSA exponent of 2³¹+1", withE(1<<31 + 1), "exponent 2147483649"},
		{"P-224", &standardKey(t, "refused-ec-p224.pkcs8").(*ecdsa.PrivateKey).PublicKey, "use P-256, P-384 or P-521"},
		{"a curve of one's own", &ecdsa.PublicKey{Curve: elliptic.P256().Params(), X: big.NewInt(1), Y: big.NewInt(1)}, "use P-256, P-384 or P-521"},
		{"a point off the curve", point(big.NewInt(1), big.NewInt(1)), "not a point on P-256"},
		{"the point 0, 0", point(new(big.Int), new(big.Int)), "not a point on P-256"},
		{"a negative coordinate", point(big.NewInt(-1), big.NewInt(1)), "not a point on P-256"},
		{"a coordinate beyond the field", point(new(big.Int).Lsh(big.NewInt(1), 300), big.NewInt(1)), "not a point on P-256"},
		{"a point on no curve", &ecdsa.PublicKey{X: big.NewInt(1), Y: big.NewInt(1)}, "empty"},
		{"a point without y", point(big.NewInt(1), nil), "empty"},
		{"a point without x", point(nil, big.NewInt(1)), "empty"},
		{"a P-384 point on P-256", &ecdsa.PublicKey{Curve: elliptic.P384(), X: ecKey().X, Y: ecKey().Y}, "not a point on P-384"},
		{"an Ed25519 key of 31 bytes", make(ed25519.PublicKey, 31), "31 bytes"},
		{"an Ed25519 key of 33 bytes", make(ed25519.PublicKey, 33), "33 bytes"},
		{"a private RSA key", standardKey(t, "rsa2048-a.pkcs8"), "NewPrivateKey"},
		{"a private EC key", standardKey(t, "ec-p256-a.pkcs8"), "NewPrivateKey"},
		{"a private Ed25519 key", standardKey(t, "ed25519-a.pkcs8"), "NewPrivateKey"},
		{"an rsa.PublicKey by value", *rsaKey(), "type rsa.PublicKey"},
		{"an X25519 key", &ecdh.PublicKey{}, "type *ecdh.PublicKey"},
		{"a DSA key", &dsa.PublicKey{}, "type *dsa.PublicKey"},
		{"bytes", []byte("key"), "type []uint8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, err := keys.NewPublicKey("", test.key)
			wantError(t, err, "keys: ", test.want)
			if key != nil {
				t.Error("a key came with the error")
			}
		})
	}
}

func TestEd25519PublicKeysThatAreNoGoodPointsAreRefused(t *testing.T) {
	for name, encoded := range map[string]string{
		// The eight points of small order (RFC 8032 section 5.1.3 encodings).
		"order 1":                 "0100000000000000000000000000000000000000000000000000000000000000",
		"order 2":                 "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"order 4, zeros":          "0000000000000000000000000000000000000000000000000000000000000000",
		"order 4, negative":       "0000000000000000000000000000000000000000000000000000000000000080",
		"order 8, first":          "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"order 8, second":         "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"order 8, third":          "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"order 8, fourth":         "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"minus zero":              "0100000000000000000000000000000000000000000000000000000000000080",
		"y of p":                  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"y of p + 1":              "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"y of 2²⁵⁵ - 1":           "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"y of 2²⁵⁵ - 1, negative": "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"not a point, y of 2":     "0200000000000000000000000000000000000000000000000000000000000000",
		"not a point, y of 7":     "0700000000000000000000000000000000000000000000000000000000000000",
	} {
		key, err := hex.DecodeString(encoded)
		if err != nil {
			t.Fatal(err)
		}
		want := "of small order"
		switch {
		case strings.HasPrefix(name, "not a point"):
			want = "not a point on the curve"
		case strings.HasPrefix(name, "y of"):
			want = "not encoded as RFC 8032 wants it"
		}
		_, err = keys.NewPublicKey("", ed25519.PublicKey(key))
		wantError(t, err, want)
	}
	for last := 0xed; last <= 0xff; last++ { // the field's p and all that is beyond it
		key := bytes.Repeat([]byte{0xff}, 32)
		key[0], key[31] = byte(last), 0x7f
		_, err := keys.NewPublicKey("", ed25519.PublicKey(key))
		wantError(t, err, "not encoded as RFC 8032 wants it")
	}
	for range 20 {
		public, _, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := keys.NewPublicKey("", public); err != nil {
			t.Errorf("%x: %v", public, err)
		}
	}
}

func TestNewPrivateKeyRefusesBadKeys(t *testing.T) {
	rsaKey := func(change func(*rsa.PrivateKey)) *rsa.PrivateKey {
		key := standardKey(t, "rsa2048-a.pkcs8").(*rsa.PrivateKey)
		change(key)
		return key
	}
	ecKey := func(change func(*ecdsa.PrivateKey)) *ecdsa.PrivateKey {
		key := standardKey(t, "ec-p256-a.pkcs8").(*ecdsa.PrivateKey)
		change(key)
		return key
	}
	otherRSA := standardKey(t, "rsa2048-b.pkcs8").(*rsa.PrivateKey)
	otherEC := standardKey(t, "ec-p256-b.pkcs8").(*ecdsa.PrivateKey)
	ed := func(change func(ed25519.PrivateKey)) ed25519.PrivateKey {
		key := bytes.Clone(standardKey(t, "ed25519-a.pkcs8").(ed25519.PrivateKey))
		change(key)
		return key
	}
	noPrecomputed := func(k *rsa.PrivateKey) { k.Precomputed = rsa.PrecomputedValues{} }
	tests := []struct {
		name string
		key  crypto.PrivateKey
		want string
	}{
		{"nil", nil, "the private key is nil"},
		{"a nil *rsa.PrivateKey", (*rsa.PrivateKey)(nil), "the private key is nil"},
		{"a nil *ecdsa.PrivateKey", (*ecdsa.PrivateKey)(nil), "the private key is nil"},
		{"a nil ed25519.PrivateKey", ed25519.PrivateKey(nil), "0 bytes"},
		{"a zero rsa.PrivateKey", &rsa.PrivateKey{}, "empty"},
		{"a zero ecdsa.PrivateKey", &ecdsa.PrivateKey{}, "empty"},
		{"RSA without d", rsaKey(func(k *rsa.PrivateKey) { k.D = nil }), "two primes"},
		{"RSA without primes", rsaKey(func(k *rsa.PrivateKey) { k.Primes = nil }), "two primes"},
		{"RSA without its first prime", rsaKey(func(k *rsa.PrivateKey) { k.Primes[0] = nil }), "two primes"},
		{"RSA without its second prime", rsaKey(func(k *rsa.PrivateKey) { k.Primes[1] = nil }), "two primes"},
		{"RSA of three primes", standardKey(t, "refused-rsa-3primes.pkcs8"), "two primes"},
		{"RSA with a negative d", rsaKey(func(k *rsa.PrivateKey) { k.D = new(big.Int).Neg(k.D) }), "not positive"},
		{"RSA with a negative first prime", rsaKey(func(k *rsa.PrivateKey) { k.Primes[0].Neg(k.Primes[0]) }), "not positive"},
		{"RSA with a negative second prime", rsaKey(func(k *rsa.PrivateKey) { k.Primes[1].Neg(k.Primes[1]) }), "not positive"},
		{"RSA with a negative dp", rsaKey(func(k *rsa.PrivateKey) { k.Precomputed.Dp.Neg(k.Precomputed.Dp) }), "not positive"},
		{"RSA with a negative dq", rsaKey(func(k *rsa.PrivateKey) { k.Precomputed.Dq.Neg(k.Precomputed.Dq) }), "not positive"},
		{"RSA with a negative coefficient", rsaKey(func(k *rsa.PrivateKey) { k.Precomputed.Qinv.Neg(k.Precomputed.Qinv) }), "not positive"},
		{"RSA with a d of zero", rsaKey(func(k *rsa.PrivateKey) { k.D = new(big.Int) }), "not positive"},
		{"RSA with another's modulus", rsaKey(func(k *rsa.PrivateKey) { k.N = otherRSA.N }), "belong together"},
		{"RSA with another's modulus, nothing precomputed", rsaKey(func(k *rsa.PrivateKey) { k.N = otherRSA.N; noPrecomputed(k) }), "belong together"},
		{"RSA with another's d", rsaKey(func(k *rsa.PrivateKey) { k.D = otherRSA.D; noPrecomputed(k) }), "belong together"},
		{"RSA with another's exponent", rsaKey(func(k *rsa.PrivateKey) { k.E = 65539; noPrecomputed(k) }), "belong together"},
		{"RSA with one of another's primes", rsaKey(func(k *rsa.PrivateKey) { k.Primes[0] = otherRSA.Primes[0]; noPrecomputed(k) }), "belong together"},
		{"RSA with another's coefficient", rsaKey(func(k *rsa.PrivateKey) { k.Precomputed.Qinv = otherRSA.Precomputed.Qinv }), "belong together"},
		{"RSA of 1024 bits", standardKey(t, "refused-rsa1024.pkcs8"), "at least 2048"},
		{"EC without d", ecKey(func(k *ecdsa.PrivateKey) { k.D = nil }), "empty"},
		{"EC with a d of zero", ecKey(func(k *ecdsa.PrivateKey) { k.D = new(big.Int) }), "does not fit"},
		{"EC with a negative d", ecKey(func(k *ecdsa.PrivateKey) { k.D = big.NewInt(-1) }), "does not fit"},
		{"EC with a d of the order", ecKey(func(k *ecdsa.PrivateKey) { k.D = k.Params().N }), "does not fit"},
		{"EC with another's d", ecKey(func(k *ecdsa.PrivateKey) { k.D = otherEC.D }), "belong together"},
		{"EC with another's point", ecKey(func(k *ecdsa.PrivateKey) { k.PublicKey = otherEC.PublicKey }), "belong together"},
		{"EC with a point off the curve", ecKey(func(k *ecdsa.PrivateKey) { k.X = big.NewInt(1) }), "not a point"},
		{"P-224", standardKey(t, "refused-ec-p224.pkcs8"), "use P-256, P-384 or P-521"},
		{"Ed25519 with another's public half", ed(func(k ed25519.PrivateKey) { copy(k[32:], standardKey(t, "ed25519-b.pkcs8").(ed25519.PrivateKey)[32:]) }), "belong together"},
		{"Ed25519 with another seed", ed(func(k ed25519.PrivateKey) { k[0] ^= 1 }), "belong together"},
		{"an Ed25519 seed", standardKey(t, "ed25519-a.pkcs8").(ed25519.PrivateKey)[:32], "32 bytes"},
		{"zeros for Ed25519", make(ed25519.PrivateKey, 64), "small order"},
		{"an X25519 key", &ecdh.PrivateKey{}, "type *ecdh.PrivateKey"},
		{"a public key", publicPart(t, standardKey(t, "rsa2048-a.pkcs8")), "type *rsa.PublicKey"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			key, err := keys.NewPrivateKey("", test.key)
			wantError(t, err, "keys: ", test.want)
			if key != nil {
				t.Error("a key came with the error")
			}
		})
	}
}

func TestKeysAreCopies(t *testing.T) {
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		given := standardKey(t, stem(alg)+"-a.pkcs8")
		private, err := keys.NewPrivateKey(alg, given)
		if err != nil {
			t.Fatal(err)
		}
		givenPublic := publicPart(t, given)
		public, err := keys.NewPublicKey(alg, givenPublic)
		if err != nil {
			t.Fatal(err)
		}
		if k, ok := givenPublic.(ed25519.PublicKey); ok { // which is not a part of the private key
			clear(k)
		}
		switch k := given.(type) {
		case *rsa.PrivateKey:
			k.N.SetInt64(1)
			k.D.SetInt64(1)
			k.Primes[0].SetInt64(1)
			k.Precomputed.Dp.SetInt64(1)
		case *ecdsa.PrivateKey:
			k.X.SetInt64(1)
			k.D.SetInt64(1)
		case ed25519.PrivateKey:
			clear(k)
		}
		h, signature := sign(t, private, []byte("input"))
		if err := verify(public, h, []byte("input"), signature); err != nil {
			t.Errorf("%s: after the given key was overwritten: %v", alg, err)
		}
		if want := privateKey(t, "", alg, "a").Kid(); private.Kid() != want || public.Kid() != want {
			t.Errorf("%s: after the given key was overwritten the kids are %s and %s, want %s", alg, private.Kid(), public.Kid(), want)
		}
		if text, err := private.MarshalPrivatePEM(); err != nil || !bytes.Equal(text, pemFile(t, stem(alg)+"-a.pkcs8")) {
			t.Errorf("%s: after the given key was overwritten the key is\n%s%v", alg, text, err)
		}
	}
}

func TestRSAPublicKeysAreTakenUpToTheirLimits(t *testing.T) {
	standard := standardKey(t, "rsa2048-a.pkcs8").(*rsa.PrivateKey)
	large := new(big.Int).SetBit(new(big.Int).Lsh(standard.N, 8192-2048), 0, 1)
	for name, key := range map[string]*rsa.PublicKey{
		"2048 bits":               {N: standard.N, E: 65537},
		"8192 bits":               {N: large, E: 65537},
		"an exponent of 2³¹-1":    {N: standard.N, E: 1<<31 - 1},
		"an exponent of 2¹⁶+1+2²": {N: standard.N, E: 65541},
	} {
		if _, err := keys.NewPublicKey("", key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewPrivateKeyComputesWhatIsNotPrecomputed(t *testing.T) {
	for _, missing := range []func(*rsa.PrecomputedValues) **big.Int{
		func(v *rsa.PrecomputedValues) **big.Int { return &v.Dp },
		func(v *rsa.PrecomputedValues) **big.Int { return &v.Dq },
		func(v *rsa.PrecomputedValues) **big.Int { return &v.Qinv },
	} {
		partial := standardKey(t, "rsa2048-a.pkcs8").(*rsa.PrivateKey)
		*missing(&partial.Precomputed) = nil
		private, err := keys.NewPrivateKey("", partial)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := private.MarshalPrivatePEM(); err != nil || !bytes.Equal(text, pemFile(t, "rsa2048-a.pkcs8")) {
			t.Errorf("got %s, %v", text, err)
		}
	}
	given := standardKey(t, "rsa2048-a.pkcs8").(*rsa.PrivateKey)
	given.Precomputed = rsa.PrecomputedValues{}
	private, err := keys.NewPrivateKey("PS512", given)
	if err != nil {
		t.Fatal(err)
	}
	h, signature := sign(t, private, []byte("input"))
	if err := verify(privateKey(t, "", "PS512", "a"), h, []byte("input"), signature); err != nil {
		t.Error(err)
	}
	if _, err := private.MarshalPrivateJWK(); err != nil {
		t.Error(err)
	}
}

func TestGeneratePrivateKey(t *testing.T) {
	for _, alg := range []string{"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"} {
		private, err := keys.GeneratePrivateKey(alg)
		if err != nil {
			t.Fatal(err)
		}
		other := privateKey(t, "", alg, "a")
		if private.Algorithm() != alg || private.Kid() != private.Public().Thumbprint() || private.Kid() == other.Kid() {
			t.Errorf("%s: algorithm %s, kid %s", alg, private.Algorithm(), private.Kid())
		}
		if n, isRSA := object(t, encode(t, private.Public()))["n"]; isRSA && new(big.Int).SetBytes(fromBase64url(t, n)).BitLen() != 2048 {
			t.Errorf("%s: the modulus is %s", alg, n)
		}
		h, signature := sign(t, private, []byte("input"))
		if err := verify(private.Public(), h, []byte("input"), signature); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		if err := verify(other, keys.Header{Algorithm: alg}, []byte("input"), signature); !errors.Is(err, keys.ErrSignature) {
			t.Errorf("%s: another key says %v", alg, err)
		}
	}
}

func TestGeneratePrivateKeyNeedsAnAlgorithmWithPrivateKeys(t *testing.T) {
	for alg, want := range map[string]string{
		"": "name one", "HS256": "HS256 has no private key: fill a secret from crypto/rand", "none": "unknown algorithm",
		"ES256K": "use HS256, HS384, HS512, RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA, Ed25519",
	} {
		_, err := keys.GeneratePrivateKey(alg)
		wantError(t, err, want)
	}
}

// A signature of one key under one algorithm must pass under that key and
// algorithm alone: not another key, not another algorithm of the same key, not
// even where a header is made to name the other.
func TestASignatureOfOneKeyPassesNoOther(t *testing.T) {
	type end struct {
		name   string
		signs  keys.SigningSource
		checks interface {
			keys.VerificationSource
			keys.VerificationKey
		}
	}
	var ends []end
	for _, instance := range []string{"a", "b"} {
		for _, alg := range hmacAlgorithms {
			secret := hmacSecret(t, "", alg, instance)
			ends = append(ends, end{alg + " " + instance, secret, secret})
		}
		for _, alg := range asymmetricAlgorithms {
			private := privateKey(t, "", alg, instance)
			ends = append(ends, end{alg + " " + instance, private, private.Public()})
		}
	}
	input := []byte("header.payload")
	for _, signer := range ends {
		h, signature := sign(t, signer.signs, input)
		for _, verifier := range ends {
			err := verify(verifier.checks, h, input, signature)
			direct := verifier.checks.Verify(context.Background(), input, signature)
			switch {
			case signer.name == verifier.name:
				if err != nil || direct != nil {
					t.Errorf("%s does not verify itself: %v, %v", signer.name, err, direct)
				}
			case !errors.Is(err, keys.ErrUnknownKey) && !errors.Is(err, keys.ErrSignature):
				t.Errorf("signed with %s, verified with %s: %v", signer.name, verifier.name, err)
			case signer.name[:5] == "EdDSA" && verifier.name == "Ed25519"+signer.name[5:],
				verifier.name[:5] == "EdDSA" && signer.name == "Ed25519"+verifier.name[5:]:
				// The arithmetic is the same; the name alone keeps them apart.
				if !errors.Is(err, keys.ErrAlgorithm) || direct != nil {
					t.Errorf("signed with %s, verified with %s: %v, %v", signer.name, verifier.name, err, direct)
				}
			case !errors.Is(direct, keys.ErrSignature):
				t.Errorf("signed with %s, verified with %s without a look at the header: %v", signer.name, verifier.name, direct)
			}
		}
	}
}

func TestECDSASignaturesOutOfRangeAreRejected(t *testing.T) {
	for alg, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		private := privateKey(t, "", alg, "a")
		size := (curve.Params().BitSize + 7) / 8
		_, good := sign(t, private, []byte("input"))
		r, s := new(big.Int).SetBytes(good[:size]), new(big.Int).SetBytes(good[size:])
		n, p := curve.Params().N, curve.Params().P
		join := func(r, s *big.Int) []byte {
			if r.Sign() < 0 || s.Sign() < 0 || (r.BitLen()+7)/8 > size || (s.BitLen()+7)/8 > size {
				return nil
			}
			return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		}
		sum := func(a, b *big.Int) *big.Int { return new(big.Int).Add(a, b) }
		largest := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*size)), big.NewInt(1))
		der, err := ecdsa.SignASN1(rand.Reader, standardKey(t, stem(alg)+"-a.pkcs8").(*ecdsa.PrivateKey), make([]byte, size))
		if err != nil {
			t.Fatal(err)
		}
		for name, signature := range map[string][]byte{
			"r of zero":                       join(new(big.Int), s),
			"s of zero":                       join(r, new(big.Int)),
			"both zero":                       join(new(big.Int), new(big.Int)),
			"r of the order":                  join(n, s),
			"s of the order":                  join(r, n),
			"r and s swapped":                 join(s, r),
			"r plus the order":                join(sum(r, n), s),
			"s plus the order":                join(r, sum(s, n)),
			"r of the field size":             join(p, s),
			"both of all ones":                join(largest, largest),
			"r of one":                        join(big.NewInt(1), s),
			"in DER":                          der,
			"with a zero byte before r and s": slices.Concat([]byte{0}, good[:size], []byte{0}, good[size:]),
			"of r and s without a byte each":  slices.Concat(good[1:size], good[size+1:]),
		} {
			err := verify(private, keys.Header{Algorithm: alg}, []byte("input"), signature)
			if !errors.Is(err, keys.ErrSignature) {
				t.Errorf("%s: %s: %v", alg, name, err)
			}
		}
		// (r, n-s) is the other signature that ECDSA has for every one. It shows that
		// the test's own arithmetic is right.
		if err := verify(private, keys.Header{Algorithm: alg}, []byte("input"), join(r, new(big.Int).Sub(n, s))); err != nil {
			t.Errorf("%s: the malleable twin: %v", alg, err)
		}
	}
}

// Numbers with leading zeros are where code that goes by way of DER breaks.
func TestECDSASignaturesWithLeadingZerosVerify(t *testing.T) {
	private := privateKey(t, "", "ES256", "a")
	short := 0
	for range 10_000 { // one signature of 128 has one
		h, signature := sign(t, private, []byte("input"))
		if signature[0] != 0 && signature[32] != 0 {
			continue
		}
		if err := verify(private, h, []byte("input"), signature); err != nil {
			t.Fatalf("%x: %v", signature, err)
		}
		if short++; short == 3 {
			return
		}
	}
	t.Fatalf("%d of 10,000 signatures have one", short)
}

func TestPSSTakesNoOtherSaltThanOneOfTheHashsLength(t *testing.T) {
	private := standardKey(t, "rsa2048-a.pkcs8").(*rsa.PrivateKey)
	for alg, hash := range map[string]crypto.Hash{"PS256": crypto.SHA256, "PS384": crypto.SHA384, "PS512": crypto.SHA512} {
		digest := hash.New()
		digest.Write([]byte("input"))
		for _, salt := range []int{1, hash.Size() - 1, hash.Size(), hash.Size() + 1, 20, 100, rsa.PSSSaltLengthAuto} {
			signature, err := rsa.SignPSS(rand.Reader, private, hash, digest.Sum(nil), &rsa.PSSOptions{SaltLength: salt})
			if err != nil {
				t.Fatal(err)
			}
			err = verify(privateKey(t, "", alg, "a"), keys.Header{Algorithm: alg}, []byte("input"), signature)
			if (err == nil) != (salt == hash.Size()) || err != nil && !errors.Is(err, keys.ErrSignature) {
				t.Errorf("%s with a salt of %d bytes: %v", alg, salt, err)
			}
		}
	}
}

func TestANilKeyHoldsNothing(t *testing.T) {
	var private *keys.PrivateKey
	if private.Public() != nil || private.Kid() != "" || private.Algorithm() != "" {
		t.Errorf("public %v, kid %q, alg %q", private.Public(), private.Kid(), private.Algorithm())
	}
	if got := private.Header(); got.Kid != "" || got.Algorithm != "" {
		t.Errorf("header %v", got)
	}
	for name, set := range map[string]keys.PublicSource{"private": private, "public": (*keys.PublicKey)(nil), "set": (*keys.Set)(nil), "ring": (*keys.Ring)(nil), "zero ring": new(keys.Ring)} {
		if got, err := set.PublicSet(t.Context()); got != nil || !errors.Is(err, keys.ErrMisconfigured) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
}

// What publishes keys takes a single key as well.
func TestAKeyIsPublishedByItself(t *testing.T) {
	private := privateKey(t, "k", "ES256", "a")
	set := newSet(t, private.Public())
	for name, source := range map[string]keys.PublicSource{"private key": private, "public key": private.Public(), "set": set} {
		got, err := source.PublicSet(t.Context())
		if err != nil || len(got.Keys()) != 1 || got.Keys()[0] != private.Public() {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
	}
	long := private.WithKid(strings.Repeat("k", 513))
	for name, source := range map[string]keys.PublicSource{"private key": long, "public key": long.Public()} {
		if got, err := source.PublicSet(t.Context()); got != nil || err == nil {
			t.Errorf("%s with a kid that is too long: got %v, %v", name, got, err)
		}
	}
}

// A key that nobody made stays what it is, and is refused where it is used.
func TestAZeroKeyTakesNoKid(t *testing.T) {
	secret, private, public := new(keys.Secret), new(keys.PrivateKey), new(keys.PublicKey)
	if secret.WithKid("k") != secret || private.WithKid("k") != private || public.WithKid("k") != public {
		t.Error("a zero key became another")
	}
	if secret.Kid() != "" || private.Kid() != "" || public.Kid() != "" || public.Thumbprint() != "" {
		t.Error("a zero key has a kid")
	}
	if (*keys.Secret)(nil).WithKid("k") != nil || (*keys.PrivateKey)(nil).WithKid("k") != nil || (*keys.PublicKey)(nil).WithKid("k") != nil {
		t.Error("a nil key became another")
	}
	if (*keys.Secret)(nil).Kid() != "" || (*keys.Secret)(nil).Algorithm() != "" || (*keys.PublicKey)(nil).Thumbprint() != "" || (*keys.Set)(nil).Keys() != nil {
		t.Error("a nil key or set holds something")
	}
}
