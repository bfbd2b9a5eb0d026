package keys

import (
	"errors"
	"fmt"
	"slices"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
)

// maxJWKSSize bounds the text of a JWK set, in bytes. API Gateway's own JWT
// authorizer stops at 150,000.
const maxJWKSSize = 1 << 20

// jwksLimits lets keys be deeper than jwkLimits, so that they can be passed over.
var jwksLimits = jose.Limits{Depth: 64, Members: 16 * maxKeys}

// ParseJWKS reads a JWK set that somebody else publishes (RFC 7517 section 5), to verify
// with: at most 1 MiB and 256 keys.
//
// A key that names its alg serves that one. A key that names none serves those of
// algorithms that fit its type and curve; where no algorithms are given, RS256 for RSA,
// ES256, ES384 or ES512 by the curve, and EdDSA and Ed25519 both. What a token says has no
// part in it.
//
// Keys that are of no use are passed over, as RFC 7517 asks, so that a leftover or an odd
// entry at an issuer takes down no one who does not need it: one of another kty, crv,
// alg or use than [ParsePublicJWK] reads, with key_ops but without "verify" in them, a
// private or symmetric key, which is nobody's any more once it is published, and any
// other that ParsePublicJWK would refuse, an RSA key below 2048 bits for one. So are
// entries that are no object, that have more than 256 members, and that stand twice.
// Numbers with leading zeros, and coordinates without, are read. Two different keys of one
// kid and algorithm are both of no use, because a token would not say which one is meant.
//
// It refuses the whole set for a fault of JSON, such as a duplicate member or trailing
// data, and if no key is left.
func ParseJWKS(data []byte, algorithms ...string) (*Set, error) {
	s, err := parseJWKS(data, algorithms)
	if err != nil {
		return nil, fmt.Errorf("keys: JWK set: %w", err)
	}
	return s, nil
}

func parseJWKS(data []byte, algorithms []string) (*Set, error) {
	jwks, err := readJWKS(data)
	if err != nil {
		return nil, err
	}
	var p published
	for i, j := range jwks {
		keys, err := j.published(algorithms)
		if err != nil {
			p.pass(fmt.Errorf("key %d: %w", i, err))
		}
		for _, key := range keys {
			p.add(key)
		}
	}
	return p.set()
}

// published are the usable keys of a set that is being read, in their order.
type published struct {
	keys []*PublicKey // those of an ambiguous name are nil
	at   map[name]int // where they stand
	why  error        // why the first key that was passed over was
}

func (p *published) pass(why error) {
	if p.why == nil {
		p.why = why
	}
}

func (p *published) add(key *PublicKey) {
	if p.at == nil {
		p.at = map[name]int{}
	}
	n := name{key.Kid(), key.Algorithm()}
	i, twice := p.at[n]
	switch {
	case !twice:
		p.at[n] = len(p.keys)
		p.keys = append(p.keys, key)
	case p.keys[i] == nil || p.keys[i].thumbprint != key.thumbprint:
		p.keys[i] = nil
		p.pass(fmt.Errorf("two keys of kid %s and algorithm %s", redact.Quote(n.kid), n.alg))
	}
}

func (p *published) set() (*Set, error) {
	keys := slices.DeleteFunc(p.keys, func(key *PublicKey) bool { return key == nil })
	if len(keys) == 0 {
		return nil, fmt.Errorf("no key to verify signatures with: %w", p.why)
	}
	index := newIndex()
	return newSet(keys, index, index.addNamed)
}

// ParsePrivateJWKS reads a JWK set of private keys, or one of secrets, into a [Ring]: the
// first key signs, all of them verify. The set has at most 1 MiB and 256 keys.
//
// Nothing is passed over, because such a set is one's own: each key must be one that
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
		j, _ := readJWK([]byte(element.Raw)) // or nobody's key, since the text of the set is in order
		jwks = append(jwks, j)
		return nil
	})
	return jwks, err
}
