package keys_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/lambdajwt/authorizer/keys"
)

// A shared secret signs and verifies. It comes from a secret store, not from the
// source text.
func ExampleHMAC() {
	secret, err := keys.HMAC("HS256", []byte("0hLvRz3yQ8mXbWn5uJtKp2cGdFqAs7Ve"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(secret)

	_, err = keys.HMAC("HS256", []byte("hunter2"))
	fmt.Println(err)
	// Output:
	// keys.Secret(HS256)
	// keys: HS256 needs a secret of at least 32 bytes, got 7: generate one with openssl rand -base64 32
}

// The public key of an issuer is all that a verifier needs.
func ExampleParsePublicPEM() {
	const text = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----`

	key, err := keys.ParsePublicPEM("EdDSA", []byte(text))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Algorithm(), key.Thumbprint())
	// Output:
	// EdDSA kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
}

// A new key signs tokens, and its public half is published for others to verify
// them with.
func ExampleGeneratePrivateKey() {
	key, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		log.Fatal(err)
	}
	key = key.WithKid("2026-01")
	set, err := keys.NewSet(key.Public())
	if err != nil {
		log.Fatal(err)
	}
	text, err := json.Marshal(set) // what to serve at jwks_uri
	if err != nil {
		log.Fatal(err)
	}

	published, err := keys.ParseJWKS(text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(published.Keys())
	// Output:
	// [keys.PublicKey(ES256, kid "2026-01")]
}

func ExampleParseJWKS() {
	set, err := keys.ParseJWKS([]byte(`{"keys":[
		{"kty":"OKP","crv":"Ed25519","kid":"2026-01","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
		{"kty":"RSA","use":"enc","kid":"not for signatures","n":"AQAB","e":"AQAB"}
	]}`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(set.Keys())
	// Output:
	// [keys.PublicKey(EdDSA, kid "2026-01")]
}

// To rotate, sign with the new key and go on verifying with the old one until the
// last token that it signed has expired.
func ExampleNewRing() {
	old, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		log.Fatal(err)
	}
	old = old.WithKid("2025")
	current, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		log.Fatal(err)
	}
	current = current.WithKid("2026")
	ring, err := keys.NewRing(current, old.Public())
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	signing, err := ring.SigningKey(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("signs with", signing.Header().Kid)

	for _, kid := range []string{"2025", "2026", "2024"} {
		key, err := ring.VerificationKey(ctx, keys.Header{Algorithm: "ES256", Kid: kid})
		fmt.Println(key, err)
	}
	// Output:
	// signs with 2026
	// keys.PublicKey(ES256, kid "2025") <nil>
	// keys.PrivateKey(ES256, kid "2026") <nil>
	// <nil> no key for this token
}

// Tokens that were signed before there were kids go on being verified while new
// ones get one.
func ExampleNewRing_secretsWithoutKeyIDs() {
	old, err := keys.HMAC("HS256", []byte("x7TqLw2eVnRj9sDfBk4mYpZc6hGaUoXi"))
	if err != nil {
		log.Fatal(err)
	}
	current, err := keys.HMAC("HS256", []byte("0hLvRz3yQ8mXbWn5uJtKp2cGdFqAs7Ve"))
	if err != nil {
		log.Fatal(err)
	}
	current = current.WithKid("2026")
	ring, err := keys.NewRing(current, old)
	if err != nil {
		log.Fatal(err)
	}
	for _, kid := range []string{"2026", ""} {
		key, err := ring.VerificationKey(context.Background(), keys.Header{Algorithm: "HS256", Kid: kid})
		fmt.Println(key, err)
	}
	// Output:
	// keys.Secret(HS256, kid "2026") <nil>
	// keys.Secret(HS256) <nil>
}

// What an issuer publishes, served over loopback here, is all that a verifier
// elsewhere needs.
func ExampleNewRemote() {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()

	key, err := keys.GeneratePrivateKey("RS256")
	if err != nil {
		log.Fatal(err)
	}
	key = key.WithKid("2026-01")
	set, err := keys.NewSet(key.Public())
	if err != nil {
		log.Fatal(err)
	}
	publisher, err := keys.NewPublisher(keys.PublisherConfig{Issuer: server.URL, Keys: set})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/.well-known/", publisher)

	remote, err := keys.NewRemote(keys.RemoteConfig{Issuer: server.URL})
	if err != nil {
		log.Fatal(err)
	}
	for _, kid := range []string{"2026-01", "2025-12"} {
		found, err := remote.VerificationKey(context.Background(), keys.Header{Algorithm: "RS256", Kid: kid})
		fmt.Println(found, err)
	}
	// Output:
	// keys.PublicKey(RS256, kid "2026-01") <nil>
	// <nil> no key for this token
}

// The two documents as bytes, for files in a bucket.
func ExampleNewPublisher() {
	key, err := keys.ParsePublicPEM("EdDSA", []byte(`-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----`))
	if err != nil {
		log.Fatal(err)
	}
	key = key.WithKid("2026-01")
	set, err := keys.NewSet(key)
	if err != nil {
		log.Fatal(err)
	}
	publisher, err := keys.NewPublisher(keys.PublisherConfig{Issuer: "https://login.example.com", Keys: set})
	if err != nil {
		log.Fatal(err)
	}
	jwks, err := publisher.JWKS()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(publisher.DiscoveryPath())
	fmt.Println(publisher.JWKSPath())
	fmt.Println(string(jwks))
	// Output:
	// /.well-known/openid-configuration
	// /.well-known/jwks.json
	// {"keys":[{"kty":"OKP","use":"sig","alg":"EdDSA","kid":"2026-01","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
}

// What API Gateway would refuse shows before anything is deployed.
func ExampleCheckGateway() {
	problems := keys.CheckGateway(keys.GatewayConfig{
		Issuer:    "https://login.example.com/",
		Audience:  []string{"orders"},
		Discovery: []byte(`{"issuer":"https://login.example.com","jwks_uri":"https://login.example.com/.well-known/jwks.json"}`),
		JWKS:      []byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2026-01","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`),
	})
	for _, problem := range problems {
		fmt.Println(problem)
	}
	// Output:
	// keys: API Gateway: the discovery document is of issuer "https://login.example.com" and the authorizer's is "https://login.example.com/": they must be the same, byte for byte, and so must iss
	// keys: API Gateway: key 0 of the JWK set: its kty is "OKP": API Gateway verifies with RSA keys only, publish it elsewhere
	// keys: API Gateway: the JWK set has no key to verify tokens with: publish an RSA key
}

// A rotation: the new key is published at once and signs once every verifier knows it,
// and the old one stays until its last token has expired.
func ExampleSchedule_Next() {
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	month := 31 * 24 * time.Hour

	schedule := &keys.Schedule{TokenLifetime: 15 * time.Minute}
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
func ExampleNewScheduledRing() {
	now := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	schedule, err := keys.ParseSchedule([]byte(`{
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
	var pairs []keys.KeyPair
	for _, key := range schedule.Keys { // from PEM files in earnest
		private, err := keys.GeneratePrivateKey("ES256")
		if err != nil {
			log.Fatal(err)
		}
		private = private.WithKid(key.Kid)
		pairs = append(pairs, keys.Pair(private))
	}
	ring, err := keys.NewScheduledRing(keys.ScheduledRingConfig{
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
