package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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

// A Document is an IAM policy.
type Document struct {
	Version   string
	Statement []Statement
}

// A Statement allows or denies an action on resources, under conditions.
type Statement struct {
	Action    string
	Effect    string // "Allow" or "Deny"
	Resource  []string
	Condition Conditions `json:",omitempty"`
}

// UnmarshalJSON reads a statement as other authorizers write it: a single
// Resource need not be in a list, and a single Action may be in one. An element
// that this package does not evaluate, such as NotResource, is an error.
func (s *Statement) UnmarshalJSON(data []byte) error {
	var raw struct {
		Sid              string
		Action, Resource stringOrList
		Effect           string
		Condition        Conditions
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&raw); err != nil {
		return fmt.Errorf("policy: a statement cannot be read: %w", err)
	}
	if len(raw.Action) != 1 {
		return fmt.Errorf("policy: a statement has %d actions, want one", len(raw.Action))
	}
	*s = Statement{Action: raw.Action[0], Effect: raw.Effect, Resource: raw.Resource, Condition: raw.Condition}
	return nil
}

// stringOrList reads a JSON string, or a list of them.
type stringOrList []string

func (l *stringOrList) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte(`"`)) {
		return json.Unmarshal(data, (*[]string)(l))
	}
	*l = make([]string, 1)
	return json.Unmarshal(data, &(*l)[0])
}

// String describes the policy in one line. Of the context it shows the keys
// only, since the values may be private, and of the usage plan's API key nothing.
func (r Response) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "policy for %q", r.PrincipalID)
	sep := ": "
	for _, s := range r.PolicyDocument.Statement {
		fmt.Fprintf(&b, "%s%s %s", sep, s.Effect, strings.Join(s.Resource, ", "))
		if len(s.Condition) > 0 {
			text, _ := json.Marshal(s.Condition)
			fmt.Fprintf(&b, " if %s", text)
		}
		sep = "; "
	}
	if len(r.Context) > 0 {
		keys := make([]string, 0, len(r.Context))
		for k := range r.Context {
			keys = append(keys, k)
		}
		slices.Sort(keys)
		fmt.Fprintf(&b, " (context: %s)", strings.Join(keys, ", "))
	}
	return b.String()
}

// GoString is String, so that %#v shows no more than %v does.
func (r Response) GoString() string { return r.String() }

// CheckLimits returns a [*LimitError] if API Gateway would find the answer or
// one of its resources too large. [Builder.Build] and [Routes.Policy] have
// called it: call it again after adding to Context.
//
// What counts is the JSON of the whole answer, policy, principal, context and
// all, as encoding/json writes it with "<", ">" and "&" escaped. AWS does not
// say what exactly it measures; this is the largest of the readings.
func (r *Response) CheckLimits() error {
	if r.isSmall() {
		return nil
	}
	size := len(`{"principalId":,"policyDocument":{"Version":,"Statement":[]}}`) +
		jsonSize(r.PrincipalID) + jsonSize(r.PolicyDocument.Version) + commas(len(r.PolicyDocument.Statement))
	if r.PolicyDocument.Statement == nil {
		size += len("null") - len("[]")
	}
	for _, s := range r.PolicyDocument.Statement {
		n, err := s.jsonSize()
		if err != nil {
			return err
		}
		size += n
	}
	if len(r.Context) > 0 {
		n, err := contextSize(r.Context)
		if err != nil {
			return err
		}
		size += len(`,"context":`) + n
	}
	if r.UsageIdentifierKey != "" {
		size += len(`,"usageIdentifierKey":`) + jsonSize(r.UsageIdentifierKey)
	}
	if size > MaxResponse {
		return &LimitError{What: "authorizer's answer", Unit: "bytes of JSON", Size: size, Limit: MaxResponse}
	}
	return nil
}

// isSmall reports whether the answer is within the limits however its text is
// escaped. Nearly all are, and looking at lengths takes next to no time.
func (r *Response) isSmall() bool {
	const escaped = len(`\u0000`) // what a byte of text has at the most
	text, members := len(r.PrincipalID)+len(r.UsageIdentifierKey), 8
	for _, s := range r.PolicyDocument.Statement {
		if len(s.Condition) > 0 {
			return false
		}
		text += len(s.Action) + len(s.Effect)
		members += 3 + len(s.Resource)
		for _, resource := range s.Resource {
			if len(resource) > MaxResource {
				return false
			}
			text += len(resource)
		}
	}
	for key, value := range r.Context {
		switch v := value.(type) {
		case string:
			text += len(v)
		case json.Number:
			if !isInteger(string(v)) {
				return false
			}
			text += len(v)
		case bool:
		default:
			return false
		}
		text += len(key)
		members++
	}
	const overhead = 32 // for the name of a member, its quotes and what stands around it
	return escaped*text+overhead*members <= MaxResponse
}

// jsonSize returns the length of the statement's JSON, and an error if one of
// its resources is too long.
func (s *Statement) jsonSize() (int, error) {
	size := len(`{"Action":,"Effect":,"Resource":[]}`) + jsonSize(s.Action) + jsonSize(s.Effect) + commas(len(s.Resource))
	if s.Resource == nil {
		size += len("null") - len("[]")
	}
	for _, r := range s.Resource {
		if n := utf8.RuneCountInString(r); n > MaxResource {
			return 0, &LimitError{What: "resource " + strconv.Quote(r[:64]+"…"), Unit: "characters", Size: n, Limit: MaxResource}
		}
		size += jsonSize(r)
	}
	if len(s.Condition) > 0 {
		n, err := marshalledSize(s.Condition)
		if err != nil {
			return 0, err
		}
		size += len(`,"Condition":`) + n
	}
	return size, nil
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
	return fmt.Sprintf("policy: the %s has %d %s, %d more than the limit of %d", e.What, e.Size, e.Unit, e.Over(), e.Limit)
}

// Over returns by how much the limit is exceeded.
func (e *LimitError) Over() int { return e.Size - e.Limit }

// commas returns how many commas separate n elements.
func commas(n int) int { return max(n-1, 0) }

// marshalledSize returns the length of v's JSON.
func marshalledSize(v any) (int, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return 0, fmt.Errorf("policy: the answer cannot be written as JSON: %w", err)
	}
	return len(text), nil
}

// contextSize returns the length of a context's JSON. It counts what nearly every
// context is made of, and marshals only the rest.
func contextSize(context map[string]any) (int, error) {
	size := len(`{}`) + commas(len(context))
	for key, value := range context {
		size += jsonSize(key) + len(`:`)
		switch v := value.(type) {
		case string:
			size += jsonSize(v)
		case bool:
			size += len("false")
			if v {
				size += len("true") - len("false")
			}
		default:
			if number, ok := v.(json.Number); ok && isInteger(string(number)) {
				size += len(number)
				continue
			}
			n, err := marshalledSize(v)
			if err != nil {
				return 0, err
			}
			size += n
		}
	}
	return size, nil
}

// isInteger reports whether s is a JSON number of digits only.
func isInteger(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && (s[0] != '0' || len(s) == 1)
}

// jsonSize returns the length of s as encoding/json writes it, quotes included.
// It counts rather than marshals because every answer is measured.
func jsonSize(s string) int {
	size := len(`""`)
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 || r == '\u2028' || r == '\u2029' {
				size += len(`\u2028`)
			} else {
				size += n
			}
			i += n
			continue
		}
		i++
		switch {
		case c == '"' || c == '\\' || c == '\b' || c == '\f' || c == '\n' || c == '\r' || c == '\t':
			size += 2
		case c < ' ' || c == '<' || c == '>' || c == '&':
			size += len(`\u0000`)
		default:
			size++
		}
	}
	return size
}

// checkPrincipal refuses a principal that JSON cannot carry unchanged: two
// different subjects must not end up under one name.
func checkPrincipal(principal string) error {
	if !utf8.ValidString(principal) {
		return errors.New("policy: the principal is not valid UTF-8")
	}
	return nil
}
