package verifier

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/lru"
	"github.com/lambdajwt/authorizer/internal/outage"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
)

// DefaultIssuers is how many issuers a verifier of [ByIssuerFunc] keeps, if
// [IssuersConfig.Size] says nothing.
const DefaultIssuers = 100

// IssuersConfig says which issuers there are. Allow and Verifier must be set.
type IssuersConfig struct {
	// Allow reports whether tokens of an issuer are to be verified at all. It gets whatever
	// a token claims, so it must be strict: a lookup in a list of tenants, or a pattern of
	// which every issuer is trusted. Each name that it admits can cause a fetch of keys.
	// Required.
	Allow func(issuer string) bool

	// Verifier returns the verifier of an issuer that Allow admits: New with keys of
	// jwks.NewRemote, for one. Its error is an outage. Required.
	Verifier func(issuer string) (Verifier, error)

	// Size is how many verifiers are kept of issuers one of whose tokens was good, and
	// again how many of others: names that are made up push nobody out. At most 10,000; 0
	// means DefaultIssuers.
	Size int
}

const maxIssuers = 10_000

// ByIssuerFunc is [ByIssuer] for issuers by the hundred, such as the tenants of Microsoft
// Entra ID: each verifier is made when the first token of its issuer comes, and kept while
// it is in use.
func ByIssuerFunc(cfg IssuersConfig) (Verifier, error) {
	switch {
	case cfg.Allow == nil:
		return nil, errors.New("verifier: set IssuersConfig.Allow to what says which issuers are trusted")
	case cfg.Verifier == nil:
		return nil, errors.New("verifier: set IssuersConfig.Verifier to what makes the verifier of an issuer")
	case cfg.Size < 0 || cfg.Size > maxIssuers:
		return nil, fmt.Errorf("verifier: IssuersConfig.Size is %d: set it between 1 and %d, or 0 for %d", cfg.Size, maxIssuers, DefaultIssuers)
	}
	setup.Default(&cfg.Size, DefaultIssuers)
	return &byIssuerFunc{cfg: cfg, proven: lru.New[string, Verifier](cfg.Size), others: lru.New[string, Verifier](cfg.Size)}, nil
}

type byIssuerFunc struct {
	cfg IssuersConfig

	mu     sync.Mutex
	proven *lru.Map[string, Verifier] // of which a token was good
	others *lru.Map[string, Verifier]
}

func (b *byIssuerFunc) Verify(ctx context.Context, token string) (*Token, error) {
	issuer, err := claimedIssuer(token, jose.MaxTokenSize)
	if err != nil {
		return nil, err
	}
	if issuer == "" || !b.cfg.Allow(issuer) {
		return nil, &Error{Reason: Unproven, Detail: UnknownIssuer}
	}
	v, proven, err := b.get(issuer)
	if err != nil {
		return nil, err
	}
	t, err := verifyOf(ctx, v, issuer, token)
	if err == nil && !proven {
		b.prove(issuer, v)
	}
	return t, err
}

// get returns the verifier of an issuer, and whether a token of it was good.
func (b *byIssuerFunc) get(issuer string) (v Verifier, proven bool, err error) {
	if v, proven := b.find(issuer); v != nil {
		return v, proven, nil
	}
	v, err = b.cfg.Verifier(issuer)
	switch {
	case err != nil:
		return nil, false, fmt.Errorf("verifier: IssuersConfig.Verifier of %s: %w", redact.Quote(issuer), outage.Of(err, ErrInvalidToken))
	case setup.Unmade(v):
		return nil, false, fmt.Errorf("verifier: IssuersConfig.Verifier of %s gave neither a verifier nor an error", redact.Quote(issuer))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if first, found := b.others.Get(issuer); found { // which somebody else has made meanwhile
		return first, false, nil
	}
	b.others.Put(strings.Clone(issuer), v) // the rest of the token is not kept
	return v, false, nil
}

func (b *byIssuerFunc) find(issuer string) (v Verifier, proven bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if v, found := b.proven.Get(issuer); found {
		return v, true
	}
	v, _ = b.others.Get(issuer)
	return v, false
}

func (b *byIssuerFunc) prove(issuer string, v Verifier) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.others.Delete(issuer)
	b.proven.Put(strings.Clone(issuer), v)
}
