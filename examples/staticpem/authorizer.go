package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// ownRules are for tokens of one's own issuer: nothing is optional.
func ownRules(publicKey, issuer, audience string) (verifier.Config, error) {
	key, err := keys.ParsePublicPEM("RS256", []byte(publicKey))
	if err != nil {
		return verifier.Config{}, err
	}
	sample, err := keys.ParsePublicPEM("RS256", []byte(sampleKey))
	if err != nil {
		return verifier.Config{}, err
	}
	if key.Thumbprint() == sample.Thumbprint() {
		return verifier.Config{}, errors.New("this is the sample key, for which everybody can make tokens")
	}
	return verifier.Config{
		Keys: key, Issuer: issuer, Audience: []string{audience},
		RequiredClaims: []string{"user_id"},
	}, nil
}

// sampleRules are for the document's first sample, which leaves almost everything
// out. What a token may lack has to be said by name.
func sampleRules() (verifier.Config, error) {
	key, err := keys.ParsePublicPEM("RS256", []byte(sampleKey))
	return verifier.Config{
		Keys:               key,
		SkipIssuerCheck:    true,
		SkipAudienceCheck:  true,
		AllowMissingExpiry: true, // good for ever: only a new key could end such a token
		RequiredClaims:     []string{"user_id"},
	}, err
}

// newAuthorizer needs no secret. The key is the public half of a pair, so it may
// stand in the code or in a variable, and whoever reads it can make no tokens.
func newAuthorizer(rules verifier.Config, logger *slog.Logger, observer func(context.Context, authorizer.Outcome)) (*authorizer.Authorizer, error) {
	verify, err := verifier.New(rules)
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{
		Verifier: verify, Policy: permit, Logger: logger, Observer: observer,
		// Context is not set: every claim that is a string, a number or a boolean
		// goes on to the function behind the authorizer.
	})
}

// permit lets the bearer of a good token call the whole API, as the user_id says.
func permit(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
	var claims struct {
		UserID string `json:"user_id"`
	}
	if err := t.Claims(&claims); err != nil || claims.UserID == "" {
		// The caller's fault, a 401. Any other error would be an outage, a 500.
		return nil, fmt.Errorf("%w: user_id is no text", verifier.ErrInvalidToken)
	}
	return policy.New(claims.UserID, r.ARN).AllowAllMethods().Build()
}
