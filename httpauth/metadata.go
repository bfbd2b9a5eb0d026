package httpauth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/publish"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// DefaultCacheControl is for how long caches may keep the metadata, if
// [MetadataConfig.CacheControl] says nothing.
const DefaultCacheControl = 5 * time.Minute

// wellKnown is what is inserted between the host and the path of a resource (RFC 9728 section
// 3.1).
const wellKnown = "/.well-known/oauth-protected-resource"

// MetadataConfig says what clients are told about an API. Resource and AuthorizationServers
// must be set.
type MetadataConfig struct {
	// Resource is the API's identifier: its https URL as clients write it, with a custom
	// domain or, without one, with the stage, such as "https://api.example.com/mcp". Many
	// clients take the document only if this is the very URL that they call (RFC 9728
	// section 3.3). No query, no fragment; http is taken for loopback alone. Required.
	Resource string

	// AuthorizationServers are the issuers of the tokens that the API takes, as iss and
	// the verifiers have them. At least one.
	AuthorizationServers []string

	// Scopes are those that clients may ask for, such as policy.Table.Scopes. Clients that
	// are told no scope by a challenge ask for all of them: leave out what only few
	// should have.
	Scopes []string

	// Binding is that of the middleware or authorizer, for what the document says of DPoP
	// and of client certificates.
	Binding binding.Binding

	// Name is the API's name for people, and Documentation the address of a page for
	// developers. Both may be empty.
	Name, Documentation string

	// URL is where the document is served. Empty means the place that clients look in
	// without being told: "/.well-known/oauth-protected-resource" between the host and the
	// path of Resource (section 3.1). The execute-api host of a REST API has no such place,
	// because every path begins with a stage: there choose a path below the stage, such as
	// "https://ID.execute-api.REGION.amazonaws.com/prod/metadata", which clients learn from
	// the challenge alone, or take a custom domain.
	URL string

	// CacheControl is for how long caches may keep the document, in whole seconds, at most
	// a day; 0 means DefaultCacheControl.
	CacheControl time.Duration
}

// Metadata is the metadata of a protected resource (RFC 9728): which issuers make tokens for
// it, and what can be asked of them. It is checked and built once. It is safe for concurrent
// use. Make it with [NewMetadata].
type Metadata struct {
	document     []byte
	url          *url.URL
	challenge    string
	responses    []byte // for a REST API
	cacheControl time.Duration
}

var _ http.Handler = (*Metadata)(nil)

// NewMetadata makes the metadata of an API, or returns an error that says which setting to
// mend.
func NewMetadata(cfg MetadataConfig) (*Metadata, error) {
	m, err := newMetadata(cfg)
	if err != nil {
		return nil, fmt.Errorf("httpauth: metadata: %w", err)
	}
	return m, nil
}

func newMetadata(cfg MetadataConfig) (*Metadata, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	address, err := cfg.address()
	if err != nil {
		return nil, fmt.Errorf("MetadataConfig.Resource: %w", err)
	}
	setup.Default(&cfg.CacheControl, DefaultCacheControl)
	m := &Metadata{url: address, challenge: challengeOf(cfg.Binding, address.String()), cacheControl: cfg.CacheControl}
	if m.document, err = json.Marshal(newDocument(cfg)); err != nil {
		return nil, err
	}
	if m.responses, err = json.Marshal(gatewayResponses(m.challenge)); err != nil {
		return nil, err
	}
	return m, nil
}

func (c *MetadataConfig) check() error {
	switch {
	case c.Resource == "":
		return errors.New("set MetadataConfig.Resource to the URL of the API as clients write it")
	case len(c.AuthorizationServers) == 0:
		return errors.New("set MetadataConfig.AuthorizationServers to the issuers of the tokens")
	case c.Binding != nil && setup.Unmade(c.Binding):
		return errors.New("MetadataConfig.Binding was not made: check the error of the function that was to make it")
	case c.CacheControl != 0 && (c.CacheControl < time.Second || c.CacheControl > 24*time.Hour):
		return fmt.Errorf("MetadataConfig.CacheControl is %v: set it between 1s and 24h, or 0 for %v", c.CacheControl, DefaultCacheControl)
	}
	for _, field := range [...]struct{ name, address string }{{"Resource", c.Resource}, {"URL", c.URL}, {"Documentation", c.Documentation}} {
		if field.address == "" {
			continue
		}
		if err := checkAddress(field.address); err != nil {
			return fmt.Errorf("MetadataConfig.%s: %w", field.name, err)
		}
	}
	for i, issuer := range c.AuthorizationServers {
		if _, err := discovery.ParseIssuer(issuer); err != nil {
			return fmt.Errorf("MetadataConfig.AuthorizationServers: %w", err)
		}
		if slices.Contains(c.AuthorizationServers[:i], issuer) {
			return fmt.Errorf("MetadataConfig.AuthorizationServers has %s twice", redact.Quote(issuer))
		}
	}
	if err := checkScopes(c.Scopes); err != nil {
		return fmt.Errorf("MetadataConfig.Scopes: %w", err)
	}
	return nil
}

// checkAddress refuses an address that is not https, and one with quotes, which would end the
// text that it stands in: of a challenge, or of a gateway response.
func checkAddress(text string) error {
	if strings.ContainsAny(text, `"'\`) || !isPrintable(text) {
		return fmt.Errorf("%s: percent-encode quotes, backslashes and what is not ASCII", redact.Quote(text))
	}
	_, err := discovery.ParseEndpoint(text)
	return err
}

// address returns where the document is served.
func (c *MetadataConfig) address() (*url.URL, error) {
	resource, err := url.Parse(c.Resource)
	switch {
	case err != nil:
		return nil, err
	case strings.Contains(c.Resource, "?"):
		return nil, errors.New("it has a query: leave it out")
	case resource.Path != "" && path.Clean(resource.Path) != resource.Path && path.Clean(resource.Path)+"/" != resource.Path:
		return nil, errors.New("it has an empty segment, or dots for one, which clients take out: name the path itself")
	case c.URL != "":
		return url.Parse(c.URL)
	}
	below := resource.EscapedPath()
	if below == "/" {
		below = ""
	}
	return url.Parse(discovery.ShowOrigin(resource) + wellKnown + below)
}

// A document is what is told (RFC 9728 section 2).
type document struct {
	Resource             string   `json:"resource"`
	AuthorizationServers []string `json:"authorization_servers"`
	Scopes               []string `json:"scopes_supported,omitempty"`
	BearerMethods        []string `json:"bearer_methods_supported"` // empty: none is
	Name                 string   `json:"resource_name,omitempty"`
	Documentation        string   `json:"resource_documentation,omitempty"`
	CertificateBound     bool     `json:"tls_client_certificate_bound_access_tokens,omitempty"`
	DPoPAlgorithms       []string `json:"dpop_signing_alg_values_supported,omitempty"`
	DPoPRequired         bool     `json:"dpop_bound_access_tokens_required,omitempty"`
}

func newDocument(cfg MetadataConfig) document {
	d := document{
		Resource: cfg.Resource, AuthorizationServers: cfg.AuthorizationServers, Scopes: cfg.Scopes,
		BearerMethods: []string{}, Name: cfg.Name, Documentation: cfg.Documentation,
	}
	if takesBearer(cfg.Binding) {
		d.BearerMethods = []string{"header"}
	}
	switch b := cfg.Binding.(type) {
	case *binding.Certificate, *binding.Either:
		d.CertificateBound = true
	case *binding.DPoP:
		d.DPoPRequired = b.RequiresProof()
	}
	if dpop, ok := cfg.Binding.(challenger); ok {
		d.DPoPAlgorithms = strings.Fields(dpop.Challenge(nil).Algs)
	}
	return d
}

// challengeOf returns the value of WWW-Authenticate that leads to the document.
func challengeOf(b binding.Binding, address string) string {
	var challenges []string
	if takesBearer(b) {
		challenges = append(challenges, challenge{scheme: bearerScheme, metadata: address}.String())
	}
	if dpop, ok := b.(challenger); ok {
		challenges = append(challenges, challenge{scheme: dpopScheme, algs: dpop.Challenge(nil).Algs, metadata: address}.String())
	}
	return strings.Join(challenges, ", ")
}

// URL returns where the document is, for [Config.ResourceMetadata].
func (m *Metadata) URL() string {
	if m == nil || m.url == nil {
		return ""
	}
	return m.url.String()
}

// Path returns the path of URL, such as "/.well-known/oauth-protected-resource/mcp", to serve
// the document at. Behind API Gateway it begins with the stage where URL does, and the route
// is the rest.
func (m *Metadata) Path() string {
	if m == nil || m.url == nil {
		return ""
	}
	return m.url.EscapedPath()
}

// Document returns the document, to be served as application/json.
func (m *Metadata) Document() []byte {
	if m == nil {
		return nil
	}
	return slices.Clone(m.document)
}

// Challenge returns the value of the header WWW-Authenticate that leads clients to the
// document, for those who answer with a 401 themselves (RFC 9728 section 5.1).
func (m *Metadata) Challenge() string {
	if m == nil {
		return ""
	}
	return m.challenge
}

// ServeHTTP serves the document to GET and HEAD, with ETag and Cache-Control, at whichever
// path it is asked. Web pages of any origin may read it: it is public, and clients in
// browsers need it. A preflight of theirs is answered too. Any other method gets 405.
func (m *Metadata) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if m == nil || m.url == nil {
		refuse(w, http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*")
	if r.Method == http.MethodOptions {
		header.Set("Access-Control-Allow-Headers", "*") // clients send MCP-Protocol-Version
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if publish.IsRead(w, r) {
		publish.Serve(w, r, m.document, m.cacheControl)
	}
}
