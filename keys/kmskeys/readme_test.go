package kmskeys_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// What README.md shows is part of the examples, which are compiled.
func TestEveryGoSnippetOfTheReadmeIsInAnExample(t *testing.T) {
	read := func(name string) string { return string(must(os.ReadFile(name))(t)) }
	bare := func(code string) string { return regexp.MustCompile(`(?m)^\s+`).ReplaceAllString(code, "") }
	examples := bare(read("example_test.go"))
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read("README.md"), -1)
	if len(snippets) < 4 {
		t.Errorf("%d snippets", len(snippets))
	}
	for _, snippet := range snippets {
		if !strings.Contains(examples, bare(snippet[1])) {
			t.Errorf("not in example_test.go:\n%s", snippet[1])
		}
	}
}

func TestTheReadmeNamesTheActionOfEverySource(t *testing.T) {
	text := string(must(os.ReadFile("README.md"))(t))
	for _, kind := range kinds() {
		if row := "| `" + kind.name + "` | `kms:" + kind.operation + "`"; !strings.Contains(text, row) {
			t.Errorf("no row that begins with %s", row)
		}
	}
}
