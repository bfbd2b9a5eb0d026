package doctest_test

import (
	"go/ast"
	"go/build"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// packages returns the folders of the library's public packages, as seen from the root; "."
// is the root's.
func packages(t *testing.T) (folders []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		folder, err := filepath.Rel(root, at)
		switch {
		case err != nil:
			return err
		case folder != "." && strings.HasPrefix(entry.Name(), "."), slices.Contains([]string{"internal", "examples", "testdata", "otel"}, entry.Name()):
			return fs.SkipDir
		}
		if p, err := build.ImportDir(at, 0); err == nil && len(p.GoFiles) > 0 {
			folders = append(folders, filepath.ToSlash(folder))
		}
		return nil
	})
	if err != nil || len(folders) < 10 {
		t.Fatalf("found %q, %v", folders, err)
	}
	return folders
}

// name is what people call the package of a folder.
func name(folder string) string {
	if folder == "." {
		return "authorizer"
	}
	return folder
}

// parse returns the files of a folder that are no tests, or those that are.
func parse(t *testing.T, folder string, tests bool) (files []*ast.File) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") != tests {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// values returns the specifications of the constants or variables of a folder's package.
func values(t *testing.T, folder string, kind token.Token) (specs []*ast.ValueSpec) {
	t.Helper()
	for _, file := range parse(t, folder, false) {
		for _, declaration := range file.Decls {
			group, ok := declaration.(*ast.GenDecl)
			if !ok || group.Tok != kind {
				continue
			}
			for _, spec := range group.Specs {
				specs = append(specs, spec.(*ast.ValueSpec))
			}
		}
	}
	return specs
}

// texts returns the values of the exported constants of one string type.
func texts(t *testing.T, folder, typ string) (all []string) {
	t.Helper()
	for _, spec := range values(t, folder, token.CONST) {
		name, ok := spec.Type.(*ast.Ident)
		if !ok || name.Name != typ {
			continue
		}
		for _, value := range spec.Values {
			text, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, text)
		}
	}
	if len(all) < 3 {
		t.Fatalf("found the %ss %q", typ, all)
	}
	return all
}

// exportedErrors returns the error variables and types of all packages, as people write them:
// keys.ErrSignature.
func exportedErrors(t *testing.T) (all []string) {
	t.Helper()
	for _, folder := range packages(t) {
		prefix := path.Base(name(folder)) + "."
		for _, spec := range values(t, folder, token.VAR) {
			for _, identifier := range spec.Names {
				if strings.HasPrefix(identifier.Name, "Err") {
					all = append(all, prefix+identifier.Name)
				}
			}
		}
		for _, file := range parse(t, folder, false) {
			for _, declaration := range file.Decls {
				function, ok := declaration.(*ast.FuncDecl)
				if ok && function.Recv != nil && function.Name.Name == "Error" {
					if receiver := receiver(function); ast.IsExported(receiver) {
						all = append(all, prefix+receiver)
					}
				}
			}
		}
	}
	if len(all) < 10 {
		t.Fatalf("found %q", all)
	}
	return all
}

// receiver returns the name of a method's type.
func receiver(method *ast.FuncDecl) string {
	typ := method.Recv.List[0].Type
	if pointer, ok := typ.(*ast.StarExpr); ok {
		typ = pointer.X
	}
	identifier, _ := typ.(*ast.Ident)
	if identifier == nil {
		return ""
	}
	return identifier.Name
}

// tests returns the names of the tests and fuzz targets of a folder.
func tests(t *testing.T, folder string) (names []string) {
	t.Helper()
	for _, file := range parse(t, folder, true) {
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if ok && function.Recv == nil && (strings.HasPrefix(function.Name.Name, "Test") || strings.HasPrefix(function.Name.Name, "Fuzz")) {
				names = append(names, function.Name.Name)
			}
		}
	}
	return names
}

// program returns the code block of the root package's documentation that is a whole program.
func program(t *testing.T) string {
	t.Helper()
	for _, file := range parse(t, ".", false) {
		if file.Doc == nil {
			continue
		}
		for _, block := range new(comment.Parser).Parse(file.Doc.Text()).Content {
			if code, ok := block.(*comment.Code); ok && strings.HasPrefix(code.Text, "package main") {
				return code.Text
			}
		}
	}
	t.Fatal("the package's documentation has no program")
	return ""
}
