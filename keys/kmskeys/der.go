package kmskeys

import (
	"bytes"
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"
)

// KMS has ECDSA signatures in DER (RFC 3279 section 2.2.3): a sequence of the two
// numbers r and s. JOSE wants them one behind the other, each with as many bytes as the
// order of the curve (RFC 7518 section 3.4). Both are at least 1 and below the order.
type ecdsaSignature struct{ R, S *big.Int }

// fromDER returns r and s at full width. ok is false for anything but the one DER
// encoding of two numbers in range.
func fromDER(curve elliptic.Curve, der []byte) (signature []byte, ok bool) {
	var s ecdsaSignature
	if _, err := asn1.Unmarshal(der, &s); err != nil || !s.inRange(curve) {
		return nil, false
	}
	if again, _ := asn1.Marshal(s); !bytes.Equal(again, der) { // two numbers always marshal
		return nil, false
	}
	size := sizeOf(curve)
	signature = make([]byte, 2*size)
	s.R.FillBytes(signature[:size])
	s.S.FillBytes(signature[size:])
	return signature, true
}

// toDER returns the DER encoding of r and s at full width. ok is false if their width is
// another, or they are out of range.
func toDER(curve elliptic.Curve, signature []byte) (der []byte, ok bool) {
	size := sizeOf(curve)
	if len(signature) != 2*size {
		return nil, false
	}
	s := ecdsaSignature{new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])}
	if !s.inRange(curve) {
		return nil, false
	}
	der, _ = asn1.Marshal(s) // two numbers always marshal
	return der, true
}

func (s ecdsaSignature) inRange(curve elliptic.Curve) bool {
	order := curve.Params().N
	return s.R.Sign() > 0 && s.R.Cmp(order) < 0 && s.S.Sign() > 0 && s.S.Cmp(order) < 0
}

// sizeOf returns how many bytes a number below the order of a curve has.
func sizeOf(curve elliptic.Curve) int { return (curve.Params().N.BitLen() + 7) / 8 }
