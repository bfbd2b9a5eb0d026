package signer

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/clock"
	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

var (
	// ErrContradiction says that claims hold what is the issuer's to say, or
	// that a token to be renewed is not one of the issuer's own.
	ErrContradiction = errors.New("claims contradict the issuer's")

	// ErrSessionExpired says that a session has lasted its time: its user has
	// to authenticate again.
	ErrSessionExpired = errors.New("session has expired")
)

// IssuerConfig says what an issuer stamps on its tokens.
type IssuerConfig struct {
	// Keys, Type and MaxTokenSize are those of Config. Keys is required.
	Keys         keys.SigningSource
	Type         string
	MaxTokenSize int

	// Issuer is iss. Required. A URL if the tokens are for others, too (RFC 8414).
	Issuer string

	// Audience is aud: who the tokens are for. Required. One audience is written
	// as a string, several as a list.
	Audience []string

	// Lifetime is how long a token is good for, in whole seconds. Required. Keep
	// it to minutes: nothing but time ends a token.
	Lifetime time.Duration

	// MaxSession is for how long after the user's authentication tokens can be
	// renewed; no token outlives it. 0 means that tokens cannot be renewed.
	MaxSession time.Duration

	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Issuer issues tokens and renews them. It is safe for concurrent use.
type Issuer struct {
	cfg    IssuerConfig
	signer *Signer
}

// NewIssuer returns an issuer, or an error that says which setting to mend.
func NewIssuer(cfg IssuerConfig) (*Issuer, error) {
	s, err := New(Config{Keys: cfg.Keys, Type: cfg.Type, MaxTokenSize: cfg.MaxTokenSize})
	switch {
	case err != nil:
		return nil, err
	case cfg.Issuer == "":
		return nil, errors.New("signer: set IssuerConfig.Issuer to what verifiers expect as iss")
	case len(cfg.Audience) == 0 || slices.Contains(cfg.Audience, ""):
		return nil, errors.New("signer: set IssuerConfig.Audience to the names of those whom the tokens are for")
	case cfg.Lifetime < time.Second:
		return nil, fmt.Errorf("signer: IssuerConfig.Lifetime is %v: set it to a second or more", cfg.Lifetime)
	case cfg.MaxSession < 0 || cfg.MaxSession > 0 && cfg.MaxSession < cfg.Lifetime:
		return nil, fmt.Errorf("signer: IssuerConfig.MaxSession is %v: set it to 0 or to at least one Lifetime (%v)",
			cfg.MaxSession, cfg.Lifetime)
	}
	cfg.Audience = slices.Clone(cfg.Audience)
	cfg.Now = clock.Wall(cfg.Now)
	return &Issuer{cfg, s}, nil
}

// maxSkew is how far the clocks of two machines that issue tokens may be apart.
const maxSkew = time.Minute

// Issue returns a token for a user who has just authenticated. It holds iss, sub,
// aud, iat, nbf, exp and a random jti, auth_time if tokens can be renewed, and the
// claims: a struct, a map, golang-jwt's claims or nil, of whichever type. An empty
// subject leaves sub to the claims.
//
// Claims that hold iat, nbf, exp or jti, or another iss, aud or sub, give an error
// that wraps [ErrContradiction]. They may hold auth_time, for a user who
// authenticated earlier.
func (i *Issuer) Issue(ctx context.Context, subject string, claims any) (string, error) {
	if !i.made() {
		return "", errNotMade
	}
	own := map[string]json.RawMessage{}
	if !setup.IsNil(claims) {
		payload, err := marshalObject(claims)
		if err != nil {
			return "", err
		}
		if err := jose.Unmarshal(string(payload), &own); err != nil {
			return "", fmt.Errorf("signer: %w", err)
		}
	}
	if err := i.contradiction(own, subject); err != nil {
		return "", fmt.Errorf("signer: %w: %w", ErrContradiction, err)
	}
	if subject != "" {
		own["sub"] = quote(subject)
	}
	now := i.cfg.Now()
	start, err := sessionStart(own, now)
	if err != nil {
		return "", err
	}
	if start.IsZero() {
		start = now
	}
	return i.sign(ctx, own, i.cfg.Audience, now, start)
}

// Refresh returns a new token for one that a verifier has just accepted. All claims stay
// but iat, nbf, exp and jti. The session began at auth_time, or at iat for a token
// without one, and the new token has this as its auth_time.
//
// It gives an error that wraps [ErrSessionExpired] if the session is as old as
// MaxSession, and [ErrContradiction] for a token of another issuer or for an
// audience that is not this issuer's. Both are the token's fault. A token that no
// verifier has proven, such as one of [verifier.TrustClaims], is not renewed: that is the
// program's fault.
func (i *Issuer) Refresh(ctx context.Context, token *verifier.Token) (string, error) {
	switch {
	case !i.made():
		return "", errNotMade
	case i.cfg.MaxSession == 0:
		return "", errors.New("signer: set IssuerConfig.MaxSession to renew tokens")
	case !token.Verified():
		return "", errors.New("signer: a token that no verifier has proven: renew what Verify has returned")
	}
	var own map[string]json.RawMessage
	var registered jwt.RegisteredClaims
	if err := errors.Join(token.Claims(&own), token.Claims(&registered)); err != nil {
		return "", fmt.Errorf("signer: %w", err)
	}
	if registered.Issuer != i.cfg.Issuer {
		return "", fmt.Errorf("signer: %w: the token is another issuer's", ErrContradiction)
	}
	if len(registered.Audience) == 0 || slices.ContainsFunc(registered.Audience, i.isForeign) {
		return "", fmt.Errorf("signer: %w: the token is for another audience", ErrContradiction)
	}
	now := i.cfg.Now()
	start, err := sessionStart(own, now)
	if err != nil {
		return "", err
	}
	if start.IsZero() && registered.IssuedAt != nil {
		start = registered.IssuedAt.Time
	}
	if now.Sub(start) >= i.cfg.MaxSession {
		return "", fmt.Errorf("signer: %w", ErrSessionExpired)
	}
	// The audience stays the token's: renewing must not open more doors.
	return i.sign(ctx, own, registered.Audience, now, start)
}

// made reports whether i comes from a constructor.
func (i *Issuer) made() bool { return i != nil && i.signer.made() }

func (i *Issuer) isForeign(audience string) bool {
	return !slices.Contains(i.cfg.Audience, audience)
}

// sign stamps and signs claims whose session began at start.
func (i *Issuer) sign(ctx context.Context, own map[string]json.RawMessage, audience []string, now, start time.Time) (string, error) {
	expiry := now.Add(i.cfg.Lifetime)
	if i.cfg.MaxSession > 0 {
		if end := start.Add(i.cfg.MaxSession); end.Before(expiry) {
			expiry = end
		}
		if _, found := own["auth_time"]; !found {
			own["auth_time"] = seconds(start)
		}
	}
	if expiry.Unix() <= now.Unix() {
		return "", fmt.Errorf("signer: %w", ErrSessionExpired)
	}
	own["iss"] = quote(i.cfg.Issuer)
	own["aud"] = quote(audience)
	if len(audience) == 1 {
		own["aud"] = quote(audience[0])
	}
	own["iat"] = seconds(now)
	own["nbf"] = seconds(now)
	own["exp"] = seconds(expiry)
	own["jti"] = quote(rand.Text())
	payload, err := marshalClaims(own)
	if err != nil {
		return "", err
	}
	return i.signer.sign(ctx, payload)
}

// contradiction returns what a user's claims say that is not theirs to say. They
// may repeat iss, sub and aud.
func (i *Issuer) contradiction(claims map[string]json.RawMessage, subject string) error {
	for _, name := range []string{"iat", "nbf", "exp", "jti"} {
		if _, found := claims[name]; found {
			return fmt.Errorf("leave %s to the issuer", name)
		}
	}
	if !repeats(claims["iss"], i.cfg.Issuer) {
		return errors.New("iss is not IssuerConfig.Issuer")
	}
	if !repeats(claims["aud"], jwt.ClaimStrings(i.cfg.Audience)) {
		return errors.New("aud is not IssuerConfig.Audience")
	}
	if raw := claims["sub"]; subject != "" && !repeats(raw, subject) || raw != nil && raw[0] != '"' {
		return errors.New("sub is not the subject")
	}
	return nil
}

// repeats reports whether a claim, if there is one, is equal to want.
func repeats[T any](claim json.RawMessage, want T) bool {
	if claim == nil {
		return true
	}
	var got T
	return claim[0] != 'n' && json.Unmarshal(claim, &got) == nil && reflect.DeepEqual(got, want)
}

// sessionStart returns auth_time, or zero if there is none.
func sessionStart(claims map[string]json.RawMessage, now time.Time) (time.Time, error) {
	raw, found := claims["auth_time"]
	if !found {
		return time.Time{}, nil
	}
	start, err := jose.ParseNumericDate(string(raw))
	if err != nil || start.After(now.Add(maxSkew)) {
		return time.Time{}, fmt.Errorf("signer: %w: auth_time is no time in the past", ErrContradiction)
	}
	return start, nil
}

func quote(v any) json.RawMessage {
	text, _ := json.Marshal(v) // of strings only, which cannot fail
	return text
}

func seconds(t time.Time) json.RawMessage {
	return strconv.AppendInt(nil, t.Unix(), 10)
}
