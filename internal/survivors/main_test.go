package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// A mutator that has found what stands in the script.
const mutator = `#!/bin/sh
while [ "$1" != -out ]; do shift; done
cat >"$2/mutants.json" <<'END'
[{"ID":1,"File":"a.go","Line":7,"Func":"F","Op":"flip bool","Text":"false"},
 {"ID":2,"File":"a.go","Line":8,"Func":"F","Op":"flip bool","Text":"false"},
 {"ID":3,"File":"b.go","Line":9,"Func":"T.G","Op":"return deleted","Text":"return\n\tx"}]
END
printf '{"ID":1,"Status":"survived"}\n{"ID":2,"Status":"uncovered"}\n{"ID":3,"Status":"%s"}\n' "$STATUS" >"$2/results.jsonl"
`

func TestWhatSurvivesAndIsNotListedIsPrinted(t *testing.T) {
	for name, test := range map[string]struct {
		list, status string
		want         string
		clean        bool
	}{
		"no list":    {"", "killed", "0 make no difference, 2 survive\n  PKG/a.go:7 F: flip bool [false]\n  PKG/a.go:8 F: flip bool [false]\n", false},
		"one of two": {"# Why.\nF: flip bool [false]\n", "killed", "1 make no difference, 1 survive\n  PKG/a.go:8 F: flip bool [false]\n", false},
		"all listed": {"# Why.\nF: flip bool [false]\nF: flip bool [false]\n", "killed", "2 make no difference, 0 survive\n", true},
		"all listed, one of which no longer survives": {
			"# Why.\nF: flip bool [false]\nF: flip bool [false]\n\n# Why else.\nT.G: return deleted [return x]\n", "timeout",
			"2 make no difference, 0 survive\n  listed, and does not survive: T.G: return deleted [return x]\n", false,
		},
		"another function": {"# Why.\nF: flip bool [false]\nF: flip bool [false]\n", "survived", "2 make no difference, 1 survive\n  PKG/b.go:9 T.G: return deleted [return x]\n", false},
	} {
		folder := t.TempDir()
		program := filepath.Join(folder, "mutator")
		write(t, program, mutator, 0o755)
		if test.list != "" {
			if err := os.Mkdir(filepath.Join(folder, "testdata"), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(folder, "testdata", "equivalents.txt"), test.list, 0o644)
		}
		t.Setenv("STATUS", test.status)
		var out strings.Builder
		clean, err := run(program, "", []string{folder}, &out)
		got := strings.ReplaceAll(out.String(), folder, "PKG")
		if _, after, _ := strings.Cut(got, "killed, "); err != nil || clean != test.clean || after != test.want {
			t.Errorf("%s: got %v, %v, %s", name, clean, err, got)
		}
	}
}

func TestAPackageThatCannotBeMutatedDoesNotKeepTheNextFromIt(t *testing.T) {
	folder := t.TempDir()
	program := filepath.Join(folder, "mutator")
	write(t, program, strings.Replace(mutator, "\n", "\n[ \"$2\" != bad ] && [ \"$2\" != worse ] || exit 3\n", 1), 0o755)
	t.Setenv("STATUS", "killed")
	var out strings.Builder
	clean, err := run(program, "", []string{"bad", "good", "worse"}, &out)
	if clean || err == nil || !strings.Contains(err.Error(), "bad: ") || !strings.Contains(err.Error(), "worse: ") || strings.Contains(err.Error(), "good: ") {
		t.Errorf("got %v, %v", clean, err)
	}
	if want := "good: 1 killed, 0 make no difference, 2 survive\n  good/a.go:7 F: flip bool [false]\n  good/a.go:8 F: flip bool [false]\n"; out.String() != want {
		t.Errorf("got %s", out.String())
	}
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	if _, err := run("", "", []string{"."}, nil); err == nil {
		t.Error("no mutator")
	}
	if _, err := run("/bin/false", "", []string{"."}, nil); err == nil {
		t.Error("a mutator that fails")
	}
	if _, err := parseEquivalents("# Why.\na: b [c]\n\nd: e [f]\n"); err == nil || !strings.Contains(err.Error(), "line 4: no reason") {
		t.Errorf("a mutant without a reason: %v", err)
	}
	for mutants, results := range map[string]string{`{`: ``, `[{"ID":1}]`: ``, `[]`: `{`, `[{"ID":2}]`: `{"ID":2,"Status":"skipped"}`} {
		if _, _, err := sortOut([]byte(mutants), []byte(results)); err == nil {
			t.Errorf("%s with %s: no error", mutants, results)
		}
	}
}

func TestTheFoldersOfFilesAreListedOnce(t *testing.T) {
	if got := foldersOf("b/c/x.go\na.go\nb/c/y.go\nb/z.go\n"); !slices.Equal(got, []string{"./.", "./b", "./b/c"}) {
		t.Errorf("got %v", got)
	}
	if got := foldersOf(""); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestWhatHasChangedIsSinceTheBaseOrElseByTheLastCommit(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	do := func(args ...string) {
		t.Helper()
		if _, err := git(append([]string{"-c", "user.name=n", "-c", "user.email=e@example.com"}, args...)...); err != nil {
			t.Fatal(err)
		}
	}
	commit := func(files ...string) {
		t.Helper()
		for _, file := range files {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			old, _ := os.ReadFile(file) // none is right
			write(t, file, string(old)+"//\n", 0o644)
		}
		do("add", "-A")
		do("commit", "-q", "-m", "m")
	}
	want := func(what string, folders ...string) {
		t.Helper()
		if got, err := changedSince("main"); err != nil || !slices.Equal(got, folders) {
			t.Errorf("%s: got %v, %v, want %v", what, got, err, folders)
		}
	}
	do("init", "-q", "-b", "main")
	commit("go.mod", "a/a.go", "a/a_test.go", "b/b.go", "c/c_test.go", "README.md")
	commit("other/go.mod", "other/o.go", "other/e/deep/e.go", "b/other/go.mod", "b/other/o.go")
	want("on main, other modules")
	commit("a/a.go")
	want("on main, code", "./a")
	commit("b/b_test.go")
	want("on main, tests", "./b")
	commit("README.md")
	want("on main, no Go")
	write(t, "a/a_test.go", "// not committed\n", 0o644)
	want("on main, not committed", "./a")
	do("checkout", "-q", "-b", "branch")
	commit("a/a_test.go", "c/c_test.go", "other/o.go", "other/e/deep/e.go", "b/other/o.go")
	commit("b/b.go")
	want("on a branch", "./a", "./b")
	do("rm", "-q", "-r", "a")
	want("on a branch, a package gone", "./b")
	if _, err := changedSince("nowhere"); err == nil {
		t.Error("no such base: no error")
	}
}

// Every list of the repository can be read, and gives its reasons.
func TestTheListsOfEquivalentsAreInOrder(t *testing.T) {
	lists, err := filepath.Glob("../../testdata/equivalents.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"*", "*/*"} {
		more, err := filepath.Glob(filepath.Join("../..", pattern, "testdata", "equivalents.txt"))
		if err != nil {
			t.Fatal(err)
		}
		lists = append(lists, more...)
	}
	for _, file := range lists {
		if list, err := readEquivalents(file); err != nil || len(list) == 0 {
			t.Errorf("%s: %d keys, %v", file, len(list), err)
		}
	}
	if len(lists) == 0 {
		t.Error("there are none")
	}
}
