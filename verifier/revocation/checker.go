package revocation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/outage"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// ErrRevoked says that a token has been revoked. It wraps [verifier.ErrInvalidToken].
var ErrRevoked = fmt.Errorf("%w: it has been revoked", verifier.ErrInvalidToken)

// Defaults of [Config] and [IntrospectionConfig].
const (
	DefaultTimeout   = 5 * time.Second
	DefaultCacheSize = 10_000
)

const (
	maxTimeout     = time.Minute
	maxCacheMaxAge = time.Hour
)

// Config says where revocations are looked up. Store must be set; every other zero value is
// the strict choice.
type Config struct {
	// Store knows what has been revoked. Required.
	Store Store

	// Kinds are the kinds of revocations that are looked up. Nil means all three. A token
	// is looked up by those of their claims that it has. A token that has none of them
	// could not be revoked, and is refused. To require a claim of each token, name it in
	// verifier.Config.RequiredClaims.
	Kinds []Kind

	// Timeout is how long the store may take, whatever time the caller has left. At most
	// a minute; 0 means DefaultTimeout.
	Timeout time.Duration

	// CacheMaxAge is for how long the store's answers are remembered, and so how late a
	// revocation may take effect. At most an hour; 0 means that none is remembered.
	CacheMaxAge time.Duration

	// CacheSize is how many answers are remembered at most, one for each key. The least
	// recently used gives way to a new one. 0 means DefaultCacheSize. An answer takes
	// about 250 bytes.
	CacheSize int

	// AcceptUnchecked, if not nil, decides about a token when the store fails: true
	// accepts the token, although it may have been revoked. It is also the place to log
	// that. It is not asked when the cache remembers, at whatever age, that the token was
	// revoked, or when ctx has ended. Nil accepts nothing: an outage is an error.
	AcceptUnchecked func(ctx context.Context, t *verifier.Token, err error) bool

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Checker looks tokens up in a store. It is safe for concurrent use. Make it with [New].
type Checker struct {
	cfg   Config
	cache *cache // nil if nothing is remembered
}

var errNotMade = fmt.Errorf("revocation: %w: a zero value: make it with New or NewIntrospector", keys.ErrMisconfigured)

// New returns a checker, or an error that says which setting to mend.
func New(cfg Config) (*Checker, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("revocation: %w", err)
	}
	cfg.Kinds = slices.Clone(cfg.Kinds)
	if cfg.Kinds == nil {
		cfg.Kinds = []Kind{ByToken, BySubject, BySession}
	}
	setup.Default(&cfg.Timeout, DefaultTimeout)
	setup.Default(&cfg.CacheSize, DefaultCacheSize)
	cfg.Now = clock.Wall(cfg.Now)
	c := &Checker{cfg: cfg}
	if cfg.CacheMaxAge > 0 {
		c.cache = newCache(cfg.CacheSize, cfg.CacheMaxAge, cfg.Now)
	}
	return c, nil
}

func (c *Config) check() error {
	switch {
	case setup.IsNil(c.Store):
		return errors.New("set Config.Store to what knows of revocations: it is nil")
	case c.Kinds != nil && len(c.Kinds) == 0:
		return errors.New("Config.Kinds is empty: name at least one, or leave it nil for all")
	case c.CacheMaxAge < 0 || c.CacheMaxAge > maxCacheMaxAge:
		return fmt.Errorf("Config.CacheMaxAge is %v: set it to at most %v, or to 0 for no cache", c.CacheMaxAge, maxCacheMaxAge)
	case c.CacheSize < 0:
		return fmt.Errorf("Config.CacheSize is %d: set it to the number of answers to remember, or to 0 for %d", c.CacheSize, DefaultCacheSize)
	case c.CacheSize > 0 && c.CacheMaxAge == 0:
		return errors.New("Config.CacheSize is set and CacheMaxAge is not: set both, or none for no cache")
	}
	for _, kind := range c.Kinds {
		if kind != ByToken && kind != BySubject && kind != BySession {
			return fmt.Errorf("Config.Kinds holds %s: use ByToken, BySubject and BySession", redact.Quote(string(kind)))
		}
	}
	return checkTimeout(c.Timeout, "Config.Timeout")
}

func checkTimeout(timeout time.Duration, name string) error {
	if timeout < 0 || timeout > maxTimeout {
		return fmt.Errorf("%s is %v: set it to at most %v, or to 0 for %v", name, timeout, maxTimeout, DefaultTimeout)
	}
	return nil
}

// Check is a [verifier.Config.Check]: it looks a verified token up. It returns nil for a
// token that has not been revoked, [ErrRevoked] for one that has, and another error that
// wraps [verifier.ErrInvalidToken] for a token that has none of the claims of Config.Kinds.
// Any other error is an outage.
//
// The revocation of a subject is about tokens whose iat is in the same second or earlier,
// and about tokens without iat.
func (c *Checker) Check(ctx context.Context, t *verifier.Token) error {
	switch {
	case c == nil || c.cfg.Store == nil:
		return errNotMade
	case t == nil:
		return errors.New("revocation: the token is nil: check the error of Verify first")
	}
	wanted, err := keysOf(t, c.cfg.Kinds)
	if err != nil {
		return err
	}
	var unknown []Key
	for _, key := range wanted {
		a, fresh := c.cache.get(key)
		switch {
		case fresh && a.revokes(key, t):
			return ErrRevoked
		case !fresh:
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return c.ask(ctx, t, unknown)
}

// ask has the store decide.
func (c *Checker) ask(ctx context.Context, t *verifier.Token, unknown []Key) error {
	asked := c.cfg.Now()
	found, err := c.lookup(ctx, unknown)
	if err != nil {
		return c.unchecked(ctx, t, unknown, err)
	}
	revoked := false
	for _, key := range unknown {
		since, listed := found[key]
		a := answer{listed, since, asked}
		c.cache.put(key, a)
		revoked = revoked || a.revokes(key, t)
	}
	if revoked {
		return ErrRevoked
	}
	return nil
}

func (c *Checker) lookup(ctx context.Context, unknown []Key) (map[Key]time.Time, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	return c.cfg.Store.Lookup(ctx, slices.Clone(unknown))
}

// unchecked decides about a token of which the store has said nothing.
func (c *Checker) unchecked(ctx context.Context, t *verifier.Token, unknown []Key, err error) error {
	for _, key := range unknown {
		if a, _ := c.cache.get(key); a.revokes(key, t) {
			return ErrRevoked // what was revoked then is so now, as far as anybody knows
		}
	}
	if ctx.Err() == nil && c.cfg.AcceptUnchecked != nil && c.cfg.AcceptUnchecked(ctx, t, err) {
		return nil
	}
	return fmt.Errorf("revocation: asking the store: %w", outage.Of(err, verifier.ErrInvalidToken))
}

// An answer is what the store has said of a key.
type answer struct {
	listed bool
	since  time.Time
	asked  time.Time
}

// revokes reports whether the answer about one of its keys revokes a token.
func (a answer) revokes(key Key, t *verifier.Token) bool {
	switch {
	case !a.listed:
		return false
	case key.Kind != BySubject || a.since.IsZero() || t.IssuedAt.IsZero():
		return true
	}
	return t.IssuedAt.Unix() <= a.since.Unix()
}
