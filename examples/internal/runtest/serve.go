package runtest

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/authorizertest"
)

// A Server is an example that is served, until the test ends.
type Server struct {
	URL      string
	Commands string // that -serve prints, to try

	t *testing.T
}

// Serve serves what a function returns that -serve has.
func Serve(t *testing.T, api func(dir, url string, logger *slog.Logger) (http.Handler, string, error)) *Server {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	s := &Server{URL: "http://" + server.Listener.Addr().String(), t: t}
	handler, commands, err := api(t.TempDir(), s.URL, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.Commands = commands
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(server.Close)
	return s
}

// Send makes a request, with a bearer token if that is not empty.
func (s *Server) Send(method, path, token, body string) (status int, text string) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return s.do(req)
}

// Press presses a button of the panel: "forward", or "outage" with whether there is to be one.
func (s *Server) Press(button, failing string) {
	s.t.Helper()
	_, page := s.Send(http.MethodGet, authorizertest.PanelPath, "", "")
	token := regexp.MustCompile(`name="token" value="([^"]+)"`).FindStringSubmatch(page)
	if token == nil {
		s.t.Fatalf("no token of a form in %s", page)
	}
	form := url.Values{"token": {token[1]}, "failing": {failing}}.Encode()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+authorizertest.PanelPath+button, strings.NewReader(form))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, answer := s.do(req); status != http.StatusOK { // of the page that it leads back to
		s.t.Fatalf("%s: %d %s", button, status, answer)
	}
}

func (s *Server) do(req *http.Request) (status int, text string) {
	s.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(answer)
}
