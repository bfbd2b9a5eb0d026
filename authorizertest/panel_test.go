package authorizertest_test

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

func TestThePanelsOwnFilesAreServed(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	for file, kind := range map[string]string{"style.css": "text/css; charset=utf-8", "script.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml"} {
		res, err := http.Get(w.url + authorizertest.PanelPath + file)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != kind || res.ContentLength < 100 {
			t.Errorf("%s: %d %s, %d bytes", file, res.StatusCode, res.Header.Get("Content-Type"), res.ContentLength)
		}
	}
}

func TestThePanelIsForThisMachineAloneUnderItsOwnNames(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	panel := w.gateway.Panel(authorizertest.PanelConfig{})
	for _, test := range []struct {
		host, from string
		want       int
	}{
		{"localhost:8080", "127.0.0.1:5000", 200},
		{"LocalHost", "127.0.0.1:5000", 200},
		{"127.0.0.1:8080", "127.0.0.1:5000", 200},
		{"127.8.9.1", "127.0.0.1:5000", 200},
		{"[::1]:8080", "[::1]:5000", 200},
		{"[::1]", "[::ffff:127.0.0.1]:5000", 200},
		{"evil.example:8080", "127.0.0.1:5000", 421},
		{"localhost.evil.example", "127.0.0.1:5000", 421},
		{"127.0.0.1.evil.example", "127.0.0.1:5000", 421},
		{"192.0.2.7:8080", "127.0.0.1:5000", 421},
		{"0.0.0.0:8080", "127.0.0.1:5000", 421},
		{"", "127.0.0.1:5000", 421},
		{"localhost:80:80", "127.0.0.1:5000", 421},
		{"127.0.0.1, evil.example", "127.0.0.1:5000", 421},
		{"localhost:8080", "192.0.2.7:5000", 403},
		{"localhost:8080", "", 403},
	} {
		for _, path := range []string{"", "style.css", "request?number=1", "access"} {
			req := httptest.NewRequestWithContext(t.Context(), "GET", authorizertest.PanelPath+path, nil)
			req.Host, req.RemoteAddr = test.host, test.from
			res := httptest.NewRecorder()
			panel.ServeHTTP(res, req)
			got := res.Code
			if strings.HasPrefix(path, "request") && got == http.StatusNotFound {
				got = http.StatusOK // since there is none
			}
			if got != test.want {
				t.Errorf("Host %q from %q, %q: %d, want %d", test.host, test.from, path, res.Code, test.want)
			}
		}
	}
}

func TestEveryAnswerOfThePanelKeepsTheBrowserToItsOwnFiles(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	for _, path := range []string{"", "access", "cache", "style.css", "script.js", "icon.svg", "nowhere", "request?number=x", "section?number=0"} {
		res, err := http.Get(w.url + authorizertest.PanelPath + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		policy := res.Header.Get("Content-Security-Policy")
		want(t, policy, "default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'", "not unsafe")
		for name, value := range map[string]string{
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
			"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
		} {
			if res.Header.Get(name) != value {
				t.Errorf("%s: %s is %q", path, name, res.Header.Get(name))
			}
		}
	}
	want(t, w.page(""), "not style=", "not onclick", "not http://", "not https://", "not javascript:")
}

func TestTheButtonsDoWhatTheySay(t *testing.T) {
	var w *watched
	w = watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{
		Forward: func(d time.Duration) { w.forward(d) }, Outage: func(failing bool) { w.outage(failing) },
	})
	token := w.token("ann", "")
	w.call("GET /orders", token, "")
	w.call("GET /orders", token, "")
	if w.gateway.Calls() != 1 {
		t.Fatalf("%d calls", w.gateway.Calls())
	}
	if status := w.press("empty", nil, nil); status != http.StatusSeeOther {
		t.Errorf("empty: %d", status)
	}
	w.call("GET /orders", token, "")
	if w.gateway.Calls() != 2 {
		t.Errorf("%d calls: the cache was not emptied", w.gateway.Calls())
	}

	w.press("empty", nil, nil)
	w.press("outage", url.Values{"failing": {"true"}}, nil)
	if got := w.call("GET /orders", token, ""); got != http.StatusInternalServerError {
		t.Errorf("in an outage: %d", got)
	}
	want(t, w.page(""), "End the outage", "Outage: the source of the keys fails", "not Begin an outage")
	want(t, w.text(""), "500 Internal Server Error authorizer the authorizer failed")
	w.press("outage", url.Values{"failing": {"false"}}, nil)
	if got := w.call("GET /orders", token, ""); got != http.StatusOK {
		t.Errorf("after the outage: %d", got)
	}
	want(t, w.page(""), "Begin an outage", "not End the outage")

	w.press("forward", nil, nil)
	if got := w.call("GET /orders", token, ""); got != http.StatusUnauthorized {
		t.Errorf("an hour later: %d", got)
	}
	want(t, w.page(""), "2 Jan 2030, 04:04:05 UTC")
	want(t, w.text(""), "401 Unauthorized authorizer refused: expired")
}

// A function of the example's own that panics does not hold up the panel for good.
func TestAButtonWhoseFunctionPanicsCanBePressedAgain(t *testing.T) {
	presses := 0
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{Outage: func(bool) {
		if presses++; presses == 1 {
			panic(http.ErrAbortHandler) // which net/http does not log
		}
	}})
	var first *http.Request
	w.press("empty", nil, func(r *http.Request) { first = r.Clone(t.Context()) })
	first.URL.Path = authorizertest.PanelPath + "outage"
	first.Body, _ = first.GetBody()
	if answer, err := http.DefaultClient.Do(first); err == nil {
		answer.Body.Close()
		t.Errorf("a panic is answered with %d", answer.StatusCode)
	}
	if status := w.press("outage", url.Values{"failing": {"true"}}, nil); status != http.StatusSeeOther || presses != 2 {
		t.Errorf("pressed %d times: %d", presses, status)
	}
}

func TestWithoutFunctionsThereIsNoButtonForThem(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	want(t, w.page(""), "Empty the cache", "not An hour forward", "not outage")
	for _, button := range []string{"forward", "outage"} {
		if status := w.press(button, nil, nil); status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", button, status)
		}
	}
}

func TestAButtonIsPressedByThePanelsOwnPagesAlone(t *testing.T) {
	var w *watched
	w = watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{Forward: func(d time.Duration) { w.forward(d) }})
	start := w.clock()
	for name, press := range map[string]func() int{
		"another site": func() int {
			return w.press("forward", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") })
		},
		"another port of this machine": func() int {
			return w.press("forward", nil, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") })
		},
		"another origin in an old browser": func() int {
			return w.press("forward", nil, func(r *http.Request) {
				r.Header.Del("Sec-Fetch-Site")
				r.Header.Set("Origin", "http://localhost:9")
			})
		},
		"no token":      func() int { return w.press("forward", url.Values{"token": {""}}, nil) },
		"another token": func() int { return w.press("forward", url.Values{"token": {"x"}}, nil) },
		"a token in the query": func() int {
			return w.press("forward", url.Values{"token": {""}}, func(r *http.Request) {
				r.URL.RawQuery = "token=" + formToken.FindStringSubmatch(w.page(""))[1]
			})
		},
		"a body without end": func() int {
			return w.press("forward", url.Values{"page": {strings.Repeat("x", 10000)}}, nil)
		},
	} {
		if status := press(); status != http.StatusForbidden {
			t.Errorf("%s: %d", name, status)
		}
	}
	res, err := http.Get(w.url + authorizertest.PanelPath + "forward")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed || !w.clock().Equal(start) {
		t.Errorf("a GET: %d; the clock is at %v", res.StatusCode, w.clock())
	}
}

func TestAFormOfThePanelHas4KBAtMost(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	for size, want := range map[int]int{4096: http.StatusSeeOther, 4097: http.StatusForbidden} {
		form := url.Values{"page": {""}, "token": {formToken.FindStringSubmatch(w.page(""))[1]}}
		form.Set("page", strings.Repeat("x", size-len(form.Encode())))
		if status := w.press("empty", form, nil); status != want {
			t.Errorf("%d bytes: %d, want %d", size, status, want)
		}
	}
}

func TestAPageOfAnotherSiteCanLinkToThePanelAndNotUseIt(t *testing.T) {
	asked := 0
	w := watch(t, func(ctx context.Context, r *authorizer.Request, token *verifier.Token) (*policy.Response, error) {
		asked++
		return onlyTheRequested(ctx, r, token)
	}, nil, authorizertest.PanelConfig{})
	w.call("GET /orders", w.token("ann", ""), "")
	for _, test := range []struct {
		site, dest string
		want       int
	}{
		{"cross-site", "empty", 403}, {"cross-site", "image", 403}, {"cross-site", "iframe", 403}, {"same-site", "empty", 403}, {"cross-site", "", 403},
		{"cross-site", "document", 200}, {"same-origin", "empty", 200}, {"none", "document", 200}, {"", "", 200},
	} {
		before := asked
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.url+authorizertest.PanelPath+"access", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Sec-Fetch-Site", test.site)
		req.Header.Set("Sec-Fetch-Dest", test.dest)
		if status, _ := w.do(req); status != test.want || (asked > before) != (test.want == 200) {
			t.Errorf("%s %s: %d, asked %v", test.site, test.dest, status, asked > before)
		}
	}
}

func TestAButtonLeadsBackToAPageOfThePanelAndNowhereElse(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	for page, want := range map[string]string{
		"./": "", "access": "access", "cache": "cache", "request?number=7": "request?number=7", "section?number=0": "section?number=0",
		"": "", "https://evil.example": "", "//evil.example": "", "/\\evil.example": "", "request?number=7\r\nX: y": "", "request?number=-": "",
	} {
		form := url.Values{"page": {page}, "token": {formToken.FindStringSubmatch(w.page(""))[1]}}
		res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).
			PostForm(w.url+authorizertest.PanelPath+"empty", form)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.Header.Get("Location"); got != authorizertest.PanelPath+want {
			t.Errorf("%q leads to %q", page, got)
		}
	}
}

func TestAPageIsToldOfWhatIsNewUntilItsRequestEnds(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	next := listen(t, ctx, w)
	if got := next(); got != "data: 0" {
		t.Errorf("first %q", got)
	}
	w.call("GET /orders", "", "")
	if got := next(); got != "data: 1" {
		t.Errorf("after a request %q", got)
	}
	w.press("empty", nil, nil)
	if got := next(); got != "data: 2" {
		t.Errorf("after a button %q", got)
	}
	want(t, w.page(""), `data-version="2"`)
}

// listen opens the stream of events, and returns what waits for the next.
func listen(t *testing.T, ctx context.Context, w *watched) func() string {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+authorizertest.PanelPath+"events", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(res.Body)
	return func() string {
		for lines.Scan() {
			if lines.Text() != "" {
				return lines.Text()
			}
		}
		return "(the end)"
	}
}

func TestOnlySoManyPagesAreToldOfWhatIsNew(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	ctx, leave := context.WithCancel(t.Context())
	for range 16 {
		listen(t, ctx, w)()
	}
	res, err := http.Get(w.url + authorizertest.PanelPath + "events")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("status %d", res.StatusCode)
	}
	leave()
}

func TestBeforeThePanelNothingIsRecorded(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{Title: "none"})
	w.call("GET /orders", w.token("ann", ""), "")
	panel := httptest.NewServer(w.gateway.Panel(authorizertest.PanelConfig{}))
	defer panel.Close()
	api := w.url
	w.url = panel.URL
	want(t, w.text(""), "None yet")
	w.url = api
	w.call("GET /orders", w.token("ann", ""), "")
	w.url = panel.URL
	want(t, w.text(""), "2 GET /orders", "not 1 GET")
}

func TestAPanelIsHeadedWithTheKindOfItsAPIUnlessItHasATitle(t *testing.T) {
	w := watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{})
	want(t, w.page(""), "REST API, TOKEN authorizer", "abcdef1234, stage test")
	w = watch(t, onlyTheRequested, func(c *authorizertest.Config) { c.Kind = authorizer.HTTPFormat2 }, authorizertest.PanelConfig{Title: "orders <b>"})
	want(t, w.page(""), "orders &lt;b&gt;", "stage $default", "not REST API")
}

func TestManyMayCallAndLookAtTheSameTime(t *testing.T) {
	var w *watched
	w = watch(t, onlyTheRequested, nil, authorizertest.PanelConfig{Forward: func(d time.Duration) { w.forward(d) }})
	token := w.token("ann", "")
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				w.call("GET /orders", token, "")
			}
		})
		group.Go(func() {
			for range 5 {
				w.page("")
				w.page("access")
				w.page("cache")
				w.press("empty", nil, nil)
			}
		})
	}
	group.Wait()
	want(t, w.page(""), `<td class="number">80<`)
}
