package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	// MaxResource is the most characters that a Resource of a statement may have.
	MaxResource = 512

	// MaxResponse is the most bytes that an authorizer's answer may have. AWS
	// states 8 KB for WebSocket APIs only; it is kept to for all kinds.
	MaxResponse = 8192
)

const (
	version = "2012-10-17"
	invoke  = "execute-api:Invoke"
	allow   = "Allow"
	deny    = "Deny"
)

// A Response is the answer of a Lambda authorizer: whom the token stands for,
// what API Gateway lets them call, and what it passes on to the backend. Its
// JSON is what API Gateway expects of REST and WebSocket APIs and, unless simple
// responses are switched on, of HTTP APIs.
//
// Nothing in this package changes a Response once it is returned, and two
// answers share no memory that can be changed. Several goroutines may read one.
type Response struct {
	// PrincipalID identifies the caller, in access logs above all.
	PrincipalID string `json:"principalId"`

	PolicyDocument Document `json:"policyDocument"`

	// Context reaches the backend. REST and WebSocket APIs take strings, numbers
	// and booleans only, and HTTP APIs also lists and maps of them.
	Context map[string]any `json:"context,omitempty"`

	// UsageIdentifierKey is the API key whose usage plan the request counts
	// against, for REST APIs whose API key source is AUTHORIZER. String leaves it
	// out.
	UsageIdentifierKey string `json:"usageIdentifierKey,omitempty"`
}

// String describes the policy in one line. Of the context it shows the keys
// only, since the values may be private, and of the usage plan's API key nothing.
func (r Response) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "policy for %q", r.PrincipalID)
	sep := ": "
	for _, s := range r.PolicyDocument.Statement {
		fmt.Fprintf(&b, "%s%s %s", sep, s.Effect, strings.Join(s.Resource, ", "))
		if len(s.NotResource) > 0 {
			fmt.Fprintf(&b, "all but %s", strings.Join(s.NotResource, ", "))
		}
		if len(s.Condition) > 0 {
			text, _ := json.Marshal(s.Condition)
			fmt.Fprintf(&b, " if %s", text)
		}
		sep = "; "
	}
	if len(r.Context) > 0 {
		fmt.Fprintf(&b, " (context: %s)", strings.Join(slices.Sorted(maps.Keys(r.Context)), ", "))
	}
	return b.String()
}

// Format is String for every verb, so that no verb shows more than %v does.
func (r Response) Format(f fmt.State, _ rune) { fmt.Fprint(f, r.String()) }

// LogValue is String for log/slog.
func (r Response) LogValue() slog.Value { return slog.StringValue(r.String()) }

// CheckLimits returns a [*LimitError] if API Gateway would find the answer or
// one of its resources too large. No policy of this package is: call it after adding
// to one, to its Context for example.
//
// What counts is the JSON of the whole answer, policy, principal, context and
// all, as encoding/json writes it with "<", ">" and "&" escaped. AWS does not
// say what exactly it measures; this is the largest of the readings.
func (r *Response) CheckLimits() error {
	for _, s := range r.PolicyDocument.Statement {
		for _, resource := range s.Resource {
			if n := utf8.RuneCountInString(resource); n > MaxResource {
				return &LimitError{What: "resource " + strconv.Quote(resource[:64]+"…"), Unit: "characters", Size: n, Limit: MaxResource}
			}
		}
	}
	if r.mostBytes() <= MaxResponse {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("policy: the answer cannot be written as JSON: %w", err)
	}
	if len(text) > MaxResponse {
		return &LimitError{What: "authorizer's answer", Unit: "bytes of JSON", Size: len(text), Limit: MaxResponse}
	}
	return nil
}

// mostBytes returns a bound of the answer's size, so that most need not be written to be
// measured. A byte of text is written as six at most, as \u003c is.
func (r *Response) mostBytes() int {
	n := 256 + 6*(len(r.PrincipalID)+len(r.PolicyDocument.Version)+len(r.UsageIdentifierKey))
	for _, s := range r.PolicyDocument.Statement {
		if s.Condition != nil {
			return MaxResponse + 1 // it may be of any depth
		}
		n += 256 + 6*(len(s.Sid)+len(s.Effect))
		for _, list := range [...][]string{s.Action, s.NotAction, s.Resource, s.NotResource} {
			for _, text := range list {
				n += 3 + 6*len(text)
			}
		}
	}
	for name, value := range r.Context {
		n += 6 + 6*len(name)
		switch value := value.(type) {
		case string:
			n += 6 * len(value)
		case json.Number:
			if !isNumber(string(value)) {
				return MaxResponse + 1 // it cannot be written at all
			}
			n += len(value)
		case bool:
			n += 5
		default:
			return MaxResponse + 1
		}
	}
	return n
}

// isNumber reports whether text is a number of JSON: of all values only numbers have no
// other characters.
func isNumber(text string) bool {
	return strings.Trim(text, "0123456789+-.eE") == "" && json.Valid([]byte(text))
}

// A LimitError says that a policy is larger than API Gateway takes.
type LimitError struct {
	What  string // what is too large
	Unit  string // what is counted
	Size  int    // how large it is
	Limit int    // how large it may be
}

// Error says what is too large, and by how much.
func (e *LimitError) Error() string {
	return fmt.Sprintf("policy: the %s has %d %s, %d more than the limit of %d", e.What, e.Size, e.Unit, e.Size-e.Limit, e.Limit)
}

// checkPrincipal refuses a principal that JSON cannot carry unchanged: two
// different subjects must not end up under one name.
func checkPrincipal(principal string) error {
	if !utf8.ValidString(principal) {
		return errors.New("policy: the principal is not valid UTF-8")
	}
	return nil
}
