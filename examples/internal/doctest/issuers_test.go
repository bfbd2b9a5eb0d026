package doctest_test

import (
	"regexp"
	"strings"
	"testing"
)

// The addresses of issuers are those of the tests in which real issuers' tokens are accepted.
func TestTheIssuersOfTheCookbookAreThoseThatAreTested(t *testing.T) {
	tested := read(t, "verifier/story_issuers_test.go") + read(t, "verifier/cognito_test.go")
	tested = strings.ReplaceAll(tested, "` + tenant + `", "11111111-2222-3333-4444-555555555555")
	tested = strings.ReplaceAll(tested, `" + tenant + "`, "11111111-2222-3333-4444-555555555555")
	found := 0
	for _, s := range snippets(t, "docs/issuers.md") {
		if s.language != "go" {
			continue
		}
		for _, address := range regexp.MustCompile(`"(https://[^"]+)"`).FindAllStringSubmatch(s.code, -1) {
			found++
			if !strings.Contains(tested, `"`+address[1]+`"`) && address[1] != "https://login.example.com" {
				t.Errorf("docs/issuers.md:%d: %s is in no test", s.line, address[1])
			}
		}
	}
	if found < 8 {
		t.Errorf("%d addresses", found)
	}
}
