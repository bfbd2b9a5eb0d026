package verifier

import (
	"context"
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/keys"
)

// A ClaimsChecker checks claims sets that the caller has proven by other means than a
// signature, such as the answer of an introspection endpoint (RFC 7662), as strictly as a
// [Local] checks those of tokens. It is safe for concurrent use. Make it with
// [NewClaimsChecker].
type ClaimsChecker struct {
	local *Local // without keys
}

// NewClaimsChecker returns a checker, or an error that says which setting to mend. Keys,
// Type, RefuseKeyHeaders and StandardBase64Signature of cfg must not be set: they are about
// signed tokens. MaxTokenSize is how long a claims set may be.
func NewClaimsChecker(cfg Config) (*ClaimsChecker, error) {
	var err error
	switch {
	case cfg.Keys != nil:
		err = errors.New("Config.Keys prove signatures, which these claims do not have: leave them out, or use New")
	case cfg.Type != "" || cfg.RefuseKeyHeaders || cfg.StandardBase64Signature:
		err = errors.New("Config.Type, RefuseKeyHeaders and StandardBase64Signature are about signed tokens: leave them out, or use New")
	default:
		err = cfg.check()
	}
	if err != nil {
		return nil, fmt.Errorf("verifier: claims: %w", err)
	}
	return &ClaimsChecker{newLocal(cfg)}, nil
}

// Check returns the Token of a claims set, a JSON object that is read as strictly as
// Verify reads it, if its claims are in order and [Config.Check] agrees. A [Cache]
// remembers the Token for as long as it is good. An issuer does not renew it, because no
// signature was checked. Errors are those of [Local.Verify].
func (c *ClaimsChecker) Check(ctx context.Context, claims []byte) (*Token, error) {
	switch {
	case c == nil || c.local == nil:
		return nil, errNotMade
	case len(claims) > c.local.cfg.MaxTokenSize:
		return nil, refuse(TooLarge)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("verifier: %w", err)
	}
	t, err := c.local.readClaims(keys.Header{}, string(claims))
	if err != nil {
		return nil, err
	}
	if err := c.local.runCheck(ctx, t); err != nil {
		return nil, err
	}
	return t, nil
}
