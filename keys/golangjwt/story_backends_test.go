package golangjwt_test

import (
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// A backend is where keys come from. Its two instances have different keys.
type backend struct {
	signing      [2]keys.SigningSource
	verification [2]keys.VerificationSource
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func local(t *testing.T, alg string) backend {
	a, b := testkeys.Private(t, "a", alg, "a"), testkeys.Private(t, "a", alg, "b")
	return backend{[2]keys.SigningSource{a, b}, [2]keys.VerificationSource{a.Public(), b.Public()}}
}

// remote publishes the keys of an issuer, and reads them over HTTP.
func remote(t *testing.T) (b backend) {
	for i, instance := range []string{"a", "b"} {
		key := testkeys.Private(t, "", "ES256", instance)
		publisher := must(jwks.NewPublisher(jwks.PublisherConfig{Issuer: "https://login.example.com", Keys: key}))(t)
		server := httptest.NewServer(publisher)
		t.Cleanup(server.Close)
		b.signing[i] = key
		b.verification[i] = must(jwks.NewRemote(jwks.RemoteConfig{URL: server.URL + "/.well-known/jwks.json"}))(t)
	}
	return b
}

// inKMS makes a backend of a signer and a verifier for each of two keys of a KMS.
func inKMS(t *testing.T, spec types.KeySpec, newPair func(k *kmstest.KMS, arn string) (keys.SigningSource, keys.VerificationSource)) (b backend) {
	k := kmstest.New(kmstest.Config{})
	for i := range 2 {
		b.signing[i], b.verification[i] = newPair(k, must(k.AddKey(spec, nil))(t))
	}
	return b
}

func backends(t *testing.T) map[string]backend {
	a, b := testkeys.Secret(t, "", "HS256", "a"), testkeys.Secret(t, "", "HS256", "b")
	old, active := testkeys.Private(t, "old", "RS256", "a"), testkeys.Private(t, "new", "ES256", "a")
	foreign := testkeys.Private(t, "new", "ES256", "b")
	return map[string]backend{
		"HMAC":    {[2]keys.SigningSource{a, b}, [2]keys.VerificationSource{a, b}},
		"RSA":     local(t, "RS256"),
		"RSA-PSS": local(t, "PS384"),
		"EC":      local(t, "ES512"),
		"Ed25519": local(t, "EdDSA"),
		"a ring":  {[2]keys.SigningSource{testkeys.Ring(t, active, old.Public()), foreign}, [2]keys.VerificationSource{testkeys.Ring(t, active, old.Public()), foreign}},
		"a key that has left the ring": {
			[2]keys.SigningSource{old, foreign}, [2]keys.VerificationSource{testkeys.Ring(t, active, old.Public()), foreign},
		},
		"a remote set": remote(t),
		"KMS, asymmetric": inKMS(t, types.KeySpecEccNistP256, func(k *kmstest.KMS, arn string) (keys.SigningSource, keys.VerificationSource) {
			cfg := kmskeys.AsymmetricConfig{KeyID: arn, Algorithm: "ES256", Kid: "k"}
			return must(kmskeys.NewAsymmetricSigner(k, cfg))(t), must(kmskeys.NewAsymmetricVerifier(k, cfg))(t)
		}),
		"KMS, envelope": inKMS(t, types.KeySpecSymmetricDefault, func(k *kmstest.KMS, arn string) (keys.SigningSource, keys.VerificationSource) {
			cfg := kmskeys.EnvelopeConfig{KeyID: arn, Kid: "k", EncryptionContext: kmskeys.TokenContext("https://login.example.com", "orders")}
			return must(kmskeys.NewEnvelopeSigner(k, cfg))(t), must(kmskeys.NewEnvelopeVerifier(k, cfg))(t)
		}),
		"KMS, MAC": inKMS(t, types.KeySpecHmac256, func(k *kmstest.KMS, arn string) (keys.SigningSource, keys.VerificationSource) {
			cfg := kmskeys.MACConfig{KeyID: arn, Kid: "k"}
			return must(kmskeys.NewMACSigner(k, cfg))(t), must(kmskeys.NewMACVerifier(k, cfg))(t)
		}),
	}
}

func TestGolangJWTSignsAndVerifiesWithEveryBackend(t *testing.T) {
	for name, b := range backends(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := sign(t, b.signing[0], newClaims())

			t.Run("claims in a struct", func(t *testing.T) {
				claims, err := parse(t, b.verification[0], text)
				if err != nil || claims.Tenant != "acme" || claims.Subject != "user-1" {
					t.Errorf("got %+v, %v", claims, err)
				}
			})
			t.Run("claims in a map", func(t *testing.T) {
				token, err := jwt.Parse(text, golangjwt.Keyfunc(t.Context(), b.verification[0]))
				if err != nil || token.Claims.(jwt.MapClaims)["tenant"] != "acme" || !token.Valid {
					t.Errorf("got %+v, %v", token, err)
				}
			})
			t.Run("a forged signature", func(t *testing.T) {
				_, err := parse(t, b.verification[0], flip(t, text))
				wantFault(t, err, jwt.ErrTokenSignatureInvalid)
			})
			t.Run("the token of another key", func(t *testing.T) {
				_, err := parse(t, b.verification[1], text)
				if err == nil {
					t.Fatal("accepted")
				}
				wantFault(t, err)
			})
			t.Run("our own verifier reads it", func(t *testing.T) {
				v := must(verifier.New(verifier.Config{Keys: b.verification[0], Issuer: "https://login.example.com", Audience: []string{"orders"}}))(t)
				if _, err := v.Verify(t.Context(), text); err != nil {
					t.Error(err)
				}
			})
			t.Run("the token of our own signer", func(t *testing.T) {
				text, err := must(signer.New(signer.Config{Keys: b.signing[0]}))(t).Sign(t.Context(), newClaims())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := parse(t, b.verification[0], text); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestAnOutageOfKMSIsNoBadToken(t *testing.T) {
	k := kmstest.New(kmstest.Config{})
	arn := must(k.AddKey(types.KeySpecHmac256, nil))(t)
	cfg := kmskeys.MACConfig{KeyID: arn}
	text := sign(t, must(kmskeys.NewMACSigner(k, cfg))(t), newClaims())
	throttled := kmstest.Error("ThrottlingException", "")
	k.Fail("VerifyMac", 1, throttled)
	source := must(kmskeys.NewMACVerifier(k, cfg))(t)
	_, err := parse(t, source, text)
	wantOutage(t, err, throttled)
	if _, err := parse(t, source, text); err != nil {
		t.Errorf("after the outage: %v", err)
	}
}
