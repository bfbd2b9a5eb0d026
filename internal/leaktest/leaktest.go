// Package leaktest fails the tests of a package that leave goroutines behind.
package leaktest

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"
)

// Patience is how long goroutines may take to end after the last test.
const Patience = 10 * time.Second

// Main is a TestMain: it runs the tests, and fails if there are more goroutines afterwards
// than before.
func Main(m *testing.M) {
	before := runtime.NumGoroutine()
	code := m.Run()
	if code == 0 && !isFuzzing() && !Settles(before, Patience, os.Stderr) {
		code = 1
	}
	os.Exit(code)
}

// isFuzzing reports whether package testing fuzzes, for which it has goroutines of its own.
func isFuzzing() bool {
	f := flag.Lookup("test.fuzz")
	return f != nil && f.Value.String() != ""
}

// Settles waits until there are at most so many goroutines, and reports whether that
// happens in time. If not, it writes what each is doing.
func Settles(most int, patience time.Duration, w io.Writer) bool {
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
	for deadline := time.Now().Add(patience); runtime.NumGoroutine() > most; {
		if time.Now().After(deadline) {
			fmt.Fprintf(w, "%d goroutines are left, and before the tests there were %d\n", runtime.NumGoroutine(), most)
			_ = pprof.Lookup("goroutine").WriteTo(w, 1)
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}
