package golangjwt_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
)

// exampleKey takes the place of a key in KMS, a ring, a remote set: all of them fit.
func exampleKey() *keys.PrivateKey {
	key, err := keys.GeneratePrivateKey("ES256")
	check(err)
	return key
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

type exampleClaims struct {
	Tenant string `json:"tenant"`
	jwt.RegisteredClaims
}

// The token is golang-jwt's own, signed with a key of package keys.
func ExampleNewWithClaims() {
	ctx, source := context.Background(), exampleKey().WithKid("2026-01")

	token, key, err := golangjwt.NewWithClaims(ctx, source, exampleClaims{
		"acme", jwt.RegisteredClaims{Subject: "user-1", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))},
	})
	check(err)
	token.Header["typ"] = "at+jwt"
	text, err := token.SignedString(key)
	check(err)

	parsed, err := jwt.Parse(text, golangjwt.Keyfunc(ctx, source.Public()))
	check(err)
	fmt.Println(parsed.Header["alg"], parsed.Header["kid"], parsed.Header["typ"])
	// Output: ES256 2026-01 at+jwt
}

// The parser, its options and the claims stay as they are; only the key function changes.
func ExampleKeyfunc() {
	ctx, source := context.Background(), exampleKey()
	token, key, err := golangjwt.NewWithClaims(ctx, source, exampleClaims{
		"acme", jwt.RegisteredClaims{Subject: "user-1", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour))},
	})
	check(err)
	text, err := token.SignedString(key)
	check(err)

	var claims exampleClaims
	_, err = jwt.ParseWithClaims(text, &claims, golangjwt.Keyfunc(ctx, source.Public()),
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithExpirationRequired())
	check(err)
	fmt.Println(claims.Subject, claims.Tenant)
	// Output: user-1 acme
}

// A source that is down is told from a bad token: the one is a 500, the other a 401.
func ExampleKeyfunc_outage() {
	status := func(err error) int {
		switch {
		case errors.Is(err, golangjwt.ErrOutage): // ask for it first
			return 500
		case err != nil:
			return 401
		}
		return 200
	}

	ctx, source := context.Background(), exampleKey()
	token, key, err := golangjwt.NewWithClaims(ctx, source, jwt.RegisteredClaims{Subject: "user-1"})
	check(err)
	text, err := token.SignedString(key)
	check(err)

	_, err = jwt.Parse(text, golangjwt.Keyfunc(ctx, source.Public()))
	fmt.Println("good:", status(err))
	_, err = jwt.Parse(text, golangjwt.Keyfunc(ctx, exampleKey().Public()))
	fmt.Println("forged:", status(err))
	_, err = jwt.Parse(text, golangjwt.Keyfunc(ctx, unreachable{}))
	fmt.Println("outage:", status(err))
	// Output:
	// good: 200
	// forged: 401
	// outage: 500
}

// unreachable is a source that is down.
type unreachable struct{}

func (unreachable) VerificationKey(context.Context, keys.Header) (keys.VerificationKey, error) {
	return nil, errors.New("connection refused")
}

// Code that makes its tokens itself names the method, and writes what the key needs into
// the header.
func ExampleMethod() {
	ctx := context.Background()
	secret, err := keys.HMAC("HS256", []byte("an example's secret, and not yours!"))
	check(err)

	token := jwt.NewWithClaims(golangjwt.Method(ctx, "HS256"), jwt.MapClaims{"sub": "user-1"})
	text, err := token.SignedString(secret)
	check(err)
	_, err = jwt.Parse(text, golangjwt.Keyfunc(ctx, secret))
	fmt.Println(err)
	// Output: <nil>
}
