package main

import (
	"context"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/signer"
)

// newLogin needs one operation of KMS, Sign, for each token. Nobody can take the
// private key away, but whoever may call kms:Sign can make tokens.
func newLogin(client kmskeys.SignAPI, set settings) (*onelogin.Login, error) {
	source, err := kmskeys.NewAsymmetricSigner(client, set.asymmetric(set.key))
	if err != nil {
		return nil, err
	}
	if set.asDocument {
		return newDocumentLogin(source, set)
	}
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: source, Issuer: issuerName, Audience: []string{audience}, Lifetime: lifetime, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	issue := func(ctx context.Context, user string) (string, error) { return issuer.Issue(ctx, user, set.grants) }
	return &onelogin.Login{User: set.user, Issue: issue, Logger: set.logger}, nil
}
