package kmskeys_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/keystest"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
)

// specs has a key spec for each algorithm.
var specs = map[string]types.KeySpec{
	"RS256": types.KeySpecRsa2048, "RS384": types.KeySpecRsa2048, "RS512": types.KeySpecRsa2048,
	"PS256": types.KeySpecRsa2048, "PS384": types.KeySpecRsa2048, "PS512": types.KeySpecRsa2048,
	"ES256": types.KeySpecEccNistP256, "ES384": types.KeySpecEccNistP384, "ES512": types.KeySpecEccNistP521,
	"EdDSA": types.KeySpecEccNistEdwards25519, "Ed25519": types.KeySpecEccNistEdwards25519,
}

// maxInput is how much KMS signs under an algorithm, 0 for no limit.
func maxInput(alg string) int {
	switch alg {
	case "EdDSA", "Ed25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87":
		return 4096
	}
	return 0
}

func TestEnvelopesConform(t *testing.T) {
	pair := func(t *testing.T, k *kmstest.KMS, cfg kmskeys.EnvelopeConfig) keystest.Pair {
		cfg.DecryptRate, cfg.DecryptBurst = 1_000_000, 1_000_000
		return keystest.Pair{Signing: envelopeSigner(t, k, cfg), Verification: envelopeVerifier(t, k, cfg)}
	}
	tests := map[string]struct {
		change   func(*kmskeys.EnvelopeConfig)
		alg      string
		anyKeyID bool
	}{
		"HS256":                    {func(*kmskeys.EnvelopeConfig) {}, "HS256", true},
		"HS384":                    {func(c *kmskeys.EnvelopeConfig) { c.Algorithm = "HS384" }, "HS384", true},
		"HS512":                    {func(c *kmskeys.EnvelopeConfig) { c.Algorithm = "HS512" }, "HS512", true},
		"with a kid":               {func(c *kmskeys.EnvelopeConfig) { c.Kid = "kid" }, "HS256", false},
		"with another header name": {func(c *kmskeys.EnvelopeConfig) { c.Header = "my-key" }, "HS256", true},
		"with data keys used twice": {func(c *kmskeys.EnvelopeConfig) {
			c.ReuseTokens, c.ReuseFor = 2, time.Hour
		}, "HS256", true},
		"in the blueprint's format": {func(c *kmskeys.EnvelopeConfig) {
			c.Format, c.EncryptionContext = kmskeys.BlueprintEnvelope, nil
		}, "HS256", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := kmstest.New(kmstest.Config{})
			a, b := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault)), envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			test.change(&a)
			test.change(&b)
			keystest.Run(t, keystest.Backend{A: pair(t, k, a), B: pair(t, k, b), Algorithm: test.alg, AnyKid: test.anyKeyID, RemoteSigning: a.ReuseTokens == 0})
		})
	}
}

// Two applications may share a KMS key: what keeps their tokens apart is the context.
func TestEnvelopesOfTwoContextsUnderOneKeyConform(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	key := newKey(t, k, types.KeySpecSymmetricDefault)
	pair := func(audience string) keystest.Pair {
		cfg := kmskeys.EnvelopeConfig{
			KeyID: key, EncryptionContext: kmskeys.TokenContext(issuer, audience), DecryptRate: 1_000_000, DecryptBurst: 1_000_000,
		}
		return keystest.Pair{Signing: envelopeSigner(t, k, cfg), Verification: envelopeVerifier(t, k, cfg)}
	}
	keystest.Run(t, keystest.Backend{A: pair("orders"), B: pair("billing"), AnyKid: true})
}

// The arithmetic is that of package keys, which runs the suite for every algorithm.
func TestAsymmetricKeysVerifiedLocallyConform(t *testing.T) {
	for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519"} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			spec := specs[alg]
			k := kmstest.New(kmstest.Config{})
			pair := func() keystest.Pair {
				cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, spec), Algorithm: alg}
				return keystest.Pair{
					Signing:      must(kmskeys.NewAsymmetricSigner(k, cfg))(t),
					Verification: must(kmskeys.NewAsymmetricVerifier(k, cfg))(t),
				}
			}
			keystest.Run(t, keystest.Backend{
				A: pair(), B: pair(), Algorithm: alg, MaxInput: maxInput(alg), RemoteSigning: true,
			})
		})
	}
}

func TestAsymmetricKeysVerifiedByKMSConform(t *testing.T) {
	for alg, spec := range specs {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			conformsRemotely(t, alg, spec)
		})
	}
}

func conformsRemotely(t *testing.T, alg string, spec types.KeySpec) {
	k := kmstest.New(kmstest.Config{})
	pair := func() keystest.Pair {
		cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, spec), Algorithm: alg, VerifyRate: 1_000_000, VerifyBurst: 1_000_000}
		return keystest.Pair{
			Signing:      must(kmskeys.NewAsymmetricSigner(k, cfg))(t),
			Verification: must(kmskeys.NewAsymmetricRemoteVerifier(k, cfg))(t),
		}
	}
	keystest.Run(t, keystest.Backend{
		A: pair(), B: pair(), Algorithm: alg, MaxInput: maxInput(alg), RemoteSigning: true, RemoteVerifying: true,
	})
}

func TestMACsConform(t *testing.T) {
	for alg, spec := range map[string]types.KeySpec{
		"HS256": types.KeySpecHmac256, "HS384": types.KeySpecHmac384, "HS512": types.KeySpecHmac512,
	} {
		t.Run(alg, func(t *testing.T) {
			t.Parallel()
			k := kmstest.New(kmstest.Config{})
			keystest.Run(t, keystest.Backend{
				A: macPair(t, k, alg, spec), B: macPair(t, k, alg, spec),
				Algorithm: alg, MaxInput: 4096, RemoteSigning: true, RemoteVerifying: true,
			})
		})
	}
}

func macPair(t *testing.T, k *kmstest.KMS, alg string, spec types.KeySpec) keystest.Pair {
	t.Helper()
	cfg := kmskeys.MACConfig{KeyID: newKey(t, k, spec), Algorithm: alg, VerifyRate: 1_000_000, VerifyBurst: 1_000_000}
	return keystest.Pair{
		Signing:      must(kmskeys.NewMACSigner(k, cfg))(t),
		Verification: must(kmskeys.NewMACVerifier(k, cfg))(t),
	}
}

func TestRingsOfCurrentAndPreviousKMSKeysConform(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	ring := func(current, previous keystest.Pair) keystest.Pair {
		r := must(keys.NewRing(current.Signing, current.Verification, previous.Verification))(t)
		return keystest.Pair{Signing: r, Verification: r}
	}
	mac := func() keystest.Pair { return macPair(t, k, "HS256", types.KeySpecHmac256) }
	keystest.Run(t, keystest.Backend{
		A: ring(mac(), mac()), B: ring(mac(), mac()),
		Algorithm: "HS256", MaxInput: 4096, RemoteSigning: true, RemoteVerifying: true,
	})
}

// All the way through an unmodified client of the SDK and HTTP.
func TestEnvelopesAndAsymmetricKeysConformThroughAClientOfTheSDK(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	endpoint := k.Serve(t)
	client := kms.New(kms.Options{Region: k.Region(), BaseEndpoint: &endpoint, RetryMaxAttempts: 1})
	t.Run("envelopes", func(t *testing.T) {
		pair := func() keystest.Pair {
			cfg := envelopeConfig(newKey(t, k, types.KeySpecSymmetricDefault))
			cfg.DecryptRate, cfg.DecryptBurst = 1_000_000, 1_000_000
			return keystest.Pair{Signing: envelopeSigner(t, client, cfg), Verification: envelopeVerifier(t, client, cfg)}
		}
		keystest.Run(t, keystest.Backend{A: pair(), B: pair(), AnyKid: true})
	})
	t.Run("asymmetric keys", func(t *testing.T) {
		pair := func() keystest.Pair {
			cfg := kmskeys.AsymmetricConfig{KeyID: newKey(t, k, types.KeySpecEccNistP256), Algorithm: "ES256"}
			return keystest.Pair{
				Signing:      must(kmskeys.NewAsymmetricSigner(client, cfg))(t),
				Verification: must(kmskeys.NewAsymmetricVerifier(client, cfg))(t),
			}
		}
		keystest.Run(t, keystest.Backend{A: pair(), B: pair(), Algorithm: "ES256", RemoteSigning: true})
	})
}
