package kmstest_test

import (
	"crypto"
	"crypto/elliptic"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestSignAndVerifyRefuseWhatIsOutOfTheModel(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecEccNistP256)
	const es256 = types.SigningAlgorithmSpecEcdsaSha256
	for name, test := range map[string]struct {
		in   kms.VerifyInput
		code string
	}{
		"no message":              {kms.VerifyInput{KeyId: key, SigningAlgorithm: es256, Signature: []byte("s")}, "ValidationException"},
		"no algorithm":            {kms.VerifyInput{KeyId: key, Message: []byte("m"), Signature: []byte("s")}, "ValidationException"},
		"a JOSE algorithm":        {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: "ES256", Signature: []byte("s")}, "ValidationException"},
		"an unknown message type": {kms.VerifyInput{KeyId: key, Message: []byte("m"), MessageType: "HASH", SigningAlgorithm: es256, Signature: []byte("s")}, "ValidationException"},
		"no signature":            {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: es256}, "ValidationException"},
		"an empty signature":      {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: es256, Signature: []byte{}}, "ValidationException"},
		"a signature of 6145":     {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: es256, Signature: make([]byte, 6145)}, "ValidationException"},
		"R and S side by side":    {kms.VerifyInput{KeyId: key, Message: []byte("m"), SigningAlgorithm: es256, Signature: make([]byte, 64)}, "KMSInvalidSignatureException"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.Verify(t.Context(), &test.in)
			wantCode(t, err, test.code)
		})
	}
}

// The message may be empty (API Reference, Sign: 0 to 4,096 bytes).
func TestAnEmptyMessageIsSigned(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	client := clientOf(t, k)
	in := &kms.SignInput{KeyId: add(t, k, types.KeySpecEccNistP256), Message: []byte{}, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256}
	for _, c := range []kmstest.API{k, client} {
		out, err := c.Sign(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Verify(t.Context(), &kms.VerifyInput{KeyId: in.KeyId, Message: in.Message, SigningAlgorithm: in.SigningAlgorithm, Signature: out.Signature}); err != nil {
			t.Error(err)
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

func TestMACsRefuseWhatIsOutOfTheModel(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := add(t, k, types.KeySpecHmac256)
	const hs256 = types.MacAlgorithmSpecHmacSha256
	for name, in := range map[string]kms.VerifyMacInput{
		"no message":       {KeyId: key, MacAlgorithm: hs256, Mac: []byte("m")},
		"an empty message": {KeyId: key, MacAlgorithm: hs256, Mac: []byte("m"), Message: []byte{}},
		"no algorithm":     {KeyId: key, Mac: []byte("m"), Message: []byte("m")},
		"a JOSE algorithm": {KeyId: key, MacAlgorithm: "HS256", Mac: []byte("m"), Message: []byte("m")},
		"an empty MAC":     {KeyId: key, MacAlgorithm: hs256, Mac: []byte{}, Message: []byte("m")},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := k.VerifyMac(t.Context(), &in)
			wantCode(t, err, "ValidationException")
		})
	}
}
