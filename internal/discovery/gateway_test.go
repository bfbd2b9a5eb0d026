package discovery_test

import (
	"testing"

	"github.com/lambdajwt/authorizer/internal/discovery"
)

// RFC 6749 section 3.3: from "!" to "~", but no quotes and no backslashes.
func TestAScopeHasTheCharactersThatOneMayHave(t *testing.T) {
	for text, want := range map[string]bool{
		"orders:read": true, "https://a.example/orders.read": true, "!": true, "#": true, "[": true, "]": true, "~": true, "!#[]~": true,
		"": false, " ": false, "a b": false, "a ": false, "\x1f": false, "a\tb": false, `"`: false, `a"b`: false, `\`: false, `a\b`: false,
		"\x7f": false, "a\x7f": false, "\u0080": false, "é": false, "\xff": false, "\x00": false,
	} {
		if got := discovery.IsScope(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
