package kmskeys_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// The KMS in memory has no ML-DSA before Go 1.27, so that one with a single verdict
// stands in: what is sent, and what is made of the answer.
type mldsaKMS struct {
	spec    types.KeySpec
	sent    *kms.VerifyInput
	sizes   int   // how often it was asked for the public key
	sizeErr error // what it answers to that, if not nil
}

func (k *mldsaKMS) Sign(_ context.Context, in *kms.SignInput, _ ...func(*kms.Options)) (*kms.SignOutput, error) {
	size := map[types.KeySpec]int{"ML_DSA_44": 2420, "ML_DSA_65": 3309, "ML_DSA_87": 4627}[k.spec]
	return &kms.SignOutput{KeyId: in.KeyId, Signature: bytes.Repeat([]byte{1}, size), SigningAlgorithm: in.SigningAlgorithm}, nil
}

func (k *mldsaKMS) Verify(_ context.Context, in *kms.VerifyInput, _ ...func(*kms.Options)) (*kms.VerifyOutput, error) {
	k.sent = in
	switch {
	case in.DryRun != nil:
		return nil, kmstest.Error("DryRunOperationException", "")
	case in.Signature[0] != 1:
		return nil, kmstest.Error("KMSInvalidSignatureException", "")
	}
	return &kms.VerifyOutput{KeyId: in.KeyId, SignatureValid: true, SigningAlgorithm: in.SigningAlgorithm}, nil
}

func (k *mldsaKMS) GetPublicKey(_ context.Context, in *kms.GetPublicKeyInput, _ ...func(*kms.Options)) (*kms.GetPublicKeyOutput, error) {
	k.sizes++
	if in.KeyId == nil || *in.KeyId != mldsaConfig("").KeyID {
		return nil, kmstest.Error("NotFoundException", "")
	}
	return &kms.GetPublicKeyOutput{KeyId: in.KeyId, KeySpec: k.spec}, k.sizeErr
}

func mldsaConfig(alg string) kmskeys.AsymmetricConfig {
	return kmskeys.AsymmetricConfig{KeyID: arnOf(someKey), Algorithm: alg}
}

func TestMLDSAIsSignedAndVerifiedByKMSWithAnyGo(t *testing.T) {
	k := &mldsaKMS{spec: "ML_DSA_65"}
	s := sign(t, must(kmskeys.NewAsymmetricSigner(k, mldsaConfig("ML-DSA-65")))(t))
	remote := must(kmskeys.NewAsymmetricRemoteVerifier(k, mldsaConfig("ML-DSA-65")))(t)
	wantVerified(t, remote, s)
	if k.sizes != 0 {
		t.Error("the size of the key was asked for although its signature was right")
	}
	if k.sent.SigningAlgorithm != "ML_DSA_SHAKE_256" || k.sent.MessageType != "RAW" || !bytes.Equal(k.sent.Message, input) {
		t.Errorf("%s, %s, %d bytes", k.sent.SigningAlgorithm, k.sent.MessageType, len(k.sent.Message))
	}
	wrong := bytes.Clone(s.signature)
	for i := range 3 {
		wrong[0], wrong[1] = 2, byte(i)
		wantError(t, verify(t.Context(), remote, signed{s.header, wrong}), keys.ErrSignature)
	}
	if k.sizes != 1 {
		t.Errorf("the size of the key was asked for %d times", k.sizes)
	}
	wantError(t, verify(t.Context(), remote, signed{s.header, wrong}), keys.ErrSignature) // as KMS has said before
	if got := remote.Stats(); got != (kmskeys.Stats{Calls: 5, Hits: 1, Refusals: 4}) {
		t.Errorf("%+v", got)
	}
	k.sent = nil
	wantError(t, verify(t.Context(), remote, signed{s.header, wrong[1:]}), keys.ErrSignature)
	if k.sent != nil {
		t.Error("a signature of impossible length was sent to KMS")
	}
}

// KMS has all sizes under one name, and refuses none of them.
func TestAnMLDSAKeyOfAnotherSizeIsAMisconfigurationOfEverySource(t *testing.T) {
	sizes := map[string]int{"ML-DSA-44": 2420, "ML-DSA-65": 3309, "ML-DSA-87": 4627}
	for spec, alg := range map[types.KeySpec]string{"ML_DSA_44": "ML-DSA-65", "ML_DSA_65": "ML-DSA-87", "ML_DSA_87": "ML-DSA-44"} {
		k := &mldsaKMS{spec: spec}
		signs := must(kmskeys.NewAsymmetricSigner(k, mldsaConfig(alg)))(t)
		_, signErr := signs.Sign(t.Context(), input)
		verifies := must(kmskeys.NewAsymmetricRemoteVerifier(k, mldsaConfig(alg)))(t)
		foreign := signed{keys.Header{Algorithm: alg}, bytes.Repeat([]byte{2}, sizes[alg])} // of the right key, say
		for name, err := range map[string]error{
			"signing": signErr, "verifying": verify(t.Context(), verifies, foreign), "verifying again": verify(t.Context(), verifies, foreign),
			"the signer's Ready": signs.Ready(t.Context()), "the verifier's Ready": verifies.Ready(t.Context()),
		} {
			if wantOutage(t, err); !errors.Is(err, keys.ErrMisconfigured) {
				t.Errorf("%s, %s: %v", spec, name, err)
			}
			wantText(t, err, "another size than "+alg)
		}
	}
}

func TestWithoutThePermissionToAskForTheSizeOfAnMLDSAKeyItIsTakenForRight(t *testing.T) {
	k := &mldsaKMS{spec: "ML_DSA_44", sizeErr: kmstest.Error("AccessDeniedException", "")}
	verifies := must(kmskeys.NewAsymmetricRemoteVerifier(k, mldsaConfig("ML-DSA-65")))(t)
	for i := range 3 {
		wrong := signed{keys.Header{Algorithm: "ML-DSA-65"}, append(bytes.Repeat([]byte{2}, 3308), byte(i))}
		wantError(t, verify(t.Context(), verifies, wrong), keys.ErrSignature)
	}
	if k.sizes != 1 {
		t.Errorf("it was asked for %d times", k.sizes)
	}
	if err := verifies.Ready(t.Context()); err != nil {
		t.Error(err)
	}
	k.sizeErr = throttled()
	later := must(kmskeys.NewAsymmetricRemoteVerifier(k, mldsaConfig("ML-DSA-65")))(t)
	wrong := signed{keys.Header{Algorithm: "ML-DSA-65"}, bytes.Repeat([]byte{2}, 3309)}
	wantError(t, verify(t.Context(), later, wrong), keys.ErrSignature)
	k.sizeErr = nil
	wantError(t, later.Ready(t.Context()), keys.ErrMisconfigured) // since it has not been known so far
}

// verifyOnly is a client that has kms:Verify and nothing else.
type verifyOnly struct{ kmskeys.VerifyAPI }

func TestAClientThatCannotAskForTheSizeOfAnMLDSAKeyTakesItForRight(t *testing.T) {
	k := &mldsaKMS{spec: "ML_DSA_44"}
	verifies := must(kmskeys.NewAsymmetricRemoteVerifier(verifyOnly{k}, mldsaConfig("ML-DSA-65")))(t)
	wantError(t, verify(t.Context(), verifies, signed{keys.Header{Algorithm: "ML-DSA-65"}, bytes.Repeat([]byte{2}, 3309)}), keys.ErrSignature)
	if err := verifies.Ready(t.Context()); err != nil || k.sizes != 0 {
		t.Errorf("asked %d times: %v", k.sizes, err)
	}
}
