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

func TestTwoWhoBuildGetTheSameBytes(t *testing.T) {
	var programs, archives [][]byte
	for _, dir := range []string{"../..", clone(t)} {
		out := t.TempDir()
		program, archive := filepath.Join(out, "build", "bootstrap"), filepath.Join(out, "function.zip")
		if err := bootstrap.Compile(dir, "staticpem", "arm64", program); err != nil {
			t.Fatal(err)
		}
		if err := bootstrap.Zip(program, archive); err != nil {
			t.Fatal(err)
		}
		for file, all := range map[string]*[][]byte{program: &programs, archive: &archives} {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			*all = append(*all, text)
		}
	}
	if !bytes.Equal(programs[0], programs[1]) || !bytes.Equal(archives[0], archives[1]) {
		t.Error("they are not the same")
	}
	if machine := programs[0][18]; machine != 0xb7 { // e_machine EM_AARCH64
		t.Errorf("built for machine %#x", machine)
	}
	if here, err := filepath.Abs("../.."); err != nil || bytes.Contains(programs[0], []byte(here)) {
		t.Errorf("the program names a folder of this machine, %v", err)
	}
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
