package jose_test

import (
	"encoding/base64"
	"errors"
	"testing"

	"github.com/lambdajwt/authorizer/internal/jose"
)

func TestDecodeBase64URLReadsOnlyTheCanonicalText(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       string // what it decodes to; empty: refused
	}{
		{"no padding needed", "Zm9v", "foo"},
		{"one character short of a group", "Zm8", "fo"},
		{"two characters short of a group", "Zg", "f"},
		{"the URL alphabet", "-_-_", "\xfb\xff\xbf"},
		{"padded", "Zg==", ""},
		{"the standard alphabet", "+/+/", ""},
		{"both alphabets", "-/_+", ""},
		{"trailing bits that are not zero", "Zh", ""},
		{"more trailing bits that are not zero", "Zm9", ""},
		{"one lone character", "Z", ""},
		{"a line feed inside", "Zm\n9v", ""},
		{"a line feed at the end", "Zm9v\n", ""},
		{"a line feed in front", "\nZm9v", ""},
		{"a carriage return inside", "Zm\r9v", ""},
		{"a carriage return at the end", "Zm9v\r", ""},
		{"a carriage return in front", "\rZm9v", ""},
		{"a space", "Zm 9v", ""},
		{"a dot", "Zm9v.", ""},
		{"a character beyond ASCII", "Zm9é", ""},
		{"a full-width letter", "\uff3am9v", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := jose.DecodeBase64URL(test.text)
			if refused := test.want == ""; refused != errors.Is(err, jose.ErrBase64) || string(got) != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func FuzzDecodeBase64URL(f *testing.F) {
	for _, seed := range []string{"", "Zg", "Zh", "Zm9v", "Zm9v\n", "Zg==", "-_", "+/", "A", "Zm\r\n9v"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := jose.DecodeBase64URL(text)
		if err != nil {
			if canonical, e := base64.RawURLEncoding.DecodeString(text); e == nil && jose.EncodeBase64URL(canonical) == text {
				t.Fatalf("refused %q, which is canonical", text)
			}
			return
		}
		if jose.EncodeBase64URL(got) != text {
			t.Fatalf("accepted %q, which encodes back to %q", text, jose.EncodeBase64URL(got))
		}
	})
}
