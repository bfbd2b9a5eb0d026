// Package tell plays the story of an example and prints it: requests to a gateway,
// what its authorizer said, and the answers.
package tell

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/local"
	"github.com/lambdajwt/authorizer/policy"
)

// How long lines get, if nothing in them is longer.
const (
	width     = 80
	jsonWidth = 106
)

// A Teller tells one story, for one goroutine. After the first failure it falls
// silent: End says what went wrong.
type Teller struct {
	out      io.Writer
	colours  bool
	url      string
	chapters int
	err      error

	mu   sync.Mutex // the gateway is another goroutine
	said *authorizertest.Invocation
	why  authorizer.Outcome
}

// New returns a teller, who uses colours on a terminal.
func New(out io.Writer) *Teller {
	t := &Teller{out: out}
	if file, ok := out.(*os.File); ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" {
		info, err := file.Stat()
		t.colours = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return t
}

// Invocation is the Observer of the gateway.
func (t *Teller) Invocation(i authorizertest.Invocation) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.said = &i
}

// Outcome is the Observer of the authorizer. It knows why a token was refused, which
// the gateway and the caller are not told.
func (t *Teller) Outcome(_ context.Context, o authorizer.Outcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.why = o
}

// Open serves the gateway on a free port of this machine, until shut is called.
func (t *Teller) Open(gateway http.Handler) (shut func()) {
	server := httptest.NewServer(local.Only(gateway))
	t.url = server.URL
	return server.Close
}

// URL is where the gateway is.
func (t *Teller) URL() string { return t.url }

// Title begins the story.
func (t *Teller) Title(title string) {
	t.print("\n%s\n\n", t.paint(bold, title))
}

// Chapter begins a chapter.
func (t *Teller) Chapter(title string) {
	t.chapters++
	head := fmt.Sprintf("── %d. %s ", t.chapters, title)
	t.print("\n%s\n\n", t.paint(bold, head+strings.Repeat("─", max(2, width-columns(head)))))
}

// Say prints a paragraph.
func (t *Teller) Say(format string, args ...any) {
	var line string
	for word := range strings.FieldsSeq(fmt.Sprintf(format, args...)) {
		if line != "" && columns(line)+1+columns(word) > width {
			t.print("%s\n", line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	t.print("%s\n\n", line)
}

// JSON prints a JSON text under a name.
func (t *Teller) JSON(name string, text []byte) {
	t.print("    %s\n%s\n", t.paint(dim, name), formatJSON(text, 6))
}

// Token prints what is in a token. Neither secret nor key is needed to read it.
func (t *Teller) Token(token string) {
	parts := strings.Split(token, ".")
	if t.err != nil || len(parts) != 3 {
		t.fail(fmt.Errorf("this is no token: %q", mask(token)))
		return
	}
	for i, name := range []string{"header", "claims"} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		t.fail(err)
		t.JSON(name, text)
	}
	signature := base64.RawURLEncoding.DecodedLen(len(strings.TrimRight(parts[2], "=")))
	t.print("    %s\n      %d bytes\n\n", t.paint(dim, "signature"), signature)
}

// A Request is a request of the story, and the status that it takes for granted.
type Request struct {
	Do    string // such as "GET /user"
	Token string // sent as Bearer; empty means without
	Body  any    // sent as JSON; nil means without
	Want  int    // any other status ends the story with an error

	// Header is the one that Token is sent in, bare. Empty means Authorization, as Bearer.
	Header string

	// Answer is a header of the answer that is shown and stored, rather than its body.
	Answer string

	// Detail shows the authorizer's event and answer in full.
	Detail bool
}

// Call sends a request, prints all that happens, and stores the answer's JSON in
// what into points to, unless it is nil: a string, if the request names a header.
func (t *Teller) Call(ctx context.Context, r Request, into any) {
	if t.err != nil {
		return
	}
	status, header, body, err := t.send(ctx, r)
	if err != nil {
		t.fail(err)
		return
	}
	t.request(r)
	t.decision(r, status)
	t.answer(status, r.Answer, header.Get(r.Answer), body)
	if header.Get(r.Answer) != "" {
		body, _ = json.Marshal(header.Get(r.Answer)) // a string always marshals
	}
	switch {
	case status != r.Want:
		t.fail(fmt.Errorf("%s answered %d, and the story needs %d", r.Do, status, r.Want))
	case into != nil:
		t.fail(json.Unmarshal(body, into))
	}
}

func (t *Teller) send(ctx context.Context, r Request) (status int, header http.Header, body []byte, err error) {
	t.mu.Lock()
	t.said, t.why = nil, authorizer.Outcome{}
	t.mu.Unlock()
	method, path, _ := strings.Cut(r.Do, " ")
	var sent []byte
	if r.Body != nil {
		if sent, err = json.Marshal(r.Body); err != nil {
			return 0, nil, nil, err
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, t.url+path, bytes.NewReader(sent))
	if err != nil {
		return 0, nil, nil, err
	}
	if name, value := r.credentials(); value != "" {
		req.Header.Set(name, value)
	}
	if r.Body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	body, err = io.ReadAll(res.Body)
	return res.StatusCode, res.Header, body, err
}

// credentials returns the header with the token, without a value if there is no token.
func (r Request) credentials() (name, value string) {
	switch {
	case r.Header != "":
		return r.Header, r.Token
	case r.Token != "":
		return "Authorization", "Bearer " + r.Token
	}
	return "", ""
}

func (t *Teller) request(r Request) {
	t.print("  %s %s\n", t.paint(bold, "→"), t.paint(bold, r.Do))
	if name, value := r.credentials(); value != "" {
		t.print("    %s: %s\n", name, mask(value))
	}
	if r.Body != nil {
		text, _ := json.Marshal(r.Body) // it has been sent
		t.print("%s\n", formatJSON(text, 4))
	}
}

func (t *Teller) answer(status int, name, value string, body []byte) {
	colour := green
	if status >= 400 {
		colour = red
	}
	t.print("  %s\n", t.paint(colour, fmt.Sprintf("← %d %s", status, http.StatusText(status))))
	if value != "" {
		t.print("    %s: %s\n", name, mask(value))
	}
	if len(body) > 0 {
		t.print("%s\n", formatJSON(body, 4))
	}
	t.print("\n")
}

// decision prints what the authorizer had to do with a request.
func (t *Teller) decision(r Request, status int) {
	t.mu.Lock()
	said, why := t.said, t.why
	t.mu.Unlock()
	switch {
	case said == nil && status == http.StatusUnauthorized:
		t.aside("API Gateway answers by itself: there is no token to ask the authorizer about")
	case said == nil:
		t.aside("open to all: no authorizer before this route")
	case said.Event == nil && said.Answer == nil && why.Reason == "": // API Gateway's own
		t.aside("%s", jwtVerdict(said))
	case said.Err != nil && why.Reason != "":
		t.aside("authorizer called: %q, and for the log: %s", said.Err, why.Reason)
	case said.Err != nil:
		t.aside("authorizer called: it failed: %v", said.Err)
	case said.Cached:
		t.aside("authorizer not called: the policy in the cache %s", verdict(said.Decision))
	default:
		t.aside("authorizer called: its policy %s%s", verdict(said.Decision), noted(why))
	}
	if r.Detail && said != nil {
		t.JSON("event", said.Event)
		if said.Answer != nil {
			t.JSON("answer", said.Answer)
		}
	}
}

func verdict(d policy.Decision) string {
	switch d {
	case policy.Allowed:
		return "allows this"
	case policy.ExplicitlyDenied:
		return "denies this"
	}
	return "does not allow this"
}

// noted is what the log has about a policy that does not allow a request.
func noted(why authorizer.Outcome) string {
	switch {
	case why.Reason != "":
		return ", and for the log: " + string(why.Reason)
	case len(why.MissingScopes) > 0:
		return ", and for the log: missing " + strings.Join(why.MissingScopes, " or ")
	}
	return ""
}

func (t *Teller) aside(format string, args ...any) {
	t.print("  %s\n", t.paint(dim, "· "+fmt.Sprintf(format, args...)))
}

// End returns the first failure.
func (t *Teller) End() error { return t.err }

func (t *Teller) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *Teller) print(format string, args ...any) {
	if t.err == nil {
		_, err := fmt.Fprintf(t.out, format, args...)
		t.fail(err)
	}
}

const (
	bold  = "1"
	dim   = "2"
	red   = "31"
	green = "32"
)

func (t *Teller) paint(style, text string) string {
	if !t.colours {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}
