package kmskeys_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
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

	signing, err := kmskeys.NewAsymmetricSigner(client, cfg)
	check(err)
	verification, err := kmskeys.NewAsymmetricVerifier(client, cfg)
	check(err)

	token := issue(signing)
	for range 1000 {
		_, err := exampleVerifier(verification).Verify(context.Background(), token)
		check(err)
	}
	fmt.Println("calls to sign:", client.Calls("Sign"))
	fmt.Println("calls to verify:", client.Calls("GetPublicKey"))
	// Output:
	// calls to sign: 1
	// calls to verify: 1
}

// What a source has done is worth a metric.
func ExampleStats() {
	client := kmstest.New(kmstest.Config{})
	cfg := kmskeys.AsymmetricConfig{KeyID: exampleKey(client, types.KeySpecEccNistP256), Algorithm: "ES256"}
	signing, err := kmskeys.NewAsymmetricSigner(client, cfg)
	check(err)
	verification, err := kmskeys.NewAsymmetricVerifier(client, cfg)
	check(err)
	token := issue(signing)
	for range 1000 {
		_, err := exampleVerifier(verification).Verify(context.Background(), token)
		check(err)
	}

	log := log.New(os.Stdout, "", 0)
	stats := verification.Stats()
	log.Printf("%d calls, %d failed, %d saved", stats.Calls, stats.Failures, stats.Hits)
	// Output:
	// 1 calls, 0 failed, 999 saved
}

// A client that is used beside the sources of this package tries again as they do.
func ExampleRetry() {
	options := kms.Options{Region: "us-east-1"}
	client := kms.New(options, kmskeys.Retry)
	fmt.Println(client.Options().Retryer.MaxAttempts())
	// Output:
	// 2
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
	signing, err := kmskeys.NewEnvelopeSigner(client, cfg)
	check(err)
	verification, err := kmskeys.NewEnvelopeVerifier(client, cfg)
	check(err)

	token := issue(signing)
	for range 1000 {
		_, err := exampleVerifier(verification).Verify(context.Background(), token)
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
	signing, err := kmskeys.NewMACSigner(client, current)
	check(err)
	verification, err := kmskeys.NewMACVerifier(client, current)
	check(err)
	verifiesPrevious, err := kmskeys.NewMACVerifier(client, previous)
	check(err)
	ring, err := keys.NewRing(signing, verification, verifiesPrevious)
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

// A function that starts finds what is wrong before the first request does.
func ExampleAsymmetricVerifier_Ready() {
	start := func(ctx context.Context, client kmskeys.GetPublicKeyAPI, cfg kmskeys.AsymmetricConfig) error {
		verification, err := kmskeys.NewAsymmetricVerifier(client, cfg)
		if err != nil {
			return err // a setting to mend
		}
		if err := verification.Ready(ctx); errors.Is(err, keys.ErrMisconfigured) {
			return err // a key, a Region or a permission to mend
		} else if err != nil {
			log.Print(err) // KMS is down just now: the first request tries again
		}
		return nil
	}

	client := kmstest.New(kmstest.Config{})
	cfg := kmskeys.AsymmetricConfig{KeyID: exampleKey(client, types.KeySpecEccNistP256), Algorithm: "RS256"}
	fmt.Println(errors.Is(start(context.Background(), client, cfg), keys.ErrMisconfigured))
	cfg.Algorithm = "ES256"
	fmt.Println(start(context.Background(), client, cfg))
	// Output:
	// true
	// <nil>
}

// A Region is down, and its tokens are verified in another, which has a replica of the
// multi-Region key. The key ID is the same in both, and so must the kid be.
func ExampleNewEnvelopeVerifier_regions() {
	east := kmstest.New(kmstest.Config{Region: "us-east-1"})
	west := east.In("us-west-2")
	cfg := kmskeys.EnvelopeConfig{
		KeyID:             exampleReplicatedKey(east, west), // mrk-...
		Kid:               "2026",
		EncryptionContext: kmskeys.TokenContext("https://login.example.com", "orders"),
	}

	near, err := kmskeys.NewEnvelopeVerifier(east, cfg)
	check(err)
	far, err := kmskeys.NewEnvelopeVerifier(west, cfg)
	check(err)
	ring, err := keys.NewRing(nil, near, far)
	check(err)

	signing, err := kmskeys.NewEnvelopeSigner(east, cfg)
	check(err)
	before := issue(signing)

	east.Fail("", kmstest.Forever, kmstest.Error("KMSInternalException", "the Region is down"))
	elsewhere, err := kmskeys.NewEnvelopeSigner(west, cfg)
	check(err)
	for _, token := range []string{before, issue(elsewhere)} {
		verified, err := exampleVerifier(ring).Verify(context.Background(), token)
		check(err)
		fmt.Println(verified.Subject)
	}
	fmt.Println("decrypted in us-west-2:", west.Calls("Decrypt"))
	// Output:
	// user-1
	// user-1
	// decrypted in us-west-2: 2
}

// exampleReplicatedKey returns the key ID of a multi-Region key.
func exampleReplicatedKey(here, there *kmstest.KMS) string {
	multiRegion, region := true, there.Region()
	created, err := here.CreateKey(context.Background(), &kms.CreateKeyInput{MultiRegion: &multiRegion})
	check(err)
	_, err = here.ReplicateKey(context.Background(), &kms.ReplicateKeyInput{KeyId: created.KeyMetadata.KeyId, ReplicaRegion: &region})
	check(err)
	return *created.KeyMetadata.KeyId
}

func exampleKey(k *kmstest.KMS, spec types.KeySpec) string {
	arn, err := k.AddKey(spec, nil)
	check(err)
	return arn
}

// issue returns a token, as a login function does.
func issue(source keys.SigningSource) string {
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: source, Issuer: "https://login.example.com", Audience: []string{"orders"}, Lifetime: time.Hour,
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
