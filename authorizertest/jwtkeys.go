package authorizertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/flight"
	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/keys"
)

const (
	fetchTimeout = 1500 * time.Millisecond // of each document
	keysLifetime = 2 * time.Hour
)

// jwksLimits bound nothing that fits into the limit on the size of the text.
var jwksLimits = jose.Limits{Depth: 64, Members: discovery.MaxGatewayJWKS}

// issuerKeys has the keys that an issuer publishes.
type issuerKeys struct {
	issuer  string
	client  http.Client
	fetches *flight.Group[string, *publishedKeys]

	mu   sync.Mutex
	held *publishedKeys
}

func newIssuerKeys(cfg *JWTAuthorizer) *issuerKeys {
	client := http.DefaultClient
	if cfg.Client != nil {
		client = cfg.Client
	}
	k := &issuerKeys{
		issuer: cfg.Issuer, client: *client,
		fetches: flight.NewGroup[string, *publishedKeys](2 * fetchTimeout),
	}
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

// get returns the keys, and whether it had them already. Of several callers at a time
// one fetches for all.
func (k *issuerKeys) get(ctx context.Context, now time.Time) (published *publishedKeys, cached bool, err error) {
	if published = k.known(now); published != nil {
		return published, true, nil
	}
	published, err = k.fetches.Do(ctx, k.issuer, func(ctx context.Context) (*publishedKeys, error) {
		if known := k.known(now); known != nil { // another's fetch has just ended
			return known, nil
		}
		return k.fetch(ctx, now)
	})
	if err != nil && !errors.As(err, new(refusal)) { // the caller's own context
		err = fmt.Errorf("%w: %w", errDiscovery, err)
	}
	return published, false, err
}

// known returns the keys if they are not too old, or else nil. They may be younger than
// the request, which had to wait; but not by much, or the clock has been set back.
func (k *issuerKeys) known(now time.Time) *publishedKeys {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.held == nil || now.Sub(k.held.fetched).Abs() >= keysLifetime {
		return nil
	}
	return k.held
}

func (k *issuerKeys) fetch(ctx context.Context, now time.Time) (*publishedKeys, error) {
	address, err := k.discover(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errDiscovery, err)
	}
	text, err := k.download(ctx, address, discovery.MaxGatewayJWKS)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJWKS, err)
	}
	set, err := keys.ParseJWKS(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJWKS, err)
	}
	named, err := namedKeys(text)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errJWKS, err)
	}
	published := &publishedKeys{set: set, named: named, fetched: now}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.held = published
	return published, nil
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
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
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
