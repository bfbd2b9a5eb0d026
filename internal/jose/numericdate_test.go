package jose_test

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
)

func TestNumericDateReadsSecondsUpToTheYear9999(t *testing.T) {
	for _, test := range []struct {
		raw  string
		want time.Time // zero: refused
	}{
		{"0", time.Unix(0, 0)},
		{"-0", time.Unix(0, 0)},
		{"9", time.Unix(9, 0)},
		{"1300819380", time.Unix(1300819380, 0)},
		{"1300819380.5", time.Unix(1300819380, 500_000_000)},
		{"1.30081938e9", time.Unix(1300819380, 0)},
		{"13008193800e-1", time.Unix(1300819380, 0)},
		{"253402300799", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		{"253402300800", time.Time{}},
		{"253402300800.0", time.Time{}},
		{"1300819380000", time.Time{}}, // milliseconds
		{"-1", time.Time{}},
		{"-0.5", time.Time{}},
		{"9223372036854775807", time.Time{}},
		{"9223372036854775808", time.Time{}},  // 2^63
		{"18446744073709551617", time.Time{}}, // 2^64 + 1, which wraps round to 1
		{"18446744075010370996", time.Time{}},
		{"1e300", time.Time{}},
		{"1e400", time.Time{}},
		{"-1e400", time.Time{}},
		{"1e-400", time.Unix(0, 0)},
		{`"1300819380"`, time.Time{}},
		{"null", time.Time{}},
		{"true", time.Time{}},
		{"[1300819380]", time.Time{}},
		{"{}", time.Time{}},
		{"NaN", time.Time{}},
		{"+1300819380", time.Time{}},
		{".5", time.Time{}},
		{"1x", time.Time{}},
		{"1300819380 ", time.Time{}},
		{"-", time.Time{}},
		{"/1", time.Time{}},
		{":1", time.Time{}},
		{"", time.Time{}},
	} {
		got, err := jose.ParseNumericDate(test.raw)
		if !got.Equal(test.want) || (err != nil) != test.want.IsZero() || err != nil && !errors.Is(err, jose.ErrNumericDate) {
			t.Errorf("%s: got %v, %v; want %v", test.raw, got, err, test.want)
		}
	}
}

func TestTheNumericDateOfAValueIsThatOfItsText(t *testing.T) {
	if got, err := (jose.Value{Kind: jose.Number, Raw: "1300819380"}).NumericDate(); err != nil || !got.Equal(time.Unix(1300819380, 0)) {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := (jose.Value{Kind: jose.String, Raw: `"1"`}).NumericDate(); !errors.Is(err, jose.ErrNumericDate) || !got.IsZero() {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzParseNumericDate(f *testing.F) {
	for _, seed := range []string{"0", "1300819380", "1.5e9", "-1", "1e400", "253402300799.9999999"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		got, err := jose.ParseNumericDate(raw)
		if err != nil || !json.Valid([]byte(raw)) {
			return
		}
		var want float64
		if e := json.Unmarshal([]byte(raw), &want); e != nil {
			t.Fatalf("accepted %q, which is no number: %v", raw, e)
		}
		if math.Abs(float64(got.Unix())+float64(got.Nanosecond())/1e9-want) > 1e-3 || got.Year() < 1969 || got.Year() > 10000 {
			t.Fatalf("%q: got %v, want %v seconds", raw, got, want)
		}
	})
}
