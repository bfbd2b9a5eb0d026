package authorizertest_test

import (
	"context"
	"encoding/base64"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// A watched is an API with a panel, on a server of this machine.
type watched struct {
	t       *testing.T
	gateway *authorizertest.Gateway
	url     string
	issuer  *signer.Issuer

	mu      sync.Mutex
	now     time.Time
	failing bool
	logged  strings.Builder // by the log's next handler
}

func (w *watched) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *watched) forward(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *watched) outage(failing bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failing = failing
}

// Write is the log's writer.
func (w *watched) Write(line []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.logged.Write(line)
}

// A failingKeys is a source of keys that fails during an outage.
type failingKeys struct {
	keys.VerificationSource
	w *watched
}

func (k failingKeys) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	k.w.mu.Lock()
	failing := k.w.failing
	k.w.mu.Unlock()
	if failing {
		return nil, io.ErrUnexpectedEOF
	}
	return k.VerificationSource.VerificationKey(ctx, h)
}

// onlyTheRequested is the policy of the blueprint's trap.
func onlyTheRequested(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
	return policy.New(t.Subject, r.ARN).AllowMethod(r.ARN.Verb, r.ARN.Path).Build()
}

// watch serves a REST API with a TOKEN authorizer, unless set changes that, and its panel.
func watch(t *testing.T, decide authorizer.PolicyFunc, set func(*authorizertest.Config), cfg authorizertest.PanelConfig) *watched {
	t.Helper()
	w := &watched{t: t, now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	secret, err := keys.HMAC("HS256", []byte("a secret of at least thirty-two bytes"))
	if err != nil {
		t.Fatal(err)
	}
	w.issuer, err = signer.NewIssuer(signer.IssuerConfig{
		Keys: secret, Issuer: "https://issuer.example", Audience: []string{"api"}, Lifetime: 15 * time.Minute, Now: w.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{
		Keys: failingKeys{secret, w}, Issuer: "https://issuer.example", Audience: []string{"api"}, Now: w.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	a, err := authorizer.New(authorizer.Config{
		Verifier: v, Policy: decide, Now: w.clock,
		Logger: slog.New(authorizertest.PanelLog(slog.NewTextHandler(w, nil))),
	})
	if err != nil {
		t.Fatal(err)
	}
	answer := func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) }
	c := authorizertest.Config{
		Kind: authorizer.RESTToken, Authorizer: a, Now: w.clock,
		Routes: []authorizertest.Route{
			{Key: "GET /orders", Handler: answer}, {Key: "GET /orders/{id}", Handler: answer}, {Key: "POST /login", Handler: answer, NoAuthorizer: true},
		},
	}
	if set != nil {
		set(&c)
	}
	if w.gateway, err = authorizertest.New(c); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", w.gateway)
	if cfg.Title != "none" {
		mux.Handle(authorizertest.PanelPath, w.gateway.Panel(cfg))
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *watched) token(subject, scope string) string {
	w.t.Helper()
	token, err := w.issuer.Issue(w.t.Context(), subject, map[string]string{"scope": scope})
	if err != nil {
		w.t.Fatal(err)
	}
	return token
}

// call sends a request to the API, with a token unless that is empty, and returns the status.
func (w *watched) call(target, token, body string) int {
	w.t.Helper()
	method, path, _ := strings.Cut(target, " ")
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.url+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	status, _ := w.do(req)
	return status
}

func (w *watched) do(req *http.Request) (status int, body string) {
	w.t.Helper()
	res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// page returns the HTML of a page of the panel.
func (w *watched) page(path string) string {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.url+authorizertest.PanelPath+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	status, body := w.do(req)
	if status != http.StatusOK {
		w.t.Fatalf("%s: status %d: %s", path, status, body)
	}
	return body
}

var tags = regexp.MustCompile(`<[^>]*>`)

// text returns what a reader sees of a page, with single spaces.
func (w *watched) text(path string) string {
	w.t.Helper()
	_, main, _ := strings.Cut(w.page(path), "<main")
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString("<"+main, " "))), " ")
}

var formToken = regexp.MustCompile(`name="token" value="([^"]+)"`)

// press presses a button as a browser does, and returns the status.
func (w *watched) press(button string, form url.Values, change func(*http.Request)) int {
	w.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	if !form.Has("token") {
		form.Set("token", formToken.FindStringSubmatch(w.page(""))[1])
	}
	req, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.url+authorizertest.PanelPath+button, strings.NewReader(form.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if change != nil {
		change(req)
	}
	status, _ := w.do(req)
	return status
}

// want tests that a text has these parts, and not those that begin with "not ".
func want(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if absent, no := strings.CutPrefix(part, "not "); no {
			if strings.Contains(text, absent) {
				t.Errorf("%q is in\n%s", absent, text)
			}
		} else if !strings.Contains(text, part) {
			t.Errorf("no %q in\n%s", part, text)
		}
	}
}

func base64url(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
