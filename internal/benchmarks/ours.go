package benchmarks

import (
	"context"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// NewVerifier returns the library's verifier of the tokens that key signs.
func NewVerifier(key *Key) (*verifier.Local, error) {
	source, err := source(key)
	if err != nil {
		return nil, err
	}
	return verifier.New(verifier.Config{Keys: source, Issuer: Issuer, Audience: []string{Audience}})
}

func source(key *Key) (keys.VerificationSource, error) {
	if secret, ok := key.Public.([]byte); ok {
		return keys.HMAC(key.Algorithm, secret)
	}
	return keys.NewPublicKey(key.Algorithm, key.Public)
}

func ours(key *Key) (Contender, error) {
	v, err := NewVerifier(key)
	if err != nil {
		return Contender{}, err
	}
	return contender(Ours, "", func(token string) error {
		_, err := v.Verify(context.Background(), token)
		return err
	}), nil
}

// NewCached returns a function that verifies one token with a verifier that
// remembers it, so that every call but the first is a hit.
func NewCached(key *Key, token string) (func() error, error) {
	v, err := NewVerifier(key)
	if err != nil {
		return nil, err
	}
	cached, err := verifier.Cached(v, verifier.CacheConfig{Size: 1000})
	if err != nil {
		return nil, err
	}
	return func() error {
		_, err := cached.Verify(context.Background(), token)
		return err
	}, nil
}
