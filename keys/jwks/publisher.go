package jwks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
)

// DefaultCacheControl is for how long caches may keep what a [Publisher] serves, if
// [PublisherConfig.CacheControl] says nothing.
const DefaultCacheControl = 5 * time.Minute

// PublisherConfig says what an issuer publishes. Issuer and Keys must be set.
type PublisherConfig struct {
	// Issuer is the issuer's name: the iss of its tokens and what verifiers are
	// configured with, byte for byte. An https URL without query and fragment (OpenID
	// Connect Discovery 1.0 section 3); http is taken for loopback alone, for tests.
	// Required.
	Issuer string

	// Keys has the public keys: a Set, a ring, or keys held by KMS. Required.
	Keys keys.PublicSource

	// JWKSURI is where the set is served; empty means Issuer and
	// /.well-known/jwks.json behind it.
	JWKSURI string

	// AuthorizationEndpoint and TokenEndpoint are the addresses where users log in and
	// tokens are issued. An OpenID provider must name the first (OpenID Connect
	// Discovery 1.0 section 3). An issuer that only publishes keys has none, and
	// leaves it out as RFC 8414 section 2 allows: few verifiers look at it.
	AuthorizationEndpoint, TokenEndpoint string

	// CacheControl is for how long caches between issuer and verifier may keep what is
	// served, in whole seconds, at most a day; 0 means DefaultCacheControl. Where Keys
	// is a rotation.Ring it must fit into the schedule's Margin.
	CacheControl time.Duration
}

// A Publisher makes what an issuer publishes so that others can verify its tokens: the
// discovery document (OpenID Connect Discovery 1.0 section 3) and the JWK set (RFC 7517
// section 5). It serves both over HTTP, or gives them as bytes for files. It is safe
// for concurrent use. Make it with [NewPublisher].
type Publisher struct {
	cfg           PublisherConfig
	discoveryPath string
	jwksPath      string
}

// NewPublisher makes a Publisher, or returns an error that says which setting to mend.
func NewPublisher(cfg PublisherConfig) (*Publisher, error) {
	p, err := newPublisher(cfg)
	if err != nil {
		return nil, fmt.Errorf("jwks: publisher: %w", err)
	}
	return p, nil
}

func newPublisher(cfg PublisherConfig) (*Publisher, error) {
	if cfg.Issuer == "" {
		return nil, errors.New("set PublisherConfig.Issuer to the iss of the tokens, an https URL")
	}
	if setup.Unmade(cfg.Keys) {
		return nil, errors.New("set PublisherConfig.Keys to the keys to publish")
	}
	if _, err := discovery.ParseIssuer(cfg.Issuer); err != nil {
		return nil, fmt.Errorf("PublisherConfig.Issuer: %w", err)
	}
	if cfg.JWKSURI == "" {
		cfg.JWKSURI = discovery.Behind(cfg.Issuer, jwksPath)
	}
	if cfg.CacheControl == 0 {
		cfg.CacheControl = DefaultCacheControl
	}
	if cfg.CacheControl < time.Second || cfg.CacheControl > 24*time.Hour {
		return nil, fmt.Errorf("PublisherConfig.CacheControl is %v: set it between 1s and 24h, or 0 for %v", cfg.CacheControl, DefaultCacheControl)
	}
	if ring, ok := cfg.Keys.(interface{ Margin() time.Duration }); ok && cfg.CacheControl > ring.Margin() {
		return nil, fmt.Errorf("PublisherConfig.CacheControl is %v, and the schedule's margin %v: by then a new key may sign that caches do not have, make the margin as long as CacheControl",
			cfg.CacheControl, ring.Margin())
	}
	if err := cfg.checkEndpoints(); err != nil {
		return nil, err
	}
	return newPublisherAt(cfg)
}

func (c *PublisherConfig) checkEndpoints() error {
	for _, endpoint := range []struct{ name, address string }{
		{"JWKSURI", c.JWKSURI},
		{"AuthorizationEndpoint", c.AuthorizationEndpoint},
		{"TokenEndpoint", c.TokenEndpoint},
	} {
		if endpoint.address == "" {
			continue
		}
		if _, err := discovery.ParseEndpoint(endpoint.address); err != nil {
			return fmt.Errorf("PublisherConfig.%s: %w", endpoint.name, err)
		}
	}
	return nil
}

// newPublisherAt makes a Publisher whose paths are those of its addresses.
func newPublisherAt(cfg PublisherConfig) (*Publisher, error) {
	p := &Publisher{cfg: cfg}
	for _, place := range []struct {
		path    *string
		address string
	}{
		{&p.discoveryPath, discovery.Behind(cfg.Issuer, discovery.Path)},
		{&p.jwksPath, cfg.JWKSURI},
	} {
		u, err := url.Parse(place.address)
		switch {
		case err != nil:
			return nil, err
		case u.Path == "":
			return nil, errors.New("PublisherConfig.JWKSURI has no path: use one such as https://keys.example.com/jwks.json")
		}
		*place.path = u.Path
	}
	if p.discoveryPath == p.jwksPath {
		return nil, errors.New("PublisherConfig.JWKSURI is where the discovery document is served: choose another path")
	}
	return p, nil
}

// DiscoveryPath returns the path of the discovery document on the issuer's host, such
// as /.well-known/openid-configuration.
func (p *Publisher) DiscoveryPath() string {
	if p == nil {
		return ""
	}
	return p.discoveryPath
}

// JWKSPath returns the path of the JWK set on the host of JWKSURI, such as
// /.well-known/jwks.json.
func (p *Publisher) JWKSPath() string {
	if p == nil {
		return ""
	}
	return p.jwksPath
}

// Discovery returns the discovery document, to be served as application/json. It names
// the algorithms of the keys. Errors are those of [Publisher.JWKS].
func (p *Publisher) Discovery(ctx context.Context) ([]byte, error) {
	set, err := p.set(ctx)
	if err != nil {
		return nil, err
	}
	return newMetadata(p.cfg, set).marshal()
}

// JWKS returns the JWK set as it is to be published now, to be served as
// application/json: for each key kty, use, alg, a kid of its own and its public
// members, n and e for RSA, with no certificate. It returns an error if the source of
// the keys does, or if the set has more than the 150,000 bytes that API Gateway reads.
func (p *Publisher) JWKS(ctx context.Context) ([]byte, error) {
	set, err := p.set(ctx)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("jwks: publisher: %w", err)
	}
	if len(text) > discovery.MaxGatewayJWKS {
		return nil, fmt.Errorf("jwks: publisher: a JWK set of %d bytes: API Gateway reads at most %d, leave out keys that no token needs any more",
			len(text), discovery.MaxGatewayJWKS)
	}
	return text, nil
}

func (p *Publisher) set(ctx context.Context) (*keys.Set, error) {
	if p == nil || p.cfg.Keys == nil {
		return nil, errNotMade
	}
	set, err := p.cfg.Keys.PublicSet(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("jwks: publisher: %w", err)
	case len(set.Keys()) == 0:
		return nil, fmt.Errorf("jwks: publisher: %w: the source of the keys gave none", keys.ErrMisconfigured)
	}
	return set, nil
}
