package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A mutant is one small fault in a package.
type mutant struct {
	ID       int
	File     string
	Line     int
	Func     string // in which it is
	Op, Text string // what became of which expression or statement
}

// key names a mutant wherever in its file it stands.
func (m mutant) key() string {
	return fmt.Sprintf("%s: %s [%s]", m.Func, m.Op, strings.Join(strings.Fields(m.Text), " "))
}

// mutate runs the mutator on a package. It returns how many mutants the tests have killed
// and which they have not.
func mutate(mutator, folder string) (killed int, left []mutant, err error) {
	out, err := os.MkdirTemp("", "survivors")
	if err != nil {
		return 0, nil, err
	}
	defer os.RemoveAll(out)
	command := exec.Command(mutator, "-pkg", folder, "-j", "1", "-out", out)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return 0, nil, fmt.Errorf("the mutator: %w", err)
	}
	mutants, err := os.ReadFile(filepath.Join(out, "mutants.json"))
	if err != nil {
		return 0, nil, err
	}
	results, err := os.ReadFile(filepath.Join(out, "results.jsonl"))
	if err != nil {
		return 0, nil, err
	}
	return sortOut(mutants, results)
}

// sortOut reads what the mutator has written.
func sortOut(mutants, results []byte) (killed int, left []mutant, err error) {
	var all []mutant
	if err := json.Unmarshal(mutants, &all); err != nil {
		return 0, nil, fmt.Errorf("mutants.json: %w", err)
	}
	status := map[int]string{}
	for lines := bufio.NewScanner(bytes.NewReader(results)); lines.Scan(); {
		var result struct {
			ID     int
			Status string
		}
		if err := json.Unmarshal(lines.Bytes(), &result); err != nil {
			return 0, nil, fmt.Errorf("results.jsonl: %w", err)
		}
		status[result.ID] = result.Status
	}
	for _, m := range all {
		switch status[m.ID] {
		case "killed", "timeout":
			killed++
		case "survived", "uncovered":
			left = append(left, m)
		default:
			return 0, nil, fmt.Errorf("results.jsonl has nothing of mutant %d", m.ID)
		}
	}
	return killed, left, nil
}
