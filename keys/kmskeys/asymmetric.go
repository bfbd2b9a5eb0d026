package kmskeys

import (
	"fmt"
	"time"
)

// Defaults of [AsymmetricConfig] and [EnvelopeConfig].
const (
	DefaultMaxAge = 5 * time.Minute
	DefaultGrace  = time.Hour
)

// AsymmetricConfig says which asymmetric KMS key signs tokens, and how. KeyID and
// Algorithm must be set, and Kid if KeyID is an alias.
type AsymmetricConfig struct {
	// KeyID is the KMS key, of usage SIGN_VERIFY: a key ID, key ARN, alias name
	// (alias/...) or alias ARN. Required.
	//
	// Asymmetric keys do not rotate by themselves. To rotate, make a new key, and a
	// ring (keys.NewRing) of the new one's signer and both verifiers. An alias that
	// is pointed at the new key instead has its tokens refused until verifiers have
	// fetched the new public key.
	KeyID string

	// Algorithm is the alg of tokens: RS256, RS384, RS512, PS256, PS384 or PS512 for
	// an RSA key; ES256 for ECC_NIST_P256, ES384 for P384, ES512 for P521; EdDSA or
	// Ed25519 for ECC_NIST_EDWARDS25519; ML-DSA-44, -65 or -87. Required.
	Algorithm string

	// Kid is the kid of tokens, at most 512 bytes. Empty means the bare key ID, and
	// is refused for an alias. A verifier serves tokens with this kid or none.
	Kid string

	// MaxAge is how long a local verifier uses a public key before it fetches it
	// again, to notice that an alias has been pointed elsewhere, or that the key has
	// been disabled. 0 means DefaultMaxAge.
	MaxAge time.Duration

	// Grace is for how much longer it uses the old one while KMS fails. 0 means
	// DefaultGrace.
	Grace time.Duration

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
	if cfg.MaxAge < 0 || cfg.Grace < 0 {
		return a, fmt.Errorf("MaxAge is %v and Grace %v: set them to more than 0, or to 0 for %v and %v",
			cfg.MaxAge, cfg.Grace, DefaultMaxAge, DefaultGrace)
	}
	setDefault(&a.MaxAge, DefaultMaxAge)
	setDefault(&a.Grace, DefaultGrace)
	if a.Now == nil {
		a.Now = time.Now
	}
	return a, nil
}
