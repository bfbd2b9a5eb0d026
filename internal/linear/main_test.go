package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/internal/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// What somebody else writes must not take work that grows faster than it is long. Work is
// counted, in statements of this module that are executed and in what is allocated, objects
// and bytes, since times are noise.
func TestReadingTakesWorkInProportionToTheLength(t *testing.T) {
	folder := execute(t)
	for _, r := range readers {
		t.Run(r.name, func(t *testing.T) {
			var statements, objects, bytes [doublings]float64
			for i := range statements {
				statements[i] = executed(t, filepath.Join(folder, r.name, strconv.Itoa(i)))
				objects[i], bytes[i] = allocated(t, r, r.length<<i)
			}
			t.Logf("statements %.0f, objects %.1f, bytes %.0f", statements, objects, bytes)
			if statements[0] < float64(r.length)/10 {
				t.Error("the work is not counted")
			}
			for i := 1; i < len(statements); i++ {
				if statements[i] > 2.2*statements[i-1]+200 || objects[i] > 2.3*objects[i-1]+20 || bytes[i] > 2.6*bytes[i-1]+4096 {
					t.Error("twice as long takes more than twice as much")
				}
			}
		})
	}
}

// execute builds the program, with a counter at each statement of this module, runs it and
// returns the folder with the counts.
func execute(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	program := filepath.Join(folder, "linear")
	for _, command := range []*exec.Cmd{
		exec.Command("go", "build", "-cover", "-covermode=atomic", "-coverpkg=github.com/lambdajwt/authorizer/...", "-o", program, "."),
		exec.Command(program, folder),
	} {
		command.Env = append(os.Environ(), "GOCOVERDIR="+folder)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, output)
		}
	}
	return folder
}

// executed returns how many statements the counts in a folder are of.
func executed(t *testing.T, folder string) float64 {
	t.Helper()
	profile := filepath.Join(folder, "profile")
	if output, err := exec.Command("go", "tool", "covdata", "textfmt", "-i="+folder, "-o="+profile).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	file, err := os.Open(profile)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := 0.0
	lines := bufio.NewScanner(file)
	for lines.Scan() { // FILE:FROM,TO STATEMENTS TIMES, but for the first, which gives the mode
		fields := strings.Fields(lines.Text())
		if fields[0] == "mode:" {
			continue
		}
		statements, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		count, err := strconv.ParseFloat(fields[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		sum += statements * count
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return sum
}

// allocated returns how many objects and bytes a reading allocates.
func allocated(t *testing.T, r reader, n int) (objects, bytes float64) {
	t.Helper()
	read, err := r.open(t.Context(), n)
	if err == nil {
		err = read() // and what is made once is made
	}
	if err != nil {
		t.Fatal(err)
	}
	const times = 10
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		_ = read()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / times, float64(after.TotalAlloc-before.TotalAlloc) / times
}

func TestWithoutCountersNothingIsCounted(t *testing.T) {
	if err := run(t.Context(), t.TempDir()); (err == nil) != (testing.CoverMode() == "atomic") {
		t.Errorf("got %v from a program that was built with counters %q", err, testing.CoverMode())
	}
}
