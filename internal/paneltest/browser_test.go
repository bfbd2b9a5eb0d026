package paneltest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const (
	chromium = "/usr/bin/chromium"
	patience = 30 * time.Second // for anything to show; far more than it takes
	pause    = 20 * time.Millisecond
)

// A browser is one tab of Chromium, which is watched: what it asks for, and what it
// complains of.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	requests   []string
	complaints []string
}

func open(t *testing.T) *browser {
	t.Helper()
	options := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(chromium), chromedp.Headless, chromedp.NoSandbox, chromedp.NoFirstRun, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	command(b, network.Enable, network.EnableParams{})
	command(b, runtime.Enable, cdp.Empty{})
	command(b, log.Enable, cdp.Empty{})
	return b
}

// hear is told of all that happens in the tab.
func (b *browser) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		b.requests = append(b.requests, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, fmt.Sprint("console.", e.Type))
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, fmt.Sprintf("exception: %+v", e.ExceptionDetails))
	case *log.EventEntryAdded:
		b.complaints = append(b.complaints, fmt.Sprint(e.Entry.Source, ": ", e.Entry.Text, " ", e.Entry.URL))
	}
}

// noted returns what the tab has asked for and complained of since the last time.
func (b *browser) noted() (requests, complaints []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	requests, complaints = b.requests, b.complaints
	b.requests, b.complaints = nil, nil
	return requests, complaints
}

// wasQuiet tests that nothing has left the origin, and that there is no complaint.
func (b *browser) wasQuiet(origin string) {
	b.t.Helper()
	requests, complaints := b.noted()
	if len(requests) == 0 {
		b.t.Error("no request was seen at all")
	}
	for _, address := range requests {
		if !strings.HasPrefix(address, origin+"/") {
			b.t.Errorf("a request to %s", address)
		}
	}
	for _, complaint := range complaints {
		b.t.Errorf("the browser complains: %s", complaint)
	}
}

func command[P, R any](b *browser, c cdp.Command[P, R], params P) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	}))
}

func (b *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, actions...); err != nil {
		b.t.Fatal(err)
	}
}

func (b *browser) visit(address string) {
	b.t.Helper()
	b.do(chromedp.Navigate(address))
}

// look sets the width of the window and whether it is dark.
func (b *browser) look(width int, scheme string) {
	b.t.Helper()
	feature := &emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme}
	command(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{feature}})
	b.do(chromedp.EmulateViewport(int64(width), 900))
}

// evaluate returns the value of a JavaScript expression.
func evaluate[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// await waits until a JavaScript expression is true.
func (b *browser) await(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for { // also across pages, the first of which ends the evaluation with an error
		is, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		if is && err == nil {
			return
		}
		if chromedp.Do(ctx, chromedp.Sleep(pause)) != nil {
			b.t.Fatalf("%s is never true: %v; the page has\n%s", expression, err, b.text())
		}
	}
}

// shows waits until the page shows a text, whose spaces count as one.
func (b *browser) shows(text string) {
	b.t.Helper()
	b.await("document.body.innerText.replace(/\\s+/g, ' ').includes(" + quote(text) + ")")
}

func (b *browser) text() string {
	b.t.Helper()
	return evaluate[string](b, "document.body.innerText")
}

// press puts the focus on an element and presses Enter, as without a mouse.
func (b *browser) press(selector string) {
	b.t.Helper()
	evaluate[bool](b, "(document.querySelector("+quote(selector)+").focus(), true)")
	b.do(chromedp.KeyEvent("\r"))
}

func origin(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Scheme + "://" + u.Host
}

func TestTheBrowserIsWatched(t *testing.T) {
	b := open(t)
	b.visit("data:text/html,<p>here")
	b.noted()
	evaluate[bool](b, `(console.error("x"), true)`)
	evaluate[bool](b, `(fetch("http://elsewhere.example/").catch(() => 0), true)`)
	b.await(`(window.turns = (window.turns || 0) + 1) > 5`)
	requests, complaints := b.noted()
	if fmt.Sprint(requests) != "[http://elsewhere.example/]" || len(complaints) < 2 {
		t.Errorf("requests %q, complaints %q", requests, complaints)
	}
}

// quote writes a text as JavaScript does.
func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}
