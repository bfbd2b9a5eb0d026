package kmskeys

import (
	"bytes"
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"
	"testing"
)

var curves = []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()}

func mustDER(t testing.TB, r, s *big.Int) []byte {
	t.Helper()
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// Signatures as short as those at which DER changes its form are too rare to come by.
func TestSignaturesOfEveryLengthGoFromDERAndBack(t *testing.T) {
	for _, curve := range curves {
		order := curve.Params().N
		numbers := []*big.Int{big.NewInt(1), new(big.Int).Sub(order, big.NewInt(1)), new(big.Int).Rsh(order, 1)}
		for bits := 1; bits < order.BitLen(); bits++ {
			numbers = append(numbers, new(big.Int).Lsh(big.NewInt(1), uint(bits-1)))
		}
		for i, r := range numbers {
			s := numbers[(i*7+3)%len(numbers)]
			der := mustDER(t, r, s)
			size := (order.BitLen() + 7) / 8
			want := append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
			jose, ok := fromDER(curve, der)
			if !ok || !bytes.Equal(jose, want) {
				t.Fatalf("%s: %x gave %x, %v; want %x", curve.Params().Name, der, jose, ok, want)
			}
			back, ok := toDER(curve, jose)
			if !ok || !bytes.Equal(back, der) {
				t.Fatalf("%s: %x gave %x, %v; want %x", curve.Params().Name, jose, back, ok, der)
			}
		}
	}
}

// One signature has one text: none with a zero more or less.
func TestASignatureOfAnotherWidthIsNotPutIntoDER(t *testing.T) {
	for _, curve := range curves {
		size := sizeOf(curve)
		r, s := big.NewInt(5).FillBytes(make([]byte, size)), big.NewInt(7).FillBytes(make([]byte, size))
		if _, ok := toDER(curve, append(bytes.Clone(r), s...)); !ok {
			t.Errorf("%s: a good one", curve.Params().Name)
		}
		for name, signature := range map[string][]byte{
			"nothing": nil, "r alone": r, "a byte short": append(bytes.Clone(r), s[1:]...), "a zero before s": append(append(bytes.Clone(r), 0), s...),
			"a zero before both": append(append(append([]byte{0}, r...), 0), s...), "a byte behind s": append(append(bytes.Clone(r), s...), 0),
		} {
			if der, ok := toDER(curve, signature); ok || der != nil {
				t.Errorf("%s: %s: %x", curve.Params().Name, name, der)
			}
		}
	}
}

func TestWhatIsNoSignatureInDERIsRefused(t *testing.T) {
	good := mustDER(t, big.NewInt(0x7f), big.NewInt(0x80))
	order := elliptic.P256().Params().N
	one := big.NewInt(1)
	for name, der := range map[string][]byte{
		"nothing":                       nil,
		"a tag alone":                   {0x30},
		"an empty sequence":             {0x30, 0x00},
		"a set":                         append([]byte{0x31}, good[1:]...),
		"one number":                    {0x30, 0x03, 0x02, 0x01, 0x01},
		"three numbers":                 {0x30, 0x09, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01},
		"a byte behind it":              append(bytes.Clone(good), 0),
		"a byte behind s":               {0x30, 0x07, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x00},
		"cut off":                       good[:len(good)-1],
		"a length of indefinite form":   {0x30, 0x80, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01, 0x00, 0x00},
		"a length of a byte too many":   {0x30, 0x81, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01},
		"a length that is missing":      {0x30, 0x81},
		"a length of two bytes":         {0x30, 0x82, 0x00, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01},
		"a number's length of one more": {0x30, 0x06, 0x02, 0x02, 0x01, 0x02, 0x01, 0x01},
		"an empty number":               {0x30, 0x05, 0x02, 0x00, 0x02, 0x01, 0x01},
		"a negative number":             {0x30, 0x06, 0x02, 0x01, 0x80, 0x02, 0x01, 0x01},
		"a zero too many":               {0x30, 0x07, 0x02, 0x02, 0x00, 0x01, 0x02, 0x01, 0x01},
		"an octet string for a number":  {0x30, 0x06, 0x04, 0x01, 0x01, 0x02, 0x01, 0x01},
		"r zero":                        mustDER(t, new(big.Int), one),
		"s zero":                        mustDER(t, one, new(big.Int)),
		"r the order":                   mustDER(t, order, one),
		"s the order":                   mustDER(t, one, order),
		"r wider than the curve":        mustDER(t, new(big.Int).Lsh(one, 260), one),
	} {
		if jose, ok := fromDER(elliptic.P256(), der); ok {
			t.Errorf("%s: %x was read as %x", name, der, jose)
		}
	}
}

// Whatever passes for a signature in DER is the only DER of that signature.
func FuzzFromDER(f *testing.F) {
	for i, curve := range curves {
		order := curve.Params().N
		f.Add(i, mustDER(f, big.NewInt(1), new(big.Int).Sub(order, big.NewInt(1))))
		f.Add(i, mustDER(f, order, big.NewInt(0x80)))
	}
	f.Add(0, []byte{0x30, 0x81, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01})
	f.Fuzz(func(t *testing.T, which int, der []byte) {
		curve := curves[uint(which)%uint(len(curves))]
		jose, ok := fromDER(curve, der)
		if !ok {
			return
		}
		if back, ok := toDER(curve, jose); !ok || !bytes.Equal(back, der) {
			t.Fatalf("%x became %x", der, back)
		}
	})
}

func FuzzToDER(f *testing.F) {
	for i, curve := range curves {
		order := curve.Params().N.Bytes()
		f.Add(i, append(bytes.Repeat([]byte{0x7f}, len(order)), order...))
		f.Add(i, bytes.Repeat([]byte{0, 1}, len(order)))
	}
	f.Fuzz(func(t *testing.T, which int, jose []byte) {
		curve := curves[uint(which)%uint(len(curves))]
		order := curve.Params().N
		size := (order.BitLen() + 7) / 8
		der, ok := toDER(curve, jose)
		if len(jose) != 2*size {
			if ok {
				t.Fatalf("%d bytes became %x", len(jose), der)
			}
			return
		}
		r, s := new(big.Int).SetBytes(jose[:size]), new(big.Int).SetBytes(jose[size:])
		inRange := r.Sign() > 0 && r.Cmp(order) < 0 && s.Sign() > 0 && s.Cmp(order) < 0
		if ok != inRange || ok && !bytes.Equal(der, mustDER(t, r, s)) {
			t.Fatalf("%x gave %x, %v", jose, der, ok)
		}
	})
}
