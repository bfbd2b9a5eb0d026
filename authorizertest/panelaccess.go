package authorizertest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// trialTime is how long all trials of one page may take together.
const trialTime = 3 * time.Second

// A caller is somebody whom the authorizer has named, with the last request of theirs.
type caller struct {
	principal, scopes string
	token             string // how it begins
	number            int64  // of the request
	request           *http.Request
}

// newCaller returns whom a record's answer names.
func newCaller(r *record) *caller {
	c := &caller{principal: cmp.Or(r.granted.principal, "(no principal)"), number: r.Number, request: r.request}
	if r.token != "" {
		c.token, c.scopes = shortenToken(r.token), r.Token.Scopes
	}
	return c
}

// withoutBody returns what a trial needs of a request: neither the body, nor what belongs
// to the connection. The functions behind may change the request itself.
func withoutBody(r *http.Request) *http.Request {
	to := *r.URL
	return &http.Request{URL: &to, Proto: r.Proto, Header: r.Header.Clone(), Host: r.Host, RemoteAddr: r.RemoteAddr, TLS: r.TLS}
}

// An access is who may call what, by what the authorizer says now and by what the cache
// says.
type access struct {
	Callers []callerView
	Rows    []accessRow
	Differs int // cells in which the cache says something else
}

type callerView struct {
	Principal, Scopes, Token string
	Number                   int64
}

type accessRow struct {
	Route, Target string // as it was called, or might be
	Example       bool   // nobody has called it
	Cells         []accessCell
}

// An accessCell is what becomes of one caller's request to one route.
type accessCell struct {
	Fresh   verdict
	Cached  *verdict // nil if the authorizer would be asked
	MadeBy  string
	MadeFor string
}

// Differs reports whether the cache lets pass what the authorizer does not, or the other way
// round.
func (c accessCell) Differs() bool {
	return c.Cached != nil && (c.Cached.Passes != c.Fresh.Passes || c.Cached.Status != c.Fresh.Status)
}

// access tries every route as every caller. Nothing of that is cached, counted or shown
// among the requests; but the authorizer is asked.
func (g *Gateway) access(ctx context.Context, rec *recorder) access {
	ctx, cancel := trialContext(ctx)
	defer cancel()
	t := g.newTrial(rec)
	var a access
	for _, c := range t.callers {
		a.Callers = append(a.Callers, callerView{c.principal, c.scopes, c.token, c.number})
	}
	for _, route := range g.routes {
		if route.NoAuthorizer {
			continue
		}
		for _, row := range t.targets(route) {
			for _, c := range t.callers {
				cell := t.cell(ctx, c, row.Target)
				if cell.Differs() {
					a.Differs++
				}
				row.Cells = append(row.Cells, cell)
			}
			row.Target = veil{}.text(row.Target)
			a.Rows = append(a.Rows, row)
		}
	}
	return a
}

// trialKey marks the context of what the panel asks for its own sake.
type trialKey struct{}

func trialContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithValue(ctx, trialKey{}, true), trialTime)
}

// fresh is what the authorizer, which is no JWT authorizer, says of a recorded request now. As
// with access, nothing of that is cached, counted or shown among the requests.
func (g *Gateway) fresh(ctx context.Context, r *record) verdict {
	ctx, cancel := trialContext(ctx)
	defer cancel()
	return (&trial{g: g}).cell(ctx, r.caller, r.target).Fresh
}

// A trial is what one page finds out.
type trial struct {
	g       *Gateway
	callers []*caller
	paths   map[string][]string
	cached  map[string]*granted
	fresh   *jwtAuthorizer // has keys of its own, fetched for this page
	held    *jwtAuthorizer // has the gateway's keys, and fetches none
	broken  error          // why there is no fresh one
}

func (g *Gateway) newTrial(rec *recorder) *trial {
	t := &trial{g: g, paths: map[string][]string{}, cached: map[string]*granted{}}
	rec.mu.Lock()
	for _, c := range rec.callers.All() {
		t.callers = append(t.callers, c)
	}
	for route, paths := range rec.paths {
		t.paths[route] = slices.Clone(paths)
	}
	rec.mu.Unlock()
	slices.SortFunc(t.callers, func(a, b *caller) int { return strings.Compare(a.principal+" "+a.scopes, b.principal+" "+b.scopes) })
	for _, entry := range g.cache.list(g.cfg.Now()) {
		t.cached[cacheKey(entry.identity)] = entry.granted
	}
	switch {
	case g.cfg.JWT != nil:
		t.fresh, t.held = newJWTAuthorizer(g.cfg.JWT), g.jwt.held()
	case g.cfg.RESTJWT != nil:
		t.fresh, t.broken = newRESTJWTAuthorizer(g.cfg.RESTJWT)
		t.held = g.jwt.held()
	}
	return t
}

// targets are the methods and paths to try on a route: those that were called, or else one
// whose parameters stand for themselves.
func (t *trial) targets(r *route) []accessRow {
	var rows []accessRow
	for _, target := range t.paths[r.Key] {
		rows = append(rows, accessRow{Route: r.Key, Target: target})
	}
	if rows != nil {
		slices.SortFunc(rows, func(a, b accessRow) int { return strings.Compare(a.Target, b.Target) })
		return rows
	}
	method, path := r.method, strings.NewReplacer("{", "", "}", "", "+", "").Replace(r.path)
	if method == "" || method == "ANY" {
		method = http.MethodGet
	}
	if path == "" {
		path = "/"
	}
	return []accessRow{{Route: r.Key, Target: method + " " + path, Example: true}}
}

// cell tries one target as one caller.
func (t *trial) cell(ctx context.Context, c *caller, target string) accessCell {
	method, path, _ := strings.Cut(target, " ")
	to, err := url.ParseRequestURI(path)
	if err != nil {
		return accessCell{Fresh: verdict{Text: "not tried"}}
	}
	r := c.request.Clone(ctx)
	to.RawQuery = r.URL.RawQuery
	r.Method, r.URL = method, to
	x, f := t.g.receive(r, 0)
	if f != nil {
		return accessCell{Fresh: verdict{Status: t.g.statusOf(f), Text: "no route takes this"}}
	}
	identity, ok := t.g.identify(x)
	if !ok {
		return accessCell{Fresh: verdict{Status: t.g.statusOf(unauthorized), Text: "an identity source is missing"}}
	}
	if t.held != nil {
		return t.jwtCell(ctx, x, identity)
	}
	cell := accessCell{Fresh: t.ask(x, identity)}
	if said := t.cached[cacheKey(identity)]; said != nil {
		call := Invocation{Cached: true}
		call.Decision, call.Err = said.decide(x)
		v := t.g.verdict(x, call, said, t.g.outcome(call))
		cell.Cached, cell.MadeBy, cell.MadeFor = &v, strings.TrimPrefix(said.madeFor, "request-"), said.route
	}
	return cell
}

// ask has the authorizer decide anew.
func (t *trial) ask(x *exchange, identity []string) verdict {
	if x.http.Context().Err() != nil {
		return verdict{Text: "not tried: the others took too long"}
	}
	var call Invocation
	var said *granted
	said, call.Err = t.g.call(x, t.g.authorizerEvent(x, identity))
	if call.Err == nil {
		call.Decision, call.Err = said.decide(x)
	}
	return t.g.verdict(x, call, said, t.g.outcome(call))
}

// jwtCell tries a JWT authorizer, with the keys that are published now and with those that
// the gateway has.
func (t *trial) jwtCell(ctx context.Context, x *exchange, identity []string) accessCell {
	decide := func(a *jwtAuthorizer) (v verdict, had bool) {
		call := Invocation{}
		call.Err = t.broken
		var c claims
		if a != nil {
			c, _, call.Err = a.verify(ctx, strings.TrimPrefix(identity[0], "Bearer "), x.now)
		}
		f := unauthorized
		switch {
		case call.Err == nil && c.permit(x.route.Scopes):
			f = nil
		case call.Err == nil:
			f = t.g.jwt.lacksScope
		}
		return t.g.verdict(x, call, nil, f), !errors.Is(call.Err, errNotHeld)
	}
	var cell accessCell
	cell.Fresh, _ = decide(t.fresh)
	if v, had := decide(t.held); had {
		cell.Cached = &v
	}
	return cell
}

// errNotHeld says that keys would have to be fetched.
var errNotHeld = errors.New("not held")

type fetchNothing struct{}

func (fetchNothing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errNotHeld }

// held returns an authorizer with the keys that this one has, which fetches none.
func (a *jwtAuthorizer) held() *jwtAuthorizer {
	copied := *a
	copied.issuers = map[string]*jwtIssuer{}
	for name, issuer := range a.issuers {
		frozen := &issuerKeys{
			issuer: issuer.keys.issuer, client: http.Client{Transport: fetchNothing{}}, rules: issuer.keys.rules,
			jwksURI: issuer.keys.jwksURI, turn: make(chan struct{}, 1),
		}
		frozen.held.Store(issuer.keys.held.Load())
		copied.issuers[name] = &jwtIssuer{audience: issuer.audience, claims: issuer.claims, keys: frozen}
	}
	return &copied
}
