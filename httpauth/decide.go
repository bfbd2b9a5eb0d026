package httpauth

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/lambdajwt/authorizer/internal/caller"
	"github.com/lambdajwt/authorizer/internal/credentials"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// A verdict is what became of a request.
type verdict struct {
	decision Decision
	route    route
	scheme   string          // by which the token came, empty if there was none or it came from elsewhere
	token    *verifier.Token // that was verified, nil if there is none
	missing  []string        // the scopes of the route, if any of them would have opened it
	err      error           // why the request was refused, or could not be decided
}

// decide decides a request, which goes to mux if that is not nil.
func (m *Middleware) decide(r *http.Request, mux *http.ServeMux) verdict {
	var v verdict
	allowed, err := m.judge(r, mux, &v)
	v.err = err
	switch {
	case errors.Is(err, verifier.ErrInvalidToken):
		v.decision = Refused
		v.missing = m.missing(policy.Caller{}, v.route) // what to ask the issuer for
	case err != nil:
		v.decision = Failed
	case allowed:
		v.decision = Allowed
	default:
		v.decision = Denied
	}
	return v
}

// judge finds the route and the token, verifies it, and asks the table. What it learns goes
// to v, also if there is an error in the end.
func (m *Middleware) judge(r *http.Request, mux *http.ServeMux, v *verdict) (allowed bool, err error) {
	if v.route, err = m.routeOf(r, mux); err != nil {
		return false, err
	}
	scheme, text, err := m.find(r)
	v.scheme = scheme
	if err != nil {
		return false, fmt.Errorf("finding the token: %w", err)
	}
	ctx := r.Context()
	t, err := m.cfg.Verifier.Verify(ctx, text)
	switch {
	case err != nil:
		return false, err
	case t == nil:
		return false, errors.New("Config.Verifier gave neither a token nor an error")
	}
	v.token = t
	if err := m.checkBinding(ctx, r, scheme, text, t); err != nil {
		return false, err
	}
	c, err := caller.Of(t, m.claims)
	if err != nil {
		return false, err
	}
	if m.cfg.Table == nil || v.route.isOpen(m.cfg.Table, c) {
		return true, nil
	}
	v.missing = m.missing(c, v.route)
	return false, nil
}

// missing returns the scopes of a route that a caller has none of.
func (m *Middleware) missing(c policy.Caller, r route) []string {
	if m.cfg.Table == nil {
		return nil
	}
	return r.missing(m.cfg.Table, c)
}

// checkBinding checks that the token is sent by the one for whom it was issued, and behind
// the scheme of its kind.
func (m *Middleware) checkBinding(ctx context.Context, r *http.Request, scheme, text string, t *verifier.Token) error {
	ways, err := credentials.Ways(t)
	if err != nil {
		return err
	}
	if err := credentials.CheckScheme(scheme, ways); err != nil {
		return err
	}
	request := binding.Request{Method: r.Method, URL: address(r), Token: text, DPoP: r.Header.Values("DPoP"), Certificate: certificate(r)}
	if m.dpop != nil && !isAddress(request.URL) { // the caller has written the host
		return fmt.Errorf("the request is for no URL: %w", &verifier.Error{Reason: verifier.WrongProof})
	}
	return binding.Check(ctx, m.cfg.Binding, request, t)
}

// certificate returns the client's certificate, nil if there is none.
func certificate(r *http.Request) *x509.Certificate {
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	return r.TLS.PeerCertificates[0]
}

// address returns the URL of a request, as far as the request tells. That of a server has no
// more than a path in it.
func address(r *http.Request) string {
	scheme, host := r.URL.Scheme, r.URL.Host
	if host == "" {
		host = r.Host
	}
	switch {
	case scheme != "":
	case r.TLS != nil:
		scheme = "https"
	default:
		scheme = "http"
	}
	path := r.URL.RawPath // as it was sent
	if path == "" {
		path = r.URL.EscapedPath()
	}
	return scheme + "://" + host + path
}

// isAddress reports whether a proof can be for a URL.
func isAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && u.User == nil
}
