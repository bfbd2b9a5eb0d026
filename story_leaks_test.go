package authorizer_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whatever tests leave running is found in every package, those of the examples too. The
// examples call leaktest.Main by way of runtest.Main.
func TestThePackagesWithTestsLookForGoroutinesLeftBehind(t *testing.T) {
	command := exec.Command("go", "list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}", "./...", "./examples/...")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	folders := strings.Fields(string(output))
	if len(folders) < 50 {
		t.Fatalf("only %d packages have tests", len(folders))
	}
	for _, folder := range folders {
		tests, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(tests, callsLeaktest) {
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
