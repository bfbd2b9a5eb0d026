package credentials_test

import (
	"errors"
	"testing"

	"github.com/lambdajwt/authorizer/internal/credentials"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestOnlyOneValueCounts(t *testing.T) {
	for _, test := range []struct {
		name   string
		values []string
		want   string
		err    error
	}{
		{"one", []string{"Bearer x"}, "Bearer x", nil},
		{"one with spaces around it", []string{" x "}, " x ", nil},
		{"none", nil, "", verifier.ErrNoToken},
		{"an empty one", []string{""}, "", verifier.ErrNoToken},
		{"two", []string{"Bearer x", "Bearer y"}, "", verifier.ErrAmbiguousToken},
		{"the same twice", []string{"Bearer x", "Bearer x"}, "", verifier.ErrAmbiguousToken},
		{"two empty ones", []string{"", ""}, "", verifier.ErrAmbiguousToken},
		{"two in one text", []string{"Bearer x,Bearer y"}, "", verifier.ErrAmbiguousToken},
	} {
		got, err := credentials.Only(test.values)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v", test.name, got, err)
		}
	}
}

func TestATokenHasTheCharactersThatOneMayHave(t *testing.T) {
	for text, want := range map[string]string{
		"abc":            "abc",
		"  a.b.c":        "a.b.c",
		"azAZ09-._~+/==": "azAZ09-._~+/==",
		"":               "",
		" ":              "",
		"=":              "",
		"a=b":            "",
		"a b":            "",
		"a\tb":           "",
		"a ":             "",
		"\ta":            "",
		"a\"":            "",
		"a,b":            "",
		"é":              "",
	} {
		got, err := credentials.Token(text)
		if got != want || (err == nil) != (want != "") || err != nil && verifier.ReasonOf(err) != verifier.Malformed {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
