package binding

import (
	"context"
	"errors"

	"github.com/lambdajwt/authorizer/verifier"
)

// An Either is the [Binding] of an API whose callers use client certificates or DPoP, as
// the token's cnf says. A token that is bound to both needs both. It is safe for concurrent
// use. Make it with [NewEither].
type Either struct {
	certificate *Certificate
	dpop        *DPoP
}

var _ Binding = (*Either)(nil)

// NewEither returns the binding of both, or an error if one is missing, or only one of them
// allows bearer tokens.
func NewEither(certificate *Certificate, dpop *DPoP) (*Either, error) {
	switch {
	case certificate == nil || !certificate.made:
		return nil, errors.New("binding: NewEither: no Certificate: make it with NewCertificate")
	case dpop == nil || dpop.cfg.Proofs == nil:
		return nil, errors.New("binding: NewEither: no DPoP: make it with NewDPoP")
	case certificate.cfg.AllowBearerTokens != dpop.cfg.AllowBearerTokens:
		return nil, errors.New("binding: NewEither: AllowBearerTokens is set for one of them: set it for both or for none")
	}
	return &Either{certificate, dpop}, nil
}

// Check checks what the token's cnf names, as [Certificate.Check] and [DPoP.Check] do.
func (e *Either) Check(ctx context.Context, r Request, t *verifier.Token) error {
	if e == nil || e.dpop == nil {
		return errNotMade
	}
	return confirm(ctx, r, t, e.dpop.cfg.AllowBearerTokens, e.certificate, e.dpop)
}

// Challenge is [DPoP.Challenge].
func (e *Either) Challenge(err error) Challenge {
	if e == nil {
		return Challenge{}
	}
	return e.dpop.Challenge(err)
}
