package bootstrap_test

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/bootstrap"
)

// clone copies the sources of both modules to another folder, and returns that of the
// examples.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	root := os.DirFS("../../..")
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); name == ".git" || name == "node_modules" || name == "build" || name == "testdata" {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(dir, path), 0o755)
		}
		if strings.HasSuffix(path, "_test.go") || !entry.Type().IsRegular() {
			return nil
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, path), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "examples")
}

// TestTwoWhoBuildGetTheSameBytes builds one example twice, and all of them with
// STORIES=whole. What is the same to both compilers comes from Go's build cache.
func TestTwoWhoBuildGetTheSameBytes(t *testing.T) {
	examples := []string{"staticpem"}
	if os.Getenv("STORIES") == "whole" {
		mains, err := filepath.Glob("../../*/main.go")
		if err != nil {
			t.Fatal(err)
		}
		examples = nil
		for _, main := range mains {
			examples = append(examples, filepath.Base(filepath.Dir(main)))
		}
		if len(examples) < 7 {
			t.Errorf("there are no others than %v", examples)
		}
	}
	other := clone(t)
	for _, example := range examples {
		t.Run(example, func(t *testing.T) {
			program, archive := build(t, "../..", example)
			if p, a := build(t, other, example); !bytes.Equal(p, program) || !bytes.Equal(a, archive) {
				t.Error("they are not the same")
			}
			if machine := program[18]; machine != 0xb7 { // e_machine EM_AARCH64
				t.Errorf("built for machine %#x", machine)
			}
			if here, err := filepath.Abs("../.."); err != nil || bytes.Contains(program, []byte(here)) {
				t.Errorf("the program names a folder of this machine, %v", err)
			}
		})
	}
}

// build returns the program of an example of the module in dir, and its archive.
func build(t *testing.T, dir, example string) (program, archive []byte) {
	t.Helper()
	out := t.TempDir()
	programFile, archiveFile := filepath.Join(out, "build", "bootstrap"), filepath.Join(out, "function.zip")
	if err := bootstrap.Compile(dir, example, "arm64", programFile); err != nil {
		t.Fatal(err)
	}
	if err := bootstrap.Zip(programFile, archiveFile); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]*[]byte{programFile: &program, archiveFile: &archive} {
		var err error
		if *text, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	return program, archive
}

func TestAnArchiveHoldsAProgramThatLambdaMayStart(t *testing.T) {
	dir := t.TempDir()
	program, archive := filepath.Join(dir, "anything"), filepath.Join(dir, "build", "function.zip")
	if err := os.WriteFile(program, []byte("a program"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := bootstrap.Zip(program, archive); err != nil {
		t.Fatal(err)
	}
	r, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if len(r.File) != 1 || r.File[0].Name != "bootstrap" || r.File[0].Mode() != 0o755 || r.File[0].UncompressedSize64 != 9 {
		t.Errorf("it holds %+v", r.File[0].FileHeader)
	}
}

func TestAnExampleThatIsNoneIsAnError(t *testing.T) {
	if err := bootstrap.Compile("../..", "nothing", "arm64", filepath.Join(t.TempDir(), "bootstrap")); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("error %v", err)
	}
}
