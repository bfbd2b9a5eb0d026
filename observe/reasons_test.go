package observe_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/lambdajwt/authorizer/observe"
	"github.com/lambdajwt/authorizer/verifier"
)

// reasons reads the reasons that package verifier has.
func reasons(t *testing.T) (all []verifier.Reason) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../verifier/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, ok := spec.Type.(*ast.Ident); ok && of.Name == "Reason" {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, verifier.Reason(text))
		}
		return true
	})
	return all
}

func TestEveryReasonOfTheVerifierIsALabelAndNoOther(t *testing.T) {
	all := reasons(t)
	if len(all) < 25 {
		t.Fatalf("only %d reasons: %v", len(all), all)
	}
	for _, reason := range append(all, "") {
		if got := observe.ReasonLabel(reason); got != string(reason) {
			t.Errorf("%q: %q", reason, got)
		}
	}
	if got := observe.ReasonLabel("a user's own"); got != observe.Other {
		t.Errorf("got %q", got)
	}
}
