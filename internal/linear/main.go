// Linear reads what somebody else writes, so that the statements can be counted that this
// takes. Its tests build it with counters.
//
// Usage:
//
//	linear FOLDER
//
// Each reader reads an input of moderate length, one twice and one four times as long. What
// has been executed for that is written into FOLDER/READER/0, 1 and 2.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/coverage"
	"strconv"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: linear FOLDER")
		os.Exit(2)
	}
	if err := run(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, folder string) error {
	for _, r := range readers {
		for i := range doublings {
			if err := count(ctx, r, r.length<<i, filepath.Join(folder, r.name, strconv.Itoa(i))); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
		}
	}
	return nil
}

// doublings is of how many lengths inputs are.
const doublings = 3

// count writes into a folder what is executed to read an input of length n.
func count(ctx context.Context, r reader, n int, folder string) error {
	read, err := r.open(ctx, n)
	if err != nil {
		return err
	}
	if err := read(); err != nil { // and what is made once is made
		return err
	}
	if err := coverage.ClearCounters(); err != nil {
		return err
	}
	if err := read(); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	if err := coverage.WriteMetaDir(folder); err != nil {
		return err
	}
	return coverage.WriteCountersDir(folder)
}
