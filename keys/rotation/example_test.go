package rotation_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/keys/kmstest"
	"github.com/lambdajwt/authorizer/keys/rotation"
)

// A rotation: the new key is published at once and signs once every verifier knows it,
// and the old one stays until its last token has expired.
func ExampleSchedule_Next() {
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	month := 31 * 24 * time.Hour

	schedule := &rotation.Schedule{TokenLifetime: 15 * time.Minute}
	schedule, err := schedule.Next(first, "2026-01")
	if err != nil {
		log.Fatal(err)
	}
	schedule, err = schedule.Next(first.Add(month), "2026-02")
	if err != nil {
		log.Fatal(err)
	}
	for _, later := range []time.Duration{0, 130 * time.Minute, 155 * time.Minute} {
		now := first.Add(month + later)
		plan := schedule.At(now)
		fmt.Printf("%s sign with %s, publish %v\n", now.Format("15:04"), plan.Sign, plan.Publish)
	}
	// Output:
	// 00:00 sign with 2026-01, publish [2026-01 2026-02]
	// 02:10 sign with 2026-02, publish [2026-01 2026-02]
	// 02:35 sign with 2026-02, publish [2026-02]
}

// One ring signs, verifies and publishes by a schedule, without a restart.
func ExampleNewRing() {
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	schedule, err := rotation.ParseSchedule([]byte(`{
		"token_lifetime": "15m",
		"keys": [
			{"kid": "2026-01", "publish": "2026-01-01T00:00:00Z", "sign": "2026-01-01T00:00:00Z",
			 "retire": "2026-02-01T02:10:00Z", "expire": "2026-02-01T02:35:00Z"},
			{"kid": "2026-02", "publish": "2026-02-01T00:00:00Z", "sign": "2026-02-01T02:10:00Z"}
		]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	var pairs []rotation.Pair
	for _, key := range schedule.Keys { // from PEM files in earnest
		private, err := keys.GeneratePrivateKey("ES256")
		if err != nil {
			log.Fatal(err)
		}
		pairs = append(pairs, rotation.PairOf(private.WithKid(key.Kid)))
	}
	ring, err := rotation.NewRing(rotation.RingConfig{
		Schedule: schedule, Keys: pairs, Now: func() time.Time { return now },
	})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		signing, err := ring.SigningKey(context.Background())
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("signs with", signing.Header().Kid)
		now = now.Add(3 * time.Hour)
	}
	// Output:
	// signs with 2026-01
	// signs with 2026-02
}

// Keys that never leave KMS, by a schedule. API Gateway's own JWT authorizer, and whoever
// else verifies, reads them where they are published. A *kms.Client takes the place of the
// KMS in memory.
func ExamplePairFrom() {
	ctx, now := context.Background(), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	schedule, err := rotation.ParseSchedule([]byte(`{
		"token_lifetime": "15m",
		"keys": [
			{"kid": "2026-01", "publish": "2026-01-01T00:00:00Z", "sign": "2026-01-01T00:00:00Z",
			 "retire": "2026-02-01T02:10:00Z", "expire": "2026-02-01T02:35:00Z"},
			{"kid": "2026-02", "publish": "2026-02-01T00:00:00Z", "sign": "2026-02-01T02:10:00Z"}
		]
	}`))
	if err != nil {
		log.Fatal(err)
	}
	client := kmstest.New(kmstest.Config{})
	var pairs []rotation.Pair
	for _, kid := range schedule.InUse(now) {
		arn, err := client.AddKey(types.KeySpecRsa2048, nil) // in earnest, from a table of kids and ARNs
		if err != nil {
			log.Fatal(err)
		}
		cfg := kmskeys.AsymmetricConfig{KeyID: arn, Algorithm: "RS256", Kid: kid}
		public, err := kmskeys.NewAsymmetricVerifier(client, cfg)
		if err != nil {
			log.Fatal(err)
		}
		signing, err := kmskeys.NewAsymmetricSigner(client, cfg)
		if err != nil {
			log.Fatal(err)
		}
		pair, err := rotation.PairFrom(ctx, public, signing)
		if err != nil {
			log.Fatal(err)
		}
		pairs = append(pairs, pair)
	}
	ring, err := rotation.NewRing(rotation.RingConfig{Schedule: schedule, Keys: pairs, Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: "https://login.example.com", Keys: ring})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		signing, err := ring.SigningKey(ctx)
		if err != nil {
			log.Fatal(err)
		}
		text, err := publisher.JWKS(ctx)
		if err != nil {
			log.Fatal(err)
		}
		set, err := keys.ParseJWKS(text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s sign with %s, publish %d keys\n", now.Format("15:04"), signing.Header().Kid, len(set.Keys()))
		now = now.Add(3 * time.Hour)
	}
	// Output:
	// 00:00 sign with 2026-01, publish 2 keys
	// 03:00 sign with 2026-02, publish 1 keys
}
