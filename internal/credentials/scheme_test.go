package credentials_test

import (
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/internal/credentials"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestTheWaysOfATokenAreThoseThatItsCnfNames(t *testing.T) {
	for claims, want := range map[string][]string{
		`{}`:                                    nil,
		`{"cnf":{"jkt":"x"}}`:                   {"jkt"},
		`{"cnf":{"jkt":"x","x5t#S256":"y"}}`:    {"jkt", "x5t#S256"},
		`{"cnf":{"jkt":null,"other":{"a":[]}}}`: {"jkt", "other"},
	} {
		token, err := verifier.TrustClaims([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		got, err := credentials.Ways(token)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %q, %v", claims, got, err)
		}
	}
}

func TestACnfThatNamesNothingIsRefused(t *testing.T) {
	for _, claims := range []string{`{"cnf":{}}`, `{"cnf":null}`, `{"cnf":"x"}`, `{"cnf":[]}`} {
		token, err := verifier.TrustClaims([]byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := credentials.Ways(token); got != nil || verifier.ReasonOf(err) != verifier.WrongBinding {
			t.Errorf("%s: %q, %v", claims, got, err)
		}
	}
}

func TestATokenBehindTheSchemeOfOthersIsRefused(t *testing.T) {
	for _, test := range []struct {
		scheme string
		ways   []string
		ok     bool
	}{
		{"Bearer", nil, true},
		{"Bearer", []string{"x5t#S256"}, true},
		{"bearer", []string{"jkt"}, false},
		{"Bearer", []string{"x5t#S256", "jkt"}, false},
		{"DPoP", []string{"jkt"}, true},
		{"dpop", []string{"x5t#S256", "jkt"}, true},
		{"DPOP", nil, false},
		{"DPoP", []string{"x5t#S256"}, false},
		{"", []string{"jkt"}, true},
		{"", nil, true},
	} {
		err := credentials.CheckScheme(test.scheme, test.ways)
		if (err == nil) != test.ok || err != nil && verifier.ReasonOf(err) != verifier.WrongBinding {
			t.Errorf("%q with %q: %v", test.scheme, test.ways, err)
		}
	}
}
