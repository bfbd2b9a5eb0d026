package keys

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// edPublic verifies Ed25519 (RFC 8037 section 3.1, RFC 9864 section 2.2).
type edPublic struct{ key ed25519.PublicKey }

func newEdPublic(alg string, key ed25519.PublicKey) (algorithm, verifyingKey, error) {
	a, err := algorithmFor(alg, "EdDSA")
	if err != nil {
		return algorithm{}, nil, err
	}
	if len(key) != ed25519.PublicKeySize {
		return algorithm{}, nil, fmt.Errorf("an Ed25519 public key of %d bytes: it has %d", len(key), ed25519.PublicKeySize)
	}
	if err := checkEdwardsPoint(key); err != nil {
		return algorithm{}, nil, err
	}
	return a, &edPublic{bytes.Clone(key)}, nil
}

func (k *edPublic) standard() crypto.PublicKey { return k.key }

func (k *edPublic) verify(input, signature []byte) error {
	if !ed25519.Verify(k.key, input, signature) {
		return ErrSignature
	}
	return nil
}

// edPrivate signs what an edPublic verifies.
type edPrivate struct{ key ed25519.PrivateKey }

// newEdPrivate copies key, which is of the right length.
func newEdPrivate(key ed25519.PrivateKey) (signingKey, error) {
	own := ed25519.NewKeyFromSeed(key.Seed())
	if !own.Equal(key) {
		return nil, errors.New("an Ed25519 key whose private and public halves do not belong together")
	}
	return &edPrivate{own}, nil
}

func (k *edPrivate) standard() crypto.PrivateKey { return k.key }

func (k *edPrivate) sign(input []byte) ([]byte, error) {
	return ed25519.Sign(k.key, input), nil
}

// checkEdwardsPoint refuses 32 bytes that are not the encoding of a point on
// edwards25519 (RFC 8032 section 5.1.3), and the eight points of small order, the
// one that 32 zeros encode among them: under those as public keys anyone can forge
// signatures. crypto/ed25519 has no function for it.
//
// A point lies on −x² + y² = 1 + dx²y², and x² tells all that is wanted here: the
// sign of x matters only where x is zero, and those points are of small order.
// Nothing is secret, so that variable time is fine.
func checkEdwardsPoint(encoded []byte) error {
	bigEndian := bytes.Clone(encoded)
	slices.Reverse(bigEndian)
	bigEndian[0] &= 0x7f // the sign
	y := new(big.Int).SetBytes(bigEndian)

	f := newEdwardsField()
	switch {
	case y.Cmp(f.p) >= 0:
		return errors.New("an Ed25519 public key that is not encoded as RFC 8032 wants it")
	case big.Jacobi(f.xSquared(y), f.p) < 0: // not a square
		return errors.New("an Ed25519 public key that is not a point on the curve")
	}
	for range 3 {
		y = f.doubled(y)
	}
	if y.Cmp(big.NewInt(1)) == 0 { // eight times the point is the neutral element
		return errors.New("an Ed25519 public key of small order, such as zeros: anyone can forge its signatures")
	}
	return nil
}

// edwardsField computes modulo p = 2²⁵⁵ − 19 on the curve with d = −121665/121666.
type edwardsField struct{ p, d *big.Int }

func newEdwardsField() edwardsField {
	p := new(big.Int).Lsh(big.NewInt(1), 255)
	f := edwardsField{p: p.Sub(p, big.NewInt(19))}
	f.d = f.quotient(big.NewInt(-121665), big.NewInt(121666))
	return f
}

// quotient returns a/b. On this curve no b that comes up is zero.
func (f edwardsField) quotient(a, b *big.Int) *big.Int {
	inverse := new(big.Int).ModInverse(new(big.Int).Mod(b, f.p), f.p)
	q := new(big.Int).Mul(a, inverse)
	return q.Mod(q, f.p)
}

// xSquared returns (y² − 1)/(dy² + 1), which is x² for the points at y.
func (f edwardsField) xSquared(y *big.Int) *big.Int {
	one := big.NewInt(1)
	y2 := new(big.Int).Mul(y, y)
	dy2 := new(big.Int).Mul(f.d, y2)
	return f.quotient(new(big.Int).Sub(y2, one), dy2.Add(dy2, one))
}

// doubled returns the y of twice the points at y: (y² + x²)/(2 + x² − y²).
func (f edwardsField) doubled(y *big.Int) *big.Int {
	x2 := f.xSquared(y)
	y2 := new(big.Int).Mul(y, y)
	divisor := new(big.Int).Sub(x2, y2)
	return f.quotient(new(big.Int).Add(y2, x2), divisor.Add(divisor, big.NewInt(2)))
}
