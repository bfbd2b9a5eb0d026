package doctest_test

import (
	"regexp"
	"slices"
	"testing"
)

var named = regexp.MustCompile("`((?:[a-z0-9]+/)*[a-z0-9]+|\\.)` ((?:(?:, )?`(?:Test|Fuzz)\\w+`)+)")

// The threat model says by which test something is defended: `verifier` `TestSomething`.
func TestEveryTestThatTheThreatModelNamesExists(t *testing.T) {
	text := read(t, "docs/threats.md")
	tested := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`")
	found := 0
	for _, match := range named.FindAllStringSubmatch(text, -1) {
		folder := match[1]
		there := tests(t, map[bool]string{true: ".", false: folder}[folder == "authorizer"])
		for _, test := range tested.FindAllStringSubmatch(match[2], -1) {
			found++
			if !slices.Contains(there, test[1]) {
				t.Errorf("%s has no %s", folder, test[1])
			}
		}
	}
	if all := len(tested.FindAllString(text, -1)); found != all || found < 30 {
		t.Errorf("%d tests are named, %d of them with their package", all, found)
	}
}
