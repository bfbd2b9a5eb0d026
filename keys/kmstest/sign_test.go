package kmstest_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

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

func TestSignAndVerifyRefuseWhatIsOutOfTheModel(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecEccNistP256)
	const es256 = types.SigningAlgorithmSpecEcdsaSha256
	for name, test := range map[string]struct {
		in   kms.VerifyInput
		code string
	}{
		"an empty message":        {kms.VerifyInput{KeyId: key, Message: []byte{}, SigningAlgorithm: es256, Signature: []byte("s")}, "ValidationException"},
		"no message":              {kms.VerifyInput{KeyId: key, SigningAlgorithm: es256, Signature: []byte("s")}, "ValidationException"},
		"no algorithm":            {kms.VerifyInput{KeyId: key, Message: []byte("m"), Signature: []byte("s")}, "ValidationException"},
		"a JOSE algorithm":        {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: "ES256", Signature: []byte("s")}, "ValidationException"},
		"an unknown message type": {kms.VerifyInput{KeyId: key, Message: []byte("m"), MessageType: "HASH", SigningAlgorithm: es256, Signature: []byte("s")}, "ValidationException"},
		"no signature":            {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: es256}, "ValidationException"},
		"an empty signature":      {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: es256, Signature: []byte{}}, "ValidationException"},
		"a signature of 6144":     {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: es256, Signature: make([]byte, 6144)}, "KMSInvalidSignatureException"},
		"a signature of 6145":     {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: es256, Signature: make([]byte, 6145)}, "ValidationException"},
		"R and S side by side":    {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: es256, Signature: make([]byte, 64)}, "KMSInvalidSignatureException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.Verify(t.Context(), &test.in)
			wantCode(t, err, test.code)
		})
	}
}

// API Reference, Sign: a message has 1 to 4,096 bytes.
func TestAnEmptyMessageIsNotSigned(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecEccNistEdwards25519)
	for _, c := range []kmstest.API{k, clientOf(t, k)} {
		for size, code := range map[int]string{0: "ValidationException", 1: ""} {
			_, err := c.Sign(t.Context(), &kms.SignInput{KeyId: key, Message: make([]byte, size), SigningAlgorithm: types.SigningAlgorithmSpecEd25519Sha512})
			wantCode(t, err, code)
		}
	}
}

func TestASymmetricKeyHasNoPublicKey(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for _, spec := range []types.KeySpec{types.KeySpecSymmetricDefault, types.KeySpecHmac256} {
		_, err := k.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: add(t, k, spec)})
		wantCode(t, err, "UnsupportedOperationException")
	}
}

func TestASignerOfOnesOwnThatFailsIsAnInternalError(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key, err := k.AddKey(types.KeySpecEccNistP256, broken{generateEC(t, elliptic.P256())})
	if err != nil {
		t.Fatal(err)
	}
	_, err = k.Sign(t.Context(), &kms.SignInput{KeyId: &key, Message: []byte("message"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
	wantCode(t, err, "KMSInternalException")
	if !strings.Contains(err.Error(), "the module is not plugged in") {
		t.Errorf("the cause is missing from %v", err)
	}
}

// broken is a private key that signs nothing.
type broken struct{ crypto.Signer }

func (broken) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the module is not plugged in")
}
