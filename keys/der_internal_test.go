package keys

import (
	"bytes"
	"encoding/asn1"
	"math/big"
	"testing"
)

// Signatures as short as those at which DER changes its form are too rare to come
// by, so that the encoder is tested by itself, against that of encoding/asn1.
func TestDERSignatureIsThatOfEncodingASN1(t *testing.T) {
	for _, size := range []int{32, 48, 66} {
		for length := 1; length <= size; length++ {
			for _, first := range []byte{0x01, 0x7f, 0x80, 0xff} {
				r, s := make([]byte, size), make([]byte, size)
				r[size-length] = first
				s[0], s[size-1] = first, 1
				want, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), new(big.Int).SetBytes(s)})
				if err != nil {
					t.Fatal(err)
				}
				got := derSignature(nil, append(bytes.Clone(r), s...))
				if !bytes.Equal(got, want) {
					t.Fatalf("%x, %x: %x, want %x", r, s, got, want)
				}
				if len(got) > maxDERSignature {
					t.Errorf("%d bytes", len(got))
				}
				both := derSignature(nil, append(bytes.Clone(r), r...))
				want, err = asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(r), new(big.Int).SetBytes(r)})
				if err != nil || !bytes.Equal(both, want) {
					t.Fatalf("%x twice: %x, want %x", r, both, want)
				}
			}
		}
	}
}
