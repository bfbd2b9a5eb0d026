package authorizer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Whatever tests leave running is found in every package of every module. The examples call
// leaktest.Main by way of runtest.Main.
func TestThePackagesWithTestsLookForGoroutinesLeftBehind(t *testing.T) {
	looks := map[string]bool{} // whether the package in a folder does
	for _, file := range sources(t) {
		if strings.HasSuffix(file, "_test.go") {
			folder := filepath.Dir(file)
			looks[folder] = looks[folder] || callsLeaktest(file)
		}
	}
	if len(looks) < 60 {
		t.Fatalf("only %d packages have tests", len(looks))
	}
	for folder, does := range looks {
		if !does {
			t.Errorf("%s: no TestMain calls leaktest.Main", folder)
		}
	}
}

// callsLeaktest reports whether a file has such a TestMain.
func callsLeaktest(file string) bool {
	text, err := os.ReadFile(file)
	_, main, found := strings.Cut(string(text), "\nfunc TestMain(m *testing.M) {")
	main, _, _ = strings.Cut(main, "\nfunc ")
	return err == nil && found && (strings.Contains(main, "leaktest.Main(m)") || strings.Contains(main, "runtest.Main(m, main)"))
}
