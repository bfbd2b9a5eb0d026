package kmstest_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestAKeyOfOnesOwnIsTheKeyThatSigns(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	_, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for spec, private := range map[types.KeySpec]crypto.Signer{
		types.KeySpecRsa2048:             generateRSA(t, 2048),
		types.KeySpecEccNistP384:         generateEC(t, elliptic.P384()),
		types.KeySpecEccNistEdwards25519: edwards,
	} {
		arn, err := k.AddKey(spec, private)
		if err != nil {
			t.Fatal(err)
		}
		out, err := k.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &arn})
		if err != nil {
			t.Fatal(err)
		}
		want, err := x509.MarshalPKIXPublicKey(private.Public())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.PublicKey, want) {
			t.Errorf("%s: another public key", spec)
		}
	}
}

func TestASecretOfOnesOwnIsTheOneThatMACs(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	secret := bytes.Repeat([]byte("k"), 32)
	arn, err := k.AddKey(types.KeySpecHmac256, secret)
	if err != nil {
		t.Fatal(err)
	}
	want := hmac.New(sha256.New, secret)
	want.Write([]byte("message"))
	clear(secret) // the KMS has a copy
	out, err := k.GenerateMac(t.Context(), &kms.GenerateMacInput{KeyId: &arn, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: []byte("message")})
	if err != nil {
		t.Fatal(err)
	}
	if !hmac.Equal(out.Mac, want.Sum(nil)) {
		t.Errorf("got %x", out.Mac)
	}
}

func TestKeyMaterialThatDoesNotFitTheSpecIsRefused(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for name, test := range map[string]struct {
		spec     types.KeySpec
		material any
		want     string
	}{
		"31 bytes for HMAC_256":       {types.KeySpecHmac256, make([]byte, 31), "give 32 bytes, or nil"},
		"bytes for RSA":               {types.KeySpecRsa2048, make([]byte, 32), "give a crypto.Signer of that spec, or nil"},
		"RSA of another size":         {types.KeySpecRsa3072, generateRSA(t, 2048), `of spec "RSA_2048" is no key of RSA_3072`},
		"another curve":               {types.KeySpecEccNistP256, generateEC(t, elliptic.P384()), `of spec "ECC_NIST_P384" is no key of ECC_NIST_P256`},
		"a curve that KMS has not":    {types.KeySpecEccNistP256, generateEC(t, elliptic.P224()), `of spec "" is no key of ECC_NIST_P256`},
		"a private key for HMAC":      {types.KeySpecHmac256, generateEC(t, elliptic.P256()), "give 32 bytes, or nil"},
		"a public key":                {types.KeySpecEccNistP256, generateEC(t, elliptic.P256()).Public(), "a *ecdsa.PublicKey is no key"},
		"text":                        {types.KeySpecHmac256, "secret", "a string is no key"},
		"a spec that kmstest has not": {types.KeySpecEccSecgP256k1, nil, "has no keys of ECC_SECG_P256K1"},
		"a spec that nobody has":      {"AES_256", nil, "ValidationException"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := k.AddKey(test.spec, test.material); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
		})
	}
}
