package kmstest_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"fmt"
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

func TestPSSIsSaltedToTheHashsLength(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	private := generateRSA(t, 2048)
	arn, err := k.AddKey(types.KeySpecRsa2048, private)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha512.Sum384([]byte("message"))
	out, err := k.Sign(t.Context(), &kms.SignInput{KeyId: &arn, Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecRsassaPssSha384})
	if err != nil {
		t.Fatal(err)
	}
	if err := rsa.VerifyPSS(&private.PublicKey, crypto.SHA384, digest[:], out.Signature, &rsa.PSSOptions{SaltLength: 48}); err != nil {
		t.Errorf("a salt of another length: %v", err)
	}
	// And a signature with the longest salt, as some libraries make it, is wrong.
	longest, err := rsa.SignPSS(rand.Reader, private, crypto.SHA384, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Verify(t.Context(), &kms.VerifyInput{KeyId: &arn, Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecRsassaPssSha384, Signature: longest})
	wantCode(t, err, "KMSInvalidSignatureException")
}

// KMS hashes what ED25519_PH_SHA_512 is given once more (API Reference, Sign).
func TestPrehashedEd25519HashesTheDigestAgain(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	arn, err := k.AddKey(types.KeySpecEccNistEdwards25519, private)
	if err != nil {
		t.Fatal(err)
	}
	once := sha512.Sum512([]byte("message"))
	twice := sha512.Sum512(once[:])
	out, err := k.Sign(t.Context(), &kms.SignInput{KeyId: &arn, Message: once[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEd25519PhSha512})
	if err != nil {
		t.Fatal(err)
	}
	if err := ed25519.VerifyWithOptions(public, twice[:], out.Signature, &ed25519.Options{Hash: crypto.SHA512}); err != nil {
		t.Error(err)
	}
}

func TestACallerKeepsNoHoldOfTheKMS(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecEccNistP256)
	first := metadataOf(t, k, key)
	*first.Arn, *first.KeyId, *first.Description, first.SigningAlgorithms[0] = "changed", "changed", "changed", "changed"
	if got := metadataOf(t, k, key); *got.Arn != *key || *got.Description != "" || got.SigningAlgorithms[0] != types.SigningAlgorithmSpecEcdsaSha256 {
		t.Errorf("the key is now %s, %s", *got.Arn, got.SigningAlgorithms)
	}
	public, err := k.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: key})
	if err != nil {
		t.Fatal(err)
	}
	clear(public.PublicKey)
	*public.KeyId = "changed"
	again, err := k.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: key})
	if err != nil || *again.KeyId != *key || bytes.Equal(again.PublicKey, public.PublicKey) {
		t.Errorf("the public key was changed: %v", err)
	}
}

func TestAKMSPrintsNoKeyMaterial(t *testing.T) {
	k := kmstest.New(kmstest.Config{Region: "eu-west-1"})
	secret := []byte("this secret must not be printed!")
	if _, err := k.AddKey(types.KeySpecHmac256, secret); err != nil {
		t.Fatal(err)
	}
	holder := struct{ KMS *kmstest.KMS }{k}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{k, holder, &holder} {
			printed := fmt.Sprintf(verb, value)
			if strings.Contains(printed, string(secret)) || strings.Contains(strings.ToLower(printed), hex.EncodeToString(secret)) || strings.Contains(printed, "116 104 105 115") {
				t.Errorf("%s of a %T shows the secret", verb, value)
			}
		}
	}
	if got, want := k.LogValue().String(), "kmstest.KMS(eu-west-1, 111122223333)"; got != want || k.String() != want || fmt.Sprintf("%+v", k) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func generateRSA(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func generateEC(t *testing.T, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
