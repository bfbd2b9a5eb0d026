package verifier_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

const exampleToken = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9" +
	".eyJpc3MiOiJodHRwczovL2xvZ2luLmV4YW1wbGUuY29tIiwic3ViIjoidXNlci0xIiwiYXVkIjoib3JkZXJzIiwiZXhwIjoxNzY3MjI1OTAwLCJ0ZW5hbnQiOiJhY21lIn0" +
	".mKZH6SBpA6fesu3mkv9bO_kWtlXUGcRuUY84piKsNQY"

func exampleVerifier(now time.Time) *verifier.Local {
	key, err := keys.HMAC("HS256", []byte("an example's secret, and not yours!"))
	if err != nil {
		log.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{
		Keys:     key,
		Issuer:   "https://login.example.com",
		Audience: []string{"orders"},
		Now:      func() time.Time { return now }, // so that the example's token does not expire
	})
	if err != nil {
		log.Fatal(err)
	}
	return v
}

func ExampleLocal_Verify() {
	v := exampleVerifier(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	token, err := v.Verify(context.Background(), exampleToken)
	if err != nil {
		log.Fatal(err)
	}
	var claims struct {
		jwt.RegisteredClaims
		Tenant string `json:"tenant"`
	}
	if err := token.Claims(&claims); err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Subject, claims.Tenant)
	// Output: user-1 acme
}

// A refusal tells its reason, and is told from an outage by ErrInvalidToken.
func ExampleReasonOf() {
	v := exampleVerifier(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	_, err := v.Verify(context.Background(), exampleToken)
	fmt.Println(verifier.ReasonOf(err))
	fmt.Println(errors.Is(err, verifier.ErrInvalidToken), errors.Is(err, jwt.ErrTokenExpired))
	// Output:
	// expired
	// true true
}
