package sam_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

const resources = `
Parameters:
  Name: {Type: String, Default: ann}
  Other: {Type: String}
Conditions:
  HasName: !Not [!Equals [!Ref Name, ""]]
Resources:
  Thing:
    Type: X
    Properties:
      V: `

func properties(t *testing.T, value string, parameters map[string]string) (any, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(resources+value+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	template, err := sam.Read(file, parameters)
	if err != nil {
		return nil, err
	}
	return template.Resources["Thing"].Properties["V"], nil
}

func TestFunctionsAreWorkedOut(t *testing.T) {
	for value, want := range map[string]any{
		"!Ref Name":                         "ann",
		"!Ref Other":                        "${Other}",
		"!Ref Thing":                        "${Thing}",
		"!Ref AWS::Region":                  "${AWS::Region}",
		"!GetAtt Thing.Arn":                 "${Thing.Arn}",
		"!Sub a${Name}b${AWS::Region}":      "aannb${AWS::Region}",
		"!Sub ${Thing.Arn}/${!x}":           "${Thing.Arn}/${!x}",
		"!If [HasName, 1, 2]":               1,
		"[1, !If [HasName, !Ref Name, 2]]":  []any{1, "ann"},
		"[!Ref AWS::NoValue, 3]":            []any{3},
		"{a: !Ref AWS::NoValue, b: [true]}": map[string]any{"b": []any{true}},
	} {
		if got, err := properties(t, value, nil); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %v, %v", value, got, err)
		}
	}
	if got, err := properties(t, "!If [HasName, 1, 2]", map[string]string{"Name": ""}); err != nil || got != 2 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestWhatCannotBeWorkedOutIsAnError(t *testing.T) {
	for value, want := range map[string]string{
		"!Ref Nobody":          "neither a parameter nor a resource Nobody",
		"!GetAtt Nobody.Arn":   "Nobody",
		"!Sub a${Nobody.Arn}":  "Nobody",
		"!If [IsNobody, 1, 2]": "no condition IsNobody",
		"!If [HasName, 1]":     "a condition and two values",
		"!Join ['', [a]]":      "this form of !Join",
		"{Ref: Name}":          "short form",
		"{Fn::GetAtt: [a, b]}": "short form",
		"{a: 1, a: 2}":         "a",
		"{a: &x 1, b: *x}":     "aliases",
		"[":                    "yaml",
		"!Sub ['${Name}', {}]": "this form",
		"!Not HasName":         "this form",
	} {
		if got, err := properties(t, value, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is %v, %v", value, got, err)
		}
	}
	if _, err := properties(t, "1", map[string]string{"Nobody": ""}); err == nil {
		t.Error("a parameter that is not there has a value")
	}
}
