package kmskeys_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A function that Lambda freezes for hours wakes up with a wall clock that has gone on
// and a monotonic clock that may not have. Nothing that a source holds outlives that.
func TestNothingOutlivesTheTimeForWhichAFunctionWasFrozen(t *testing.T) {
	var frozen clocktest.Frozen
	k := kmstest.New(kmstest.Config{})
	t.Run("the public key", func(t *testing.T) {
		cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256", Now: frozen.Now}
		s := sign(t, must(kmskeys.NewAsymmetricSigner(k, cfg))(t))
		v := must(kmskeys.NewAsymmetricVerifier(k, cfg))(t)
		wantVerified(t, v, s)
		disable(t, k, cfg.KeyID)
		frozen.Freeze(3 * time.Hour)
		wantOutage(t, verify(context.Background(), v, s))
	})
	t.Run("a data key", func(t *testing.T) {
		cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
		cfg.Now = frozen.Now
		s := sign(t, envelopeSigner(t, k, cfg))
		v := envelopeVerifier(t, k, cfg)
		wantVerified(t, v, s)
		disable(t, k, cfg.KeyID)
		frozen.Freeze(3 * time.Hour)
		wantOutage(t, verify(context.Background(), v, s))
	})
	t.Run("a data key to sign with", func(t *testing.T) {
		cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
		cfg.ReuseTokens, cfg.ReuseFor, cfg.Now = 100, time.Hour, frozen.Now
		source := envelopeSigner(t, k, cfg)
		before := sign(t, source)
		frozen.Freeze(3 * time.Hour)
		if after := sign(t, source); string(after.header.Params["edk"]) == string(before.header.Params["edk"]) {
			t.Error("a data key of three hours ago was used again")
		}
	})
}
