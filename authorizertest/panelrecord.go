package authorizertest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/lru"
)

// What a panel remembers is bounded, whatever is sent.
const (
	maxRecords = 500
	maxSeen    = 64 << 10 // bytes of a body
	maxTarget  = 2 << 10  // bytes of a path with its query
	maxLines   = 20       // of the log, for each request
	maxLine    = 4 << 10  // bytes
	maxCallers = 12
	maxPaths   = 4 // of each route
)

// A recorder remembers the last requests for the panel.
type recorder struct {
	mu      sync.Mutex
	records []*record // the oldest first
	callers *lru.Map[string, *caller]
	paths   map[string][]string // method and path as they were called, by the route's key, the newest first
	version int
	changed chan struct{} // closed with the next change
}

func newRecorder() *recorder {
	return &recorder{
		callers: lru.New[string, *caller](maxCallers), paths: map[string][]string{}, changed: make(chan struct{}),
	}
}

// recordKey finds, in the context of a request, its record.
type recordKey struct{}

// serve has a request answered, and remembers what became of it.
func (rec *recorder) serve(g *Gateway, w http.ResponseWriter, r *http.Request) {
	seen := &record{gateway: g}
	r = r.WithContext(context.WithValue(r.Context(), recordKey{}, seen))
	answer := &answerWriter{ResponseWriter: w}
	start := time.Now()
	defer func() { // also if a function panics
		if seen.end(answer, time.Since(start)) {
			rec.add(seen)
		}
	}()
	g.serve(answer, r, seen)
	if answer.status == 0 {
		answer.status = http.StatusOK // as the server does for a function that writes nothing
	}
}

func (rec *recorder) add(r *record) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if len(rec.records) == maxRecords {
		rec.records = slices.Delete(rec.records, 0, 1)
	}
	rec.records = append(rec.records, r)
	if r.caller != nil {
		rec.callers.Put(r.caller.principal+"\x00"+r.caller.scopes, r.caller)
	}
	if r.target != "" && !r.Open && r.Route != "" {
		calls := slices.DeleteFunc(rec.paths[r.Route], func(known string) bool { return known == r.target })
		calls = slices.Insert(calls, 0, r.target)
		rec.paths[r.Route] = calls[:min(len(calls), maxPaths)]
	}
	rec.announce()
}

// touch says that something beside the requests has changed.
func (rec *recorder) touch() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.announce()
}

func (rec *recorder) announce() {
	rec.version++
	close(rec.changed)
	rec.changed = make(chan struct{})
}

// state returns the number of changes so far, and what is closed with the next.
func (rec *recorder) state() (version int, changed <-chan struct{}) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.version, rec.changed
}

// list returns the records, the newest first.
func (rec *recorder) list() []*record {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	records := slices.Clone(rec.records)
	slices.SortFunc(records, func(a, b *record) int { return cmp.Compare(b.Number, a.Number) })
	return records
}

// A record is what is remembered of one request. It holds neither a whole token nor what
// looks like a secret. It does not change any more once it has ended.
type record struct {
	Number         int64
	Time           time.Time // by Config.Now
	Took           time.Duration
	Method, Target string
	Route          string // empty if none takes the request
	Open           bool   // the route is without an authorizer
	Status         int
	Event          string // JSON; empty if the authorizer was not asked
	Token          *tokenParts
	Context        string // JSON of what the function behind got to know; empty if nothing
	Sent, Answered body
	Lines          []string // of the log
	By             string   // who decided: "authorizer", "cache" and so on
	Verdict        verdict
	Error          string // of the authorizer
	Policy         []statement
	Own            string // what the resources are behind
	MadeBy         string // the number of the request that a cached answer was made for
	MadeFor        string // and its route

	gateway  *Gateway
	exchange *exchange // until it ends
	veil     veil
	failure  *failure
	heard    bool
	call     Invocation
	granted  *granted
	token    string        // that the authorizer was asked about
	request  *http.Request // likewise, if somebody has been named
	caller   *caller       // nil if nobody has been named
	target   string        // method and path, as they were called
	mu       sync.Mutex
	ended    bool
	lines    []string // until it ends
}

// begin is told of a request that has come. As with the other methods, nil is told nothing.
func (r *record) begin(x *exchange) {
	if r == nil {
		return
	}
	x.seen, r.exchange, r.veil = r, x, newVeil(r.gateway, x)
	r.Number, r.Time = x.number, x.now
	r.Method, r.Target = cut(x.http.Method, 32), r.veil.text(cut(x.http.URL.RequestURI(), maxTarget))
	r.target = x.http.Method + " " + x.http.URL.EscapedPath()
}

// hear is told what the authorizer, or the cache, says.
func (r *record) hear(call Invocation, said *granted, identity []string) {
	if r == nil {
		return
	}
	r.heard, r.call = true, call
	r.token = findToken(identity, r.exchange.http.Header.Values("Authorization"))
	if call.Err == nil {
		r.granted, r.request = said, withoutBody(r.exchange.http)
	}
}

// hearJWT is told what a JWT authorizer says.
func (r *record) hearJWT(call Invocation, c claims, identity []string) {
	if r != nil {
		subject, _ := c["sub"].(string)
		r.hear(call, &granted{principal: subject}, identity)
	}
}

// refused is told what API Gateway answers by itself.
func (r *record) refused(f *failure) {
	if r != nil {
		r.failure = f
	}
}

// log takes a line of the log.
func (r *record) log(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended && len(r.lines) < maxLines {
		r.lines = append(r.lines, cut(line, maxLine))
	}
}

// end brings together what is to be shown, and lets go of the request itself. It returns
// false if the request never began, since a clock has panicked for one.
func (r *record) end(answer *answerWriter, took time.Duration) bool {
	r.mu.Lock()
	lines := r.lines
	r.ended, r.lines = true, nil
	r.mu.Unlock()
	x := r.exchange
	if x == nil {
		return false
	}
	r.Took, r.Route, r.Open, r.Status = took, x.route.Key, x.route.NoAuthorizer, answer.status
	r.Sent = newBody(r.veil, x.body, len(x.body))
	r.Answered = newBody(r.veil, answer.body.Bytes(), answer.size)
	for _, line := range lines {
		r.Lines = append(r.Lines, r.veil.text(line))
	}
	r.By, r.Verdict = r.explain(r.gateway, x)
	if r.token != "" {
		r.Token = takeApart(r.token, r.veil)
	}
	if r.heard {
		r.endCall(x)
	}
	if r.failure == headTooLong {
		r.target = "" // of which nothing is to be kept
	}
	r.exchange, r.call, r.granted, r.request, r.token, r.veil = nil, Invocation{}, nil, nil, "", veil{}
	return true
}

// endCall adds what there is to say of the authorizer.
func (r *record) endCall(x *exchange) {
	r.Event = r.veil.header(indented(r.call.Event))
	if r.call.Err != nil {
		r.Error = r.veil.text(cut(errorText(r.call.Err), maxLine))
	}
	if r.failure == nil || r.failure == functionFailed {
		if said := r.gateway.authorizerContext(x); said != nil {
			r.Context = r.veil.text(indented(marshal(said)))
		}
	}
	if r.granted == nil {
		return
	}
	r.caller = newCaller(r)
	if r.granted.policy != nil {
		r.Policy, r.Own = statementsOf(r.granted.policy, x, r.call.Decision), ownARN(x)
	}
	if r.call.Cached && r.gateway.jwt == nil {
		r.MadeBy, r.MadeFor = strings.TrimPrefix(r.granted.madeFor, "request-"), r.granted.route
	}
}

// errorText is an error with its cause: that of an Unauthorized, which says nothing itself.
func errorText(err error) string {
	text := errorMessage(err)
	if wrapper, ok := err.(interface{ Unwrap() error }); ok && text == "Unauthorized" && wrapper.Unwrap() != nil {
		return text + ": " + wrapper.Unwrap().Error()
	}
	return text
}

// maxDepth bounds how far JSON is indented: deep lists would grow by the square.
const maxDepth = 32

// indented makes JSON readable, and leaves as it is what is none, or too deep, or would be too
// long.
func indented(text []byte) string {
	var b bytes.Buffer
	if depth(text) > maxDepth || json.Indent(&b, text, "", "  ") != nil || b.Len() > maxSeen {
		return string(text)
	}
	return b.String()
}

// depth returns how deep lists and objects nest, or more if there are brackets in strings.
func depth(text []byte) (most int) {
	now := 0
	for _, c := range text {
		switch c {
		case '[', '{':
			now++
			most = max(most, now)
		case ']', '}':
			now--
		}
	}
	return most
}

// A body is what is shown of one.
type body struct {
	Text string // empty if there is none, or if it is no text
	Size int    // bytes, of all of it
	Cut  bool
}

func newBody(veil veil, text []byte, size int) body {
	b := body{Size: size, Cut: size > maxSeen}
	shown := cut(string(text[:min(len(text), maxSeen)]), maxSeen)
	if !strings.ContainsFunc(shown, isBinary) {
		b.Text = veil.text(indented([]byte(shown)))
	}
	return b
}

func isBinary(c rune) bool { return c < ' ' && !strings.ContainsRune("\t\n\r", c) }

// cut returns the first bytes of a text, up to a number, as valid UTF-8.
func cut(text string, size int) string {
	if len(text) > size {
		text = text[:size] + "…"
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// An answerWriter keeps the beginning of what is written.
type answerWriter struct {
	http.ResponseWriter
	status int
	size   int
	body   bytes.Buffer
}

var _ http.Flusher = (*answerWriter)(nil)

// Unwrap is for http.ResponseController.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// Flush sends what there is, if the server can.
func (w *answerWriter) Flush() { _ = http.NewResponseController(w.ResponseWriter).Flush() }

// WriteHeader notes the status.
func (w *answerWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes the beginning.
func (w *answerWriter) Write(text []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	w.size += len(text)
	w.body.Write(text[:min(len(text), maxSeen-w.body.Len())])
	return w.ResponseWriter.Write(text)
}
