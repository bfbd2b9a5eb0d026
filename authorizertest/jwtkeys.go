package authorizertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/keys"
)

// What AWS documents of the JWT authorizer of HTTP APIs.
const (
	fetchTimeout = 1500 * time.Millisecond // of each document
	keysLifetime = 2 * time.Hour
)

// jwksLimits bound nothing that fits into the limit on the size of the text.
var jwksLimits = jose.Limits{Depth: 64, Members: discovery.MaxGatewayJWKS}

// keyRules say how an authorizer fetches and keeps an issuer's keys.
type keyRules struct {
	timeout    time.Duration // of each document
	size       int64         // of the JWK set, in bytes
	maxAge     time.Duration
	cooldown   time.Duration // for so long a key that is not in the set is not looked for
	algorithms []string      // which a key serves that is published without one
}

// issuerKeys has the keys that an issuer publishes.
type issuerKeys struct {
	issuer  string
	client  http.Client
	rules   keyRules
	jwksURI string        // empty if it is looked up before each fetch of the set
	turn    chan struct{} // full while somebody fetches
	held    atomic.Pointer[publishedKeys]
}

func newIssuerKeys(issuer string, client *http.Client, rules keyRules) *issuerKeys {
	if client == nil {
		client = http.DefaultClient
	}
	k := &issuerKeys{issuer: issuer, client: *client, rules: rules, turn: make(chan struct{}, 1)}
	k.client.CheckRedirect = func(*http.Request, []*http.Request) error {
		return errors.New("a redirect, which API Gateway is not known to follow")
	}
	return k
}

// publishedKeys is a JWK set as it was at one time.
type publishedKeys struct {
	set     *keys.Set
	named   map[string]bool // the kids that are spelled out
	fetched time.Time
	tried   time.Time // when it was last fetched, or could not be
}

// verify checks a token's signature. kid has to be spelled out in the set: a key
// without one is nobody's.
func (p *publishedKeys) verify(ctx context.Context, h keys.Header, token jose.Compact) error {
	if !p.named[h.Kid] {
		return errKeyID
	}
	key, err := p.set.VerificationKey(ctx, h)
	switch {
	case errors.Is(err, keys.ErrAlgorithm):
		return errSigningMethod
	case err != nil:
		return errKeyID
	}
	if err := key.Verify(ctx, token.Input, token.Signature); err != nil {
		return errSignature
	}
	return nil
}

// get returns the keys, and whether it had them already. It fetches them if they are too
// old, or if there is none of this kid and they may be newer. One caller fetches at a
// time, and the others wait.
func (k *issuerKeys) get(ctx context.Context, kid string, now time.Time) (published *publishedKeys, cached bool, err error) {
	if published = k.known(kid, now); published != nil {
		return published, true, nil
	}
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return nil, false, fmt.Errorf("%w: %w", errDiscovery, ctx.Err())
	}
	if published = k.known(kid, now); published != nil { // another's fetch has just ended
		return published, false, nil
	}
	published, err = k.fetch(ctx, now)
	if err != nil {
		if held := k.held.Load(); held != nil && ctx.Err() == nil {
			held := *held
			held.tried = now
			k.held.Store(&held)
		}
		return nil, false, err
	}
	k.held.Store(published)
	return published, false, nil
}

// known returns the keys if nothing needs to be fetched, otherwise nil. They may be younger
// than the request, which had to wait; but not by much, or the clock has been set back.
func (k *issuerKeys) known(kid string, now time.Time) *publishedKeys {
	held := k.held.Load()
	switch {
	case held == nil, now.Sub(held.fetched).Abs() >= k.rules.maxAge:
		return nil
	case !held.named[kid] && now.Sub(held.tried).Abs() >= k.rules.cooldown:
		return nil
	}
	return held
}

func (k *issuerKeys) fetch(ctx context.Context, now time.Time) (*publishedKeys, error) {
	address, err := k.jwksURI, error(nil)
	if address == "" {
		address, err = k.discover(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDiscovery, err)
	}
	text, err := k.download(ctx, address, k.rules.size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJWKS, err)
	}
	set, err := keys.ParseJWKS(text, k.rules.algorithms...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJWKS, err)
	}
	named, err := namedKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJWKS, err)
	}
	return &publishedKeys{set: set, named: named, fetched: now, tried: now}, nil
}

// discover asks the issuer for its jwks_uri.
func (k *issuerKeys) discover(ctx context.Context) (jwksURI string, err error) {
	text, err := k.download(ctx, discovery.Behind(k.issuer, discovery.Path), discovery.MaxSize)
	if err != nil {
		return "", err
	}
	document, err := discovery.Parse(text)
	if err != nil {
		return "", fmt.Errorf("the discovery document: %w", err)
	}
	if document.Issuer != k.issuer {
		return "", fmt.Errorf("the discovery document is of issuer %q and the authorizer's is %q: they must be the same, byte for byte", document.Issuer, k.issuer)
	}
	if _, err := discovery.ParseEndpoint(document.JWKSURI); err != nil {
		return "", fmt.Errorf("the discovery document's jwks_uri: %w", err)
	}
	return document.JWKSURI, nil
}

// download fetches a document of at most size bytes.
func (k *issuerKeys) download(ctx context.Context, address string, size int64) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, k.rules.timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := k.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %d", address, response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, size+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(text)) > size:
		return nil, fmt.Errorf("%s has more than %d bytes", address, size)
	}
	return text, nil
}

// namedKeys returns the kids in a JWK set that has been read, if each is there once.
func namedKeys(text []byte) (map[string]bool, error) {
	named := map[string]bool{}
	err := jose.Members(string(text), jwksLimits, func(name string, value jose.Value) error {
		if name != "keys" {
			return nil
		}
		return jose.Elements(value, func(key jose.Value) error {
			return jose.Members(key.Raw, jwksLimits, func(name string, value jose.Value) error {
				kid, ok := value.Text()
				switch {
				case !ok || name != "kid" || kid == "":
				case named[kid]:
					return errors.New("two keys of one kid")
				default:
					named[kid] = true
				}
				return nil
			})
		})
	})
	return named, err
}
