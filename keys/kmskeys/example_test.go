package kmskeys_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// KMS signs at login; the authorizer fetches the public key and needs KMS no more.
// A *kms.Client takes the place of the KMS in memory.
func ExampleNewAsymmetricVerifier() {
	client := kmstest.New(kmstest.Config{})
	cfg := kmskeys.AsymmetricConfig{KeyID: exampleKey(client, types.KeySpecEccNistP256), Algorithm: "ES256"}

	signs, err := kmskeys.NewAsymmetricSigner(client, cfg)
	check(err)
	verifies, err := kmskeys.NewAsymmetricVerifier(client, cfg)
	check(err)

	token := issue(signs)
	for range 1000 {
		_, err := exampleVerifier(verifies).Verify(context.Background(), token)
		check(err)
	}
	fmt.Println("calls to sign:", client.Calls("Sign"))
	fmt.Println("calls to verify:", client.Calls("GetPublicKey"))
	// Output:
	// calls to sign: 1
	// calls to verify: 1
}

// A KMS key's public half in a JWK set, for API Gateway's own JWT authorizer.
func ExampleAsymmetricVerifier_PublicSet() {
	client := kmstest.New(kmstest.Config{})
	cfg := kmskeys.AsymmetricConfig{KeyID: exampleKey(client, types.KeySpecRsa2048), Algorithm: "RS256", Kid: "2026-01"}
	source, err := kmskeys.NewAsymmetricVerifier(client, cfg)
	check(err)
	set, err := source.PublicSet(context.Background())
	check(err)

	var published struct {
		Keys []struct{ Kid, Kty, Alg string }
	}
	text, err := json.Marshal(set)
	check(err)
	check(json.Unmarshal(text, &published))
	fmt.Printf("%+v\n", published)
	// Output:
	// {Keys:[{Kid:2026-01 Kty:RSA Alg:RS256}]}
}

// A data key for each token, encrypted in its header and bound to issuer and audience.
func ExampleNewEnvelopeVerifier() {
	client := kmstest.New(kmstest.Config{})
	cfg := kmskeys.EnvelopeConfig{
		KeyID:             exampleKey(client, types.KeySpecSymmetricDefault),
		EncryptionContext: kmskeys.TokenContext("https://login.example.com", "orders"),
	}
	signs, err := kmskeys.NewEnvelopeSigner(client, cfg)
	check(err)
	verifies, err := kmskeys.NewEnvelopeVerifier(client, cfg)
	check(err)

	token := issue(signs)
	for range 1000 {
		_, err := exampleVerifier(verifies).Verify(context.Background(), token)
		check(err)
	}
	fmt.Println("calls to sign:", client.Calls("GenerateDataKey"))
	fmt.Println("calls to verify:", client.Calls("Decrypt"))
	// Output:
	// calls to sign: 1
	// calls to verify: 1
}

// Rotation: sign with the current key, verify with the previous one too.
func ExampleNewMACVerifier() {
	client := kmstest.New(kmstest.Config{})
	previous := kmskeys.MACConfig{KeyID: exampleKey(client, types.KeySpecHmac256), Kid: "2025"}
	current := kmskeys.MACConfig{KeyID: exampleKey(client, types.KeySpecHmac256), Kid: "2026"}

	signedWithPrevious, err := kmskeys.NewMACSigner(client, previous)
	check(err)
	signs, err := kmskeys.NewMACSigner(client, current)
	check(err)
	verifies, err := kmskeys.NewMACVerifier(client, current)
	check(err)
	verifiesPrevious, err := kmskeys.NewMACVerifier(client, previous)
	check(err)
	ring, err := keys.NewRing(signs, verifies, verifiesPrevious)
	check(err)

	for _, source := range []keys.SigningSource{signedWithPrevious, ring} {
		token, err := exampleVerifier(ring).Verify(context.Background(), issue(source))
		check(err)
		fmt.Println("signed with", token.Header.Kid)
	}
	// Output:
	// signed with 2025
	// signed with 2026
}

func exampleKey(k *kmstest.KMS, spec types.KeySpec) string {
	arn, err := k.AddKey(spec, nil)
	check(err)
	return arn
}

// issue returns a token, as a login function does.
func issue(source keys.SigningSource) string {
	s, err := signer.New(signer.Config{Keys: source})
	check(err)
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Signer: s, Issuer: "https://login.example.com", Audience: []string{"orders"}, Lifetime: time.Hour,
	})
	check(err)
	token, err := issuer.Issue(context.Background(), "user-1", nil)
	check(err)
	return token
}

// exampleVerifier returns a verifier, as an authorizer has one.
func exampleVerifier(source keys.VerificationSource) *verifier.Local {
	v, err := verifier.New(verifier.Config{Keys: source, Issuer: "https://login.example.com", Audience: []string{"orders"}})
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
