package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

// What the functions agree on. A stolen token is good for one lifetime.
const (
	issuerName       = "https://login.example.com"
	audience         = "asymmetric-api"
	lifetime         = 15 * time.Minute
	defaultAlgorithm = "RS256"
)

// settings are what differs between Lambda, a laptop and a test.
type settings struct {
	algorithm  string        // of tokens
	key        string        // the KMS key that signs
	previous   string        // the one that has signed before, and verifies still; empty if there is none
	inKMS      bool          // KMS verifies each token, rather than the authorizer with the public key
	asDocument bool          // tokens, API and refusals are those that document.go tells of
	user       onelogin.User // who may log in; the authorizer needs none
	grants     grants        // what this user may do
	logger     *slog.Logger
	now        func() time.Time
	observer   func(context.Context, authorizer.Outcome) // of the authorizer; may be nil
	build      builder                                   // of the API; nil means authorizertest.New
}

// grants are what a token says of its user, beside the registered claims. The table of
// routes goes by them. Empty ones open nothing but what every token opens.
type grants struct {
	Scope  string `json:"scope,omitempty"` // separated by spaces (RFC 8693 section 4.2)
	Region string `json:"region,omitempty"`
}

// asymmetric says how tokens are signed with a KMS key. Their kid is the key's ID, or
// the document's.
func (set settings) asymmetric(key string) kmskeys.AsymmetricConfig {
	cfg := kmskeys.AsymmetricConfig{KeyID: key, Algorithm: set.algorithm, Now: set.now}
	if set.asDocument {
		cfg.Kid = key
	}
	return cfg
}
