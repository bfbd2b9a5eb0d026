package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"testing"
	"time"
)

// Where the command writes, from the root of the repository.
const (
	folder   = "docs/scale"
	document = folder + ".md"
	kept     = folder + "/figures.json"
)

func main() {
	testing.Init()
	keep := flag.Bool("keep", false, "keep the figures that are there already and play what is missing")
	flag.Parse()
	debug.SetGCPercent(400)
	// A bubble of simulated time is part of a test, so that all is one.
	testing.Main(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "scale", F: func(t *testing.T) { run(t, *keep) },
	}}, nil, nil)
}

// run plays the scenarios, as many at a time as there are cores, and writes what has come
// of them.
func run(t *testing.T, keep bool) {
	f := &figures{Assumptions: assumed}
	if there, err := readFigures(kept); keep && err == nil && there.Assumptions == assumed {
		f = there
	}
	t.Run("of", func(t *testing.T) {
		for _, s := range f.missing() {
			t.Run(s.String(), func(t *testing.T) {
				t.Parallel()
				began := time.Now()
				if err := f.add(kept, s, play(t, s)); err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(os.Stderr, "%v: %v\n", time.Since(began).Round(time.Second/10), s)
			})
		}
	})
	if err := f.write(); err != nil {
		t.Fatal(err)
	}
}

// write writes the charts, and the tables into the document.
func (f *figures) write() error {
	if len(f.missing()) > 0 {
		return errors.New("not all scenarios could be played")
	}
	for name, text := range f.charts() {
		if err := os.WriteFile(folder+"/"+name, []byte(text), 0o644); err != nil {
			return err
		}
	}
	text, err := os.ReadFile(document)
	if err != nil {
		return err
	}
	filled, err := f.fill(string(text))
	if err != nil {
		return err
	}
	return os.WriteFile(document, []byte(filled), 0o644)
}

// String returns the scenario in a line.
func (s Scenario) String() string {
	type plain Scenario
	return fmt.Sprintf("%+v", plain(s))
}
