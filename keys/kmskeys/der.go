package kmskeys

import (
	"bytes"
	"crypto/elliptic"
)

// KMS has ECDSA signatures in DER (RFC 3279 section 2.2.3): a sequence of the two
// integers r and s. JOSE wants them one behind the other, each with as many bytes
// as the order of the curve (RFC 7518 section 3.4). Both r and s are at least 1 and
// below the order.

// fromDER returns r and s at full width. ok is false for anything but the one DER
// encoding of two numbers in range.
func fromDER(curve elliptic.Curve, der []byte) (signature []byte, ok bool) {
	content, rest, ok := derElement(0x30, der)
	if !ok || len(rest) != 0 {
		return nil, false
	}
	r, content, ok := derElement(0x02, content)
	if !ok {
		return nil, false
	}
	s, content, ok := derElement(0x02, content)
	if !ok || len(content) != 0 {
		return nil, false
	}
	order := orderOf(curve)
	signature = make([]byte, 2*len(order))
	ok = fillNumber(signature[:len(order)], r, order) && fillNumber(signature[len(order):], s, order)
	return signature, ok
}

// derElement splits data into the content of its first element, which must have this
// tag, and the rest. A length up to 127 has one byte, one up to 255 two; no signature
// is longer.
func derElement(tag byte, data []byte) (content, rest []byte, ok bool) {
	if len(data) < 2 || data[0] != tag {
		return nil, nil, false
	}
	size, data := int(data[1]), data[2:]
	if size == 0x81 && len(data) > 0 {
		size, data = int(data[0]), data[1:]
		if size < 0x80 {
			return nil, nil, false // not the shortest form
		}
	} else if size >= 0x80 {
		return nil, nil, false
	}
	if size > len(data) {
		return nil, nil, false
	}
	return data[:size], data[size:], true
}

// fillNumber writes the content of a DER integer to field, at full width.
func fillNumber(field, content, order []byte) (ok bool) {
	if len(content) == 0 || content[0] >= 0x80 {
		return false // no number, or a negative one
	}
	if content[0] == 0 {
		content = content[1:]
		if len(content) == 0 || content[0] < 0x80 {
			return false // zero, or a zero too many
		}
	}
	if len(content) > len(field) {
		return false
	}
	copy(field[len(field)-len(content):], content)
	return inRange(field, order)
}

// toDER returns the DER encoding of r and s at full width. ok is false if their width
// is another, or they are out of range.
func toDER(curve elliptic.Curve, signature []byte) (der []byte, ok bool) {
	order := orderOf(curve)
	if len(signature) != 2*len(order) {
		return nil, false
	}
	r, s := signature[:len(order)], signature[len(order):]
	if !inRange(r, order) || !inRange(s, order) {
		return nil, false
	}
	content := appendNumber(appendNumber(nil, r), s)
	if len(content) >= 0x80 {
		return append([]byte{0x30, 0x81, byte(len(content))}, content...), true
	}
	return append([]byte{0x30, byte(len(content))}, content...), true
}

// appendNumber appends a number as a DER integer: without leading zeros, but for the
// one that keeps it from being negative.
func appendNumber(der, number []byte) []byte {
	number = bytes.TrimLeft(number, "\x00")
	if number[0] < 0x80 {
		return append(append(der, 0x02, byte(len(number))), number...)
	}
	return append(append(der, 0x02, byte(len(number)+1), 0), number...)
}

// inRange tells whether a number at full width is at least 1 and below order.
func inRange(number, order []byte) bool {
	return len(bytes.Trim(number, "\x00")) > 0 && bytes.Compare(number, order) < 0
}

func orderOf(curve elliptic.Curve) []byte { return curve.Params().N.Bytes() }
