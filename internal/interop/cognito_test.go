package interop_test

import (
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/verifier"
)

const (
	userPool = "eu-west-1_Example01"
	pool     = "https://cognito-idp.eu-west-1.amazonaws.com/" + userPool
	clientID = "client-1"
)

// Tokens and keys like those of a Cognito user pool, made here, stand in for the pool's
// own: Amazon's verifier of such tokens and this library's decide them alike.
func (b *bench) testCognito(t *testing.T) {
	publisher, err := jwks.NewPublisher(jwks.PublisherConfig{Issuer: pool, Keys: b.ours.set})
	if err != nil {
		t.Fatal(err)
	}
	site := b.authority.newSite(t)
	site.serve(publisher)
	for _, test := range []struct {
		name, asked string // the token_use that is asked for
		use, client string // of the token
		accepted    bool
	}{
		{"an access token for this client", "access", "access", clientID, true},
		{"an access token for another client", "access", "access", "client-2", false},
		{"an ID token in place of an access token", "access", "id", clientID, false},
		{"an ID token for this client", "id", "id", clientID, true},
		{"an ID token for another client", "id", "id", "client-2", false},
		{"an access token in place of an ID token", "id", "access", clientID, false},
	} {
		t.Run("decides as for a user pool/"+test.name, func(t *testing.T) {
			claims := map[string]any{"token_use": test.use}
			if test.use == "access" {
				claims["client_id"] = test.client
			}
			s := stamp{issuer: pool, audience: test.client, now: time.Now()}
			token := sign(t, b.ours.private["RS256"], s, claims)
			theirs := b.ask(t, "verifyCognito", request{
				"token": token, "userPoolId": userPool, "clientId": clientID, "tokenUse": test.asked, "address": site.url,
			}, nil)
			if accepted := theirs == nil; accepted != test.accepted {
				t.Errorf("accepted by the peer: %v (%v), want %v", accepted, theirs, test.accepted)
			}
			_, ours := b.cognito(t, test.asked).Verify(t.Context(), token)
			if accepted := ours == nil; accepted != test.accepted {
				t.Errorf("accepted here: %v (%v), want %v", accepted, ours, test.accepted)
			}
		})
	}
	if site.count(publisher.JWKSPath()) == 0 {
		t.Error("the set was not read")
	}
}

// cognito returns our verifier of the pool's tokens of this token_use.
func (b *bench) cognito(t *testing.T, use string) *verifier.Local {
	t.Helper()
	create := verifier.NewCognitoAccess
	if use == "id" {
		create = verifier.NewCognitoID
	}
	v, err := create(verifier.Config{Keys: b.ours.set, Issuer: pool}, clientID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
