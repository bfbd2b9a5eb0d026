package rotation_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

const issuer = "https://login.example.com"

var (
	privateKey = testkeys.Private
	hmacSecret = testkeys.Secret
)

// named returns test key "a" under a kid. Its algorithm is quick to sign with.
func named(t testing.TB, kid string) *keys.PrivateKey {
	t.Helper()
	return privateKey(t, kid, "EdDSA", "a")
}

// wantError tests that err holds every one of these texts.
func wantError(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error %q lacks %q", err, text)
		}
	}
}

func encode(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// sign signs input with the key that source gives.
func sign(t testing.TB, source keys.SigningSource, input []byte) (keys.Header, []byte) {
	t.Helper()
	key, err := source.SigningKey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	signature, err := key.Sign(context.Background(), input)
	if err != nil {
		t.Fatal(err)
	}
	return key.Header(), signature
}

// verify has source find a key and that key give its verdict.
func verify(source keys.VerificationSource, h keys.Header, input, signature []byte) error {
	key, err := source.VerificationKey(context.Background(), h)
	if err != nil {
		return err
	}
	return key.Verify(context.Background(), input, signature)
}

func newPublisher(t testing.TB, cfg jwks.PublisherConfig) *jwks.Publisher {
	t.Helper()
	p, err := jwks.NewPublisher(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func find(r keys.VerificationSource, kid string) error {
	_, err := r.VerificationKey(context.Background(), keys.Header{Algorithm: "EdDSA", Kid: kid})
	return err
}

func wantFound(t testing.TB, r keys.VerificationSource, kid string) {
	t.Helper()
	key, err := r.VerificationKey(context.Background(), keys.Header{Algorithm: "EdDSA", Kid: kid})
	if err != nil || key == nil || key.Algorithm() != "EdDSA" {
		t.Fatalf("kid %q: got %v, %v", kid, key, err)
	}
}

func wantUnknown(t testing.TB, r keys.VerificationSource, kid string) {
	t.Helper()
	if err := find(r, kid); !errors.Is(err, keys.ErrUnknownKey) {
		t.Fatalf("kid %q: got %v, want ErrUnknownKey", kid, err)
	}
}

// wantOutage tests that err puts no blame on a token and holds these texts.
func wantOutage(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil || errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature) {
		t.Fatalf("got %v, want an outage", err)
	}
	wantError(t, err, texts...)
}

// kmsPair makes a key in KMS.
func kmsPair(t *testing.T, k *kmstest.KMS, kid string) (pair rotation.Pair, arn string) {
	t.Helper()
	arn, err := k.AddKey(types.KeySpecEccNistP256, nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg := kmskeys.AsymmetricConfig{KeyID: arn, Algorithm: "ES256", Kid: kid}
	signing, err := kmskeys.NewAsymmetricSigner(k, cfg)
	if err != nil {
		t.Fatal(err)
	}
	public, err := kmskeys.NewAsymmetricVerifier(k, cfg)
	if err != nil {
		t.Fatal(err)
	}
	pair, err = rotation.PairFrom(t.Context(), public, signing)
	if err != nil {
		t.Fatal(err)
	}
	return pair, arn
}
