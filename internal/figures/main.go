// Command figures measures what an authorizer of this library costs as a function: the
// size of program and package, the time until it asks for its first event, and the times of
// its first and of later answers. Beside it stand a function that does nothing and an
// authorizer written by hand with golang-jwt. It prints Markdown: docs/figures.md.
//
//	go run ./internal/figures >docs/figures.md
//
// All functions are measured in turns, and what counts are medians and the differences and
// ratios within one run.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 15, "how often everything is measured")
	flag.Parse()
	if err := run(context.Background(), *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int) error {
	folder, err := os.MkdirTemp("", "figures")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	world, err := newWorld()
	if err != nil {
		return err
	}
	defer world.close()
	functions := world.functions()
	for _, f := range functions {
		if err := f.build(filepath.Join(folder, f.name)); err != nil {
			return err
		}
	}
	for _, s := range shares {
		for i := range rounds {
			fmt.Fprintf(os.Stderr, "%s: round %d of %d\n", s.name, i+1, rounds)
			for _, f := range functions {
				if err := f.measure(ctx, s); err != nil {
					return fmt.Errorf("%s: %w", f.name, err)
				}
			}
		}
	}
	fmt.Printf("# Figures\n\nMeasured on %s with `go run ./internal/figures`: %s, %s/%s, %d rounds.\n\n", time.Now().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, rounds)
	writeTables(os.Stdout, functions)
	return nil
}
