package keys

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"errors"
	"fmt"
	"math"
	"math/big"
)

// RSA moduli outside these bounds, in bits, are refused. RFC 7518 section 3.3 sets
// the lower one; beyond the upper one a verification costs milliseconds.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// Public exponents outside these bounds are refused: FIPS 186-5 section 5.1 sets
// the lower one, crypto/rsa the upper one.
const (
	minRSAExponent = 1<<16 + 1
	maxRSAExponent = math.MaxInt32
)

// rsaPublic verifies RSASSA-PKCS1-v1_5 (RFC 7518 section 3.3) or RSASSA-PSS
// (section 3.5).
type rsaPublic struct {
	alg algorithm
	key *rsa.PublicKey
}

func newRSAPublic(alg string, key *rsa.PublicKey) (algorithm, verifyingKey, error) {
	a, err := algorithmFor(alg, "RS256")
	if err != nil {
		return algorithm{}, nil, err
	}
	if err := checkRSA(key); err != nil {
		return algorithm{}, nil, err
	}
	own := &rsa.PublicKey{N: new(big.Int).Set(key.N), E: key.E}
	return a, &rsaPublic{alg: a, key: own}, nil
}

func checkRSA(key *rsa.PublicKey) error {
	if key == nil || key.N == nil || key.N.Sign() <= 0 {
		return errors.New("the RSA key is empty")
	}
	const advice = "generate one with openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
	switch bits := key.N.BitLen(); {
	case bits < minRSABits:
		return fmt.Errorf("an RSA key of %d bits: it needs at least %d, %s", bits, minRSABits, advice)
	case bits > maxRSABits:
		return fmt.Errorf("an RSA key of %d bits: it may have at most %d, %s", bits, maxRSABits, advice)
	case key.N.Bit(0) == 0:
		return fmt.Errorf("an RSA key with an even modulus: %s", advice)
	case key.E < minRSAExponent || key.E > maxRSAExponent || key.E%2 == 0:
		return fmt.Errorf("an RSA key with the public exponent %d: it must be odd, at least %d and below 2³¹: %s",
			key.E, minRSAExponent, advice)
	case isROCA(key.N):
		return fmt.Errorf("an RSA key that can be broken (CVE-2017-15361, ROCA): %s", advice)
	}
	return nil
}

func (k *rsaPublic) standard() crypto.PublicKey { return k.key }

func (k *rsaPublic) verify(input, signature []byte) error {
	if len(signature) != k.key.Size() {
		return ErrSignature
	}
	var buf [sha512.Size]byte
	digest := k.alg.digest(input, &buf)
	var err error
	if k.alg.family == familyRSAPSS {
		err = rsa.VerifyPSS(k.key, k.alg.hash, digest, signature, pssOptions())
	} else {
		err = rsa.VerifyPKCS1v15(k.key, k.alg.hash, digest, signature)
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, rsa.ErrVerification):
		return ErrSignature
	default: // the signature has not been looked at
		return fmt.Errorf("keys: verifying with %s: %w", k.alg.name, err)
	}
}

// pssOptions allows one length of salt, that of the hash (RFC 7518 section 3.5).
func pssOptions() *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
}

// rsaPrivate signs what an rsaPublic verifies.
type rsaPrivate struct {
	alg algorithm
	key *rsa.PrivateKey
}

// newRSAPrivate copies key, whose public half has been checked.
func newRSAPrivate(alg algorithm, key *rsa.PrivateKey) (signingKey, error) {
	if len(key.Primes) != 2 || key.D == nil || key.Primes[0] == nil || key.Primes[1] == nil {
		return nil, errors.New("an RSA private key that is not of two primes: generate one with openssl genpkey -algorithm RSA")
	}
	own := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Set(key.N), E: key.E},
		D:         new(big.Int).Set(key.D),
		Primes:    []*big.Int{new(big.Int).Set(key.Primes[0]), new(big.Int).Set(key.Primes[1])},
	}
	// Taking over the other values, where there are any, saves computing them; the
	// key is checked against them as it is against the rest.
	if given := key.Precomputed; given.Dp != nil && given.Dq != nil && given.Qinv != nil {
		own.Precomputed.Dp = new(big.Int).Set(given.Dp)
		own.Precomputed.Dq = new(big.Int).Set(given.Dq)
		own.Precomputed.Qinv = new(big.Int).Set(given.Qinv)
	}
	if !positive(own.D, own.Primes[0], own.Primes[1], own.Precomputed.Dp, own.Precomputed.Dq, own.Precomputed.Qinv) {
		return nil, errors.New("an RSA private key with a value that is not positive")
	}
	own.Precompute()
	if err := own.Validate(); err != nil {
		return nil, fmt.Errorf("an RSA private key whose parts do not belong together: %w", err)
	}
	return &rsaPrivate{alg: alg, key: own}, nil
}

// positive reports whether all of these numbers are, apart from those that are nil.
func positive(numbers ...*big.Int) bool {
	for _, n := range numbers {
		if n != nil && n.Sign() <= 0 {
			return false
		}
	}
	return true
}

func (k *rsaPrivate) standard() crypto.PrivateKey { return k.key }

func (k *rsaPrivate) sign(input []byte) ([]byte, error) {
	var buf [sha512.Size]byte
	digest := k.alg.digest(input, &buf)
	if k.alg.family == familyRSAPSS {
		return rsa.SignPSS(rand.Reader, k.key, k.alg.hash, digest, pssOptions())
	}
	return rsa.SignPKCS1v15(rand.Reader, k.key, k.alg.hash, digest)
}
