package kmskeys_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// A function that Lambda freezes for hours wakes up with a wall clock that has gone on
// and a monotonic clock that may not have. Nothing that a source holds outlives that.
func TestNothingOutlivesTheTimeForWhichAFunctionWasFrozen(t *testing.T) {
	const hours = 3 * time.Hour
	var frozen clocktest.Frozen
	k := kmstest.New(kmstest.Config{})
	envelope := func(t *testing.T) kmskeys.EnvelopeConfig {
		cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
		cfg.Now, cfg.DecryptRate, cfg.DecryptBurst = frozen.Now, 1, 2
		return cfg
	}
	asymmetric := func(t *testing.T) kmskeys.AsymmetricConfig {
		return kmskeys.AsymmetricConfig{
			KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256", VerifyRate: 1, VerifyBurst: 2, Now: frozen.Now,
		}
	}
	t.Run("a public key", func(t *testing.T) {
		cfg := asymmetric(t)
		three := trioOf(t, k, cfg)
		s := sign(t, three.signs)
		wantVerified(t, three.local, s)
		disable(t, k, cfg.KeyID)
		frozen.Freeze(hours)
		wantError(t, verify(t.Context(), three.local, s), keys.ErrMisconfigured)
	})
	t.Run("a data key that is known", func(t *testing.T) {
		cfg := envelope(t)
		s, v := sign(t, envelopeSigner(t, k, cfg)), envelopeVerifier(t, k, cfg)
		wantVerified(t, v, s)
		disable(t, k, cfg.KeyID)
		frozen.Freeze(hours)
		wantError(t, verify(t.Context(), v, s), keys.ErrMisconfigured)
	})
	t.Run("a data key that has verified nothing", func(t *testing.T) {
		cfg := envelope(t)
		s, v := sign(t, envelopeSigner(t, k, cfg)), envelopeVerifier(t, k, cfg)
		wrong := signed{s.header, make([]byte, 32)}
		wantError(t, verify(t.Context(), v, wrong), keys.ErrSignature)
		disable(t, k, cfg.KeyID)
		frozen.Freeze(hours)
		wantError(t, verify(t.Context(), v, s), keys.ErrMisconfigured)
	})
	t.Run("a data key to sign with", func(t *testing.T) {
		cfg := envelope(t)
		cfg.ReuseTokens, cfg.ReuseFor = 100, time.Hour
		source := envelopeSigner(t, k, cfg)
		before := sign(t, source)
		frozen.Freeze(hours)
		if after := sign(t, source); string(after.header.Params["edk"]) == string(before.header.Params["edk"]) {
			t.Error("a data key of three hours ago was used again")
		}
		disable(t, k, cfg.KeyID)
		frozen.Freeze(hours)
		_, err := source.SigningKey(t.Context())
		wantError(t, err, keys.ErrMisconfigured)
	})
	t.Run("a data key that was refused", func(t *testing.T) {
		v := envelopeVerifier(t, k, envelope(t))
		for range 2 {
			calls := k.Calls("Decrypt")
			wantError(t, verify(t.Context(), v, forged(1)), keys.ErrUnknownKey)
			if got := k.Calls("Decrypt") - calls; got != 1 {
				t.Errorf("%d calls, want 1", got)
			}
			frozen.Freeze(hours)
		}
	})
	t.Run("a signature that was refused", func(t *testing.T) {
		three := trioOf(t, k, asymmetric(t))
		for range 2 {
			calls := k.Calls("Verify")
			wantError(t, verify(t.Context(), three.remote, es256Token()), keys.ErrSignature)
			if got := k.Calls("Verify") - calls; got != 1 {
				t.Errorf("%d calls, want 1", got)
			}
			frozen.Freeze(hours)
		}
	})
	t.Run("a MAC that was refused", func(t *testing.T) {
		cfg := kmskeys.MACConfig{KeyID: newKey(t, k, types.KeySpecHmac256), Now: frozen.Now}
		_, v := newMACs(t, k, cfg)
		for range 2 {
			calls := k.Calls("VerifyMac")
			wantError(t, verify(t.Context(), v, signed{keys.Header{Algorithm: "HS256"}, make([]byte, 32)}), keys.ErrSignature)
			if got := k.Calls("VerifyMac") - calls; got != 1 {
				t.Errorf("%d calls, want 1", got)
			}
			frozen.Freeze(hours)
		}
	})
	t.Run("a budget that is used up", func(t *testing.T) {
		three, v := trioOf(t, k, asymmetric(t)), envelopeVerifier(t, k, envelope(t))
		s := sign(t, three.signs)
		for range 2 {
			for i := range 2 {
				wantVerified(t, three.remote, s)
				wantError(t, verify(t.Context(), v, forged(i)), keys.ErrUnknownKey)
			}
			wantError(t, verify(t.Context(), three.remote, s), kmskeys.ErrBudget)
			wantError(t, verify(t.Context(), v, forged(7)), kmskeys.ErrBudget)
			frozen.Freeze(hours)
		}
	})
	t.Run("a pause after failures", func(t *testing.T) {
		cfg := envelope(t)
		s, v := sign(t, envelopeSigner(t, k, cfg)), envelopeVerifier(t, k, cfg)
		k.Fail("Decrypt", 2, throttled())
		for range 3 {
			wantOutage(t, verify(t.Context(), v, s))
		}
		frozen.Freeze(hours)
		wantVerified(t, v, s)
	})
}
