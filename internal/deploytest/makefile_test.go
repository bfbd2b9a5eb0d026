package deploytest_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// makeWould returns what make would run.
func makeWould(t *testing.T, target string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "make", "--dry-run", "--directory=../../examples", "--no-print-directory", target).CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, output)
	}
	return strings.TrimSpace(string(output))
}

func TestMakeBuildsEachExampleThatHasATemplate(t *testing.T) {
	templates, err := filepath.Glob("../../examples/*/template.yaml")
	if err != nil || len(templates) == 0 {
		t.Fatal(templates, err)
	}
	var examples []string
	for _, template := range templates {
		example := filepath.Base(filepath.Dir(template))
		examples = append(examples, example)
		if got, want := makeWould(t, example), "go run ./internal/pack "+example; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	got := strings.Fields(strings.TrimPrefix(makeWould(t, "all"), "go run ./internal/pack"))
	slices.Sort(got)
	if !slices.Equal(got, examples) {
		t.Errorf("%q, want %q", got, examples)
	}
}
