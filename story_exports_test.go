package authorizer_test

import (
	"cmp"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// exportsFile has what the packages for users export, a name in each line.
const exportsFile = "testdata/exports.txt"

// What is exported is promised. So nothing is by accident, and nothing goes by accident.
func TestTheExportedNamesAreTheOnesInTheList(t *testing.T) {
	got := exportedNames(t)
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(exportsFile, []byte(strings.Join(got, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := os.ReadFile(exportsFile)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Split(strings.TrimSuffix(string(list), "\n"), "\n")
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("exported, but not in %s: %s", exportsFile, name)
		}
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("in %s, but not exported: %s", exportsFile, name)
		}
	}
	if t.Failed() {
		t.Log("If it is meant to be, say so in CHANGELOG.md and run the test with UPDATE_GOLDEN=1.")
	}
}

// exportedNames returns the names that the packages of this module export, but for
// those under internal: constants, variables, functions, and types with their fields and
// methods, which of an embedded type are theirs too.
func exportedNames(t *testing.T) []string {
	t.Helper()
	command := exec.Command("go", "list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}", "./...")
	command.Env = append(command.Environ(), "GOWORK=off")
	output, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	compiled := map[string]string{}
	var ours []string
	for line := range strings.Lines(string(output)) {
		path, file, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		compiled[path] = file
		if rest, found := strings.CutPrefix(path, module); found && !strings.Contains(rest, "/internal/") {
			ours = append(ours, path)
		}
	}
	imports := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(compiled[path]) })
	var names []string
	for _, path := range ours {
		p, err := imports.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range p.Scope().Names() {
			if token.IsExported(name) {
				names = append(names, exportedOf(strings.TrimPrefix(path, module), p.Scope().Lookup(name))...)
			}
		}
	}
	slices.Sort(names)
	return names
}

// exportedOf returns the lines about one name of a package.
func exportedOf(folder string, object types.Object) []string {
	full := cmp.Or(strings.TrimPrefix(folder, "/"), "authorizer") + "." + object.Name()
	switch object := object.(type) {
	case *types.Const:
		return []string{"const " + full}
	case *types.Var:
		return []string{"var " + full}
	case *types.Func:
		return []string{"func " + full}
	case *types.TypeName:
		lines := []string{"type " + full}
		if s, ok := object.Type().Underlying().(*types.Struct); ok {
			for field := range s.Fields() {
				if field.Exported() {
					lines = append(lines, "type "+full+": field "+field.Name())
				}
			}
		}
		of := object.Type()
		if !types.IsInterface(of) {
			of = types.NewPointer(of)
		}
		for method := range types.NewMethodSet(of).Methods() {
			if method.Obj().Exported() {
				lines = append(lines, "type "+full+": method "+method.Obj().Name())
			}
		}
		return lines
	}
	return []string{fmt.Sprintf("%T %s", object, full)}
}
