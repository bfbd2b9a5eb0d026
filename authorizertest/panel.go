package authorizertest

import (
	"cmp"
	"crypto/rand"
	"crypto/subtle"
	"embed"
	"fmt"
	html "html/template"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// PanelPath is where [Gateway.Panel] is to be mounted.
const PanelPath = "/_gateway/"

// PanelConfig says what the buttons of a panel do, and what else it shows. All of it may be
// left out.
type PanelConfig struct {
	// Title is what the panel is headed with. Empty means the kind of the API.
	Title string

	// Forward puts Config.Now, and what else goes by the same clock, forward. With nil there
	// is no button for it.
	Forward func(time.Duration)

	// Outage makes the source of the keys fail, or work again. With nil there is no button
	// for it.
	Outage func(failing bool)

	// Sections returns further pages, each time that one is looked at.
	Sections func() []PanelSection
}

// A PanelSection is a page of the panel.
type PanelSection struct {
	Title    string
	Text     string        // a paragraph; empty for none
	Figures  []PanelFigure // a table
	Timeline []PanelSpan
}

// A PanelFigure is a line of a table.
type PanelFigure struct{ Name, Value string }

// A PanelSpan is a bar of a timeline. Spans of the same Name share a line.
type PanelSpan struct {
	Name  string // such as the kid of a key
	State string // such as "published"
	From  time.Time
	To    time.Time // zero means without end
}

// Panel returns a panel that shows, in a browser, what the gateway decides and why: the
// last 500 requests with the authorizer's event, policy and reasons, who may call what,
// and what is in the cache. Mount it beside the gateway:
//
//	mux.Handle("/", gw)
//	mux.Handle(authorizertest.PanelPath, gw.Panel(authorizertest.PanelConfig{}))
//
// It answers requests from this machine alone that name it by a loopback address or as
// localhost. It needs nothing from elsewhere. The signatures of tokens are not shown, nor
// credentials, nor what is called a password or a secret; but claims and bodies are, the
// first 64 KB of each. That the logger of the authorizer is made with [PanelLog] adds its
// log lines.
//
// The authorizer is asked anew whenever somebody looks at who may call what, or at a request
// that an answer for another route has denied. Neither Calls nor Observer tells of it.
//
// A gateway records requests from the first call of Panel on, and before it does not.
func (g *Gateway) Panel(cfg PanelConfig) http.Handler {
	g.recorder.CompareAndSwap(nil, newRecorder())
	p := &panel{gateway: g, recorder: g.recorder.Load(), cfg: cfg, token: rand.Text(), templates: parsePages()}
	p.cfg.Title = cmp.Or(cfg.Title, kindNames[g.cfg.Kind])
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.requests)
	mux.HandleFunc("GET /request", p.request)
	mux.HandleFunc("GET /access", p.access)
	mux.HandleFunc("GET /cache", p.cache)
	mux.HandleFunc("GET /section", p.section)
	mux.HandleFunc("GET /events", p.events)
	for _, file := range []string{"style.css", "script.js", "icon.svg"} {
		mux.HandleFunc("GET /"+file, func(w http.ResponseWriter, r *http.Request) {
			http.ServeFileFS(w, r, panelFiles, "panel/"+file)
		})
	}
	mux.HandleFunc("POST /empty", p.button(p.empty))
	if cfg.Forward != nil {
		mux.HandleFunc("POST /forward", p.button(func(*http.Request) { cfg.Forward(time.Hour) }))
	}
	if cfg.Outage != nil {
		mux.HandleFunc("POST /outage", p.button(p.outage))
	}
	p.pages = http.StripPrefix(strings.TrimSuffix(PanelPath, "/"), mux)
	return p
}

//go:embed panel
var panelFiles embed.FS

// A panel is the handler of one.
type panel struct {
	gateway   *Gateway
	recorder  *recorder
	cfg       PanelConfig
	token     string // of its forms
	pages     http.Handler
	templates *html.Template
	streams   atomic.Int32

	mu      sync.Mutex // one button at a time
	failing bool
}

// contentPolicy lets a page load its own files and send its own forms, and nothing else.
const contentPolicy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (p *panel) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", contentPolicy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Cache-Control", "no-store")
	switch {
	case !isLoopback(r.Host):
		// A web page may have its own name resolved to this machine: DNS rebinding.
		http.Error(w, "the panel is at localhost", http.StatusMisdirectedRequest)
	case !isLoopback(r.RemoteAddr):
		http.Error(w, "the panel is for this machine alone", http.StatusForbidden)
	case isFromElsewhere(r):
		http.Error(w, "the panel is for its own pages", http.StatusForbidden)
	default:
		p.pages.ServeHTTP(w, r)
	}
}

// isLoopback reports whether a host, which may have a port, is this machine by its name or
// address.
func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.TrimSuffix(strings.TrimPrefix(hostport, "["), "]")
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// isFromElsewhere reports whether another site's page has asked for something to use it there.
// It could not read it; but to look who may call what has the authorizer asked. A link from
// another site is fine.
func isFromElsewhere(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") { // Fetch Metadata Request Headers, W3C
	case "", "same-origin", "none":
		return false
	}
	return r.Header.Get("Sec-Fetch-Dest") != "document"
}

// button does what a form of this panel's own pages asks for, and goes back to the page.
// Nobody else can send such a form: a browser says where one comes from, and the token
// stands in the panel's pages alone.
func (p *panel) button(do func(*http.Request)) http.HandlerFunc {
	var origin http.CrossOriginProtection
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		if origin.Check(r) != nil || subtle.ConstantTimeCompare([]byte(r.PostFormValue("token")), []byte(p.token)) != 1 {
			http.Error(w, "this is for the panel's own pages: load the page again", http.StatusForbidden)
			return
		}
		p.mu.Lock()
		do(r)
		p.mu.Unlock()
		p.recorder.touch()
		http.Redirect(w, r, PanelPath+backTo(r.PostFormValue("page")), http.StatusSeeOther)
	}
}

// backTo returns the page that a form was on, if it is one of the panel's.
func backTo(page string) string {
	name, number, _ := strings.Cut(page, "?number=")
	n, err := strconv.Atoi(number)
	switch name {
	case "access", "cache":
		return name
	case "request", "section":
		if err == nil {
			return fmt.Sprintf("%s?number=%d", name, n)
		}
	}
	return ""
}

func (p *panel) empty(*http.Request) { p.gateway.emptyCache() }

func (p *panel) outage(r *http.Request) {
	p.failing = r.PostFormValue("failing") == "true"
	p.cfg.Outage(p.failing)
}

// emptyCache forgets all answers, and a JWT authorizer's keys.
func (g *Gateway) emptyCache() {
	g.cache.empty()
	if g.jwt != nil {
		for _, issuer := range g.jwt.issuers {
			issuer.keys.held.Store(nil)
		}
	}
}

const (
	maxStreams = 16
	streamStep = 200 * time.Millisecond // the least time between two events
)

// events tells a page whenever there is something new, by server-sent events (HTML Living
// Standard, section 9.2). It ends with the request.
func (p *panel) events(w http.ResponseWriter, r *http.Request) {
	if p.streams.Add(1) > maxStreams {
		p.streams.Add(-1)
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	defer p.streams.Add(-1)
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Time{}) // of servers that have some; others need none
	_ = connection.SetWriteDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		version, changed := p.recorder.state()
		if _, err := fmt.Fprintf(w, "data: %d\n\n", version); err != nil || connection.Flush() != nil {
			return
		}
		pause := time.NewTimer(streamStep)
		for waiting := 2; waiting > 0; waiting-- {
			select {
			case <-changed:
				changed = nil
			case <-pause.C:
			case <-r.Context().Done():
				pause.Stop()
				return
			}
		}
	}
}
