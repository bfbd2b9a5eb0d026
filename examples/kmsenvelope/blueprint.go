package main

import (
	"context"
	"fmt"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// newBlueprintAuthorizer takes the tokens of https://github.com/Eascen/api-gateway-jwt,
// for those whose login function stays as it is. Such a token says whose it is, in
// Username, and when it ends, but not who has made it or what for, and neither does
// its data key: whoever may make data keys with this KMS key can make such tokens. Let
// it be a KMS key that serves nothing else.
func newBlueprintAuthorizer(client kmskeys.DecryptAPI, set settings) (*authorizer.Authorizer, error) {
	source, err := kmskeys.NewEnvelopeVerifier(client, kmskeys.EnvelopeConfig{
		KeyID: set.key, Format: kmskeys.BlueprintEnvelope, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	verify, err := verifier.New(verifier.Config{
		Keys: source, SkipIssuerCheck: true, SkipAudienceCheck: true,
		RequiredClaims: []string{"Username"}, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{
		Verifier: verify, Policy: permitUsername,
		Extract: authorizer.Header("Auth"), // a bare one; the template's identity source has the name
		Logger:  set.logger, Observer: set.observer, Now: set.now,
	})
}

// permitUsername lets the bearer of a good token call the whole API.
func permitUsername(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
	var claims struct {
		Username string `json:"Username"`
	}
	if err := t.Claims(&claims); err != nil || claims.Username == "" {
		// The caller's fault, a 401. Any other error would be an outage, a 500.
		return nil, fmt.Errorf("%w: Username is no text", verifier.ErrInvalidToken)
	}
	allowed, err := policy.New(claims.Username, r.ARN).AllowAllMethods().Build()
	if err != nil {
		return nil, err
	}
	allowed.Context = map[string]any{"sub": claims.Username} // what whoami reads
	return allowed, nil
}
