package jwks_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
)

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
	set, err := keys.NewSet(key.WithKid("2026-01").Public())
	if err != nil {
		log.Fatal(err)
	}
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: server.URL, Keys: set})
	if err != nil {
		log.Fatal(err)
	}
	mux.Handle("/.well-known/", publisher)

	remote, err := jwks.NewRemote(jwks.RemoteConfig{Issuer: server.URL})
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
	set, err := keys.NewSet(key.WithKid("2026-01"))
	if err != nil {
		log.Fatal(err)
	}
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: "https://login.example.com", Keys: set})
	if err != nil {
		log.Fatal(err)
	}
	text, err := publisher.JWKS(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(publisher.DiscoveryPath())
	fmt.Println(publisher.JWKSPath())
	fmt.Println(string(text))
	// Output:
	// /.well-known/openid-configuration
	// /.well-known/jwks.json
	// {"keys":[{"kty":"OKP","use":"sig","alg":"EdDSA","kid":"2026-01","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
}

// What API Gateway would refuse shows before anything is deployed.
func ExampleCheckGateway() {
	problems := jwks.CheckGateway(jwks.GatewayConfig{
		Issuer:    "https://login.example.com/",
		Audience:  []string{"orders"},
		Discovery: []byte(`{"issuer":"https://login.example.com","jwks_uri":"https://login.example.com/.well-known/jwks.json"}`),
		JWKS:      []byte(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"2026-01","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`),
	})
	for _, problem := range problems {
		fmt.Println(problem)
	}
	// Output:
	// jwks: API Gateway: the discovery document is of issuer "https://login.example.com" and the authorizer's is "https://login.example.com/": they must be the same, byte for byte, and so must iss
	// jwks: API Gateway: key 0 of the JWK set: its kty is "OKP": API Gateway verifies with RSA keys only, publish it elsewhere
	// jwks: API Gateway: the JWK set has no key to verify tokens with: publish an RSA key
}
