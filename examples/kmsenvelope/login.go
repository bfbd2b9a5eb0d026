package main

import (
	"context"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/signer"
)

// newLogin needs one operation of KMS, GenerateDataKey. It can make tokens, and is
// not able to decrypt the data keys of others.
func newLogin(client kmskeys.GenerateDataKeyAPI, set settings) (*onelogin.Login, error) {
	source, err := kmskeys.NewEnvelopeSigner(client, set.envelope())
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
	issue := func(ctx context.Context, user string) (string, error) { return issuer.Issue(ctx, user, nil) }
	return &onelogin.Login{User: set.user, Issue: issue, Logger: set.logger}, nil
}
