package revocation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/fetch"
	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/outage"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// IntrospectionConfig says where tokens are introspected, and which are good. URL and
// Authenticate must be set, and of Claims what verifier.Config asks for.
type IntrospectionConfig struct {
	// URL is the address of the introspection endpoint. Required. An https URL; http is
	// for loopback alone.
	URL string

	// Authenticate sets the header by which the endpoint knows this API: Basic, or a
	// function that sets a bearer token. Required: an endpoint that answers everybody
	// tells a thief which tokens are good (RFC 7662 section 2.1). Where Transport has a
	// client certificate for that, use a function that does nothing. An error is an
	// outage.
	Authenticate func(ctx context.Context, header http.Header) error

	// Claims says what an answer must hold, apart from active. Issuer, Audience and an
	// expiry are required unless their check is skipped by name; many servers leave one
	// of them out. Keys and Type must not be set. MaxTokenSize bounds the token, and the
	// answer too.
	//
	// Some servers also call a refresh token or an ID token active. If its audience does
	// not give it away, Claims.Check must refuse it, by token_use, typ or another claim
	// of the server's own.
	Claims verifier.Config

	// Scopes are scopes that each token must have, all of them. A token that lacks one is
	// refused (a 401). What scopes permit, route by route, is for a policy to decide (a
	// 403).
	Scopes []string

	// Timeout is how long an answer may take, whatever time the caller has left. At most
	// a minute; 0 means DefaultTimeout.
	Timeout time.Duration

	// Transport makes the requests; nil means one of the Introspector's own, with TLS 1.2
	// or later, no proxy, and a new connection for each request. Set an *http.Transport
	// to keep connections. A Lambda function that was frozen may find them broken; a
	// request on a broken one is sent again on a new one, if its end was noticed.
	Transport http.RoundTripper
}

// Basic is an [IntrospectionConfig.Authenticate] by client ID and secret (RFC 6749 section
// 2.3.1).
func Basic(clientID, clientSecret string) func(context.Context, http.Header) error {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(clientSecret))
	value := r.Header.Get("Authorization")
	return func(_ context.Context, header http.Header) error {
		header.Set("Authorization", value)
		return nil
	}
}

// A label is what an Introspector prints as, whatever the verb.
type label = redact.Label

// An Introspector is a [verifier.Verifier] of opaque tokens, or of any other: it asks the
// server that has issued them (RFC 7662), each time. To ask less often, use verifier.Cached.
// It is safe for concurrent use. Make it with [NewIntrospector].
type Introspector struct {
	label
	cfg    IntrospectionConfig
	shown  string // the URL as errors have it: without its query
	size   int
	claims *verifier.ClaimsChecker
	client *http.Client
	idle   func() // closes idle connections, if they are the Introspector's own
}

var _ verifier.IssuerVerifier = (*Introspector)(nil)

// NewIntrospector returns an introspector, or an error that says which setting to mend. It
// asks nothing: see [Introspector.Ready].
func NewIntrospector(cfg IntrospectionConfig) (*Introspector, error) {
	i, err := newIntrospector(cfg)
	if err != nil {
		return nil, fmt.Errorf("revocation: introspection: %w", err)
	}
	return i, nil
}

func newIntrospector(cfg IntrospectionConfig) (*Introspector, error) {
	address, err := discovery.ParseEndpoint(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("IntrospectionConfig.URL: %w", err)
	}
	switch {
	case cfg.Authenticate == nil:
		return nil, errors.New("set IntrospectionConfig.Authenticate to what proves this API to the endpoint, such as Basic")
	case slices.ContainsFunc(cfg.Scopes, func(scope string) bool { return !discovery.IsScope(scope) }):
		return nil, errors.New("IntrospectionConfig.Scopes holds what is no scope: name one in each entry")
	}
	if err := checkTimeout(cfg.Timeout, "IntrospectionConfig.Timeout"); err != nil {
		return nil, err
	}
	claims, err := verifier.NewClaimsChecker(cfg.Claims)
	if err != nil {
		return nil, fmt.Errorf("IntrospectionConfig.Claims: %w", err)
	}
	cfg.Scopes = slices.Clone(cfg.Scopes)
	setup.Default(&cfg.Timeout, DefaultTimeout)
	setup.Default(&cfg.Claims.MaxTokenSize, verifier.DefaultMaxTokenSize)
	shown := *address
	shown.RawQuery = ""
	i := &Introspector{
		cfg: cfg, shown: redact.Quote(shown.String()), size: cfg.Claims.MaxTokenSize, claims: claims, idle: func() {},
	}
	i.label = redact.NewLabel("revocation.Introspector(" + i.shown + ")")
	i.setClient()
	return i, nil
}

func (i *Introspector) setClient() {
	transport := i.cfg.Transport
	if transport == nil {
		own := fetch.NewTransport()
		i.idle = own.CloseIdleConnections
		transport = own
	}
	i.client = &http.Client{
		Transport: transport,
		// A redirect would take the token elsewhere.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Issuer returns what iss must be, empty where that is not checked.
func (i *Introspector) Issuer() string {
	if i == nil {
		return ""
	}
	return i.cfg.Claims.Issuer
}

// Ready asks about a token that nobody has issued. A function that calls it when it starts
// finds a wrong address or credentials before the first request does. Its error is an
// outage, or a mistake of the setup.
func (i *Introspector) Ready(ctx context.Context) error {
	if i == nil || i.claims == nil {
		return errNotMade
	}
	body, err := i.ask(ctx, "ready")
	if err == nil {
		_, err = readActive(body)
	}
	if err != nil {
		return i.failed(err)
	}
	return nil
}

// Verify asks the endpoint about a token and checks the answer. A token that is not active
// is refused as [verifier.Inactive]: the endpoint does not say why. An active token is
// checked by IntrospectionConfig.Claims and then for its scopes.
//
// Everything else is an outage, and not the token's fault: the endpoint cannot be reached,
// its status is not 200, its answer is not a strictly formed JSON object with active and
// claims of the right types (section 2.2). The error wraps [keys.ErrMisconfigured] if the
// endpoint refuses this API.
func (i *Introspector) Verify(ctx context.Context, token string) (*verifier.Token, error) {
	switch {
	case i == nil || i.claims == nil:
		return nil, errNotMade
	case token == "":
		return nil, &verifier.Error{Reason: verifier.Malformed}
	case len(token) > i.size:
		return nil, &verifier.Error{Reason: verifier.TooLarge}
	}
	body, err := i.ask(ctx, token)
	if err != nil {
		return nil, i.failed(err)
	}
	active, err := readActive(body)
	switch {
	case err != nil:
		return nil, i.failed(err)
	case !active:
		return nil, &verifier.Error{Reason: verifier.Inactive}
	}
	var refusal *verifier.Error
	t, err := i.claims.Check(ctx, body)
	switch {
	case errors.As(err, &refusal) && refusal.Reason == verifier.Malformed: // the server's fault
		return nil, i.failed(fmt.Errorf("the answer: its %s is of the wrong type", refusal.Claim))
	case err != nil:
		return nil, err
	}
	if err := i.checkScopes(t); err != nil {
		return nil, err
	}
	return t, nil
}

func (i *Introspector) failed(err error) error {
	return fmt.Errorf("revocation: introspection at %s: %w", i.shown, outage.Of(err, verifier.ErrInvalidToken))
}

// ask returns the text of an answer with status 200. No error holds the token or what
// proves this API.
func (i *Introspector) ask(ctx context.Context, token string) ([]byte, error) {
	defer i.idle() // a frozen function keeps no connection alive
	ctx, cancel := context.WithTimeout(ctx, i.cfg.Timeout)
	defer cancel()
	form := url.Values{"token": {token}, "token_type_hint": {"access_token"}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, i.cfg.URL, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	request.Header["Idempotency-Key"] = nil // not sent: says that package http may send the request again on a new connection
	if err := i.cfg.Authenticate(ctx, request.Header); err != nil {
		return nil, fmt.Errorf("IntrospectionConfig.Authenticate: %w", err)
	}
	response, err := i.client.Do(request)
	if err != nil {
		return nil, fetch.Error(i.shown, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, fmt.Errorf("%w: the answer is %d: the endpoint refuses what Authenticate has set", keys.ErrMisconfigured, response.StatusCode)
	default:
		return nil, fmt.Errorf("the answer is %d %s", response.StatusCode, http.StatusText(response.StatusCode))
	}
	if err := fetch.CheckJSON(response.Header.Get("Content-Type")); err != nil {
		return nil, fmt.Errorf("the answer: %w", err)
	}
	body, err := fetch.ReadAtMost(response.Body, i.size)
	if err != nil {
		return nil, fmt.Errorf("the answer: %w", err)
	}
	return body, nil
}

// readActive reads the one member that an answer must have.
func readActive(body []byte) (bool, error) {
	var active jose.Value
	err := jose.Members(string(body), jose.ClaimsLimits, func(name string, value jose.Value) error {
		if name == "active" {
			active = value
		}
		return nil
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("the answer: %w", err)
	case active.Kind != jose.Bool:
		return false, errors.New("the answer: active is missing, or not true or false")
	}
	return active.Raw == "true", nil
}

// checkScopes refuses a token without one of the scopes that all must have.
func (i *Introspector) checkScopes(t *verifier.Token) error {
	granted := t.Scopes()
	for _, scope := range i.cfg.Scopes {
		if !slices.Contains(granted, scope) {
			return &verifier.Error{Reason: verifier.WrongClaim, Claim: "scope"}
		}
	}
	return nil
}
