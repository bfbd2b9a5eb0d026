package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
)

// DefaultNamespace is the namespace of metrics, unless Config has another.
const DefaultNamespace = "JWTAuthorizer"

// Config says whose metrics an [EMF] writes. Name must be set; every other zero value has a
// default.
type Config struct {
	// Name is the value of the dimension Authorizer, such as the function's name: 1 to 255
	// printable ASCII characters. Required.
	Name string

	// Namespace is that of all metrics: 1 to 255 letters, digits and characters of
	// ".-_/#: ", not beginning with a colon or "AWS/". Empty means DefaultNamespace.
	Namespace string

	// Routes are the routes of the table, by which requests are counted too. Empty means
	// that they are not. A TOKEN event names no route.
	Routes []policy.Route

	// Out gets one line in one Write for each outcome; nil means os.Stdout. What cannot be
	// written is lost: no request fails for its metrics.
	Out io.Writer

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// An EMF writes metrics in CloudWatch's embedded metric format. Make it with [NewEMF], one
// for each process. It is safe for concurrent use.
//
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
type EMF struct {
	out    io.Writer
	now    func() time.Time
	routes *Routes
	head   string // of a directive: its namespace
	name   string // as JSON

	mu     sync.Mutex
	keys   keyCounts // since the last line
	warm   bool      // whether a line was written
	buffer []byte    // for the next line
}

// NewEMF returns an EMF, or an error that says which setting to mend.
func NewEMF(cfg Config) (*EMF, error) {
	if cfg.Namespace == "" {
		cfg.Namespace = DefaultNamespace
	}
	if err := errors.Join(checkName(cfg.Name), checkNamespace(cfg.Namespace)); err != nil {
		return nil, fmt.Errorf("observe: %w", err)
	}
	for _, route := range cfg.Routes {
		if !isDimension(route.Key, 1024) {
			return nil, fmt.Errorf("observe: Config.Routes has the key %.64q, which CloudWatch takes for no dimension: use 1 to 1,024 printable ASCII characters", route.Key)
		}
	}
	if cfg.Out == nil {
		cfg.Out = os.Stdout
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &EMF{
		out: cfg.Out, now: cfg.Now, routes: NewRoutes(cfg.Routes...),
		head: `{"Namespace":` + string(appendString(nil, cfg.Namespace)), name: string(appendString(nil, cfg.Name)),
	}, nil
}

func checkName(name string) error {
	if !isDimension(name, 255) {
		return fmt.Errorf("set Config.Name, which is %.64q, to 1 to 255 printable ASCII characters, such as the function's name", name)
	}
	return nil
}

func checkNamespace(namespace string) error {
	isOther := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && !strings.ContainsRune(".-_/#: ", r)
	}
	if len(namespace) > 255 || strings.ContainsFunc(namespace, isOther) || strings.TrimSpace(namespace) == "" ||
		strings.HasPrefix(namespace, ":") || strings.HasPrefix(namespace, "AWS/") {
		return fmt.Errorf(`set Config.Namespace, which is %.64q, to 1 to 255 letters, digits and characters of ".-_/#: ", not beginning with a colon or AWS/`, namespace)
	}
	return nil
}

// isDimension reports whether CloudWatch takes a text for the value of a dimension: ASCII
// without control characters and not blank (API Reference, Dimension).
func isDimension(text string, most int) bool {
	isOther := func(r rune) bool { return r < ' ' || r > '~' }
	return len(text) <= most && strings.TrimSpace(text) != "" && !strings.HasPrefix(text, ":") && !strings.ContainsFunc(text, isOther)
}

// Outcome writes the line of one request, with what sources of keys have done since the
// line before. It is for [authorizer.Config]'s Observer.
func (m *EMF) Outcome(_ context.Context, o authorizer.Outcome) {
	if !m.made() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.write(&o)
}

// KeyEvent counts what a source of keys has done. The next line has it. It is for the
// Observer of every source.
func (m *EMF) KeyEvent(_ context.Context, e keys.Event) {
	if !m.made() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keys.count(e)
}

// Flush writes a line with what sources of keys have done since the line before, if they
// have done anything. It is for functions without an authorizer, such as a login: call it at
// the end of each request.
func (m *EMF) Flush() {
	if !m.made() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.keys.empty() {
		m.write(nil)
	}
}

// made reports whether m comes from a constructor.
func (m *EMF) made() bool { return m != nil && m.out != nil }
