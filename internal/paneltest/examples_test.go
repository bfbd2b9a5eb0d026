package paneltest

import (
	"bufio"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// start builds and starts an example with -serve, and returns the address of its panel and
// what ends it.
func start(t *testing.T, name string) (panel string, end func() error) {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./"+name)
	build.Dir = filepath.Join("..", "..", "examples")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	command := exec.CommandContext(t.Context(), program, "-serve", "-addr", "127.0.0.1:0")
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	kill := func() { _ = command.Process.Kill() }
	defer time.AfterFunc(time.Minute, kill).Stop()
	lines := bufio.NewScanner(out)
	for number := 1; lines.Scan(); number++ {
		if _, address, found := strings.Cut(lines.Text(), "what is decided, and why: "); found {
			if number > 3 {
				t.Errorf("the panel is in line %d", number)
			}
			panel = address
			break
		}
	}
	for lines.Scan() && lines.Text() != "Try:" {
	}
	return panel, func() error {
		if err := command.Process.Signal(syscall.SIGINT); err != nil {
			return err
		}
		defer time.AfterFunc(time.Minute, kill).Stop()
		for lines.Scan() {
		}
		return command.Wait()
	}
}

func TestEveryExampleServesItsPanelAndEndsWhileItIsOpen(t *testing.T) {
	for name, want := range map[string][]string{
		"hs256":         {"Who may call what", "An hour forward", "Begin an outage"},
		"staticpem":     {"Who may call what", "An hour forward"},
		"kmsenvelope":   {"KMS", "An hour forward", "Begin an outage"},
		"kmsasymmetric": {"KMS", "An hour forward", "Begin an outage"},
		"selfissued":    {"Keys", "An hour forward", "Begin an outage"},
	} {
		t.Run(name, func(t *testing.T) {
			panel, end := start(t, name)
			b := open(t)
			b.visit(panel)
			b.shows("None yet")
			for _, text := range want {
				b.shows(text)
			}
			links := evaluate[[]string](b, `[...document.querySelectorAll("nav a")].map((a) => a.href)`)
			for _, link := range links {
				b.visit(link)
				b.await(`document.querySelector("nav [aria-current]").href === location.href`)
			}
			if name == "selfissued" {
				b.shows("second published now")
				for range 3 {
					const clock = `Date.parse(document.querySelector("#controls time").dateTime)`
					before := evaluate[int](b, clock)
					b.press("#button-forward")
					b.await(fmt.Sprintf("document.readyState === 'complete' && %s >= %d", clock, before+3600_000))
				}
				b.shows("second signs now")
			}
			b.wasQuiet(origin(t, panel))
			if err := end(); err != nil {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}
