package jose_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/jose"
)

func TestParseCompactTakesThreeSegmentsOnly(t *testing.T) {
	const header, payload, signature = "eyJhbGciOiJIUzI1NiJ9", "e30", "c2ln"
	valid := header + "." + payload + "." + signature
	for _, test := range []struct {
		name, token string
		want        error
	}{
		{"three segments", valid, nil},
		{"nothing", "", jose.ErrCompact},
		{"no dot", header, jose.ErrCompact},
		{"two segments", header + "." + payload, jose.ErrCompact},
		{"four segments", valid + "." + signature, jose.ErrCompact},
		{"five segments, as an encrypted token has", valid + "." + signature + "." + signature, jose.ErrCompact},
		{"no header", "." + payload + "." + signature, jose.ErrCompact},
		{"no payload", header + ".." + signature, jose.ErrCompact},
		{"no signature", header + "." + payload + ".", jose.ErrCompact},
		{"dots only", "..", jose.ErrCompact},
		{"a dot at the end", valid + ".", jose.ErrCompact},
		{"a dot in front", "." + valid, jose.ErrCompact},
		{"JSON serialization", `{"payload":"e30","protected":"e30","signature":"c2ln"}`, jose.ErrCompact},
		{"JSON serialization with two dots", `{"payload":"e.3.0"}`, jose.ErrBase64},
		{"a padded header", header + "=." + payload + "." + signature, jose.ErrBase64},
		{"a line break behind it", valid + "\n", jose.ErrBase64},
		{"a line break in the payload", header + ".e\r30." + signature, jose.ErrBase64},
		{"a space in front", " " + valid, jose.ErrBase64},
		{"a non-canonical signature", header + "." + payload + ".c2l", jose.ErrBase64},
		{"a byte over the limit", valid + strings.Repeat("A", 1000), jose.ErrTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := jose.ParseCompact(test.token, 1000, false)
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			want := jose.Compact{Header: `{"alg":"HS256"}`, Payload: "{}", Signature: []byte("sig"), Input: []byte(header + "." + payload)}
			if test.want != nil {
				want = jose.Compact{}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func TestASignatureInStandardBase64IsReadOnlyWhereAskedFor(t *testing.T) {
	for _, test := range []struct {
		name, signature string
		standard, url   bool // whether it is good in either
	}{
		{"padded, of both alphabets' letters", "c2k=", true, false},
		{"padded, of the standard alphabet", "+/+/+w==", true, false},
		{"without padding by nature", "c2ln", true, true},
		{"of the standard alphabet, without padding by nature", "+/+/", true, false},
		{"of the URL alphabet, without padding by nature", "-_-_", false, true},
		{"padding left out", "c2k", false, true},
		{"padding left out of the standard alphabet", "+/+/+w", false, false},
		{"the URL alphabet, padded", "-_-_-w==", false, false},
		{"both alphabets", "+_+/+w==", false, false},
		{"bits that are not canonical", "c2l=", false, false},
		{"too much padding", "c2k==", false, false},
		{"padding in the middle", "c2k=c2k=", false, false},
		{"padding only", "====", false, false},
		{"a line break before the padding", "c2k\n=", false, false},
	} {
		for standard, want := range map[bool]bool{true: test.standard, false: test.url} {
			if _, err := jose.ParseCompact("e30.e30."+test.signature, 100, standard); (err == nil) != want {
				t.Errorf("%s, standard %v: got %v, want %v", test.name, standard, err, want)
			}
		}
	}
	if _, err := jose.ParseCompact("e30=.e30.c2k=", 100, true); err == nil {
		t.Error("a padded header was accepted")
	}
	got, err := jose.ParseCompact("e30.e30.c2k=", 100, true)
	if err != nil || string(got.Signature) != "si" {
		t.Errorf("got %q, %v", got.Signature, err)
	}
}

func TestTheSigningInputCannotGrowOverTheSignature(t *testing.T) {
	got, err := jose.ParseCompact("e30.e30.c2ln", 100, false)
	if err != nil {
		t.Fatal(err)
	}
	_ = append(got.Input, "overwritten"...)
	if string(got.Signature) != "sig" || got.Header != "{}" {
		t.Errorf("appending to the input changed the rest: %+v", got)
	}
}

func TestAHugeTokenIsRefusedInConstantMemory(t *testing.T) {
	for name, token := range map[string]string{
		"a megabyte":        strings.Repeat("A", 1<<20),
		"ten thousand dots": strings.Repeat(".", 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			allocations := testing.AllocsPerRun(10, func() {
				if _, err := jose.ParseCompact(token, 16<<10, false); err == nil {
					t.Error("accepted")
				}
			})
			if allocations != 0 {
				t.Errorf("%v allocations", allocations)
			}
		})
	}
}
