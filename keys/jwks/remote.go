package jwks

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/outage"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/refresh"
	"github.com/lambdajwt/authorizer/keys"
)

// Defaults of [RemoteConfig].
const (
	DefaultMaxAge   = time.Hour
	DefaultGrace    = time.Hour
	DefaultCooldown = time.Minute
	DefaultTimeout  = 5 * time.Second
)

// Bounds of [RemoteConfig].
const (
	minRemoteMaxAge  = time.Minute
	maxRemoteAge     = 24 * time.Hour
	maxRemoteTimeout = time.Minute
)

// RemoteConfig says where an issuer publishes its keys, and for how long they are
// used. Issuer or URL must be set; every other zero value has a default.
type RemoteConfig struct {
	// Issuer is the issuer's name, the iss of its tokens, byte for byte. Its keys are
	// found by OpenID Connect Discovery: the document behind the issuer names it, by
	// the same bytes, and the address of its JWK set. An https URL without query and
	// fragment.
	Issuer string

	// URL is the address of the JWK set, for an issuer without discovery. An https
	// URL. Set this or Issuer.
	//
	// Where Issuer, URL or an origin is a loopback address or localhost it may be of
	// http: that is for tests.
	URL string

	// Origins are further origins, such as "https://www.googleapis.com", to which an
	// answer may lead: by jwks_uri, which without being listed is at the issuer's own
	// origin, or by a redirect. A redirect is followed only to an origin that is listed; the
	// issuer's own must be listed, too. Most providers need none. Google needs
	// https://www.googleapis.com, and Microsoft's v1.0 tokens (issuer
	// https://sts.windows.net/...) need https://login.microsoftonline.com. Whoever controls
	// one of these origins controls the keys.
	Origins []string

	// MaxAge is how long a set is used before it is fetched again. A max-age in its
	// Cache-Control makes that shorter, down to Cooldown, never longer. From a minute
	// to a day; 0 means DefaultMaxAge.
	MaxAge time.Duration

	// Grace is for how much longer an old set is used while it cannot be fetched: by
	// then, a key that has been withdrawn meanwhile is still accepted. It goes before
	// what Cache-Control says. At most a day; 0 means DefaultGrace, and less
	// than 0 means none.
	Grace time.Duration

	// Cooldown is the least time between a fetch that succeeded and one that a token
	// with an unknown kid causes: the tokens of a key that has just been published are
	// refused for that long at most. From a second to MaxAge; 0 means DefaultCooldown, or
	// MaxAge if that is less.
	Cooldown time.Duration

	// Timeout is how long a fetch may take, discovery and set together, whatever time
	// the caller has left. At most a minute; 0 means DefaultTimeout.
	Timeout time.Duration

	// Algorithms are those that tokens may have; a token of another one is refused. A key
	// that is published without alg serves those of them that fit its type and curve.
	// Empty means whatever alg the keys name, and for those that name none what
	// id_token_signing_alg_values_supported of the issuer's discovery document lists; where
	// there is none, what keys.ParseJWKS takes by itself. Never what the token says.
	Algorithms []string

	// Preloaded is a JWK set to use until the first fetch succeeds and for Grace from
	// the start at most, so that a function starts while its issuer is down: a file,
	// embedded or beside the program. It saves no fetch. A key that has been withdrawn
	// since is accepted only while the issuer cannot be reached. To go without the
	// network at all, give a verifier the keys.Set of [keys.ParseJWKS].
	Preloaded []byte

	// Transport makes the requests; nil means one of the Remote's own, with TLS 1.2 or
	// later, no proxy, and no connection kept between fetches. It must not follow
	// redirects.
	Transport http.RoundTripper

	// Observer is told of each fetch, of each use of the set that was there, and when the
	// issuer has published other keys, for metrics. It runs while a request waits.
	Observer func(context.Context, keys.Event)

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A label is what a Remote prints as, whatever the verb.
type label = redact.Label

// A Remote verifies with the keys that an issuer publishes, by JWK set or OpenID
// Connect Discovery. Make it with [NewRemote], one for each issuer. It is safe for
// concurrent use.
//
// It is made for Lambda, where nothing runs between invocations: it has no goroutine
// and no timer, and fetches when a request needs it, once for all requests that need
// it at the same time. The request that begins a fetch carries it through, in nine
// tenths of the time that it has left, and in half of that time if there are keys to go
// on with.
//
//   - While a set is younger than its maximum age, the keys in it cost nothing.
//   - An older one is fetched again by one request, while the others go on with the
//     old set. If that fails so do all, for the time of grace.
//   - A kid that the set does not have is looked for by fetching again, at most once in
//     a cool-down, whatever is sent. A token whose key was published just now is refused
//     for that long at most. Tokens with a known kid do not wait for any of this.
//   - After a failure the next attempt comes a little later, a tenth of a second at
//     first.
//
// [keys.ErrUnknownKey] says that a set which was current had no such key. That the set
// could not be had, and so nobody knows, is any other error: an outage.
//
// A Remote is not [keys.Metered]: an unknown kid costs a fetch, but the cool-down bounds
// that, and claims, which are as easily forged, would not. So an expired token is
// refused as expired.
type Remote struct {
	label
	cfg      RemoteConfig // defaults filled in
	shown    string       // Issuer or URL
	now      func() time.Time
	own      string // the origin of Issuer or URL
	origins  map[string]bool
	client   *http.Client
	idle     func() // closes idle connections, if they are the Remote's own
	sets     *refresh.Value[*remoteSet]
	location location // only the one fetch under way looks at it
}

var _ keys.VerificationSource = (*Remote)(nil)

// NewRemote makes a Remote, or returns an error that says which setting to mend. It
// fetches nothing: see [Remote.Ready].
func NewRemote(cfg RemoteConfig) (*Remote, error) {
	r, err := newRemote(cfg)
	if err != nil {
		return nil, fmt.Errorf("jwks: remote: %w", err)
	}
	return r, nil
}

func newRemote(cfg RemoteConfig) (*Remote, error) {
	address, err := cfg.address()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(cfg.setTimes(), cfg.checkAlgorithms()); err != nil {
		return nil, err
	}
	cfg.Algorithms = slices.Clone(cfg.Algorithms)
	shown := discovery.Show(cfg.Issuer + cfg.URL)
	r := &Remote{
		label:   redact.NewLabel("jwks.Remote(" + shown + ")"),
		cfg:     cfg,
		shown:   strings.Trim(shown, `"`),
		now:     clock.Wall(cfg.Now),
		own:     discovery.Origin(address),
		origins: map[string]bool{},
	}
	r.sets = refresh.New(&refresh.Config{MaxAge: cfg.MaxAge, Grace: cfg.Grace, Timeout: cfg.Timeout, Now: cfg.Now}, r.fetch)
	for _, text := range cfg.Origins {
		origin, err := discovery.ParseOrigin(text)
		if err != nil {
			return nil, fmt.Errorf("RemoteConfig.Origins: %w", err)
		}
		r.origins[origin] = true
	}
	r.setClient()
	return r, r.preload()
}

// address returns Issuer or URL, whichever is set.
func (c *RemoteConfig) address() (*url.URL, error) {
	switch {
	case c.Issuer == "" && c.URL == "":
		return nil, errors.New("set RemoteConfig.Issuer to the iss of its tokens, or URL to the address of the JWK set")
	case c.Issuer != "" && c.URL != "":
		return nil, errors.New("RemoteConfig.Issuer finds the set by discovery, and URL without: set one of them")
	case c.Issuer != "":
		u, err := discovery.ParseIssuer(c.Issuer)
		if err != nil {
			return nil, fmt.Errorf("RemoteConfig.Issuer: %w", err)
		}
		return u, nil
	}
	u, err := discovery.ParseEndpoint(c.URL)
	if err != nil {
		return nil, fmt.Errorf("RemoteConfig.URL: %w", err)
	}
	return u, nil
}

// setTimes fills in the defaults of all durations and checks them.
func (c *RemoteConfig) setTimes() error {
	if c.MaxAge == 0 {
		c.MaxAge = DefaultMaxAge
	}
	if c.Cooldown == 0 {
		c.Cooldown = min(DefaultCooldown, c.MaxAge)
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	switch {
	case c.Grace == 0:
		c.Grace = DefaultGrace
	case c.Grace < 0:
		c.Grace = 0
	}
	switch {
	case c.MaxAge < minRemoteMaxAge || c.MaxAge > maxRemoteAge:
		return fmt.Errorf("RemoteConfig.MaxAge is %v: set it between %v and %v, or 0 for %v", c.MaxAge, minRemoteMaxAge, maxRemoteAge, DefaultMaxAge)
	case c.Grace > maxRemoteAge:
		return fmt.Errorf("RemoteConfig.Grace is %v: set it to %v or less", c.Grace, maxRemoteAge)
	case c.Cooldown < time.Second || c.Cooldown > c.MaxAge:
		return fmt.Errorf("RemoteConfig.Cooldown is %v: set it between 1s and MaxAge (%v), or 0 for %v", c.Cooldown, c.MaxAge, DefaultCooldown)
	case c.Timeout < 0 || c.Timeout > maxRemoteTimeout:
		return fmt.Errorf("RemoteConfig.Timeout is %v: set it to %v or less, or 0 for %v", c.Timeout, maxRemoteTimeout, DefaultTimeout)
	case len(c.Preloaded) > 0 && c.Grace == 0:
		return errors.New("RemoteConfig.Preloaded is used for the time of Grace, which is none: leave one of them out")
	}
	return nil
}

func (c *RemoteConfig) checkAlgorithms() error {
	for _, alg := range c.Algorithms {
		if !slices.Contains(published[:], alg) {
			return fmt.Errorf("RemoteConfig.Algorithms holds %s: use %s", redact.Quote(alg), strings.Join(published[:], ", "))
		}
	}
	return nil
}

// preload puts the preloaded set in the place of one that has just become old.
func (r *Remote) preload() error {
	if len(r.cfg.Preloaded) == 0 {
		return nil
	}
	set, err := keys.ParseJWKS(r.cfg.Preloaded, r.cfg.Algorithms...)
	if err != nil {
		return fmt.Errorf("RemoteConfig.Preloaded: %w", err)
	}
	r.sets.Preload(newRemoteSet(set))
	return nil
}

// Ready fetches the set, unless there is one that is younger than its maximum age. A
// function that calls it when it starts spares its first request the wait. Its error
// is an outage, which a function may log and go on: the first request tries again.
func (r *Remote) Ready(ctx context.Context) error {
	if !r.made() {
		return errNotMade
	}
	if err := r.sets.Ready(ctx); err != nil {
		return r.wrap(err)
	}
	return nil
}

// VerificationKey returns the key that h names, as [keys.Set.VerificationKey] does, otherwise
// [keys.ErrAlgorithm] or [keys.ErrUnknownKey]. Any other error is an outage: the set cannot be
// had, or what is served in its place is not one that [keys.ParseJWKS] reads. If ctx has
// ended before there was an answer the error wraps its own.
func (r *Remote) VerificationKey(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	if !r.made() {
		return nil, errNotMade
	}
	switch {
	case !slices.Contains(published[:], h.Algorithm),
		len(r.cfg.Algorithms) > 0 && !slices.Contains(r.cfg.Algorithms, h.Algorithm):
		return nil, keys.ErrAlgorithm
	case len(h.Kid) > jose.MaxKidSize:
		return nil, keys.ErrUnknownKey
	}
	got, err := r.sets.Get(ctx)
	if err != nil {
		return nil, r.wrap(err)
	}
	r.tellUse(ctx, got)
	key, verdict := got.Value.set.VerificationKey(ctx, h)
	if verdict == nil || !r.outdated(got, h) {
		return key, verdict
	}
	if got, err = r.sets.After(ctx, got); err != nil {
		return nil, r.wrap(err)
	}
	return got.Value.set.VerificationKey(ctx, h)
}

// outdated reports whether a newer set may have a key that this one does not have: this
// one is stale, or it was fetched a cool-down ago and does not have the kid of h.
func (r *Remote) outdated(got refresh.Got[*remoteSet], h keys.Header) bool {
	known := h.Kid == "" || got.Value.kids[h.Kid]
	return got.Stale != nil || !known && !clock.Within(r.now(), got.Fetched, r.cfg.Cooldown)
}

// published are the algorithms that a published key can have. A token of any other costs
// no fetch.
var published = [...]string{
	"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519",
}

// tellUse tells of a set that a request has got, unless that has fetched it itself.
func (r *Remote) tellUse(ctx context.Context, got refresh.Got[*remoteSet]) {
	switch {
	case got.OnGrace():
		r.tell(ctx, keys.Event{Kind: keys.EventGrace, Err: got.Stale})
	case !got.Own:
		r.tell(ctx, keys.Event{Kind: keys.EventHit})
	}
}

// tell tells the observer, if there is one.
func (r *Remote) tell(ctx context.Context, e keys.Event) {
	if r.cfg.Observer != nil {
		e.Source, e.Name = "jwks.Remote", r.shown
		r.cfg.Observer(ctx, e)
	}
}

// name is how errors call the Remote.
func (r *Remote) name() string {
	if r.cfg.Issuer != "" {
		return "the keys of issuer " + redact.Quote(r.cfg.Issuer)
	}
	return "the JWK set at " + discovery.Show(r.cfg.URL)
}

// wrap returns the error of a set that cannot be had, which says nothing of a token: a Transport
// may have asked by one of its own.
func (r *Remote) wrap(err error) error {
	return fmt.Errorf("jwks: %s: %w", r.name(), outage.Of(err, keys.ErrUnknownKey, keys.ErrSignature))
}

// Issuer returns the issuer whose tokens these keys are for: RemoteConfig.Issuer, empty
// for a Remote by URL.
func (r *Remote) Issuer() string {
	if !r.made() {
		return ""
	}
	return r.cfg.Issuer
}

// made reports whether r comes from a constructor.
func (r *Remote) made() bool { return r != nil && r.client != nil }
