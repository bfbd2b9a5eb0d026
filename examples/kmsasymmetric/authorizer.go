package main

import (
	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
	"github.com/lambdajwt/authorizer/verifier"
)

// verifyAPI is what an authorizer needs of KMS: GetPublicKey now and then, or Verify for
// each token. It can make no tokens.
type verifyAPI interface {
	kmskeys.GetPublicKeyAPI
	kmskeys.VerifyAPI
}

// newAuthorizer decides by the table, request by request. So API Gateway may cache its
// answers only by the method, the path and the route beside the token: see
// identitySources. What it caches ends with the token.
//
// A bad token gets an error whose text is Unauthorized. AWS documents that a REST API
// answers it with 401, and says nothing about HTTP APIs. Set OnInvalid to
// authorizer.Deny for a 403 on both.
func newAuthorizer(client verifyAPI, set settings) (*authorizer.Authorizer, error) {
	source, err := verificationKeys(client, set)
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
	table, err := newTable()
	if err != nil {
		return nil, err
	}
	return authorizer.New(authorizer.Config{
		Verifier: verify,
		Policy:   authorizer.ExpireWithToken(authorizer.ByRoute(table)),
		Logger:   set.logger, Observer: set.observer, Now: set.now,
	})
}

// verificationKeys are the key that signs and, while it is being replaced, the one
// that has signed before. A token's kid says which is its own.
func verificationKeys(client verifyAPI, set settings) (keys.VerificationSource, error) {
	current, err := verificationKey(client, set, set.key)
	if err != nil || set.previous == "" {
		return current, err
	}
	previous, err := verificationKey(client, set, set.previous)
	if err != nil {
		return nil, err
	}
	return keys.NewRing(nil, current, previous) // which signs with none
}

// verificationKey has KMS verify each token, for a call each, where every one is to be
// in CloudTrail or a key that is disabled is to count at once. Otherwise it verifies with
// the public key, which it fetches every few minutes.
func verificationKey(client verifyAPI, set settings, key string) (keys.VerificationSource, error) {
	if set.inKMS {
		return kmskeys.NewAsymmetricRemoteVerifier(client, set.asymmetric(key))
	}
	return kmskeys.NewAsymmetricVerifier(client, set.asymmetric(key))
}
