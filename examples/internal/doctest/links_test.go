package doctest_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fenced  = regexp.MustCompile("(?s)```.*?```")
	code    = regexp.MustCompile("(?s)```.*?```|`[^`\n]+`")
	unnamed = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchors returns what GitHub lets links lead to in a document: its headings.
func anchors(text string) (all []string) {
	for line := range strings.Lines(fenced.ReplaceAllString(text, "")) {
		title := strings.TrimLeft(line, "#")
		if title == line || !strings.HasPrefix(title, " ") {
			continue
		}
		name := unnamed.ReplaceAllString(strings.ToLower(strings.TrimSpace(title)), "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

func TestEveryLinkLeadsSomewhere(t *testing.T) {
	for _, document := range documents(t) {
		text := read(t, document)
		for _, match := range link.FindAllStringSubmatch(code.ReplaceAllString(text, "code"), -1) {
			target, anchor, _ := strings.Cut(match[1], "#")
			if strings.Contains(target, ":") {
				if !strings.HasPrefix(target, "https://") {
					t.Errorf("%s: a link to %s", document, match[1])
				}
				continue
			}
			name, there := document, text
			if target != "" {
				name = path.Join(path.Dir(document), target)
				if _, err := os.Stat(filepath.Join(root, name)); err != nil {
					t.Errorf("%s: there is no %s", document, name)
					continue
				}
			}
			if anchor == "" {
				continue
			}
			if target != "" {
				there = read(t, name)
			}
			if !slices.Contains(anchors(there), anchor) {
				t.Errorf("%s: there is no heading %s in %s, but %q", document, anchor, name, anchors(there))
			}
		}
	}
}

func TestEveryPageOfDocsIsLinkedFromTheReadme(t *testing.T) {
	readme := read(t, "README.md")
	for _, document := range documents(t) {
		if strings.HasPrefix(document, "docs/") && !strings.Contains(readme, "("+document) {
			t.Errorf("README.md has no link to %s", document)
		}
	}
}
