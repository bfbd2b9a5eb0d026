package keys

import (
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// maxJWKSSize bounds the text of a JWK set, in bytes. API Gateway's own JWT
// authorizer stops at 150,000.
const maxJWKSSize = 1 << 20

var jwksLimits = jose.Limits{Depth: jwkLimits.Depth + 2, Members: 16 * maxKeys}

// ParseJWKS reads a JWK set (RFC 7517 section 5) to verify with: at most 1 MiB and
// 256 keys.
//
// As RFC 7517 asks, it passes over keys that it cannot use: of another kty or crv
// than [ParsePublicJWK] reads, of an alg that this package does not know, of a use
// that is not "sig", with key_ops but without "verify" in them, and any other that
// ParsePublicJWK would refuse, an RSA key below 2048 bits for one. So a leftover at
// an identity provider takes down no one who does not need it.
//
// It refuses the whole set where its publisher, or someone between, is at fault: a
// private member or a symmetric key, even in a key that it would pass over; two
// usable keys of one kid; a duplicate member, trailing data or any other fault of
// JSON; and a set without any usable key.
func ParseJWKS(data []byte) (*Set, error) {
	s, err := parseJWKS(data)
	if err != nil {
		return nil, fmt.Errorf("keys: JWK set: %w", err)
	}
	return s, nil
}

func parseJWKS(data []byte) (*Set, error) {
	jwks, err := readJWKS(data)
	if err != nil {
		return nil, err
	}
	var keys []*PublicKey
	var why error // the first key that cannot be used was passed over
	for i, j := range jwks {
		key, err := publicFromJWK(j)
		switch {
		case err == nil:
			keys = append(keys, key)
		case errors.Is(err, errNotPublic):
			return nil, fmt.Errorf("key %d: %w", i, err)
		case why == nil:
			why = fmt.Errorf("key %d: %w", i, err)
		}
	}
	if len(keys) == 0 && why != nil {
		return nil, fmt.Errorf("no key to verify signatures with: %w", why)
	}
	return newSet(keys)
}

// ParsePrivateJWKS reads a JWK set of private keys, or one of secrets, into a [Ring]: the
// first key signs, all of them verify. The set has at most 1 MiB and 256 keys.
//
// Nothing is passed over, for such a set is one's own: each key must be one that
// [ParsePrivateJWK] or [ParseSecretJWK] reads, all of the one sort. For a ring that
// also verifies with public keys, give NewRing this one and a Set.
func ParsePrivateJWKS(data []byte) (*Ring, error) {
	r, err := parsePrivateJWKS(data)
	if err != nil {
		return nil, fmt.Errorf("keys: JWK set: %w", err)
	}
	return r, nil
}

func parsePrivateJWKS(data []byte) (*Ring, error) {
	jwks, err := readJWKS(data)
	if err != nil {
		return nil, err
	}
	var active SigningSource
	var others []VerificationSource
	for i, j := range jwks {
		key, err := ownFromJWK(j)
		switch {
		case err != nil:
			return nil, fmt.Errorf("key %d: %w", i, err)
		case i == 0:
			active = key
		default:
			others = append(others, key)
		}
	}
	return newRing(active, others)
}

// ownKey is what Secret and PrivateKey have in common.
type ownKey interface {
	SigningSource
	VerificationSource
}

func ownFromJWK(j jwk) (ownKey, error) {
	if kty, _ := j["kty"].Text(); kty == "oct" {
		return secretFromJWK(j)
	}
	return privateFromJWK(j)
}

// readJWKS reads the text of a JWK set and looks into none of its keys. There is at
// least one.
func readJWKS(data []byte) ([]jwk, error) {
	if len(data) > maxJWKSSize {
		return nil, fmt.Errorf("a text of %d bytes: it may have at most %d", len(data), maxJWKSSize)
	}
	var jwks []jwk
	single := false
	err := jose.Members(string(data), jwksLimits, func(name string, value jose.Value) error {
		var err error
		switch name {
		case "keys":
			jwks, err = readKeys(value)
		case "kty":
			single = true
		}
		return err
	})
	switch {
	case err != nil:
		return nil, err
	case len(jwks) == 0 && single:
		return nil, errors.New("a single JWK: use ParsePublicJWK, ParsePrivateJWK or ParseSecretJWK")
	case len(jwks) == 0:
		return nil, errors.New("no keys in the member \"keys\"")
	}
	return jwks, nil
}

func readKeys(array jose.Value) ([]jwk, error) {
	if array.Kind != jose.Array {
		return nil, errors.New("the member \"keys\" is not an array")
	}
	var jwks []jwk
	err := jose.Elements(array, func(element jose.Value) error {
		if len(jwks) == maxKeys {
			return fmt.Errorf("more than %d keys", maxKeys)
		}
		if element.Kind != jose.Object {
			return fmt.Errorf("key %d is not an object", len(jwks))
		}
		j, err := readJWK([]byte(element.Raw))
		if err != nil {
			return fmt.Errorf("key %d: %w", len(jwks), err)
		}
		jwks = append(jwks, j)
		return nil
	})
	return jwks, err
}
