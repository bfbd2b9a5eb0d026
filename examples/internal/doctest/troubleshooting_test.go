package doctest_test

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const troubleshooting = "docs/troubleshooting.md"

// section returns what stands under a heading of a document, up to the next of its level.
func section(t *testing.T, document, heading string) string {
	t.Helper()
	_, rest, found := strings.Cut(read(t, document), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no section %q", document, heading)
	}
	rest, _, _ = strings.Cut(rest, "\n## ")
	return rest
}

// rows returns the first cells of a section's tables that are code, without their backquotes.
func rows(text string) (first []string) {
	for _, match := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(text, -1) {
		first = append(first, match[1])
	}
	return first
}

// wantRows checks that a section has a row for each of these, and for nothing that is not there.
func wantRows(t *testing.T, heading string, want []string) {
	t.Helper()
	got := rows(section(t, troubleshooting, heading))
	for _, value := range want {
		if !slices.Contains(got, value) {
			t.Errorf("%s: no row is about %s", heading, value)
		}
	}
	for _, value := range got {
		if !slices.Contains(want, value) {
			t.Errorf("%s: there is no %s", heading, value)
		}
	}
}

func TestEveryReasonHasACauseAndARemedy(t *testing.T) {
	wantRows(t, "Reasons", texts(t, "verifier", "Reason"))
}

func TestEveryDetailHasACauseAndARemedy(t *testing.T) {
	wantRows(t, "Details", texts(t, "verifier", "Detail"))
}

func TestEveryDecisionIsExplained(t *testing.T) {
	wantRows(t, "Decisions", texts(t, ".", "Decision"))
}

func TestEveryExportedErrorIsExplained(t *testing.T) {
	wantRows(t, "Errors", exportedErrors(t))
}

// literals returns the texts in the code of a folder's package.
func literals(t *testing.T, folder string) (all []string) {
	t.Helper()
	for _, file := range parse(t, folder, false) {
		ast.Inspect(file, func(node ast.Node) bool {
			if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
				if text, err := strconv.Unquote(literal.Value); err == nil {
					all = append(all, text)
				}
			}
			return true
		})
	}
	return all
}

func TestEveryErrorTextThatIsExplainedIsOne(t *testing.T) {
	folders := append(packages(t), "internal/fetch")
	var all strings.Builder
	for _, folder := range folders {
		all.WriteString(strings.Join(literals(t, folder), "\n") + "\n")
	}
	explained := rows(section(t, troubleshooting, "Error texts"))
	if len(explained) < 40 {
		t.Errorf("%d texts", len(explained))
	}
	for _, text := range explained {
		if !strings.Contains(all.String(), text) {
			t.Errorf("no error has the text %q", text)
		}
	}
}

// The gateway of package authorizertest gives the answers of API Gateway.
func TestEveryAnswerOfTheGatewayIsExplained(t *testing.T) {
	text := section(t, troubleshooting, "What the caller sees")
	answers := 0
	for _, literal := range literals(t, filepath.Join("authorizertest")) {
		if !strings.HasPrefix(strings.ToLower(literal), `{"message":`) {
			continue
		}
		answers++
		if !strings.Contains(text, "`"+literal+"`") {
			t.Errorf("not explained: %s", literal)
		}
	}
	if answers < 10 {
		t.Errorf("%d answers", answers)
	}
}
