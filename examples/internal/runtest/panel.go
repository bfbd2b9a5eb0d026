package runtest

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/run"
)

// Panel serves an example as -serve does, and looks at the panel that this announces.
func Panel(t *testing.T, name string, api func(dir, url string, logger *slog.Logger) (http.Handler, string, error)) {
	t.Helper()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	in, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run.Program{Name: name, API: api}.Local(ctx, []string{"-serve", "-addr", "127.0.0.1:0"}, out, io.Discard)
		out.CloseWithError(err)
		ended <- err
	}()
	printed := make([]byte, 64<<10)
	n, err := in.Read(printed) // what is printed at once
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(printed[:n]), "Its panel shows what is decided, and why: ")
	if !found {
		t.Fatalf("no panel in %s", printed[:n])
	}
	url, _, _ := strings.Cut(rest, "\n")
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v", url, res.StatusCode, err)
	}
	for _, want := range []string{"Requests · " + name + "</title>", "An hour forward"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("no %q at %s", want, url)
		}
	}
	interrupt()
	if err := <-ended; err != nil {
		t.Errorf("error %v", err)
	}
}
