// Survivors runs a mutator on packages and prints the small faults that their tests do not
// notice, but for those that make no difference.
//
// Usage, in the root of the repository:
//
//	go run ./internal/survivors -mutator PATH [-base main] [PACKAGE …]
//
// Without packages it takes those whose code has changed since the commit base. What makes
// no difference is listed in the file testdata/equivalents.txt of each package, with the
// reason: see [equivalents]. Exit status 1 says that there are survivors, or that a line of a list is
// about no survivor any more.
//
// The mutator is no part of this project. It is a program that is called as
//
//	PATH -pkg PACKAGE -j 1 -out FOLDER
//
// and that leaves two files in the folder: mutants.json, a list of objects with ID, File,
// Line, Func, Op and Text, and results.jsonl, a line for each mutant that was run, with ID
// and Status, which is killed, timeout, survived or uncovered.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	mutator := flag.String("mutator", "", "path of the mutator")
	base := flag.String("base", "main", "commit since which packages have changed")
	flag.Parse()
	clean, err := run(*mutator, *base, flag.Args(), os.Stdout)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "survivors:", err)
		os.Exit(2)
	case !clean:
		os.Exit(1)
	}
}

// run writes what survives in each package to out, and reports whether nothing does.
func run(mutator, base string, packages []string, out io.Writer) (clean bool, err error) {
	if mutator == "" {
		return false, fmt.Errorf("set -mutator to the path of the mutator")
	}
	if len(packages) == 0 {
		if packages, err = changedSince(base); err != nil {
			return false, err
		}
	}
	clean = true
	for _, folder := range packages {
		killed, left, err := mutate(mutator, folder)
		if err != nil {
			return false, fmt.Errorf("%s: %w", folder, err)
		}
		known, err := readEquivalents(filepath.Join(folder, "testdata", "equivalents.txt"))
		if err != nil {
			return false, err
		}
		survivors, stale := known.compare(left)
		fmt.Fprintf(out, "%s: %d killed, %d make no difference, %d survive\n", folder, killed, len(left)-len(survivors), len(survivors))
		for _, m := range survivors {
			fmt.Fprintf(out, "  %s:%d %s\n", filepath.Join(folder, m.File), m.Line, m.key())
		}
		for _, key := range stale {
			fmt.Fprintf(out, "  listed, and does not survive: %s\n", key)
		}
		clean = clean && len(survivors) == 0 && len(stale) == 0
	}
	return clean, nil
}

// changedSince returns the folders of this module whose Go files, but for tests, are others
// than at a commit.
func changedSince(base string) ([]string, error) {
	diff := exec.Command("git", "diff", "--name-only", "--diff-filter=d", "--merge-base", base, "--", "*.go", ":!*_test.go", ":!examples")
	diff.Stderr = os.Stderr
	names, err := diff.Output()
	if err != nil {
		return nil, fmt.Errorf("git diff: %w", err)
	}
	return foldersOf(string(names)), nil
}

// foldersOf returns the folders of files, each once.
func foldersOf(names string) []string {
	var folders []string
	for name := range strings.Lines(names) {
		folders = append(folders, "./"+path.Dir(strings.TrimSuffix(name, "\n")))
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}
