package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"sync"
)

// A figure is what has come of a scenario.
type figure struct {
	Scenario Scenario
	Result   Result
}

// Figures are what has come of all scenarios, and of what assumptions.
type figures struct {
	Assumptions Assumptions
	All         []figure

	mu sync.Mutex
}

// readFigures reads a file of figures.
func readFigures(path string) (*figures, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	f := &figures{}
	if err := json.Unmarshal(text, f); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// marshal returns the file of the figures, with a line for each scenario, in the order of
// scenarios.
func (f *figures) marshal() ([]byte, error) {
	var b bytes.Buffer
	assumptions, err := json.Marshal(f.Assumptions)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&b, "{\"Assumptions\":%s,\n\"All\":[", assumptions)
	separator := "\n"
	for _, s := range scenarios() {
		r, ok := f.find(s)
		if !ok {
			continue
		}
		line, err := json.Marshal(figure{s, r})
		if err != nil {
			return nil, err
		}
		b.WriteString(separator)
		b.Write(line)
		separator = ",\n"
	}
	b.WriteString("\n]}\n")
	return b.Bytes(), nil
}

// find returns what has come of a scenario.
func (f *figures) find(s Scenario) (Result, bool) {
	i := slices.IndexFunc(f.All, func(f figure) bool { return f.Scenario == s })
	if i < 0 {
		return Result{}, false
	}
	return f.All[i].Result, true
}

// of returns what has come of a scenario that is one of all.
func (f *figures) of(s Scenario) Result {
	r, _ := f.find(s)
	return r
}

// missing returns the scenarios that have not been played.
func (f *figures) missing() []Scenario {
	return slices.DeleteFunc(scenarios(), func(s Scenario) bool {
		_, ok := f.find(s)
		return ok
	})
}

// add takes a figure, and saves those that there are now.
func (f *figures) add(path string, s Scenario, r Result) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.All = append(f.All, figure{s, r})
	text, err := f.marshal()
	if err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
