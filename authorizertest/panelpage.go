package authorizertest

import (
	"bytes"
	"fmt"
	html "html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer"
)

var kindNames = map[authorizer.Kind]string{
	authorizer.RESTToken: "REST API, TOKEN authorizer", authorizer.RESTRequest: "REST API, REQUEST authorizer",
	authorizer.WebSocket: "WebSocket API", authorizer.HTTPFormat1: "HTTP API, format 1.0", authorizer.HTTPFormat2: "HTTP API, format 2.0",
}

// A page is what every page of the panel shows, and in Body what is its own.
type page struct {
	Name, Path       string // of the page: "Requests", "request?number=7"
	Title, API       string
	Token            string
	Now              time.Time
	Version          int
	Cached           int // entries
	CanForward       bool
	CanFail, Failing bool
	Sections         []string
	Body             any
}

// A buttonView is a button with its form.
type buttonView struct {
	Action, Text string
	Page         page
}

// show writes a page.
func (p *panel) show(w http.ResponseWriter, name, path string, content any) {
	g := p.gateway
	version, _ := p.recorder.state()
	shown := page{
		Name: name, Path: path, Title: p.cfg.Title, Token: p.token, Now: g.cfg.Now(), Version: version,
		API:        fmt.Sprintf("%s, stage %s", g.cfg.APIID, g.cfg.Stage),
		Cached:     len(g.cacheView().Entries),
		CanForward: p.cfg.Forward != nil, CanFail: p.cfg.Outage != nil, Body: content,
	}
	p.mu.Lock()
	shown.Failing = p.failing
	p.mu.Unlock()
	for _, s := range p.sections() {
		shown.Sections = append(shown.Sections, s.Title)
	}
	var text bytes.Buffer
	if err := p.templates.ExecuteTemplate(&text, "page", shown); err != nil {
		http.Error(w, "the page cannot be written: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(text.Bytes())
}

func (p *panel) sections() []PanelSection {
	if p.cfg.Sections == nil {
		return nil
	}
	return p.cfg.Sections()
}

// requestsView is the list of requests, and the one that is opened.
type requestsView struct {
	Records []*record
	Open    *record // nil if none is
	Hint    string  // on it; empty for none
}

func (p *panel) requests(w http.ResponseWriter, _ *http.Request) {
	p.show(w, "Requests", "./", requestsView{Records: p.recorder.list()})
}

func (p *panel) request(w http.ResponseWriter, r *http.Request) {
	number, _ := strconv.ParseInt(r.FormValue("number"), 10, 64)
	records := p.recorder.list()
	i := slices.IndexFunc(records, func(r *record) bool { return r.Number == number })
	if i < 0 {
		http.Error(w, fmt.Sprintf("no such request: the last %d are kept", maxRecords), http.StatusNotFound)
		return
	}
	p.show(w, "Request", fmt.Sprintf("request?number=%d", number), requestsView{records, records[i], p.gateway.hint(r.Context(), records[i])})
}

func (p *panel) access(w http.ResponseWriter, r *http.Request) {
	p.show(w, "Who may call what", "access", p.gateway.access(r.Context(), p.recorder))
}

func (p *panel) cache(w http.ResponseWriter, _ *http.Request) {
	p.show(w, "Cache", "cache", p.gateway.cacheView())
}

func (p *panel) section(w http.ResponseWriter, r *http.Request) {
	sections := p.sections()
	i, err := strconv.Atoi(r.FormValue("number"))
	if err != nil || i < 0 || i >= len(sections) {
		http.Error(w, "no such page", http.StatusNotFound)
		return
	}
	s := sections[i]
	p.show(w, s.Title, fmt.Sprintf("section?number=%d", i), sectionView{s, newTimeline(s.Timeline, p.gateway.cfg.Now())})
}

// cacheView is what is in the cache.
type cacheView struct {
	Kind    string // "answers", "keys", or empty if there is no cache
	TTL     time.Duration
	Entries []cacheEntry
}

type cacheEntry struct {
	Identity, Holds string
	MadeBy, MadeFor string
	Age, Left       time.Duration
}

func (g *Gateway) cacheView() cacheView {
	now := g.cfg.Now()
	if g.jwt != nil {
		return g.keysView(now)
	}
	if g.cache == nil {
		return cacheView{}
	}
	view := cacheView{Kind: "answers", TTL: g.cfg.CacheTTL}
	for _, entry := range g.cache.list(now) {
		left := entry.until.Sub(now)
		said := entry.granted
		shown := cacheEntry{
			Identity: g.identityText(entry.identity), Holds: said.principal,
			MadeBy: strings.TrimPrefix(said.madeFor, "request-"), MadeFor: said.route,
			Age: g.cfg.CacheTTL - left, Left: left,
		}
		if said.policy == nil {
			shown.Holds = fmt.Sprintf("isAuthorized: %v", said.allowed)
		}
		view.Entries = append(view.Entries, shown)
	}
	return view
}

// keysView is what a JWT authorizer keeps.
func (g *Gateway) keysView(now time.Time) cacheView {
	view := cacheView{Kind: "keys"}
	for name, issuer := range g.jwt.issuers {
		view.TTL = issuer.keys.rules.maxAge
		held := issuer.keys.held.Load()
		if held == nil || now.Sub(held.fetched) >= view.TTL {
			continue
		}
		var kids []string
		for kid := range held.named {
			kids = append(kids, kid)
		}
		slices.Sort(kids)
		age := now.Sub(held.fetched)
		view.Entries = append(view.Entries, cacheEntry{Identity: name, Holds: strings.Join(kids, ", "), Age: age, Left: view.TTL - age})
	}
	slices.SortFunc(view.Entries, func(a, b cacheEntry) int { return strings.Compare(a.Identity, b.Identity) })
	return view
}

// identityText shows the values of identity sources: a credential by its beginning, what
// names the request as it is.
func (g *Gateway) identityText(values []string) string {
	var shown []string
	for i, value := range values {
		if place := g.identity[i].place; place == "header" || place == "querystring" {
			if token := findToken([]string{value}); token != "" {
				value = shortenToken(token)
			} else {
				value = beginning(value)
			}
		}
		shown = append(shown, value)
	}
	return strings.Join(shown, " · ")
}

// parsePages reads the templates, which are part of the program.
func parsePages() *html.Template {
	return html.Must(html.New("").Funcs(html.FuncMap{
		"ago":    func(t, now time.Time) string { return relative(t.Sub(now)) },
		"clock":  func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"date":   func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05") + " UTC" },
		"iso":    func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"class":  func(status int) string { return "s" + strconv.Itoa(status/100) },
		"button": func(action, text string, p page) buttonView { return buttonView{action, text, p} },
		"inc":    func(i int) int { return i + 1 },
		"took":   tookText, "span": spanText, "status": http.StatusText,
	}).ParseFS(panelFiles, "panel/*.html"))
}

// relative says how far from now a time is.
func relative(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d > 0:
		return "in " + spanText(d)
	case d < 0:
		return spanText(-d) + " ago"
	}
	return "now"
}

// spanText says how long something is, in its two largest units.
func spanText(d time.Duration) string {
	d = d.Round(time.Second)
	units := []struct {
		name string
		size time.Duration
	}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"min", time.Minute}, {"s", time.Second}}
	var parts []string
	for _, unit := range units {
		if n := d / unit.size; n > 0 || len(parts) == 1 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
			d -= n * unit.size
		}
		if len(parts) == 2 {
			break
		}
	}
	if parts == nil {
		return "0 s"
	}
	if len(parts) == 2 && strings.HasPrefix(parts[1], "0 ") {
		parts = parts[:1]
	}
	return strings.Join(parts, " ")
}

func tookText(d time.Duration) string {
	switch {
	case d >= time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 100*time.Microsecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	}
	return fmt.Sprintf("%.1f ms", float64(d.Microseconds())/1000)
}
