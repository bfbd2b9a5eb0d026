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
		{"four segments, the third of them empty", header + "." + payload + ".." + signature, jose.ErrCompact},
		{"dots only", "..", jose.ErrCompact},
		{"a dot at the end", valid + ".", jose.ErrCompact},
		{"a dot in front", "." + valid, jose.ErrCompact},
		{"JSON serialization", `{"payload":"e30","protected":"e30","signature":"c2ln"}`, jose.ErrCompact},
		{"JSON serialization with two dots", `{"payload":"e.3.0"}`, jose.ErrBase64},
		{"a padded header", header + "=." + payload + "." + signature, jose.ErrBase64},
		{"a line break behind it", valid + "\n", jose.ErrBase64},
		{"a line break in front of it", "\n" + valid, jose.ErrBase64},
		{"a line break in the payload", header + ".e\r30." + signature, jose.ErrBase64},
		{"a space in front", " " + valid, jose.ErrBase64},
		{"a non-canonical header", "e31." + payload + "." + signature, jose.ErrBase64},
		{"a non-canonical payload", header + ".e31." + signature, jose.ErrBase64},
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

func TestATokenOfTheGreatestSizeIsReadAndALongerOneIsNot(t *testing.T) {
	const token = "e30.e30.c2ln"
	for size, want := range map[int]error{len(token) - 1: jose.ErrTooLarge, len(token): nil, len(token) + 1: nil} {
		if _, err := jose.ParseCompact(token, size, false); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%d bytes where %d are allowed: got %v, want %v", len(token), size, err, want)
		}
	}
}

// What is decoded without taking memory and what is not make no difference to who reads.
func TestPartsOfEveryLengthAreRead(t *testing.T) {
	for _, sizes := range [][2]int{{1, 1}, {1, 1022}, {1, 1023}, {1, 1024}, {1023, 1}, {1024, 1}, {10, 5000}, {5000, 10}, {3000, 3000}} {
		header, payload := strings.Repeat("h", sizes[0]), strings.Repeat("p", sizes[1])
		token := jose.EncodeBase64URL([]byte(header)) + "." + jose.EncodeBase64URL([]byte(payload)) + ".c2ln"
		got, err := jose.ParseCompact(token, 16<<10, false)
		if err != nil || got.Header != header || got.Payload != payload || string(got.Signature) != "sig" || string(got.Input)+".c2ln" != token {
			t.Errorf("%d and %d bytes: got %+v, %v", sizes[0], sizes[1], got, err)
		}
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
	_ = append(got.Input, 'x') // one byte, for which there would be room
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
