package paneltest

import (
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// An api is one of orders, whose authorizer walks into the trap: its policies are for the
// route that was asked for, and cached for all.
type api struct {
	t      *testing.T
	url    string
	panel  string
	issuer *signer.Issuer
	mute   atomic.Bool // there are no events

	mu      sync.Mutex
	now     time.Time
	failing bool
}

func (a *api) clock() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *api) forward(d time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.now = a.now.Add(d)
}

func (a *api) outage(failing bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.failing = failing
}

// A source of keys that fails in an outage.
type source struct {
	*keys.Secret
	api *api
}

func (s source) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	s.api.mu.Lock()
	defer s.api.mu.Unlock()
	if s.api.failing {
		return nil, errors.New("the secret store does not answer")
	}
	return s.Secret.VerificationKey(ctx, h)
}

func permit(_ context.Context, r *authorizer.Request, t *verifier.Token) (*policy.Response, error) {
	b := policy.New(t.Subject, r.ARN)
	for _, scope := range t.Scopes() {
		switch scope {
		case "read":
			b.AllowMethod(r.ARN.Verb, r.ARN.Path)
		case "guest":
			b.AllowMethod("GET", "/orders").DenyMethod("GET", "/orders/{id}")
		}
	}
	return b.Build()
}

func serve(t *testing.T) *api {
	t.Helper()
	a := &api{t: t, now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}
	secret, err := keys.HMAC("HS256", []byte("a secret of at least thirty-two bytes"))
	if err != nil {
		t.Fatal(err)
	}
	a.issuer, err = signer.NewIssuer(signer.IssuerConfig{
		Keys: secret, Issuer: "https://login.example.com", Audience: []string{"orders"}, Lifetime: 15 * time.Minute, Now: a.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{
		Keys: source{secret, a}, Issuer: "https://login.example.com", Audience: []string{"orders"}, Now: a.clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	decide, err := authorizer.New(authorizer.Config{
		Verifier: v, Policy: permit, Now: a.clock, Logger: slog.New(authorizertest.PanelLog(slog.DiscardHandler)),
	})
	if err != nil {
		t.Fatal(err)
	}
	orders := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"orders": [7]}`) }
	gateway, err := authorizertest.New(authorizertest.Config{
		Kind: authorizer.RESTToken, Authorizer: decide, Now: a.clock, Stage: "prod",
		Routes: []authorizertest.Route{
			{Key: "GET /orders", Handler: orders}, {Key: "GET /orders/{id}", Handler: orders},
			{Key: "POST /login", Handler: orders, NoAuthorizer: true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", gateway)
	mux.Handle(authorizertest.PanelPath, gateway.Panel(authorizertest.PanelConfig{
		Title: "Orders", Forward: a.forward, Outage: a.outage, Sections: a.sections,
	}))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.mute.Load() && strings.HasSuffix(r.URL.Path, "/events") {
			http.Error(w, "no events", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	a.url, a.panel = server.URL, server.URL+authorizertest.PanelPath
	return a
}

func (a *api) sections() []authorizertest.PanelSection {
	start := time.Date(2030, 1, 2, 3, 0, 0, 0, time.UTC)
	return []authorizertest.PanelSection{
		{Title: "Keys", Text: "When each key is published and signs.", Timeline: []authorizertest.PanelSpan{
			{Name: "first", State: "published", From: start, To: start.Add(3 * time.Hour)},
			{Name: "first", State: "signs", From: start, To: start.Add(2 * time.Hour)},
			{Name: "first", State: "retired", From: start.Add(2 * time.Hour), To: start.Add(3 * time.Hour)},
			{Name: "second", State: "published", From: start},
			{Name: "second", State: "signs", From: start.Add(2 * time.Hour)},
		}},
		{Title: "KMS", Figures: []authorizertest.PanelFigure{{Name: "Sign", Value: "7"}}},
	}
}

func (a *api) token(subject, scope string) string {
	a.t.Helper()
	token, err := a.issuer.Issue(a.t.Context(), subject, map[string]string{"scope": scope})
	if err != nil {
		a.t.Fatal(err)
	}
	return token
}

// call sends a request and tests its status.
func (a *api) call(method, path, token, body string, want int) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		a.t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != want {
		a.t.Errorf("%s %s: %d, want %d", method, path, res.StatusCode, want)
	}
}

// story has something of everything.
func (a *api) story() {
	a.t.Helper()
	ann, bob := a.token("ann", "read"), a.token("bob", "guest")
	a.call("POST", "/login", "", `{"user": "ann", "password": "three grey owls"}`, 200)
	a.call("GET", "/orders", "", "", 401)
	a.call("GET", "/orders", ann, "", 200)
	a.call("GET", "/orders", bob, "", 200)
	a.call("GET", "/orders/7", bob, "", 403)
	a.call("GET", "/orders/7", ann[:len(ann)-4]+"AAAA", "", 401)
	a.call("GET", "/orders/7", ann, "", 403)
}

func TestThePageShowsAStoryWhileItIsPlayed(t *testing.T) {
	a, b := serve(t), open(t)
	b.visit(a.panel)
	b.shows("None yet")
	evaluate[bool](b, "(window.same = true)")
	a.story()
	b.shows("7 GET /orders/7 GET /orders/{id} 403 Forbidden cache denied: no statement allows it")
	b.shows("6 GET /orders/7 GET /orders/{id} 401 Unauthorized authorizer refused: wrong signature")
	b.shows("1 POST /login 200 OK no authorizer open to all")
	if !evaluate[bool](b, "window.same === true") {
		t.Error("the page was loaded again")
	}

	b.press(`a[href="request?number=7"]`)
	b.shows("Made for request 3, GET /orders")
	b.shows("This answer was made for another route")
	b.press(`dd a[href="request?number=3"]`)
	b.shows("1 Allow decides execute-api:Invoke GET/orders matches")
	b.shows("expires in 15 min")
	b.press("#event summary")
	b.shows(`"type": "TOKEN"`)
	a.forward(time.Minute)
	a.call("GET", "/orders", "", "", 401)
	b.await(`document.querySelectorAll(".aside tbody tr").length === 8`)
	b.shows("expires in 14 min")
	if !evaluate[bool](b, `document.querySelector("#event").open && document.activeElement.tagName === "SUMMARY"`) {
		t.Error("news has shut what was open, or taken the focus away")
	}
	b.wasQuiet(origin(t, a.url))
}

func TestACellOfTheTrapIsRedAndSaysSo(t *testing.T) {
	a, b := serve(t), open(t)
	a.story()
	b.visit(a.panel + "access")
	b.shows("⚠ In 1 cell the cache says something else.")
	b.shows("✓ allowed by statement 1 cache: ✗ 403 denied: no statement allows it ⚠ the cache differs: made for GET /orders")
	cells := evaluate[[]string](b, `[...document.querySelectorAll("td.differs")].map((c) => getComputedStyle(c).boxShadow)`)
	if len(cells) != 1 || !strings.HasPrefix(cells[0], "rgb(163, 32, 29)") {
		t.Errorf("marked cells %q", cells)
	}
	b.wasQuiet(origin(t, a.url))
}

func TestTheThreeButtonsDoWhatTheySay(t *testing.T) {
	a, b := serve(t), open(t)
	a.story()
	ann := a.token("ann", "read")
	b.visit(a.panel + "cache")
	b.shows("Empty the cache (2)")
	b.do(chromedp.Click(chromedp.CSS("#button-empty")))
	b.shows("It is empty.")
	b.shows("Empty the cache (0)")
	a.call("GET", "/orders", ann, "", 200)
	b.shows("Empty the cache (1)")

	b.press("#button-outage")
	b.shows("Outage: the source of the keys fails.")
	a.call("GET", "/orders", a.token("ann", "read"), "", 500)
	a.call("GET", "/orders/7", a.token("bob", "guest"), "", 500)
	b.visit(a.panel)
	b.shows("500 Internal Server Error authorizer the authorizer failed")
	b.press("#button-outage")
	b.await(`!document.querySelector(".alarm")`)
	a.call("GET", "/orders", a.token("ann", "read"), "", 200)

	b.shows("2 Jan 2030, 03:04:05 UTC")
	b.press("#button-forward")
	b.shows("2 Jan 2030, 04:04:05 UTC")
	a.call("GET", "/orders", ann, "", 401)
	b.shows("401 Unauthorized authorizer refused: expired")
	b.wasQuiet(origin(t, a.url))
}

func TestAnAttackersTextStaysTextInABrowser(t *testing.T) {
	a, b := serve(t), open(t)
	const attack = `"><img src=x onerror="window.attacked=1"><script>window.attacked=1</script>`
	token := a.token(attack, "read "+strings.ReplaceAll(attack, " ", "/"))
	a.call("POST", "/login?"+url.QueryEscape(attack), "", attack, 200)
	a.call("GET", "/orders/"+url.PathEscape(attack), token, "", 200)
	a.call("GET", "/orders", attack, "", 401)
	for _, page := range []string{"", "request?number=1", "request?number=2", "request?number=3", "access", "cache"} {
		b.visit(a.panel + page)
		b.await(`document.readyState === "complete"`)
		if evaluate[bool](b, `"attacked" in window || document.querySelectorAll("img, script:not([src])").length > 0`) {
			t.Errorf("%s has become markup", page)
		}
	}
	b.visit(a.panel + "request?number=2")
	b.shows(`onerror=\"window.attacked=1\"`)
	b.wasQuiet(origin(t, a.url))
}

func TestWithoutEventsThePageLooksByItself(t *testing.T) {
	a, b := serve(t), open(t)
	a.mute.Store(true)
	b.visit(a.panel)
	b.shows("None yet")
	a.call("GET", "/orders", "", "", 401)
	b.shows("1 GET /orders 401 Unauthorized")
	_, complaints := b.noted()
	if !strings.Contains(fmt.Sprint(complaints), "/_gateway/events") {
		t.Errorf("there were events: %q", complaints)
	}
}

func TestWithoutScriptsThePanelWorksToo(t *testing.T) {
	a, b := serve(t), open(t)
	a.story()
	command(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.visit(a.panel)
	b.do(chromedp.Click(chromedp.CSS("#button-forward")), chromedp.WaitVisible(chromedp.CSS(`time[datetime="2030-01-02T04:04:05Z"]`)))
	b.do(chromedp.Click(chromedp.CSS(`a[href="request?number=7"]`)), chromedp.WaitVisible(chromedp.CSS(".policy")))
	if found := evaluate[bool](b, `document.querySelector("noscript meta[http-equiv=refresh]") !== null`); !found {
		t.Error("the page does not load itself again")
	}
}

// pages are all kinds of them.
var pages = []string{"", "request?number=7", "request?number=3", "access", "cache", "section?number=0", "section?number=1"}

// faults looks for what makes a page hard to read: something wider than the window, text
// of too little contrast (WCAG 2.2, success criterion 1.4.3), headings that leave out a
// level, tables without a caption or headers, what has no name.
const faults = `(() => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) {
    found.push("wider than the window: " + document.documentElement.scrollWidth);
  }
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const paper = (e) => {
    for (; e; e = e.parentElement) {
      const c = rgb(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) { return c; }
    }
    return [255, 255, 255];
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = texts.nextNode());) {
    const e = n.parentElement;
    if (!n.data.trim() || !e.checkVisibility() || e.closest(".hidden, .skip, svg, noscript")) { continue; }
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(paper(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) { found.push("contrast " + ratio.toFixed(2) + ": " + n.data.trim().slice(0, 30)); }
  }
  let level = 0;
  for (const h of document.querySelectorAll("h1, h2, h3, h4")) {
    if (Number(h.tagName[1]) > level + 1) { found.push("heading " + h.tagName + " after level " + level); }
    level = Number(h.tagName[1]);
  }
  if (document.querySelectorAll("h1").length !== 1) { found.push("not one h1"); }
  for (const t of document.querySelectorAll("table")) {
    if (!t.caption || !t.querySelector("thead th[scope=col]") || !t.querySelector("tbody th[scope=row]")) {
      found.push("a table without caption or headers");
    }
  }
  for (const e of document.querySelectorAll("a, button, summary, [role=img], [role=region]")) {
    if (!(e.getAttribute("aria-label") || e.textContent).trim()) { found.push("no name: " + e.outerHTML.slice(0, 80)); }
  }
  for (const e of document.querySelectorAll("*")) {
    const s = getComputedStyle(e);
    if (e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && /auto|scroll/.test(s.overflowX) && e.tabIndex < 0 && e.tagName !== "PRE") {
      found.push("scrolls, but not by keyboard: " + e.outerHTML.slice(0, 80));
    }
  }
  return found;
})()`

func TestEveryPageIsReadableAtEveryWidthLightAndDark(t *testing.T) {
	a, b := serve(t), open(t)
	a.story()
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{360, 800, 1280, 1440} {
			b.look(width, scheme)
			for _, page := range pages {
				b.visit(a.panel + page)
				for _, fault := range evaluate[[]string](b, faults) {
					t.Errorf("%q at %d, %s: %s", page, width, scheme, fault)
				}
				b.picture(fmt.Sprintf("%s-%d-%s", strings.NewReplacer("?", "-", "=", "-").Replace(page), width, scheme))
			}
		}
	}
	b.wasQuiet(origin(t, a.url))
}

// picture saves what the page looks like in the folder PANEL_PICTURES, if that is set.
func (b *browser) picture(name string) {
	b.t.Helper()
	dir := os.Getenv("PANEL_PICTURES")
	if dir == "" {
		return
	}
	text, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/"+name+".png", text, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func TestThePictureInTheREADMEIsOneOfThePanel(t *testing.T) {
	const file, width, most = "../../docs/panel.png", 1280, 200_000
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		a, b := serve(t), open(t)
		a.story()
		b.look(width, "light")
		b.visit(a.panel + "request?number=7")
		text, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.Open(file)
	if err != nil {
		t.Fatalf("%v: make it with UPDATE_GOLDEN=1", err)
	}
	defer text.Close()
	info, err := text.Stat()
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.DecodeConfig(text)
	if err != nil || picture.Width != width || info.Size() > most {
		t.Errorf("%v: it is %d pixels wide, and has %d bytes", err, picture.Width, info.Size())
	}
}

func TestAPageThatNobodySeesHoldsNoConnection(t *testing.T) {
	a, b := serve(t), open(t)
	b.visit(a.panel)
	b.await(`events !== null && events.readyState === EventSource.OPEN`)
	hide := func(hidden string) {
		evaluate[bool](b, `(Object.defineProperty(document, "hidden", {value: `+hidden+`, configurable: true}),
			document.dispatchEvent(new Event("visibilitychange")))`)
	}
	hide("true")
	a.call("GET", "/orders", "", "", 401)
	if !evaluate[bool](b, `events === null && document.body.innerText.includes("None yet")`) {
		t.Error("it listens on")
	}
	hide("false")
	b.shows("1 GET /orders 401 Unauthorized")
	b.wasQuiet(origin(t, a.url))
}
