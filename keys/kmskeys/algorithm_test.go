package kmskeys_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// kmsAlgorithms is what KMS calls the algorithms, and how many bytes it is sent: 0 for
// the message itself.
var kmsAlgorithms = map[string]struct {
	name   types.SigningAlgorithmSpec
	digest int
}{
	"RS256": {"RSASSA_PKCS1_V1_5_SHA_256", 32}, "RS384": {"RSASSA_PKCS1_V1_5_SHA_384", 48}, "RS512": {"RSASSA_PKCS1_V1_5_SHA_512", 64},
	"PS256": {"RSASSA_PSS_SHA_256", 32}, "PS384": {"RSASSA_PSS_SHA_384", 48}, "PS512": {"RSASSA_PSS_SHA_512", 64},
	"ES256": {"ECDSA_SHA_256", 32}, "ES384": {"ECDSA_SHA_384", 48}, "ES512": {"ECDSA_SHA_512", 64},
	"EdDSA": {"ED25519_SHA_512", 0}, "Ed25519": {"ED25519_SHA_512", 0},
}

func TestKMSIsSentADigestWhereverItTakesOne(t *testing.T) {
	for alg, want := range kmsAlgorithms {
		t.Run(alg, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			check := func(name types.SigningAlgorithmSpec, form types.MessageType, message []byte) {
				if name != want.name {
					t.Errorf("algorithm %s", name)
				}
				if want.digest > 0 && (form != types.MessageTypeDigest || len(message) != want.digest) ||
					want.digest == 0 && (form != types.MessageTypeRaw || !bytes.Equal(message, input)) {
					t.Errorf("%s message of %d bytes", form, len(message))
				}
			}
			watched := between{
				KMS:           k,
				signRequest:   func(in *kms.SignInput) { check(in.SigningAlgorithm, in.MessageType, in.Message) },
				verifyRequest: func(in *kms.VerifyInput) { check(in.SigningAlgorithm, in.MessageType, in.Message) },
			}
			cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, specs[alg]), Algorithm: alg}
			s := sign(t, must(kmskeys.NewAsymmetricSigner(watched, cfg))(t))
			wantVerified(t, must(kmskeys.NewAsymmetricRemoteVerifier(watched, cfg))(t), s)
			wantCalls(t, k, "Sign", 1)
			wantCalls(t, k, "Verify", 1)
		})
	}
}

// KMS signs at most 4,096 bytes, and a token can be longer.
func TestTokensLongerThanKMSTakesAreSignedByTheirDigest(t *testing.T) {
	c := clocktest.NewManual()
	for alg, want := range kmsAlgorithms {
		t.Run(alg, func(t *testing.T) {
			three := newTrio(t, alg)
			m := claims(c.Now())
			m["groups"] = strings.Repeat("administrators ", 300)
			if want.digest > 0 {
				text := token(t, three.signs, m)
				for _, source := range []keys.VerificationSource{three.local, three.remote} {
					if _, err := tokenVerifier(t, source, c.Now).Verify(context.Background(), text); err != nil {
						t.Error(err)
					}
				}
				return
			}
			_, err := must(three.signs.SigningKey(context.Background()))(t).Sign(context.Background(), make([]byte, 4097))
			wantError(t, err, kmskeys.ErrTooLong)
			wantOutage(t, err)
			wantText(t, err, "4097", "4,096", "RS, PS or ES")
			h := keys.Header{Algorithm: alg}
			key := must(three.remote.VerificationKey(context.Background(), h))(t)
			wantError(t, key.Verify(context.Background(), make([]byte, 4097), make([]byte, 64)), keys.ErrSignature)
			wantCalls(t, three.KMS, "", 0)
		})
	}
}

func TestSignaturesOfEveryRSAKeySpecAreTakenAndNoOthers(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecRsa2048), Algorithm: "PS384"}
	for size, want := range map[int]bool{
		256: true, 384: true, 512: true, 0: false, 128: false, 255: false, 257: false, 383: false, 385: false, 511: false, 513: false,
		2420: false, 3309: false, 4627: false, // as those of ML-DSA are
	} {
		proxy := between{KMS: k, sign: func(out *kms.SignOutput) *kms.SignOutput { out.Signature = make([]byte, size); return out }}
		_, err := must(kmskeys.NewAsymmetricSigner(proxy, cfg))(t).Sign(t.Context(), input)
		if (err == nil) != want || errors.Is(err, keys.ErrMisconfigured) {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
