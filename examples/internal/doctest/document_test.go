// Package doctest_test reads the documents that people read, README.md and docs/ first, and tries
// what they say: snippets compile or parse, commands run, links lead somewhere, and the tests,
// reasons and errors that they name exist. Run it with -count=1: go test does not see that a
// document outside this module has changed.
package doctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// root is the root of the repository.
const root = "../../.."

// documents returns the names of what is tested here, as seen from the root.
func documents(t *testing.T) []string {
	t.Helper()
	names := []string{"README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages in docs, %v", len(pages), err)
	}
	for _, page := range pages {
		names = append(names, "docs/"+filepath.Base(page))
	}
	return names
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A snippet is a fenced block of a document.
type snippet struct {
	document string
	line     int // of its first line of code, from 1
	language string
	code     string
}

// snippets returns all snippets of a document.
func snippets(t *testing.T, document string) (all []snippet) {
	t.Helper()
	var open *snippet
	number := 0
	for line := range strings.Lines(read(t, document)) {
		number++
		bare := strings.TrimSpace(line)
		switch {
		case open == nil && strings.HasPrefix(bare, "```"):
			open = &snippet{document: document, line: number + 1, language: strings.TrimPrefix(bare, "```")}
		case open != nil && bare == "```":
			all = append(all, *open)
			open = nil
		case open != nil:
			open.code += line
		}
	}
	if open != nil {
		t.Errorf("%s:%d: the snippet does not end", document, open.line)
	}
	return all
}

// snippetsIn returns the snippets of all documents in one language.
func snippetsIn(t *testing.T, language string) (all []snippet) {
	t.Helper()
	for _, document := range documents(t) {
		for _, s := range snippets(t, document) {
			if s.language == language {
				all = append(all, s)
			}
		}
	}
	return all
}

func TestEverySnippetIsInALanguageThatIsTriedOrOnlyShown(t *testing.T) {
	tried := []string{"go", "json", "yaml", "sh", "mermaid"}
	shown := []string{"python", "js", "hcl", "text", "http"} // what readers have, or see
	known := strings.Join(append(tried, shown...), " ") + " "
	for _, document := range documents(t) {
		for _, s := range snippets(t, document) {
			if s.language == "" || !strings.Contains(known, s.language+" ") {
				t.Errorf("%s:%d: language %q", s.document, s.line, s.language)
			}
		}
	}
}
