package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/outage"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/refresh"
)

// Defaults of [RefreshingConfig].
const (
	DefaultMaxAge      = 5 * time.Minute
	DefaultGrace       = time.Hour
	DefaultCooldown    = time.Minute
	DefaultLoadTimeout = 3 * time.Second
)

const (
	maxLoadedAge   = 24 * time.Hour
	maxLoadTimeout = time.Minute
)

// RefreshingConfig says how keys are loaded and for how long they are used. Load must be
// set; every other zero value has a default.
type RefreshingConfig struct {
	// Load loads the keys, from a secret store or a file: a ring that signs with the
	// newest key that every verifier has by now, and verifies with all that are in use.
	// It is called when a request needs it, by one request at a time, and must return
	// when its context ends. Its error is an outage, whatever it wraps. Required.
	//
	// The keys are ones that the program holds. A ring with sources that pay for each key,
	// such as a KMS envelope, is refused: put the Refreshing and those into a ring.
	Load func(ctx context.Context) (*Ring, error)

	// MaxAge is how long keys are used before they are loaded again. From a second to a
	// day; 0 means DefaultMaxAge.
	MaxAge time.Duration

	// Grace is for how much longer they are used while they cannot be loaded. At most a
	// day; 0 means DefaultGrace, and less than 0 means none.
	Grace time.Duration

	// Cooldown is the least time between a load and an early one that a token which the
	// keys do not verify causes: tokens whose key has just been replaced by hand
	// are refused for that long at most. From a second to MaxAge; 0 means DefaultCooldown, or
	// MaxAge if that is less.
	Cooldown time.Duration

	// Timeout is how long Load may take, whatever time the caller has left. At most a
	// minute; 0 means DefaultLoadTimeout.
	Timeout time.Duration

	// Observer is told of each load, of each use of what was there, and when the keys have
	// become others, for metrics. It runs while a request waits.
	Observer func(context.Context, Event)

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Refreshing signs and verifies with keys that a function loads and that are replaced
// where they come from: a secret in AWS Secrets Manager, for one. Make it with
// [NewRefreshing]. It is safe for concurrent use.
//
// It has no goroutine and no timer, since nothing runs between the invocations of a Lambda
// function. Keys that have become old are loaded again by one request, while the others go
// on with the old ones. If that fails they all go on with them, for the time of grace. A
// token that names none of the keys, or that none of them has signed, lets them be loaded
// early, once in a cool-down, whatever is sent. That the keys could not be had, and so
// nobody knows, is an outage.
type Refreshing struct {
	label
	cfg   RefreshingConfig // defaults filled in
	now   func() time.Time
	rings *refresh.Value[*Ring]
}

var (
	_ SigningSource      = (*Refreshing)(nil)
	_ VerificationSource = (*Refreshing)(nil)
	_ PublicSource       = (*Refreshing)(nil)
)

// NewRefreshing makes a Refreshing, or returns an error that says which setting to mend. It
// loads nothing: see [Refreshing.Ready].
func NewRefreshing(cfg RefreshingConfig) (*Refreshing, error) {
	if err := cfg.complete(); err != nil {
		return nil, fmt.Errorf("keys: refreshing: %w", err)
	}
	r := &Refreshing{label: redact.NewLabel("keys.Refreshing"), cfg: cfg, now: clock.Wall(cfg.Now)}
	r.rings = refresh.New(&refresh.Config{MaxAge: cfg.MaxAge, Grace: cfg.Grace, Timeout: cfg.Timeout, Now: cfg.Now}, r.load)
	return r, nil
}

// complete fills in the defaults and checks the settings.
func (c *RefreshingConfig) complete() error {
	if c.Load == nil {
		return errors.New("set RefreshingConfig.Load to the function that loads the keys")
	}
	if c.MaxAge == 0 {
		c.MaxAge = DefaultMaxAge
	}
	if c.Cooldown == 0 {
		c.Cooldown = min(DefaultCooldown, c.MaxAge)
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultLoadTimeout
	}
	switch {
	case c.Grace == 0:
		c.Grace = DefaultGrace
	case c.Grace < 0:
		c.Grace = 0
	}
	switch {
	case c.MaxAge < time.Second || c.MaxAge > maxLoadedAge:
		return fmt.Errorf("RefreshingConfig.MaxAge is %v: set it between 1s and %v, or 0 for %v", c.MaxAge, maxLoadedAge, DefaultMaxAge)
	case c.Grace > maxLoadedAge:
		return fmt.Errorf("RefreshingConfig.Grace is %v: set it to %v or less", c.Grace, maxLoadedAge)
	case c.Cooldown < time.Second || c.Cooldown > c.MaxAge:
		return fmt.Errorf("RefreshingConfig.Cooldown is %v: set it between 1s and MaxAge (%v), or 0 for %v", c.Cooldown, c.MaxAge, DefaultCooldown)
	case c.Timeout < 0 || c.Timeout > maxLoadTimeout:
		return fmt.Errorf("RefreshingConfig.Timeout is %v: set it to %v or less, or 0 for %v", c.Timeout, maxLoadTimeout, DefaultLoadTimeout)
	}
	return nil
}

// load loads the keys and tells of it.
func (r *Refreshing) load(ctx context.Context, last *Ring) (*Ring, time.Duration, error) {
	elapsed := clock.Start(r.cfg.Now)
	ring, err := r.loadRing(ctx)
	r.tell(ctx, Event{Kind: EventCall, Duration: elapsed(), Err: err})
	if err == nil && last != nil && !ring.same(last) {
		r.tell(ctx, Event{Kind: EventRotated, Kid: ring.activeKid()})
	}
	return ring, 0, err
}

// loadRing calls the user's function and holds it to its contract.
func (r *Refreshing) loadRing(ctx context.Context) (*Ring, error) {
	ring, err := r.cfg.Load(ctx)
	switch {
	case err != nil:
		return nil, fmt.Errorf("keys: loading: %w", outage.Of(err, ErrUnknownKey, ErrSignature))
	case !ring.made():
		return nil, fmt.Errorf("keys: loading: RefreshingConfig.Load returned neither a ring nor an error: %w", ErrMisconfigured)
	case ring.Metered():
		return nil, fmt.Errorf("keys: loading: the ring has a source that pays for each key: put it into a ring with the Refreshing: %w", ErrMisconfigured)
	}
	return ring, nil
}

// tell tells the observer, if there is one.
func (r *Refreshing) tell(ctx context.Context, e Event) {
	if r.cfg.Observer != nil {
		e.Source = "keys.Refreshing"
		r.cfg.Observer(ctx, e)
	}
}

// SigningKey returns the key that signs: that of the ring loaded last.
func (r *Refreshing) SigningKey(ctx context.Context) (SigningKey, error) {
	got, err := r.get(ctx)
	if err != nil {
		return nil, err
	}
	return got.Value.SigningKey(ctx)
}

// VerificationKey returns the key that h names, as [Ring.VerificationKey] of the ring loaded
// last does, or of one that is loaded early.
func (r *Refreshing) VerificationKey(ctx context.Context, h Header) (VerificationKey, error) {
	got, err := r.get(ctx)
	if err != nil {
		return nil, err
	}
	key, err := got.Value.VerificationKey(ctx, h)
	switch {
	case !r.outdated(got):
		return key, err
	case err == nil:
		return &refreshingKey{key, r, h, got}, nil
	case errors.Is(err, ErrUnknownKey):
		return r.newer(ctx, got, h)
	}
	return nil, err
}

// outdated reports whether newer keys may verify what these do not: these were loaded a
// cool-down ago, and so they were if they are stale.
func (r *Refreshing) outdated(got refresh.Got[*Ring]) bool {
	return !clock.Within(r.now(), got.Fetched, r.cfg.Cooldown)
}

// newer finds a key among those loaded after got.
func (r *Refreshing) newer(ctx context.Context, got refresh.Got[*Ring], h Header) (VerificationKey, error) {
	got, err := r.rings.After(ctx, got)
	if err != nil {
		return nil, err
	}
	return got.Value.VerificationKey(ctx, h)
}

// A refreshingKey is a key from a ring of some age. A wrong signature may mean that the
// secret has been replaced.
type refreshingKey struct {
	VerificationKey
	from   *Refreshing
	header Header
	got    refresh.Got[*Ring]
}

func (k *refreshingKey) Verify(ctx context.Context, input, signature []byte) error {
	wrong := k.VerificationKey.Verify(ctx, input, signature)
	if !errors.Is(wrong, ErrSignature) {
		return wrong
	}
	key, err := k.from.newer(ctx, k.got, k.header)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return wrong
	case err != nil:
		return err
	}
	return key.Verify(ctx, input, signature)
}

// PublicSet returns the public halves of the keys loaded last: [Ring.PublicSet].
func (r *Refreshing) PublicSet(ctx context.Context) (*Set, error) {
	got, err := r.get(ctx)
	if err != nil {
		return nil, err
	}
	return got.Value.PublicSet(ctx)
}

// Ready loads the keys, unless there are some that are younger than their maximum age, and
// asks them whether they are ready. A function that calls it when it starts spares its
// first request the wait. Its error is an outage, which a function may log and go on: the
// first request tries again.
func (r *Refreshing) Ready(ctx context.Context) error {
	if !r.made() {
		return errNoKey
	}
	if err := r.rings.Ready(ctx); err != nil {
		return err
	}
	got, err := r.rings.Get(ctx)
	if err != nil {
		return err
	}
	return got.Value.Ready(ctx)
}

func (r *Refreshing) get(ctx context.Context) (refresh.Got[*Ring], error) {
	if !r.made() {
		return refresh.Got[*Ring]{}, errNoKey
	}
	got, err := r.rings.Get(ctx)
	switch {
	case err != nil:
	case got.OnGrace():
		r.tell(ctx, Event{Kind: EventGrace, Err: got.Stale})
	case !got.Own: // otherwise load has told of it
		r.tell(ctx, Event{Kind: EventHit})
	}
	return got, err
}

// made reports whether r comes from a constructor.
func (r *Refreshing) made() bool { return r != nil && r.rings != nil }
