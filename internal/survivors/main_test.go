package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

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
