// Survivors runs a mutator on packages and prints the small faults that their tests do not
// notice, but for those that make no difference.
//
// Usage, in the root of the repository:
//
//	go run ./internal/survivors -mutator PATH [-base main] [PACKAGE …]
//
// Without packages it takes those of this module whose code or tests have changed since the
// commit base, or, on base itself, by its last commit. What makes no difference is listed in
// the file testdata/equivalents.txt of each package, with the reason: see [equivalents]. Exit
// status 1 says that there are survivors, or that a line of a list is about no survivor any
// more; 2 says that something could not be run or read, and what survives in the other
// packages is printed all the same.
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
	"errors"
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

// run writes what survives in each package to out, and reports whether nothing does. The
// errors of all packages are joined.
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
	var errs []error
	for _, folder := range packages {
		none, err := look(mutator, folder, out)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", folder, err))
		}
		clean = clean && none
	}
	return clean, errors.Join(errs...)
}

// look writes what survives in a package to out, and reports whether nothing does.
func look(mutator, folder string, out io.Writer) (clean bool, err error) {
	killed, left, err := mutate(mutator, folder)
	if err != nil {
		return false, err
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
	return len(survivors) == 0 && len(stale) == 0, nil
}

// changedSince returns the folders of this module with code whose Go files, tests among them,
// are others than where HEAD has left base. If nothing at all is, as on base itself, it
// takes the commit before HEAD instead.
func changedSince(base string) ([]string, error) {
	fork, err := git("merge-base", base, "HEAD")
	if err != nil {
		return nil, err
	}
	fork = strings.TrimSpace(fork)
	all, err := git("diff", "--name-only", fork)
	if err != nil {
		return nil, err
	}
	if all == "" {
		fork = "HEAD^"
	}
	names, err := git("diff", "--name-only", "--relative", fork, "--", "*.go")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(foldersOf(names), func(folder string) bool { return !hasCode(folder) || isElsewhere(folder) }), nil
}

func git(args ...string) (string, error) {
	command := exec.Command("git", args...)
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return string(out), nil
}

// hasCode reports whether a folder has Go files that are no tests.
func hasCode(folder string) bool {
	files, _ := filepath.Glob(filepath.Join(folder, "*.go")) // the pattern is well-formed
	return slices.ContainsFunc(files, func(name string) bool { return !strings.HasSuffix(name, "_test.go") })
}

// isElsewhere reports whether a folder below this one belongs to another module: the mutator
// takes packages of this one alone.
func isElsewhere(folder string) bool {
	for folder = path.Clean(folder); folder != "."; folder = path.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return true
		}
	}
	return false
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
