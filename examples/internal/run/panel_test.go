package run_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/run"
)

// withPanel returns an API that says which path was called, with a panel.
func withPanel(t *testing.T) http.Handler {
	t.Helper()
	say := func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "path "+r.URL.Path) }
	gateway, err := authorizertest.New(authorizertest.Config{
		Kind: authorizer.RESTToken, Routes: []authorizertest.Route{{Key: "GET /{proxy+}", NoAuthorizer: true, Handler: say}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return run.WithPanel(gateway, gateway, authorizertest.PanelConfig{Title: "here it is"})
}

func TestThePanelIsBesideTheAPIAndEverythingElseReachesIt(t *testing.T) {
	server := httptest.NewServer(withPanel(t))
	defer server.Close()
	for path, want := range map[string]string{
		"/a":             "path /a",
		"/a//b":          "path /a//b",
		"/_gatewayish":   "path /_gatewayish",
		"/_gateway/":     "here it is",
		"/_gateway":      "here it is",
		"/_gateway/.%2e": "404 page not found",
	} {
		res, err := http.Get(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || !strings.Contains(string(body), want) {
			t.Errorf("%s: %v %.200s", path, err, body)
		}
	}
}

func TestAPanelThatIsOpenDoesNotHoldUpTheEnd(t *testing.T) {
	p := run.Program{Name: "test", API: func(_, url string, _ *slog.Logger) (http.Handler, string, error) {
		return withPanel(t), "curl " + url, nil
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
	printed := make([]byte, 1000)
	n, err := in.Read(printed)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(printed[:n]), "Its panel shows what is decided, and why: ")
	if !found {
		t.Fatalf("no panel in %s", printed[:n])
	}
	go io.Copy(io.Discard, in)
	url, _, _ := strings.Cut(rest, "\n")
	res, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	interrupt()
	if err := <-ended; err != nil {
		t.Errorf("error %v", err)
	}
}
