package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha512"
	"errors"
	"fmt"
)

// ecPublic verifies ECDSA (RFC 7518 section 3.4): the signature is r and s, each
// as long as the order of the curve.
type ecPublic struct {
	alg   algorithm
	key   *ecdsa.PublicKey
	point []byte // the key as 4, x and y
	size  int    // of r, of s, of x and of y, in bytes
}

func newECPublic(alg string, key *ecdsa.PublicKey) (algorithm, verifyingKey, error) {
	//lint:ignore SA1019 Bytes panics if one of them is nil
	if key == nil || key.Curve == nil || key.X == nil || key.Y == nil {
		return algorithm{}, nil, errors.New("the EC key is empty")
	}
	a, err := ecAlgorithm(alg, key)
	if err != nil {
		return algorithm{}, nil, err
	}
	point, _ := key.Bytes() // nothing if it is not on the curve
	own, err := ecdsa.ParseUncompressedPublicKey(ecCurve(a.curve), point)
	if err != nil {
		return algorithm{}, nil, fmt.Errorf("an EC key that is not a point on %s: %w", a.curve, err)
	}
	return a, &ecPublic{alg: a, key: own, point: point, size: ecSize(a.curve)}, nil
}

// ecAlgorithm returns the one algorithm of key's curve, provided that alg is its
// name or empty.
func ecAlgorithm(alg string, key *ecdsa.PublicKey) (algorithm, error) {
	for _, a := range algorithms {
		if ecCurve(a.curve) == key.Curve {
			return algorithmFor(alg, a.name)
		}
	}
	return algorithm{}, errors.New("an EC key on a curve that no algorithm takes: use P-256, P-384 or P-521")
}

// ecSize returns how many bytes a coordinate on this curve has, which is also what
// a number below its order has.
func ecSize(curve string) int {
	return (ecCurve(curve).Params().BitSize + 7) / 8
}

func (k *ecPublic) standard() crypto.PublicKey { return k.key }

func (k *ecPublic) verify(input, signature []byte) error {
	if len(signature) != 2*k.size {
		return ErrSignature
	}
	var digest [sha512.Size]byte
	var der [maxDERSignature]byte
	if !ecdsa.VerifyASN1(k.key, k.alg.digest(input, &digest), derSignature(der[:0], signature)) {
		return ErrSignature
	}
	return nil
}

// maxDERSignature is the length of the longest signature in DER: two numbers of 66
// bytes (P-521), each behind a tag, a length and a zero for the sign, and a
// sequence's tag and two bytes of length around them.
const maxDERSignature = 3 + 2*(3+66)

// derSignature appends r and s, of half the signature each, to buf as DER has them
// (RFC 3279 section 2.2.3). That is the form which Go's ecdsa verifies; its
// function for big integers gets there by way of them. Zero stays without
// content, which is no DER, and so is refused even before it is out of range.
func derSignature(buf, signature []byte) []byte {
	half := len(signature) / 2
	r, s := trimZeros(signature[:half]), trimZeros(signature[half:])
	buf = append(buf, 0x30)
	size := r.size() + s.size()
	if size >= 0x80 {
		buf = append(buf, 0x81)
	}
	buf = append(buf, byte(size))
	return s.append(r.append(buf))
}

// A derNumber is a number of at most 66 bytes, not negative, without leading zeros.
type derNumber []byte

func trimZeros(digits []byte) derNumber {
	for len(digits) > 0 && digits[0] == 0 {
		digits = digits[1:]
	}
	return digits
}

// content is the number's length, with the zero that keeps it from being negative.
func (n derNumber) content() int {
	if len(n) > 0 && n[0] >= 0x80 {
		return len(n) + 1
	}
	return len(n)
}

// size is the length of the whole encoding.
func (n derNumber) size() int { return 2 + n.content() }

func (n derNumber) append(buf []byte) []byte {
	buf = append(buf, 0x02, byte(n.content()))
	if n.content() > len(n) {
		buf = append(buf, 0)
	}
	return append(buf, n...)
}

// ecPrivate signs what an ecPublic verifies.
type ecPrivate struct {
	alg  algorithm
	key  *ecdsa.PrivateKey
	size int // of r and of s, in bytes
}

// newECPrivate copies key, whose public half has been checked.
func newECPrivate(alg algorithm, key *ecdsa.PrivateKey) (signingKey, error) {
	//lint:ignore SA1019 Bytes panics if it is nil
	if key.D == nil {
		return nil, errors.New("the EC private key is empty")
	}
	scalar, _ := key.Bytes() // nothing if it is out of range
	own, err := ecdsa.ParseRawPrivateKey(ecCurve(alg.curve), scalar)
	if err != nil {
		return nil, fmt.Errorf("an EC private key that does not fit its curve: %w", err)
	}
	if !own.PublicKey.Equal(&key.PublicKey) {
		return nil, errors.New("an EC key whose private and public halves do not belong together")
	}
	return &ecPrivate{alg: alg, key: own, size: ecSize(alg.curve)}, nil
}

func (k *ecPrivate) standard() crypto.PrivateKey { return k.key }

func (k *ecPrivate) sign(input []byte) ([]byte, error) {
	var buf [sha512.Size]byte
	r, s, err := ecdsa.Sign(rand.Reader, k.key, k.alg.digest(input, &buf))
	if err != nil {
		return nil, err
	}
	signature := make([]byte, 2*k.size)
	r.FillBytes(signature[:k.size])
	s.FillBytes(signature[k.size:])
	return signature, nil
}
