package runtest

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var random = []struct {
	what *regexp.Regexp
	name string
}{
	{regexp.MustCompile(`http://127\.0\.0\.1:\d+`), "http://127.0.0.1:PORT"},
	{regexp.MustCompile(`"jti": "[A-Z2-7]{26}"`), `"jti": "JTI"`},
	{regexp.MustCompile(`"sid": "[A-Z2-7]{26}"`), `"sid": "SID"`},
}

// Golden compares a story with the one in a file, apart from ports and the jti and
// sid of tokens. With UPDATE_GOLDEN=1 in the environment it writes the file.
func Golden(t *testing.T, file, story string) {
	t.Helper()
	for _, r := range random {
		story = r.what.ReplaceAllString(story, r.name)
	}
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(file, []byte(story), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Split(story, "\n"), strings.Split(string(data), "\n")
	for i := range max(len(got), len(want)) {
		if line(got, i) != line(want, i) {
			t.Fatalf("line %d of the story is\n%s\nand not\n%s\nIf it is meant to be, run the test with UPDATE_GOLDEN=1.", i+1, line(got, i), line(want, i))
		}
	}
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(the end)"
}
