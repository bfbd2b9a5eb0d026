package signer_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// A login issues a token; a verifier with the same secret accepts it.
func ExampleIssuer_Issue() {
	key, err := keys.HMAC("HS256", []byte("an example's secret, and not yours!"))
	if err != nil {
		log.Fatal(err)
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"}, Lifetime: 5 * time.Minute,
	})
	if err != nil {
		log.Fatal(err)
	}
	token, err := issuer.Issue(context.Background(), "user-1", map[string]any{"scope": "orders:read"})
	if err != nil {
		log.Fatal(err)
	}

	v, err := verifier.New(verifier.Config{Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	checked, err := v.Verify(context.Background(), token)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(checked.Subject, checked.Scopes(), checked.ExpiresAt.Sub(checked.IssuedAt))
	// Output: user-1 [orders:read] 5m0s
}

// A token is renewed until its session has lasted its time.
func ExampleIssuer_Refresh() {
	now := time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	key, _ := keys.HMAC("HS256", []byte("an example's secret, and not yours!"))
	issuer, _ := signer.NewIssuer(signer.IssuerConfig{
		Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"},
		Lifetime: time.Hour, MaxSession: 90 * time.Minute, Now: clock,
	})
	v, _ := verifier.New(verifier.Config{Keys: key, Issuer: "https://login.example.com", Audience: []string{"orders"}, Now: clock})

	token, _ := issuer.Issue(context.Background(), "user-1", nil)
	for range 5 {
		checked, err := v.Verify(context.Background(), token)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("good until", checked.ExpiresAt.UTC().Format(time.TimeOnly))
		now = now.Add(50 * time.Minute)
		if token, err = issuer.Refresh(context.Background(), checked); err != nil {
			fmt.Println(err)
			break
		}
	}
	// Output:
	// good until 10:00:00
	// good until 10:30:00
	// signer: session has expired
}
