package main

import (
	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/verifier"
)

// newAuthorizer needs one operation of KMS, GetPublicKey, now and then. It verifies
// by itself, and can make no tokens.
func newAuthorizer(client kmskeys.GetPublicKeyAPI, set settings) (*authorizer.Authorizer, error) {
	source, err := verificationKeys(client, set)
	if err != nil {
		return nil, err
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

// verificationKeys are the key that signs and, while it is being replaced, the one
// that has signed before. A token's kid says which is its own.
func verificationKeys(client kmskeys.GetPublicKeyAPI, set settings) (keys.VerificationSource, error) {
	current, err := kmskeys.NewAsymmetricVerifier(client, set.asymmetric(set.key))
	if err != nil || set.previous == "" {
		return current, err
	}
	previous, err := kmskeys.NewAsymmetricVerifier(client, set.asymmetric(set.previous))
	if err != nil {
		return nil, err
	}
	return keys.NewRing(nil, current, previous) // which signs with none
}
