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
	algorithm string        // of tokens
	key       string        // the KMS key that signs
	previous  string        // the one that has signed before, and verifies still; empty if there is none
	user      onelogin.User // who may log in; the authorizer needs none
	logger    *slog.Logger
	now       func() time.Time
	observer  func(context.Context, authorizer.Outcome) // of the authorizer; may be nil
}

// asymmetric says how tokens are signed with a KMS key. Their kid is the key's ID.
func (set settings) asymmetric(key string) kmskeys.AsymmetricConfig {
	return kmskeys.AsymmetricConfig{KeyID: key, Algorithm: set.algorithm, Now: set.now}
}
