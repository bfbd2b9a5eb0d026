//go:build go1.27

package kmskeys_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/keystest"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

var mldsaSpecs = map[string]types.KeySpec{
	"ML-DSA-44": types.KeySpecMlDsa44, "ML-DSA-65": types.KeySpecMlDsa65, "ML-DSA-87": types.KeySpecMlDsa87,
}

func TestMLDSAVerifiedLocallyConforms(t *testing.T) {
	for alg, spec := range mldsaSpecs {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			k := kmstest.New(kmstest.Config{})
			pair := func() keystest.Pair {
				cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, spec), Algorithm: alg}
				return keystest.Pair{
					Signing:      must(kmskeys.NewAsymmetricSigner(k, cfg))(t),
					Verification: must(kmskeys.NewAsymmetricVerifier(k, cfg))(t),
				}
			}
			keystest.Run(t, keystest.Backend{A: pair(), B: pair(), Algorithm: alg, MaxInput: 4096, RemoteSigning: true})
		})
	}
}

func TestMLDSAVerifiedByKMSConforms(t *testing.T) {
	for alg, spec := range mldsaSpecs {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			conformsRemotely(t, alg, spec)
		})
	}
}

func TestMLDSATokensAreSentWholeAndVerifiedBothWays(t *testing.T) {
	c := clocktest.NewManual()
	for alg, spec := range mldsaSpecs {
		t.Run(alg, func(t *testing.T) {
			k := kmstest.New(kmstest.Config{})
			cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, spec), Algorithm: alg}
			watched := between{KMS: k, signRequest: func(in *kms.SignInput) {
				if in.SigningAlgorithm != types.SigningAlgorithmSpecMlDsaShake256 || in.MessageType != types.MessageTypeRaw {
					t.Errorf("%s, %s", in.SigningAlgorithm, in.MessageType)
				}
			}}
			signs := must(kmskeys.NewAsymmetricSigner(watched, cfg))(t)
			local, remote := must(kmskeys.NewAsymmetricVerifier(k, cfg))(t), must(kmskeys.NewAsymmetricRemoteVerifier(k, cfg))(t)
			text := token(t, signs, claims(c.Now()))
			for _, source := range []keys.VerificationSource{local, remote} {
				got, err := tokenVerifier(t, source, c.Now).Verify(context.Background(), text)
				if err != nil || got.Header.Algorithm != alg {
					t.Errorf("%v, %v", got, err)
				}
			}
			key := must(local.VerificationKey(context.Background(), keys.Header{Algorithm: alg}))(t)
			if got, want := fmt.Sprint(key), fmt.Sprint(local); got != want {
				t.Errorf("a key is %s, and its source %s", got, want)
			}
			set, err := local.PublicSet(context.Background())
			if wantError(t, err, keys.ErrMisconfigured); set != nil {
				t.Error("package keys has a key of " + alg)
			}
			long := must(signs.SigningKey(context.Background()))(t)
			_, err = long.Sign(context.Background(), bytes.Repeat([]byte("a"), 4097))
			wantError(t, err, kmskeys.ErrTooLong)
		})
	}
}

func TestAnMLDSAKeyOfAnotherSizeIsAMisconfiguration(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	for name, key := range map[string]string{
		"ML-DSA-65": newKey(t, k, types.KeySpecMlDsa65), "P-256": newKey(t, k, types.KeySpecEccNistP256),
	} {
		v := must(kmskeys.NewAsymmetricVerifier(k, kmskeys.AsymmetricConfig{KeyID: key, Algorithm: "ML-DSA-44"}))(t)
		_, err := v.VerificationKey(context.Background(), keys.Header{Algorithm: "ML-DSA-44"})
		if wantOutage(t, err); !errors.Is(err, keys.ErrMisconfigured) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other := between{KMS: k, publicKey: func(out *kms.GetPublicKeyOutput) *kms.GetPublicKeyOutput { out.PublicKey = rsaSPKI(t); return out }}
	v := must(kmskeys.NewAsymmetricVerifier(other, kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecMlDsa44), Algorithm: "ML-DSA-44"}))(t)
	_, err := v.VerificationKey(context.Background(), keys.Header{Algorithm: "ML-DSA-44"})
	wantError(t, err, keys.ErrMisconfigured)
	// KMS signs under its own parameters, whatever the token says: what comes back is
	// no signature of ML-DSA-44.
	signs := must(kmskeys.NewAsymmetricSigner(k, kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecMlDsa87), Algorithm: "ML-DSA-44"}))(t)
	_, err = signs.Sign(context.Background(), input)
	wantOutage(t, err)
}

func TestAnAliasThatIsPointedAtAnotherMLDSAKeyIsToldOf(t *testing.T) {
	k, clock, rotated := kmstest.New(kmstest.Config{}), clocktest.NewManual(), 0
	old, next := newKey(t, k, types.KeySpecMlDsa44), newKey(t, k, types.KeySpecMlDsa44)
	config := func(key string) kmskeys.AsymmetricConfig {
		return kmskeys.AsymmetricConfig{KeyID: key, Algorithm: "ML-DSA-44", Kid: "login", Now: clock.Now, Observer: func(_ context.Context, e keys.Event) {
			if e.Kind == keys.EventRotated {
				rotated++
			}
		}}
	}
	v := must(kmskeys.NewAsymmetricVerifier(k, config(newAlias(t, k, "alias/login", old))))(t)
	for i, key := range []string{old, old, next} {
		repoint(t, k, "alias/login", key)
		clock.Add(kmskeys.DefaultMaxAge)
		wantVerified(t, v, sign(t, must(kmskeys.NewAsymmetricSigner(k, config(key)))(t)))
		if want := i / 2; rotated != want {
			t.Errorf("fetch %d: told of %d rotations, want %d", i, rotated, want)
		}
	}
}
