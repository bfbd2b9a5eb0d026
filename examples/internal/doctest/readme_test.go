package doctest_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTheReadmeIsShortAndItsCommandsStandAlone(t *testing.T) {
	lines := strings.Split(read(t, "README.md"), "\n")
	if len(lines) > 151 {
		t.Errorf("%d lines", len(lines)-1)
	}
	for _, command := range []string{"go run ./examples/hs256", "go test ./... ./examples/..."} {
		if !slices.Contains(lines, command) {
			t.Errorf("no line is %q", command)
		}
	}
}

func TestTheReadmeNamesEveryPackage(t *testing.T) {
	readme := read(t, "README.md")
	for _, folder := range packages(t) {
		if row := "\n| [`" + name(folder) + "`]("; !strings.Contains(readme, row) {
			t.Errorf("no row of the table begins with %s", row[1:])
		}
	}
}

// readmeProgram returns the program with which README.md begins.
func readmeProgram(t *testing.T) string {
	t.Helper()
	for _, s := range snippets(t, "README.md") {
		if s.language == "go" && strings.HasPrefix(s.code, "package main\n") {
			return s.code
		}
	}
	t.Fatal("no program")
	return ""
}

func TestTheProgramOfTheReadmeIsThatOfThePackage(t *testing.T) {
	if got, want := program(t), readmeProgram(t); got != want {
		t.Errorf("go doc shows\n%s", got)
	}
}

// readmeTest returns the test of that program.
func readmeTest(t *testing.T) string {
	t.Helper()
	for _, s := range snippets(t, "docs/testing.md") {
		if s.language == "go" && strings.HasPrefix(s.code, "package main\n") {
			return s.code
		}
	}
	t.Fatal("no test")
	return ""
}

// What the reader does from go mod init to a zip is done here, but for what needs the
// network or a zip program: the module is that of this repository.
func TestTheProgramOfTheReadmeBecomesALambdaFunction(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	library, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	write("main.go", readmeProgram(t))
	write("main_test.go", readmeTest(t))
	write("go.sum", read(t, "go.sum"))
	bash := func(line string) {
		t.Helper()
		command := exec.Command("bash", "-euc", line)
		command.Dir = dir
		command.Env = append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=-mod=mod")
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, output)
		}
	}
	ran := 0
	for _, s := range snippets(t, "README.md") {
		for line := range strings.Lines(s.code) {
			switch line = strings.TrimSpace(line); {
			case s.language != "sh":
			case strings.HasPrefix(line, "go mod init "):
				bash(line)
				bash("go mod edit -require=" + module + "@v0.0.0 -replace=" + module + "=" + library)
				ran++
			case strings.Contains(line, "go build "):
				bash(line)
				ran++
			}
		}
	}
	if ran != 2 {
		t.Fatalf("%d commands", ran)
	}
	bash("go test .")
	file, err := elf.Open(filepath.Join(dir, "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.Machine != elf.EM_AARCH64 {
		t.Errorf("made for %v", file.Machine)
	}
}
