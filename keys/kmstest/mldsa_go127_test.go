//go:build go1.27

package kmstest_test

import (
	"crypto/mldsa"
	"crypto/x509"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestMLDSASignaturesVerifyWithThePublicKeyAlone(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	message := []byte("message")
	for spec, parameters := range map[types.KeySpec]mldsa.Parameters{
		types.KeySpecMlDsa44: mldsa.MLDSA44(),
		types.KeySpecMlDsa65: mldsa.MLDSA65(),
		types.KeySpecMlDsa87: mldsa.MLDSA87(),
	} {
		private, err := mldsa.GenerateKey(parameters)
		if err != nil {
			t.Fatal(err)
		}
		arn, err := k.AddKey(spec, private)
		if err != nil {
			t.Fatal(err)
		}
		public, err := k.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &arn})
		if err != nil {
			t.Fatal(err)
		}
		parsed, err := x509.ParsePKIXPublicKey(public.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		out, err := k.Sign(t.Context(), &kms.SignInput{KeyId: &arn, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecMlDsaShake256})
		if err != nil {
			t.Fatal(err)
		}
		if err := mldsa.Verify(parsed.(*mldsa.PublicKey), message, out.Signature, nil); err != nil {
			t.Errorf("%s: %v", spec, err)
		}

		// A randomized signature from elsewhere is as good, for a RAW message.
		randomized, err := private.Sign(nil, message, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Verify(t.Context(), &kms.VerifyInput{KeyId: &arn, Message: message, Signature: randomized, SigningAlgorithm: types.SigningAlgorithmSpecMlDsaShake256}); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
	}
}
