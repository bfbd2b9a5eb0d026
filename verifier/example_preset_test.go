package verifier_test

import (
	"context"
	"fmt"
	"log"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// exampleIssuer is a key that signs for the examples, in the place of a real issuer's.
func exampleIssuer(typ string) (*keys.PrivateKey, *signer.Signer) {
	key, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		log.Fatal(err)
	}
	s, err := signer.New(signer.Config{Keys: key, Type: typ})
	if err != nil {
		log.Fatal(err)
	}
	return key, s
}

// An API takes the access tokens of one app of a user pool, and nothing else of it.
func ExampleNewCognitoAccess() {
	const pool = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE"
	key, issuer := exampleIssuer("") // a function uses jwks.NewRemote(jwks.RemoteConfig{Issuer: pool})

	v, err := verifier.NewCognitoAccess(verifier.Config{Keys: key, Issuer: pool}, "1example23456789")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	for _, claims := range []jwt.MapClaims{
		{"iss": pool, "sub": "user-1", "token_use": "access", "client_id": "1example23456789", "exp": 4e9},
		{"iss": pool, "sub": "user-1", "token_use": "access", "client_id": "2example23456789", "exp": 4e9},
		{"iss": pool, "sub": "user-1", "token_use": "id", "aud": "1example23456789", "exp": 4e9},
	} {
		text, err := issuer.Sign(ctx, claims)
		if err != nil {
			log.Fatal(err)
		}
		_, err = v.Verify(ctx, text)
		fmt.Println(err)
	}
	// Output:
	// <nil>
	// token is invalid: wrong_claim client_id
	// token is invalid: wrong_claim token_use
}

// An API takes the ID tokens of one app of a user pool, and no access tokens.
func ExampleNewCognitoID() {
	const pool = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE"
	key, issuer := exampleIssuer("") // a function uses jwks.NewRemote(jwks.RemoteConfig{Issuer: pool})

	v, err := verifier.NewCognitoID(verifier.Config{Keys: key, Issuer: pool}, "1example23456789")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	text, err := issuer.Sign(ctx, jwt.MapClaims{
		"iss": pool, "sub": "user-1", "token_use": "id", "aud": "1example23456789", "email": "user@example.com", "exp": 4e9,
	})
	if err != nil {
		log.Fatal(err)
	}
	token, err := v.Verify(ctx, text)
	if err != nil {
		log.Fatal(err)
	}
	var claims struct {
		Email string `json:"email"`
	}
	if err := token.Claims(&claims); err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Subject, claims.Email)
	// Output: user-1 user@example.com
}

// An access token says by its type that it is one.
func ExampleNewRFC9068() {
	key, issuer := exampleIssuer("at+jwt")

	v, err := verifier.NewRFC9068(verifier.Config{
		Keys: key, Issuer: "https://login.example.com", Audience: []string{"https://api.example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	text, err := issuer.Sign(ctx, jwt.MapClaims{
		"iss": "https://login.example.com", "aud": "https://api.example.com", "sub": "user-1", "client_id": "app-1",
		"jti": "1", "iat": 1.7e9, "exp": 4e9, "scope": "orders:read orders:write",
	})
	if err != nil {
		log.Fatal(err)
	}
	token, err := v.Verify(ctx, text)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Subject, token.Scopes())
	// Output: user-1 [orders:read orders:write]
}
