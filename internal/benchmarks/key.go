package benchmarks

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// What every contender demands of a token beside its signature.
const (
	Issuer   = "https://login.example.com"
	Audience = "orders"
)

// Algorithms lists the algorithms that are measured.
func Algorithms() []string { return []string{"HS256", "RS256", "ES256", "EdDSA"} }

// A Key signs the tokens of one algorithm, and is what contenders check them with.
type Key struct {
	Algorithm string
	Public    any // []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey

	private any
}

// NewKey makes a random key: 32 bytes for HS256, 2048 bits for RS256 and PS256.
func NewKey(algorithm string) (*Key, error) {
	k := &Key{Algorithm: algorithm}
	switch algorithm {
	case "HS256":
		secret := make([]byte, 32)
		_, _ = rand.Read(secret) // never returns an error
		k.Public, k.private = secret, secret
		return k, nil
	case "RS256", "PS256":
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, err
		}
		k.Public, k.private = &key.PublicKey, key
		return k, nil
	case "ES256":
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, err
		}
		k.Public, k.private = &key.PublicKey, key
		return k, nil
	case "EdDSA":
		public, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		k.Public, k.private = public, private
		return k, nil
	}
	return nil, fmt.Errorf("no key for algorithm %q", algorithm)
}

// Sign returns the token of claims, with alg and typ in its header.
func (k *Key) Sign(claims jwt.MapClaims) (string, error) {
	return jwt.NewWithClaims(jwt.GetSigningMethod(k.Algorithm), claims).SignedString(k.private)
}

// SignText returns the token of any header and payload, whatever they say.
func (k *Key) SignText(header, payload string) (string, error) {
	input := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	signature, err := jwt.GetSigningMethod(k.Algorithm).Sign(input, k.private)
	if err != nil {
		return "", err
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// Claims returns the claims of an ordinary access token that is good for an hour:
// all seven registered ones and a scope.
func Claims() jwt.MapClaims {
	now := time.Now()
	return jwt.MapClaims{
		"iss":   Issuer,
		"sub":   "user-8f14e45f",
		"aud":   Audience,
		"exp":   now.Add(time.Hour).Unix(),
		"nbf":   now.Add(-time.Minute).Unix(),
		"iat":   now.Add(-time.Minute).Unix(),
		"jti":   "0b2f6f0e-6a4c-4c3e-9a55-5a1f0c9d2e71",
		"scope": "orders:read orders:write",
	}
}
