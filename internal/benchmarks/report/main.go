// Command report measures everything several times, in turns and in one process,
// and prints what it found as Markdown: how long each contender takes, and how that
// compares with the targets.
//
// A time on a shared machine means little, so that every comparison is a ratio of
// two measurements of the same round, and what counts is the median over all
// rounds. Times are the best of all rounds.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"
)

func main() {
	testing.Init()
	rounds := flag.Int("rounds", 25, "how often everything is measured")
	slice := flag.Duration("slice", 50*time.Millisecond, "how long each measurement takes")
	flag.Parse()
	if err := run(*rounds, *slice); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
}

func run(rounds int, slice time.Duration) error {
	if rounds < 1 {
		return fmt.Errorf("-rounds is %d: set it to 1 or more", rounds)
	}
	if err := flag.Set("test.benchtime", slice.String()); err != nil {
		return fmt.Errorf("-slice: %w", err)
	}
	s, err := newSuite()
	if err != nil {
		return err
	}
	for i := range rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", i+1, rounds)
		if err := s.round(i); err != nil {
			return err
		}
	}
	fmt.Printf("%s, %s/%s, %d cores, %d rounds of %v\n\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), rounds, slice)
	s.writeTimes(os.Stdout)
	fmt.Println()
	s.writeTargets(os.Stdout)
	fmt.Println()
	s.writeScaling(os.Stdout)
	return nil
}
