package doctest_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestEveryJSONSnippetParses(t *testing.T) {
	for _, s := range snippetsIn(t, "json") {
		var value any
		if err := json.Unmarshal([]byte(s.code), &value); err != nil {
			t.Errorf("%s:%d: %v", s.document, s.line, err)
		}
	}
}

func TestEveryYAMLSnippetParses(t *testing.T) {
	for _, s := range snippetsIn(t, "yaml") {
		var value map[string]any
		if err := yaml.Unmarshal([]byte(s.code), &value); err != nil {
			t.Errorf("%s:%d: %v", s.document, s.line, err)
		}
	}
}

// What a sequence diagram of Mermaid is made of, as far as it is used here.
var sequence = regexp.MustCompile(`^(sequenceDiagram|autonumber|end|participant \w+ as [^:;#]+|(alt|else|opt|loop|rect|Note over \w+(,\w+)?:) ?[^;#]*|\w+-?->>[+-]?\w+: [^;#]+)$`)

func TestEveryDiagramIsASequence(t *testing.T) {
	for _, s := range snippetsIn(t, "mermaid") {
		if !strings.HasPrefix(s.code, "sequenceDiagram\n") {
			t.Errorf("%s:%d: no sequence diagram", s.document, s.line)
		}
		number := s.line - 1
		for line := range strings.Lines(s.code) {
			number++
			if !sequence.MatchString(strings.TrimSpace(line)) {
				t.Errorf("%s:%d: GitHub may not draw this: %s", s.document, number, line)
			}
		}
	}
}

func TestEveryPictureIsReadableAndRunsNothing(t *testing.T) {
	pictures, err := filepath.Glob(filepath.Join(root, "docs", "*", "*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pictures {
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for decoder := xml.NewDecoder(file); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
			if start, ok := token.(xml.StartElement); ok && strings.EqualFold(start.Name.Local, "script") {
				t.Errorf("%s has a script in it", name)
			}
		}
	}
}
