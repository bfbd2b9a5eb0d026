package httpauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// DefaultRetryAfter is when clients are told to try again after an outage, if
// [Config.RetryAfter] says nothing.
const DefaultRetryAfter = 5 * time.Second

const maxRetryAfter = time.Hour

// Config says how a [Middleware] decides. Verifier must be set, and either Table or AnyToken.
type Config struct {
	// Verifier decides whether a token is good. Required. A good token without sub is
	// refused nevertheless, as by package authorizer: it is nobody's.
	Verifier verifier.Verifier

	// Table says who may call what. Required, unless AnyToken is set.
	Table *policy.Table

	// AnyToken lets every good token call everything.
	AnyToken bool

	// Route, if not nil, names the route that a request takes, for routers other than
	// ServeMux: the method and the path with its parameters, as in a table, such as
	// "GET /orders/{id}". "" leaves it to the path. Nil means the pattern of ServeMux, as
	// the package comment says, and the path where there is none.
	Route func(*http.Request) string

	// Extract finds the token in a request; nil means Bearer, and with a Binding that takes
	// DPoP proofs the scheme DPoP as well (RFC 9449 section 7.1). An error that wraps
	// verifier.ErrInvalidToken is the caller's fault; any other is an outage.
	Extract func(*http.Request) (string, error)

	// Binding checks that a token is sent by the one for whom it was issued. Nil means
	// that bound tokens are refused. A client certificate is that of the TLS connection of
	// the request; where a load balancer ends that, a handler in front can put the one that
	// it vouches for into Request.TLS. The URL for DPoP proofs has the request's own host,
	// which a caller chooses, and http where the connection is without TLS: set
	// binding.DPoPConfig.PublicURL.
	Binding binding.Binding

	// Realm names in the challenge what is protected (RFC 9110 section 11.5). Printable
	// ASCII; empty means "api".
	Realm string

	// ResourceMetadata is where the metadata of the API is, for the challenge (RFC 9728
	// section 5.1): Metadata.URL. Empty leaves it out.
	ResourceMetadata string

	// RetryAfter is when clients are to try again after an outage, rounded up to seconds.
	// At most an hour; 0 means DefaultRetryAfter.
	RetryAfter time.Duration

	// Logger gets one line for each outcome: at level Error if the decision failed, at
	// Info otherwise, with the fields of Outcome. Nil logs nothing.
	Logger *slog.Logger

	// Observer is told of each outcome before the request is answered or handed on.
	Observer func(context.Context, Outcome)

	// Now is the clock for durations; nil means time.Now.
	Now func() time.Time
}

// A Middleware decides requests in front of handlers. It is safe for concurrent use. Make it
// with [New].
type Middleware struct {
	cfg    Config
	claims []string   // that the table binds
	dpop   challenger // Config.Binding, if it takes DPoP proofs
	bearer bool       // the scheme Bearer is taken
}

// A challenger is a binding that takes DPoP proofs.
type challenger interface {
	Challenge(error) binding.Challenge
}

// New returns a middleware, or an error that says which setting to mend.
func New(cfg Config) (*Middleware, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("httpauth: %w", err)
	}
	setup.Default(&cfg.Realm, "api")
	setup.Default(&cfg.RetryAfter, DefaultRetryAfter)
	if cfg.Now == nil {
		cfg.Now = time.Now // with its monotonic part, since it tells durations
	}
	m := &Middleware{cfg: cfg, bearer: takesBearer(cfg.Binding)}
	m.dpop, _ = cfg.Binding.(challenger)
	if cfg.Table != nil {
		m.claims = cfg.Table.Claims()
	}
	return m, nil
}

func (c *Config) check() error {
	switch {
	case setup.Unmade(c.Verifier):
		return errors.New("set Config.Verifier to what decides tokens, such as verifier.New's")
	case c.Table == nil && !c.AnyToken:
		return errors.New("set Config.Table to the routes and who may call them, or AnyToken to open everything to every good token")
	case c.Table != nil && setup.Unmade(c.Table):
		return errors.New("Config.Table is empty: make it with policy.NewTable")
	case c.Table != nil && c.AnyToken:
		return errors.New("Config.Table and AnyToken contradict each other: set one")
	case c.Binding != nil && setup.Unmade(c.Binding):
		return errors.New("Config.Binding was not made: check the error of the function that was to make it")
	case !isPrintable(c.Realm):
		return fmt.Errorf("Config.Realm is %s: use printable ASCII", redact.Quote(c.Realm))
	case c.RetryAfter < 0 || c.RetryAfter > maxRetryAfter:
		return fmt.Errorf("Config.RetryAfter is %v: set it to at most %v, or to 0 for %v", c.RetryAfter, maxRetryAfter, DefaultRetryAfter)
	}
	if c.ResourceMetadata != "" {
		if err := checkAddress(c.ResourceMetadata); err != nil {
			return fmt.Errorf("Config.ResourceMetadata: %w", err)
		}
	}
	if c.Table != nil {
		if err := checkScopes(c.Table.Scopes()); err != nil {
			return fmt.Errorf("Config.Table: %w", err)
		}
	}
	return nil
}

// takesBearer reports whether there are tokens that come with the scheme Bearer: all but
// those that are bound to a key.
func takesBearer(b binding.Binding) bool {
	dpop, ok := b.(interface{ RequiresProof() bool })
	return !ok || !dpop.RequiresProof()
}

// checkScopes refuses what no token can hold and no challenge can name.
func checkScopes(scopes []string) error {
	for _, scope := range scopes {
		if !discovery.IsScope(scope) {
			return fmt.Errorf("the scope %s: use printable ASCII without spaces, quotes and backslashes (RFC 6749 section 3.3)", redact.Quote(scope))
		}
	}
	return nil
}

// Ready asks [Config.Verifier] whether it can work, if it has a method Ready. A server that
// calls it when it starts finds a wrong key, permission or address before the first request
// does.
func (m *Middleware) Ready(ctx context.Context) error {
	if m == nil || m.cfg.Verifier == nil {
		return errNotMade
	}
	if v, ok := m.cfg.Verifier.(interface{ Ready(context.Context) error }); ok {
		if err := v.Ready(ctx); err != nil {
			return fmt.Errorf("httpauth: %w", err)
		}
	}
	return nil
}

// errNotMade is the answer of a middleware that New did not make.
var errNotMade = fmt.Errorf("httpauth: %w: a zero Middleware: make it with New", keys.ErrMisconfigured)

// Wrap returns a handler that hands on to next what it allows, with the token in the
// request's context, and answers everything else itself. If there is no next, it answers all
// with 500.
func (m *Middleware) Wrap(next http.Handler) http.Handler {
	mux, _ := next.(*http.ServeMux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m == nil || m.cfg.Verifier == nil || setup.IsNil(next) {
			refuse(w, http.StatusInternalServerError)
			return
		}
		start := m.cfg.Now()
		v := m.decide(r, mux)
		m.report(r.Context(), v, start)
		if v.decision != Allowed {
			m.answer(w, v)
			return
		}
		w.Header().Set("Cache-Control", "private")
		if m.cfg.Extract == nil {
			w.Header().Add("Vary", "Authorization")
		}
		next.ServeHTTP(w, r.WithContext(withToken(r.Context(), v.token)))
	})
}
