package kmskeys

import (
	"context"
	"errors"
	"time"

	"github.com/lambdajwt/authorizer/keys"
)

// MACConfig says which HMAC key of KMS makes and checks tokens. KeyID must be set, and
// Kid if KeyID is an alias. A signer uses KeyID, Algorithm, Kid and CallTimeout alone.
type MACConfig struct {
	// KeyID is the KMS key, of spec HMAC_256, HMAC_384 or HMAC_512: a key ID, key ARN,
	// alias name (alias/...) or alias ARN. Required.
	//
	// HMAC keys do not rotate by themselves. To rotate, make a new key, and a ring
	// (keys.NewRing) of the new one's signer and both verifiers. An alias that is
	// pointed at the new key leaves the tokens of before without one.
	KeyID string

	// Algorithm is HS256, HS384 or HS512, as the key's spec has it. Empty means HS256.
	Algorithm string

	// Kid is the kid of tokens, at most 512 bytes. Empty means the bare key ID, and is
	// refused for an alias. A verifier serves tokens with this kid or none.
	Kid string

	// MaxAge is how long a verifier remembers a MAC that KMS has refused. 0 means
	// DefaultMaxAge; at most 24 hours.
	MaxAge time.Duration

	// CallTimeout is how long a call to KMS may take, its second attempt included,
	// whatever time the caller has left. 0 means DefaultCallTimeout; at most a minute.
	CallTimeout time.Duration

	// VerifyRate is how many MACs a verifier puts to KMS a second, in the long run, and
	// VerifyBurst how many at once. Beyond that tokens give ErrBudget. It bounds what
	// forged tokens can take of the account's quota, which HMAC keys share with
	// encryption, and is each process's own: on Lambda one that answers a request at a
	// time never comes near it. 0 means DefaultVerifyRate and DefaultVerifyBurst; both
	// are at most 1,000,000.
	VerifyRate, VerifyBurst int

	// Observer is told of each call to KMS, of each use of what was there, and when the
	// budget is used up, for metrics. It runs while a request waits.
	Observer func(context.Context, keys.Event)

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// mac is a MACConfig that has been checked, with its defaults in place.
type mac struct {
	MACConfig
	key kmsKey
	alg hmacAlgorithm
}

func newMAC(cfg MACConfig) (mac, error) {
	m := mac{MACConfig: cfg}
	var err error
	if m.key, err = parseKey(cfg.KeyID); err != nil {
		return m, err
	}
	if m.alg, err = findHMAC(cfg.Algorithm); err != nil {
		return m, err
	}
	if m.Kid, err = m.key.kid(cfg.Kid); err != nil {
		return m, err
	}
	err = errors.Join(
		checkSetting("MaxAge", &m.MaxAge, DefaultMaxAge, maxAge),
		checkSetting("CallTimeout", &m.CallTimeout, DefaultCallTimeout, maxCallTimeout),
		checkSetting("VerifyRate", &m.VerifyRate, DefaultVerifyRate, maxRate),
		checkSetting("VerifyBurst", &m.VerifyBurst, DefaultVerifyBurst, maxRate),
	)
	return m, err
}

// source returns what a source of the key has in common with all others.
func (m mac) source(kind, operation string) source {
	return newSource(kind, operation, m.alg.name, m.key, m.Kid, m.CallTimeout, observer{m.Observer, m.Now})
}
