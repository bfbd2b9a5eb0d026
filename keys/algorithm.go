package keys

import (
	"crypto"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"strings"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// ErrAlgorithm says that a token's algorithm is not that of the key it names, or
// of any key at all. There is no key for such a token: ErrAlgorithm wraps
// [ErrUnknownKey].
var ErrAlgorithm = fmt.Errorf("%w under its algorithm", ErrUnknownKey)

// A family is a kind of signature. Algorithms of one family differ in their hash,
// curve or name only.
type family uint8

const (
	familyHMAC    family = iota + 1 // RFC 7518 section 3.2
	familyRSA                       // RFC 7518 section 3.3
	familyRSAPSS                    // RFC 7518 section 3.5
	familyECDSA                     // RFC 7518 section 3.4
	familyEd25519                   // RFC 8037 section 3.1 and RFC 9864 section 2.2
)

// An algorithm is what the alg member of a header names, exactly: names are
// compared byte for byte, and a key has one algorithm for life.
type algorithm struct {
	name   string
	family family
	hash   crypto.Hash // none for Ed25519, which hashes by itself
	curve  string      // of ECDSA, as JWK's crv has it
}

// algorithms lists every algorithm there is. "none" is none of them.
var algorithms = [...]algorithm{
	{name: "HS256", family: familyHMAC, hash: crypto.SHA256},
	{name: "HS384", family: familyHMAC, hash: crypto.SHA384},
	{name: "HS512", family: familyHMAC, hash: crypto.SHA512},
	{name: "RS256", family: familyRSA, hash: crypto.SHA256},
	{name: "RS384", family: familyRSA, hash: crypto.SHA384},
	{name: "RS512", family: familyRSA, hash: crypto.SHA512},
	{name: "PS256", family: familyRSAPSS, hash: crypto.SHA256},
	{name: "PS384", family: familyRSAPSS, hash: crypto.SHA384},
	{name: "PS512", family: familyRSAPSS, hash: crypto.SHA512},
	{name: "ES256", family: familyECDSA, hash: crypto.SHA256, curve: "P-256"},
	{name: "ES384", family: familyECDSA, hash: crypto.SHA384, curve: "P-384"},
	{name: "ES512", family: familyECDSA, hash: crypto.SHA512, curve: "P-521"},
	{name: "EdDSA", family: familyEd25519},
	{name: "Ed25519", family: familyEd25519},
}

// findAlgorithm returns the algorithm of exactly this name.
func findAlgorithm(name string) (algorithm, bool) {
	for _, a := range algorithms {
		if a.name == name {
			return a, true
		}
	}
	return algorithm{}, false
}

// algorithmFor returns the algorithm of this name for a key whose usual one is
// usual. An empty name asks for the usual one; one that does not fit is an error.
func algorithmFor(name, usual string) (algorithm, error) {
	own, _ := findAlgorithm(usual)
	if name == "" {
		return own, nil
	}
	a, known := findAlgorithm(name)
	switch {
	case !known:
		return algorithm{}, unknownAlgorithm(name)
	case a.keyName() != own.keyName():
		return algorithm{}, fmt.Errorf("%s needs %s, got %s: name %s or leave the algorithm empty",
			a.name, a.keyName(), own.keyName(), own.name)
	}
	return a, nil
}

// unknownAlgorithm is the error for a name that findAlgorithm does not know.
func unknownAlgorithm(name string) error {
	var names []string
	for _, a := range algorithms {
		names = append(names, a.name)
	}
	return fmt.Errorf("unknown algorithm %s: use %s", redact.Quote(name), strings.Join(names, ", "))
}

// keyName says what keys a takes. Algorithms take the same keys if it is the same.
func (a algorithm) keyName() string {
	switch a.family {
	case familyHMAC:
		return "a secret"
	case familyRSA, familyRSAPSS:
		return "an RSA key"
	case familyECDSA:
		return "an EC key on " + a.curve
	default:
		return "an Ed25519 key"
	}
}

// ecCurve returns the curve that JWK's crv and crypto/elliptic call by this name,
// or nil if no algorithm uses it.
func ecCurve(name string) elliptic.Curve {
	switch name {
	case "P-256":
		return elliptic.P256()
	case "P-384":
		return elliptic.P384()
	case "P-521":
		return elliptic.P521()
	}
	return nil
}

// digest hashes input and returns the hash in buf.
func (a algorithm) digest(input []byte, buf *[sha512.Size]byte) []byte {
	switch a.hash {
	case crypto.SHA256:
		sum := sha256.Sum256(input)
		return buf[:copy(buf[:], sum[:])]
	case crypto.SHA384:
		sum := sha512.Sum384(input)
		return buf[:copy(buf[:], sum[:])]
	default:
		*buf = sha512.Sum512(input)
		return buf[:]
	}
}
