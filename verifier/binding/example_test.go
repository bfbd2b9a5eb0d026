package binding_test

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// exampleToken takes the place of what a verifier has returned for a token that is bound to
// a client's key.
func exampleToken(client *keys.PrivateKey) (text string, token *verifier.Token) {
	token, err := verifier.TrustClaims([]byte(`{"sub":"user-1","cnf":{"jkt":"` + client.Public().Thumbprint() + `"}}`))
	check(err)
	return "the.access.token", token
}

// exampleProof is a client's: it signs method, URL, token and time.
func exampleProof(client *keys.PrivateKey, jti, method, url, token, nonce string) string {
	hash := sha256.Sum256([]byte(token))
	proof, key, err := golangjwt.NewWithClaims(context.Background(), client, jwt.MapClaims{
		"jti": jti, "htm": method, "htu": url, "iat": time.Now().Unix(), "nonce": nonce,
		"ath": base64.RawURLEncoding.EncodeToString(hash[:]),
	})
	check(err)
	proof.Header["typ"] = "dpop+jwt"
	proof.Header["jwk"] = client.Public()
	text, err := proof.SignedString(key)
	check(err)
	return text
}

// A proof is good for one request: not for another one, and not twice.
func ExampleNewDPoP() {
	proofs, err := binding.NewMemory(binding.MemoryConfig{})
	check(err)
	dpop, err := binding.NewDPoP(binding.DPoPConfig{Proofs: proofs})
	check(err)

	client, err := keys.GeneratePrivateKey("ES256")
	check(err)
	text, token := exampleToken(client)
	const url = "https://api.example.com/orders"
	proof := exampleProof(client, "1", "GET", url, text, "")

	for _, method := range []string{"DELETE", "GET", "GET"} {
		r := binding.Request{Method: method, URL: url, Token: text, DPoP: []string{proof}}
		err := dpop.Check(context.Background(), r, token)
		fmt.Printf("%s %q\n", method, verifier.ReasonOf(err))
	}
	// Output:
	// DELETE "wrong_proof"
	// GET ""
	// GET "replayed_proof"
}

// A token that is bound is no bearer token: who has no binding refuses it.
func ExampleCheck() {
	client, err := keys.GeneratePrivateKey("ES256")
	check(err)
	text, token := exampleToken(client)
	err = binding.Check(context.Background(), nil, binding.Request{Token: text}, token)
	fmt.Println(verifier.ReasonOf(err))
	// Output: wrong_binding
}

// The certificate is that of the connection: r.TLS.PeerCertificates[0] with net/http, and
// requestContext.identity.clientCert of API Gateway's event.
func ExampleNewCertificate() {
	block, _ := pem.Decode([]byte(rfc8705Certificate))
	certificate, err := x509.ParseCertificate(block.Bytes)
	check(err)
	token, err := verifier.TrustClaims([]byte(`{"cnf":{"x5t#S256":"A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"}}`))
	check(err)

	mtls := binding.NewCertificate(binding.CertificateConfig{})
	fmt.Println(mtls.Check(context.Background(), binding.Request{Certificate: certificate}, token))
	err = mtls.Check(context.Background(), binding.Request{}, token)
	fmt.Println(verifier.ReasonOf(err))
	// Output:
	// <nil>
	// wrong_binding
}

// Callers see another address than the API does.
func ExampleRebase() {
	public, err := binding.Rebase("/prod", "https://www.example.com/api")
	check(err)
	url, err := public(binding.Request{URL: "https://a1b2c3.execute-api.eu-central-1.amazonaws.com/prod/orders"})
	check(err)
	fmt.Println(url)
	// Output: https://www.example.com/api/orders
}

// A nonce that needs no memory: the MAC of the current five minutes. That of the five
// minutes before is still taken.
func ExampleDPoP_Challenge() {
	secret, err := keys.HMAC("HS256", []byte("an example's secret, and not yours!"))
	check(err)
	nonceOf := func(ctx context.Context, t time.Time) (string, error) {
		mac, err := secret.Sign(ctx, strconv.AppendInt(nil, t.Unix()/300, 10))
		return base64.RawURLEncoding.EncodeToString(mac), err
	}
	proofs, err := binding.NewMemory(binding.MemoryConfig{})
	check(err)
	dpop, err := binding.NewDPoP(binding.DPoPConfig{
		Proofs:     proofs,
		Algorithms: []string{"ES256"},
		Nonce: func(ctx context.Context, nonce string) (string, bool, error) {
			fresh, err := nonceOf(ctx, time.Now())
			if err != nil || nonce == fresh {
				return fresh, err == nil, err
			}
			last, err := nonceOf(ctx, time.Now().Add(-5*time.Minute))
			return fresh, nonce == last, err
		},
	})
	check(err)

	client, err := keys.GeneratePrivateKey("ES256")
	check(err)
	text, token := exampleToken(client)
	const url = "https://api.example.com/orders"
	send := func(nonce string) error {
		proof := exampleProof(client, "1", "GET", url, text, nonce)
		return dpop.Check(context.Background(), binding.Request{Method: "GET", URL: url, Token: text, DPoP: []string{proof}}, token)
	}

	challenge := dpop.Challenge(send(""))
	fmt.Println("WWW-Authenticate:", challenge)
	fmt.Println("DPoP-Nonce has", len(challenge.Nonce), "characters")
	fmt.Println("with the nonce:", send(challenge.Nonce))
	// Output:
	// WWW-Authenticate: DPoP error="use_dpop_nonce", error_description="the DPoP proof must have the nonce of DPoP-Nonce", algs="ES256"
	// DPoP-Nonce has 43 characters
	// with the nonce: <nil>
}
