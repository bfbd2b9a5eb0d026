package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/keys/kmskeys"
)

// What the functions agree on, and template.yaml with them. A stolen token is good
// for one lifetime.
const (
	issuerName = "https://login.example.com"
	audience   = "envelope-api"
	lifetime   = 15 * time.Minute
)

// reuseFor is for how long tokens may share a data key, if they do at all.
const reuseFor = 5 * time.Minute

// settings are what differs between Lambda, a laptop and a test.
type settings struct {
	key          string        // the KMS key that encrypts the data keys
	asDocument   bool          // tokens, headers and refusals are those that document.go tells of
	user         onelogin.User // who may log in; the authorizer needs none
	tokensPerKey int           // how many tokens share a data key; 0 means that none do
	logger       *slog.Logger
	now          func() time.Time
	observer     func(context.Context, authorizer.Outcome) // of the authorizer; may be nil
	build        builder                                   // of the API; nil means authorizertest.New
}

// envelope says how a token carries its data key. The encryption context binds data
// keys to this issuer and audience: KMS decrypts none that were made for others with
// the same KMS key, and a function can be allowed to make, or to decrypt, no others
// than these. The document's have none.
func (set settings) envelope() kmskeys.EnvelopeConfig {
	cfg := kmskeys.EnvelopeConfig{KeyID: set.key, Now: set.now}
	if set.asDocument {
		cfg.Format = kmskeys.BlueprintEnvelope
	} else {
		cfg.EncryptionContext = kmskeys.TokenContext(issuerName, audience)
	}
	if set.tokensPerKey > 0 {
		cfg.ReuseTokens, cfg.ReuseFor = set.tokensPerKey, reuseFor
	}
	return cfg
}
