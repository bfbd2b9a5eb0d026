//go:build !go1.27

package kmskeys_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

func TestMLDSAIsNotVerifiedLocallyBeforeGo127(t *testing.T) {
	_, err := kmskeys.NewAsymmetricVerifier(kmstest.New(kmstest.Config{}), kmskeys.AsymmetricConfig{KeyID: someKey, Algorithm: "ML-DSA-65"})
	wantText(t, err, "ML-DSA-65", "Go 1.27", "NewAsymmetricRemoteVerifier")
}

// The KMS in memory has no ML-DSA before Go 1.27, so that one with a single verdict
// stands in: what is sent, and what is made of the answer.
type mldsaKMS struct{ sent *kms.VerifyInput }

func (k *mldsaKMS) Verify(_ context.Context, in *kms.VerifyInput, _ ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	k.sent = in
	if in.Signature[0] != 1 {
		return nil, kmstest.Error("KMSInvalidSignatureException", "")
	}
	return &kms.VerifyOutput{KeyId: in.KeyId, SignatureValid: true, SigningAlgorithm: in.SigningAlgorithm}, nil
}

func (k *mldsaKMS) Sign(_ context.Context, in *kms.SignInput, _ ...func(*kms.Options)) (*kms.SignOutput, error) {
	return &kms.SignOutput{KeyId: in.KeyId, Signature: bytes.Repeat([]byte{1}, 3309), SigningAlgorithm: in.SigningAlgorithm}, nil
}

func TestMLDSAIsSignedAndVerifiedByKMSWithAnyGo(t *testing.T) {
	const arn = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	k := &mldsaKMS{}
	cfg := kmskeys.AsymmetricConfig{KeyID: arn, Algorithm: "ML-DSA-65"}
	s := sign(t, must(kmskeys.NewAsymmetricSigner(k, cfg))(t))
	remote := must(kmskeys.NewAsymmetricRemoteVerifier(k, cfg))(t)
	wantVerified(t, remote, s)
	if k.sent.SigningAlgorithm != "ML_DSA_SHAKE_256" || k.sent.MessageType != "RAW" || !bytes.Equal(k.sent.Message, input) {
		t.Errorf("%s, %s, %d bytes", k.sent.SigningAlgorithm, k.sent.MessageType, len(k.sent.Message))
	}
	wrong := bytes.Clone(s.signature)
	wrong[0] = 2
	wantError(t, verify(context.Background(), remote, signed{s.header, wrong}), keys.ErrSignature)
	k.sent = nil
	wantError(t, verify(context.Background(), remote, signed{s.header, wrong[1:]}), keys.ErrSignature)
	other := must(kmskeys.NewAsymmetricSigner(k, kmskeys.AsymmetricConfig{KeyID: arn, Algorithm: "ML-DSA-44"}))(t)
	_, err := other.Sign(context.Background(), input)
	wantOutage(t, err) // a signature of ML-DSA-65
	if k.sent != nil {
		t.Error("a signature of impossible length was sent to KMS")
	}
}
