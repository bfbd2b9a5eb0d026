package keys_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
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
	// [keys.PublicKey(EdDSA, kid "2026-01") keys.PublicKey(Ed25519, kid "2026-01")]
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

// A secret that is replaced in a store while the function runs. load stands for the call
// that gets its two newest versions, such as AWSCURRENT and AWSPREVIOUS of AWS Secrets
// Manager.
func ExampleNewRefreshing() {
	load := func(ctx context.Context) (current, previous []byte, err error) {
		return []byte("the secret that signs at present"), []byte("the secret that did so until now"), ctx.Err()
	}
	source, err := keys.NewRefreshing(keys.RefreshingConfig{
		MaxAge: 5 * time.Minute,
		Load: func(ctx context.Context) (*keys.Ring, error) {
			current, previous, err := load(ctx)
			if err != nil {
				return nil, err
			}
			signs, err := keys.HMAC("HS256", current)
			if err != nil {
				return nil, err
			}
			verifies, err := keys.HMAC("HS256", previous)
			if err != nil {
				return nil, err
			}
			return keys.NewRing(signs, verifies)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	key, err := source.SigningKey(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(key.Header().Algorithm)
	// Output: HS256
}
