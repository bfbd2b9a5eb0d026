package verifier

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/lambdajwt/authorizer/internal/jose"
)

type byIssuer struct {
	verifiers    map[string]Verifier
	maxTokenSize int
}

// ByIssuer returns a Verifier for tokens of several issuers, each with rules and
// keys of its own. A token goes to the verifier of the issuer that its iss claim
// names, and to no other; one of an unknown issuer is refused as [Unproven]. What
// comes back must be of that very issuer, whatever its verifier checks.
//
// It returns an error if there is no issuer, an empty one, or one without a
// verifier.
func ByIssuer(verifiers map[string]Verifier) (Verifier, error) {
	if len(verifiers) == 0 {
		return nil, errors.New("verifier: ByIssuer needs at least one issuer")
	}
	b := &byIssuer{maps.Clone(verifiers), DefaultMaxTokenSize}
	for issuer, v := range verifiers {
		if issuer == "" || v == nil {
			return nil, fmt.Errorf("verifier: ByIssuer: issuer %q needs a name and a verifier", issuer)
		}
		if local, ok := v.(*Local); ok {
			b.maxTokenSize = max(b.maxTokenSize, local.cfg.MaxTokenSize)
		}
	}
	return b, nil
}

func (b *byIssuer) Verify(ctx context.Context, token string) (*Token, error) {
	jws, err := jose.ParseCompact(token, b.maxTokenSize, false)
	if errors.Is(err, jose.ErrBase64) { // the encoding of the signature is the issuer's verifier's to judge
		jws, err = jose.ParseCompact(token, b.maxTokenSize, true)
	}
	if errors.Is(err, jose.ErrTooLarge) {
		return nil, refuse(TooLarge)
	} else if err != nil {
		return nil, refuse(Malformed)
	}
	// The claims are not proven yet: they choose who is to prove them.
	var claimed Token
	if err := claimed.read(jws.Payload, nil, nil); err != nil {
		return nil, refuse(Unproven)
	}
	v, known := b.verifiers[claimed.Issuer]
	if !known {
		return nil, refuse(Unproven)
	}
	t, err := v.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if t == nil || t.Issuer != claimed.Issuer {
		return nil, errors.New("verifier: ByIssuer: a verifier answered with no token or with another issuer's")
	}
	return t, nil
}
