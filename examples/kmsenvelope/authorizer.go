package main

import (
	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/verifier"
)

// newAuthorizer needs one operation of KMS, Decrypt, which it calls when a token
// brings a data key that it has not seen lately. It cannot make a data key. But with
// those that it gets to see it could sign tokens: that is how HMAC is, and why an
// authorizer that somebody else runs should verify with a public key instead.
func newAuthorizer(client kmskeys.DecryptAPI, set settings) (*authorizer.Authorizer, error) {
	source, err := kmskeys.NewEnvelopeVerifier(client, set.envelope())
	if err != nil {
		return nil, err
	}
	if set.asDocument {
		return newDocumentAuthorizer(source, set)
	}
	verify, err := verifier.New(verifier.Config{
		Keys: source, Issuer: issuerName, Audience: []string{audience}, Now: set.now,
	})
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{
		Verifier: verify,
		Policy:   authorizer.AllowStage, // the bearer of a good token may call the whole API
		Logger:   set.logger, Observer: set.observer, Now: set.now,
	})
}
