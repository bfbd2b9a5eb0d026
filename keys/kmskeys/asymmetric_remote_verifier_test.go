package kmskeys_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestASignatureOfImpossibleFormCostsNoCall(t *testing.T) {
	for _, alg := range []string{"RS256", "PS512", "ES256", "ES384", "ES512", "EdDSA"} {
		three := newTrio(t, alg)
		s := sign(t, three.signs)
		half := len(s.signature) / 2
		signatures := map[string][]byte{
			"empty": nil, "a byte short": s.signature[1:], "a byte long": append(bytes.Clone(s.signature), 0), "a megabyte": make([]byte, 1<<20),
		}
		if strings.HasPrefix(alg, "ES") {
			signatures["r zero"] = append(make([]byte, half), s.signature[half:]...)
			signatures["s zero"] = append(bytes.Clone(s.signature[:half]), make([]byte, half)...)
			signatures["r above the order"] = append(bytes.Repeat([]byte{0xff}, half), s.signature[half:]...)
			signatures["a zero before s"] = slices.Concat(s.signature[:half], []byte{0}, s.signature[half:])
			signatures["a zero before both"] = slices.Concat([]byte{0}, s.signature[:half], []byte{0}, s.signature[half:])
			signatures["DER"] = []byte{0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01}
		}
		for name, signature := range signatures {
			t.Run(alg+" "+name, func(t *testing.T) {
				wantError(t, verify(context.Background(), three.remote, signed{s.header, signature}), keys.ErrSignature)
				wantCalls(t, three.KMS, "Verify", 0)
			})
		}
	}
}

// KMS never says so, but mocks do.
func TestAVerdictOfFalseIsAWrongSignature(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256"}
	s := sign(t, must(kmskeys.NewAsymmetricSigner(k, cfg))(t))
	no := between{KMS: k, verify: func(out *kms.VerifyOutput) *kms.VerifyOutput { out.SignatureValid = false; return out }}
	wantError(t, verify(context.Background(), must(kmskeys.NewAsymmetricRemoteVerifier(no, cfg))(t), s), keys.ErrSignature)

	other := newKey(t, k, types.KeySpecEccNistP256)
	no.verify = func(out *kms.VerifyOutput) *kms.VerifyOutput {
		out.SignatureValid, out.KeyId = false, &other
		return out
	}
	wantOutage(t, verify(context.Background(), must(kmskeys.NewAsymmetricRemoteVerifier(no, cfg))(t), s))
}

func TestOnlyWhatPaysForEveryTokenIsMetered(t *testing.T) {
	three := newTrio(t, "ES256")
	if metered, ok := any(three.local).(keys.Metered); ok && metered.Metered() {
		t.Error("local verification is metered")
	}
	if !three.remote.Metered() {
		t.Error("remote verification is not metered")
	}
	c := clocktest.NewManual()
	expired := claims(c.Now())
	expired["exp"] = c.Now().Unix()
	_, err := tokenVerifier(t, three.remote, c.Now).Verify(context.Background(), token(t, three.signs, expired))
	wantError(t, err, verifier.ErrInvalidToken)
	wantCalls(t, three.KMS, "Verify", 0)
}

// For every algorithm, a byte of a token changed is a token refused.
func TestAChangedTokenIsRefusedByKMSToo(t *testing.T) {
	c := clocktest.NewManual()
	random := rand.New(rand.NewPCG(1, 2))
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		three := newTrio(t, alg)
		text := token(t, three.signs, claims(c.Now()))
		v := tokenVerifier(t, three.remote, c.Now)
		for range 50 {
			changed := []byte(text)
			changed[random.IntN(len(changed))] ^= byte(1 + random.IntN(127))
			_, err := v.Verify(context.Background(), string(changed))
			wantError(t, err, verifier.ErrInvalidToken)
		}
	}
}
