package verifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/outage"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
)

// A Verifier decides tokens.
//
// Verify returns the token's checked claims. An error that wraps [ErrInvalidToken]
// says that the token is at fault; any other says that it could not be decided. On
// any error the Token is nil.
type Verifier interface {
	Verify(ctx context.Context, token string) (*Token, error)
}

// DefaultMaxTokenSize is how long a token may be, in bytes, if
// [Config.MaxTokenSize] says nothing. API Gateway's own limit for a request's line
// and headers together is 10,240 bytes.
const DefaultMaxTokenSize = jose.DefaultMaxTokenSize

const (
	usualSkew      = 5 * time.Second
	maxLeeway      = 10 * time.Minute
	maxMaxTokenAge = 10 * 366 * 24 * time.Hour
)

// Config says which tokens are good. Keys, Issuer and Audience must be set, or
// their check be skipped by name; every other zero value is the strict choice.
type Config struct {
	// Keys finds the key that proves a token. Required.
	Keys keys.VerificationSource

	// Issuer is what iss must be, byte for byte. Empty means the issuer of Keys, where
	// they know it (a method Issuer, as jwks.Remote has); where they do, it must be the
	// same.
	Issuer string
	// SkipIssuerCheck accepts tokens of any issuer, and without one.
	SkipIssuerCheck bool

	// Audience names this API: aud must hold at least one of these.
	Audience []string
	// SkipAudienceCheck accepts tokens for anybody, and for nobody.
	SkipAudienceCheck bool

	// AllowMissingExpiry accepts tokens without exp, which are good for ever.
	AllowMissingExpiry bool

	// Type is what typ must be, such as "at+jwt" (RFC 9068). Empty means "JWT"
	// or no typ at all, so that a token made for something else, a logout or a
	// security event, does not pass for one of these (RFC 8725 section 3.11).
	Type string

	// RequiredClaims lists further claims that must be there and not be null.
	RequiredClaims []string

	// ScopeClaims lists further claims that grant scopes, beside scope and scp: "permissions"
	// of Auth0, "roles" of Microsoft Entra ID, "cognito:groups" of Amazon Cognito. See
	// Token.Scopes.
	ScopeClaims []string

	// RefuseKeyHeaders refuses a token whose header has jwk, jku, x5c or x5u. Otherwise
	// they are ignored: the only keys are those of Keys (RFC 8725 section 3.10), and some
	// issuers always write them.
	RefuseKeyHeaders bool

	// Leeway is how far this clock and the issuer's may be apart, for exp, nbf,
	// iat and MaxTokenAge alike. At most ten minutes. 0 lets nbf and iat be five seconds
	// ahead, since a token that is used within the second of its issue meets clocks that
	// are behind, and exp not a moment past. Less than 0 allows nothing at all.
	Leeway time.Duration

	// MaxTokenAge, if not zero, is how long ago iat may be. It makes iat required.
	MaxTokenAge time.Duration

	// MaxTokenSize is how long a token may be, in bytes; 0 means
	// DefaultMaxTokenSize. At most 1 MiB.
	MaxTokenSize int

	// StandardBase64Signature expects the signature in padded standard base64, as some
	// signers write it against RFC 7515, and refuses all other encodings of it.
	StandardBase64Signature bool

	// Check, if not nil, decides what only the user can: revocation, tenancy. It
	// runs last, on a token that has passed everything else. An error that wraps
	// ErrInvalidToken refuses the token; any other leaves it undecided.
	Check func(context.Context, *Token) error

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Local verifies tokens where it runs: it needs nothing but what its keys need. It
// is safe for concurrent use.
type Local struct {
	cfg     Config
	early   time.Duration // how far nbf and iat may be ahead
	late    time.Duration // how long ago exp, and the end of MaxTokenAge, may be
	metered bool
	rule    rule // a preset's; nil if there is none
}

var _ Verifier = (*Local)(nil)

// New returns a verifier, or an error that says which setting to mend.
func New(cfg Config) (*Local, error) {
	if setup.Unmade(cfg.Keys) {
		return nil, errors.New("verifier: set Config.Keys to the source of the keys that prove tokens: it is nil or zero")
	}
	if err := errors.Join(cfg.setIssuer(), cfg.check()); err != nil {
		return nil, fmt.Errorf("verifier: %w", err)
	}
	return newLocal(cfg), nil
}

// newLocal returns the verifier of a cfg that has been checked.
func newLocal(cfg Config) *Local {
	cfg.Audience = slices.Clone(cfg.Audience)
	cfg.RequiredClaims = slices.Clone(cfg.RequiredClaims)
	cfg.ScopeClaims = slices.Clone(cfg.ScopeClaims)
	setup.Default(&cfg.MaxTokenSize, DefaultMaxTokenSize)
	cfg.Now = clock.Wall(cfg.Now)
	source, ok := cfg.Keys.(keys.Metered)
	l := &Local{cfg: cfg, early: max(cfg.Leeway, 0), late: max(cfg.Leeway, 0), metered: ok && source.Metered()}
	if cfg.Leeway == 0 {
		l.early = usualSkew
	}
	return l
}

// setIssuer takes the issuer of the keys where they know it. Tokens of another issuer
// that are proven by these keys were not made by whom they name.
func (c *Config) setIssuer() error {
	source, ok := c.Keys.(interface{ Issuer() string })
	if !ok || source.Issuer() == "" || c.SkipIssuerCheck {
		return nil
	}
	own := source.Issuer()
	if c.Issuer != "" && c.Issuer != own {
		return fmt.Errorf("Config.Issuer is %s and Config.Keys are those of %s: leave Issuer out, or set it to the same, byte for byte",
			redact.Quote(c.Issuer), redact.Quote(own))
	}
	c.Issuer = own
	return nil
}

func (c *Config) check() error {
	switch {
	case c.Issuer == "" && !c.SkipIssuerCheck:
		return errors.New("set Config.Issuer to what iss must be, or SkipIssuerCheck: Config.Keys do not know their issuer")
	case c.Issuer != "" && c.SkipIssuerCheck:
		return errors.New("Config.Issuer and SkipIssuerCheck contradict each other: set one")
	case len(c.Audience) == 0 && !c.SkipAudienceCheck:
		return errors.New("set Config.Audience to the names of this API in aud, or SkipAudienceCheck")
	case len(c.Audience) > 0 && c.SkipAudienceCheck:
		return errors.New("Config.Audience and SkipAudienceCheck contradict each other: set one")
	case slices.Contains(c.Audience, ""):
		return errors.New("Config.Audience holds an empty string: set it to the name of this API in aud")
	case slices.Contains(c.RequiredClaims, "") || slices.Contains(c.ScopeClaims, ""):
		return errors.New("Config.RequiredClaims or ScopeClaims holds an empty string: set it to the name of a claim")
	case c.Leeway > maxLeeway:
		return fmt.Errorf("Config.Leeway is %v: set it to at most %v", c.Leeway, maxLeeway)
	case c.MaxTokenAge < 0 || c.MaxTokenAge > maxMaxTokenAge:
		return fmt.Errorf("Config.MaxTokenAge is %v: set it to 0 (no limit) or more, at most ten years", c.MaxTokenAge)
	case c.MaxTokenSize < 0 || c.MaxTokenSize > jose.MaxTokenSize:
		return fmt.Errorf("Config.MaxTokenSize is %d: set it between 1 and %d bytes, or 0 for %d",
			c.MaxTokenSize, jose.MaxTokenSize, DefaultMaxTokenSize)
	}
	return nil
}

// Issuer returns what iss must be, empty where that is not checked.
func (l *Local) Issuer() string {
	if l == nil {
		return ""
	}
	return l.cfg.Issuer
}

// Ready asks Config.Keys whether they can work, if they have a method Ready. A function
// that calls it when it starts finds a wrong key, permission or address before the first
// request does. Its error is an outage, or a mistake of the setup.
func (l *Local) Ready(ctx context.Context) error {
	if l == nil || l.cfg.Keys == nil {
		return errNotMade
	}
	if source, ok := l.cfg.Keys.(interface{ Ready(context.Context) error }); ok {
		return source.Ready(ctx)
	}
	return nil
}

// errNotMade is the answer of a verifier that no constructor made. It is a fault in the
// program and so never the token's.
var errNotMade = fmt.Errorf("verifier: %w: a zero verifier: make it with New", keys.ErrMisconfigured)

func (l *Local) maxTokenSize() int { return l.cfg.MaxTokenSize }

// Verify decides a token in compact serialization. It checks size and form, the
// header, the key's algorithm, the signature and the claims, in this order, and
// [Config.Check] at the end. With keys that pay for being found (keys.Metered) it
// checks the claims first, unproven, and gives [Unproven] if they would not do.
//
// An error that wraps [ErrInvalidToken] is an [*Error] with a reason; any other is
// the context's, the key source's or Check's own.
func (l *Local) Verify(ctx context.Context, token string) (*Token, error) {
	if l == nil || l.cfg.Keys == nil {
		return nil, errNotMade
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("verifier: %w", err)
	}
	jws, err := jose.ParseCompact(token, l.cfg.MaxTokenSize, l.cfg.StandardBase64Signature)
	if err != nil {
		return nil, refuseCompact(token, err)
	}
	header, err := readHeader(jws.Header, l.cfg.RefuseKeyHeaders)
	if err != nil {
		return nil, err
	}
	if !l.acceptsType(header.Type) {
		return nil, &Error{Reason: WrongType, Expected: []string{l.expectedType()}}
	}
	var t *Token
	if l.metered {
		if t, err = l.readClaims(header, jws.Payload); err != nil {
			return nil, &Error{Reason: Unproven, Detail: Detail(ReasonOf(err))}
		}
	}
	if err := l.prove(ctx, header, jws); err != nil {
		return nil, err
	}
	if t == nil {
		t, err = l.readClaims(header, jws.Payload)
	} else {
		err = l.checkTime(t) // which has gone on while the key was fetched
	}
	if err != nil {
		return nil, err
	}
	t.verified = true
	if err := l.runCheck(ctx, t); err != nil {
		return nil, err
	}
	return t, nil
}

func (l *Local) expectedType() string {
	if l.cfg.Type == "" {
		return "JWT"
	}
	return l.cfg.Type
}

func (l *Local) acceptsType(typ string) bool {
	if l.cfg.Type == "" {
		return typ == "" || isMediaType(typ, "JWT")
	}
	return isMediaType(typ, l.cfg.Type)
}

// prove checks the signature with the key that the header names.
func (l *Local) prove(ctx context.Context, h keys.Header, jws jose.Compact) error {
	key, err := l.cfg.Keys.VerificationKey(ctx, h)
	switch {
	case errors.Is(err, keys.ErrAlgorithm):
		return refuse(WrongAlgorithm)
	case errors.Is(err, keys.ErrUnknownKey):
		return refuse(UnknownKey)
	case err != nil:
		return fmt.Errorf("verifier: finding the key: %w", outage.Of(err, ErrInvalidToken))
	case key == nil || key.Algorithm() == "": // a nil or zero one of package keys
		return errors.New("verifier: finding the key: the source gave neither key nor error")
	case key.Algorithm() != h.Algorithm:
		return refuse(WrongAlgorithm)
	}
	err = key.Verify(ctx, jws.Input, jws.Signature)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keys.ErrSignature):
		return refuse(WrongSignature)
	}
	return fmt.Errorf("verifier: checking the signature: %w", outage.Of(err, ErrInvalidToken))
}

// readClaims returns the token of a claims set that is in order.
func (l *Local) readClaims(h keys.Header, payload string) (*Token, error) {
	t := &Token{Header: h, now: l.cfg.Now}
	var seen []bool
	if len(l.cfg.RequiredClaims) > 0 {
		seen = make([]bool, len(l.cfg.RequiredClaims))
	}
	if err := t.read(payload, l.cfg.RequiredClaims, seen, l.cfg.ScopeClaims...); err != nil {
		return nil, err
	}
	if i := slices.Index(seen, false); i >= 0 {
		return nil, refuseWithout(l.cfg.RequiredClaims[i])
	}
	if err := l.checkTime(t); err != nil {
		return nil, err
	}
	if !l.cfg.SkipIssuerCheck && t.Issuer != l.cfg.Issuer {
		return nil, &Error{Reason: WrongIssuer, Expected: []string{l.cfg.Issuer}}
	}
	if l.rule != nil {
		if err := l.rule(t); err != nil {
			return nil, err
		}
	}
	if !l.cfg.SkipAudienceCheck && !slices.ContainsFunc(t.Audience, l.isAudience) {
		return nil, &Error{Reason: WrongAudience, Expected: slices.Clone(l.cfg.Audience)}
	}
	return t, nil
}

func (l *Local) isAudience(audience string) bool {
	return slices.Contains(l.cfg.Audience, audience)
}

// checkTime refuses a token that is not valid now, and notes until when it is.
func (l *Local) checkTime(t *Token) error {
	now := l.cfg.Now()
	latest := now.Add(l.early) // the issuer's clock may be this far ahead
	switch {
	case t.ExpiresAt.IsZero() && !l.cfg.AllowMissingExpiry:
		return refuseWithout("exp")
	case t.IssuedAt.IsZero() && l.cfg.MaxTokenAge > 0:
		return refuseWithout("iat")
	case t.NotBefore.After(latest):
		return refuse(NotYetValid)
	case t.IssuedAt.After(latest):
		return refuse(IssuedInFuture)
	}
	if !t.ExpiresAt.IsZero() {
		t.until = t.ExpiresAt.Add(l.late)
		if !now.Before(t.until) {
			return refuse(Expired)
		}
	}
	if l.cfg.MaxTokenAge > 0 {
		old := t.IssuedAt.Add(l.cfg.MaxTokenAge + l.late)
		if !now.Before(old) {
			return refuse(TooOld)
		}
		if t.until.IsZero() || old.Before(t.until) {
			t.until = old
		}
	}
	return nil
}

func (l *Local) runCheck(ctx context.Context, t *Token) error {
	if l.cfg.Check == nil {
		return nil
	}
	err := l.cfg.Check(ctx, t)
	if err == nil {
		return nil
	}
	if errors.Is(err, ErrInvalidToken) {
		return &Error{Reason: RefusedByCheck, cause: err}
	}
	return fmt.Errorf("verifier: Config.Check: %w", err)
}
