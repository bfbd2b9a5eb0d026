package policy_test

import (
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// Every character of ASCII: those on either side of the ones that are taken are not.
func TestAPathTakesTheCharactersOfAURIAndNoOthers(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	const hex = "0123456789abcdefABCDEF"
	for c := range byte(128) {
		s := string(rune(c))
		for _, test := range []struct {
			path string
			want bool
		}{
			{"/a" + s + "b", strings.Contains(letters+"/-._~!$&'()*+,;=:@", s)},
			{"/a%" + s + "0", strings.Contains(hex, s)},
			{"/a%0" + s, strings.Contains(hex, s)},
			{"/{a" + s + "b}", strings.Contains(letters+"_.:-", s)},
			{"/{a" + s + "}", strings.Contains(letters+"_.:-+", s)},
		} {
			p, err := policy.New("someone", testAPI).AllowMethod("GET", test.path).Build()
			if (err == nil) != test.want || (p != nil) != test.want {
				t.Errorf("%q: %v, %v", test.path, p, err)
			}
		}
		got, err := policy.PathValue("a" + s + "b")
		if want := strings.Contains(letters+"-._~!&'()+,;=:@", s); (err == nil) != want || want && got != "a"+s+"b" || !want && got != "" {
			t.Errorf("PathValue of %q: %q, %v", c, got, err)
		}
	}
	for path, want := range map[string]bool{"/%41": true, "/a%41b": true, "/%4": false, "/%": false, "/a%": false, "/a%4": false, "/%%41": false, "/%4%41": false} {
		if _, err := policy.New("someone", testAPI).AllowMethod("GET", path).Build(); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}
