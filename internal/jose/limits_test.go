package jose_test

import (
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/jose"
)

func TestAKidIsTextOfAtMost512Bytes(t *testing.T) {
	for _, test := range []struct{ name, kid, want string }{
		{"none", "", ""},
		{"a word", "2026-01", ""},
		{"a thumbprint", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", ""},
		{"anything that is text", "a\x00\n\"\\ é😀", ""},
		{"512 bytes", strings.Repeat("k", 512), ""},
		{"513 bytes", strings.Repeat("k", 513), "a kid of 513 bytes: use at most 512"},
		{"514 bytes of 257 characters", strings.Repeat("é", 257), "a kid of 514 bytes: use at most 512"},
		{"half a character", "kid\xc3", "a kid that is not valid UTF-8: use text"},
		{"a surrogate", "\xed\xa0\x80", "a kid that is not valid UTF-8: use text"},
	} {
		got := ""
		if err := jose.CheckKid(test.kid); err != nil {
			got = err.Error()
		}
		if got != test.want {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// These are promises: a token that is read today is read tomorrow.
func TestTheLimitsAreThese(t *testing.T) {
	if want := (jose.Limits{Depth: 8, Members: 64}); jose.HeaderLimits != want {
		t.Errorf("headers: got %+v, want %+v", jose.HeaderLimits, want)
	}
	if want := (jose.Limits{Depth: 32, Members: 512}); jose.ClaimsLimits != want {
		t.Errorf("claims: got %+v, want %+v", jose.ClaimsLimits, want)
	}
}

func TestHeadersAndClaimsAreReadUpToTheirLimitsAndNoFurther(t *testing.T) {
	for name, limits := range map[string]jose.Limits{"header": jose.HeaderLimits, "claims": jose.ClaimsLimits} {
		deep := strings.Repeat(`{"a":`, limits.Depth) + "1" + strings.Repeat("}", limits.Depth)
		for text, want := range map[string]bool{
			object(limits.Members): true, object(limits.Members + 1): false, deep: true, `{"a":` + deep + `}`: false,
		} {
			if err := jose.Members(text, limits, nil); (err == nil) != want {
				t.Errorf("%s: %d bytes: %v", name, len(text), err)
			}
		}
	}
}
