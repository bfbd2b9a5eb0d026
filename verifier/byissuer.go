package verifier

import (
	"context"
	"errors"
	"fmt"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
)

// An IssuerVerifier verifies the tokens of one issuer: a [Local], or a [Cache] of one.
type IssuerVerifier interface {
	Verifier

	// Issuer returns the issuer, byte for byte as in iss.
	Issuer() string
}

type byIssuer struct {
	verifiers map[string]Verifier
	size      int // of the longest token that any of them reads
}

// ByIssuer returns a Verifier for tokens of several issuers, each with rules and
// keys of its own. A token goes to the verifier of the issuer that its iss claim
// names, and to no other; one of an unknown issuer is refused as [Unproven]. What
// comes back must be of that very issuer, whatever its verifier checks.
//
// It returns an error if there is no verifier, one that is nil or knows no issuer, or two
// of one issuer.
func ByIssuer(verifiers ...IssuerVerifier) (Verifier, error) {
	if len(verifiers) == 0 {
		return nil, errors.New("verifier: ByIssuer needs at least one verifier")
	}
	b := &byIssuer{verifiers: map[string]Verifier{}}
	for i, v := range verifiers {
		if setup.Unmade(v) {
			return nil, fmt.Errorf("verifier: ByIssuer: verifier %d is nil or zero: check the error of the function that was to make it", i)
		}
		issuer := v.Issuer()
		if issuer == "" {
			return nil, fmt.Errorf("verifier: ByIssuer: verifier %d has no issuer: set Config.Issuer", i)
		}
		if b.verifiers[issuer] != nil {
			return nil, fmt.Errorf("verifier: ByIssuer: two verifiers of issuer %s: leave one out", redact.Quote(issuer))
		}
		b.verifiers[issuer] = v
		b.size = max(b.size, maxTokenSize(v))
	}
	return b, nil
}

// Ready asks each verifier whether it can work, if it has a method Ready.
func (b *byIssuer) Ready(ctx context.Context) error {
	var failures []error
	for _, v := range b.verifiers {
		failures = append(failures, ready(ctx, v))
	}
	return errors.Join(failures...)
}

func (b *byIssuer) maxTokenSize() int { return b.size }

func (b *byIssuer) Verify(ctx context.Context, token string) (*Token, error) {
	issuer, err := claimedIssuer(token, b.size)
	if err != nil {
		return nil, err
	}
	v := b.verifiers[issuer]
	if v == nil {
		return nil, &Error{Reason: Unproven, Detail: UnknownIssuer}
	}
	return verifyOf(ctx, v, issuer, token)
}

// verifyOf has a verifier decide a token, and holds it to its issuer.
func verifyOf(ctx context.Context, v Verifier, issuer, token string) (*Token, error) {
	t, err := v.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if t == nil || t.Issuer != issuer {
		return nil, errors.New("verifier: ByIssuer: a verifier answered with no token or with another issuer's")
	}
	return t, nil
}

// claimedIssuer returns the iss of a token. Nothing has proven it yet: it only chooses the
// verifier.
func claimedIssuer(token string, size int) (string, error) {
	jws, err := jose.ParseCompact(token, size, false)
	if errors.Is(err, jose.ErrBase64) { // the encoding of the signature is the issuer's verifier's to judge
		jws, err = jose.ParseCompact(token, size, true)
	}
	if err != nil {
		return "", refuseCompact(token, err)
	}
	var claimed Token
	if err := claimed.read(jws.Payload, nil, nil); err != nil {
		return "", &Error{Reason: Unproven, Detail: Detail(ReasonOf(err))}
	}
	return claimed.Issuer, nil
}
