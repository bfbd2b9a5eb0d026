package kmskeys

import (
	"context"
	"errors"
	"time"

	"github.com/lambdajwt/authorizer/keys"
)

// AsymmetricConfig says which asymmetric KMS key signs tokens, and how. KeyID and
// Algorithm must be set, and Kid if KeyID is an alias. A signer uses KeyID, Algorithm,
// Kid and CallTimeout alone.
type AsymmetricConfig struct {
	// KeyID is the KMS key, of usage SIGN_VERIFY: a key ID, key ARN, alias name
	// (alias/...) or alias ARN. Required.
	//
	// Asymmetric keys do not rotate by themselves. To rotate, make a new key, and a
	// ring (keys.NewRing) of the new one's signer and both verifiers. If instead an
	// alias is pointed at the new key, its tokens are refused until verifiers have
	// fetched the new public key.
	KeyID string

	// Algorithm is the alg of tokens: RS256, RS384, RS512, PS256, PS384 or PS512 for
	// an RSA key; ES256 for ECC_NIST_P256, ES384 for P384, ES512 for P521; EdDSA or
	// Ed25519 for ECC_NIST_EDWARDS25519; ML-DSA-44, -65 or -87. Required.
	Algorithm string

	// Kid is the kid of tokens, at most 512 bytes. Empty means the bare key ID, and
	// is refused for an alias. A verifier serves tokens with this kid or none.
	Kid string

	// MaxAge is how long an AsymmetricVerifier uses a public key before it fetches it
	// again, to notice that an alias has been pointed elsewhere, or that the key has
	// been disabled; and how long an AsymmetricRemoteVerifier remembers a signature
	// that KMS has refused. 0 means DefaultMaxAge; at most 24 hours.
	MaxAge time.Duration

	// Grace is for how much longer an AsymmetricVerifier uses the old public key while
	// KMS fails. A key that KMS refuses has none. 0 means DefaultGrace, less than 0
	// none; at most 24 hours.
	Grace time.Duration

	// CallTimeout is how long a call to KMS may take, its second attempt included,
	// whatever time the caller has left. 0 means DefaultCallTimeout; at most a minute.
	CallTimeout time.Duration

	// VerifyRate is how many signatures an AsymmetricRemoteVerifier puts to KMS a
	// second, in the long run, and VerifyBurst how many at once. Beyond that tokens
	// give ErrBudget. It bounds what forged tokens can take of the account's quota,
	// which for asymmetric keys begins at 1,000 a second, and is each process's own:
	// on Lambda one that answers a request at a time never comes near it. 0 means
	// DefaultVerifyRate and DefaultVerifyBurst; both are at most 1,000,000.
	VerifyRate, VerifyBurst int

	// Observer is told of each call to KMS, of each use of what was there, and when the
	// budget is used up, for metrics. It runs while a request waits.
	Observer func(context.Context, keys.Event)

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// asymmetric is an AsymmetricConfig that has been checked, with its defaults in place.
type asymmetric struct {
	AsymmetricConfig
	key kmsKey
	alg signatureAlgorithm
}

func newAsymmetric(cfg AsymmetricConfig) (asymmetric, error) {
	a := asymmetric{AsymmetricConfig: cfg}
	var err error
	if a.key, err = parseKey(cfg.KeyID); err != nil {
		return a, err
	}
	if a.alg, err = findSignature(cfg.Algorithm); err != nil {
		return a, err
	}
	if a.Kid, err = a.key.kid(cfg.Kid); err != nil {
		return a, err
	}
	err = errors.Join(
		checkSetting("MaxAge", &a.MaxAge, DefaultMaxAge, maxAge),
		checkGrace(&a.Grace),
		checkSetting("CallTimeout", &a.CallTimeout, DefaultCallTimeout, maxCallTimeout),
		checkSetting("VerifyRate", &a.VerifyRate, DefaultVerifyRate, maxRate),
		checkSetting("VerifyBurst", &a.VerifyBurst, DefaultVerifyBurst, maxRate),
	)
	return a, err
}

// source returns what a source of the key has in common with all others.
func (a asymmetric) source(kind, operation string) source {
	return newSource(kind, operation, a.alg.name, a.key, a.Kid, a.CallTimeout, observer{a.Observer, a.Now})
}
