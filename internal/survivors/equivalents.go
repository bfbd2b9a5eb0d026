package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

// equivalents are the mutants of a package that make no difference which a test could see,
// by their keys, each as often as there are mutants of it. They are read from a text whose
// lines are
//
//	# the reason why the mutants below make no difference, in one line
//	Func: what became of it [the expression]
//
// and empty ones.
type equivalents map[string]int

func readEquivalents(file string) (equivalents, error) {
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	list, err := parseEquivalents(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return list, nil
}

// parseEquivalents refuses a mutant without a reason.
func parseEquivalents(text string) (equivalents, error) {
	list := equivalents{}
	reason := false
	for i, line := range strings.Split(text, "\n") {
		switch {
		case line == "":
			reason = false
		case strings.HasPrefix(line, "# "):
			reason = true
		case !reason:
			return nil, fmt.Errorf("line %d: no reason above it", i+1)
		default:
			list[line]++
		}
	}
	return list, nil
}

// compare returns which of the mutants that the tests have left are not in the list, and
// what the list has beside them.
func (e equivalents) compare(left []mutant) (survivors []mutant, stale []string) {
	count := map[string]int{}
	for _, m := range left {
		if count[m.key()]++; count[m.key()] > e[m.key()] {
			survivors = append(survivors, m)
		}
	}
	for key, n := range e {
		for range n - count[key] {
			stale = append(stale, key)
		}
	}
	slices.Sort(stale)
	return survivors, stale
}
