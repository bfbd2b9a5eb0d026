package redact_test

import (
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/redact"
)

func TestWhatComesFromOutsideIsQuotedAndShortened(t *testing.T) {
	for text, want := range map[string]string{
		"a":                        `"a"`,
		"a\n\"é":                   `"a\n\"\u00e9"`,
		strings.Repeat("x", 128):   `"` + strings.Repeat("x", 128) + `"`,
		strings.Repeat("x", 1<<20): `"` + strings.Repeat("x", 128) + `"…`,
	} {
		if got := redact.Quote(text); got != want {
			t.Errorf("%.20q: got %.200s", text, got)
		}
	}
}
