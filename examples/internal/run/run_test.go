package run_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/examples/internal/run"
)

func TestWithoutArgumentsTheStoryPlaysInAFolderThatIsGoneAfterwards(t *testing.T) {
	var used string
	p := run.Program{Name: "test", Story: func(_ context.Context, dir string, out io.Writer) error {
		used = dir
		io.WriteString(out, "once upon a time")
		return os.WriteFile(filepath.Join(dir, "file"), nil, 0o600)
	}}
	var out bytes.Buffer
	if err := p.Local(t.Context(), nil, &out, io.Discard); err != nil || out.String() != "once upon a time" {
		t.Errorf("%q, %v", out.String(), err)
	}
	if _, err := os.Stat(used); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestAStoryThatFailsFailsTheProgram(t *testing.T) {
	bad := errors.New("bad ending")
	p := run.Program{Name: "test", Story: func(context.Context, string, io.Writer) error { return bad }}
	if err := p.Local(t.Context(), nil, io.Discard, io.Discard); !errors.Is(err, bad) {
		t.Errorf("error %v", err)
	}
}

func TestServeAnswersUntilItIsInterrupted(t *testing.T) {
	p := run.Program{Name: "test", API: func(_, url string, _ *slog.Logger) (http.Handler, string, error) {
		hello := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }
		return http.HandlerFunc(hello), "curl " + url, nil
	}}
	ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
	defer interrupt()
	in, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := p.Local(ctx, []string{"-serve", "-addr", "127.0.0.1:0"}, out, io.Discard)
		out.Close()
		ended <- err
	}()

	var url string
	for lines := bufio.NewScanner(in); lines.Scan(); {
		if strings.Contains(lines.Text(), "panel") {
			t.Errorf("there is none, and yet: %s", lines.Text())
		}
		if rest, found := strings.CutPrefix(lines.Text(), "curl -i "); found {
			url = strings.TrimSuffix(rest, "; echo")
		}
		if url != "" {
			break
		}
	}
	go io.Copy(io.Discard, in)
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if string(body) != "hello" {
		t.Errorf("answer %q", body)
	}
	if status := getAs(t, url, "evil.example"); status != http.StatusMisdirectedRequest {
		t.Errorf("a request to another host name: %d", status)
	}
	interrupt()
	if err := <-ended; err != nil {
		t.Errorf("error %v", err)
	}
	if _, err := http.Get(url); err == nil {
		t.Error("it listens on")
	}
}

// getAs sends a request to a URL under another host name, and returns the status.
func getAs(t *testing.T, url, host string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func TestWhatCannotBeRunIsSaid(t *testing.T) {
	failing := func(string, string, *slog.Logger) (http.Handler, string, error) { return nil, "", errors.New("no API") }
	for name, test := range map[string]struct {
		args []string
		want string
	}{
		"an unknown flag":       {[]string{"-x"}, "-x"},
		"an unknown argument":   {[]string{"server"}, `unknown argument "server"`},
		"an address of nothing": {[]string{"-serve", "-addr", "nonsense"}, "nonsense"},
		"an API that fails":     {[]string{"-serve", "-addr", "127.0.0.1:0"}, "no API"},
	} {
		t.Run(name, func(t *testing.T) {
			p := run.Program{Name: "test", API: failing}
			if err := p.Local(t.Context(), test.args, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestHelpNamesTheFlags(t *testing.T) {
	var out bytes.Buffer
	if err := (run.Program{Name: "test"}).Local(t.Context(), []string{"-h"}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"-serve", "-addr", "127.0.0.1:8080"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %s in %s", want, out.String())
		}
	}
}
