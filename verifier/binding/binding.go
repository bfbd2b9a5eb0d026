package binding

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// A Request is what a binding looks at of the request that a token came with. It prints
// without the token and the proof.
type Request struct {
	// Method is the method, in capitals: "GET". A WebSocket handshake has GET.
	Method string

	// URL is the request's absolute URL as the caller sees it, or as
	// [DPoPConfig.PublicURL] takes it. Query and fragment do not matter. Make it with
	// package net/url where the path is at hand in decoded form.
	URL string

	// Certificate is the client certificate of the connection, nil if there is none. Take
	// it from the TLS connection or from API Gateway's event, never from a header that a
	// caller can write.
	Certificate *x509.Certificate

	// Token is the token as it was sent.
	Token string `json:"-"`

	// DPoP are the values of all header fields of this name, as they were sent.
	DPoP []string `json:"-"`
}

// String names the method, and shows nothing else of the request.
func (r Request) String() string { return "request(" + redact.Quote(r.Method) + ")" }

// Format is String for every verb, so that no verb shows the token.
func (r Request) Format(f fmt.State, _ rune) { redact.Write(f, r.String()) }

// LogValue is String for log/slog.
func (r Request) LogValue() slog.Value { return slog.StringValue(r.String()) }

// A Binding checks that a token, which has been verified, is sent by the one for whom it
// was issued. An error that wraps [verifier.ErrInvalidToken] says that it is not, or that
// the token is bound to nobody. Any other error says that this could not be decided.
type Binding interface {
	Check(ctx context.Context, r Request, t *verifier.Token) error
}

// Check has a binding check a token. Without one, which is nil, it refuses a token that
// is bound: that must not pass for a bearer token (RFC 9449 section 7.2).
func Check(ctx context.Context, b Binding, r Request, t *verifier.Token) error {
	if b != nil {
		return b.Check(ctx, r, t)
	}
	return confirm(ctx, r, t, true)
}

// A method is one way to confirm who sends a token (RFC 7800 section 3.1).
type method interface {
	// member is the name of its member in cnf.
	member() string
	// confirm checks a request against the member's value.
	confirm(ctx context.Context, r Request, value string) error
}

var errNotMade = fmt.Errorf("binding: %w: a zero binding: make it with a function of this package", keys.ErrMisconfigured)

// confirm checks a request against every member of a token's cnf. All of them must be
// known, before any is looked at: a proof is not used up for a token that is refused anyway.
func confirm(ctx context.Context, r Request, t *verifier.Token, allowBearer bool, methods ...method) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("binding: %w", err)
	}
	members, err := confirmation(t)
	switch {
	case err != nil:
		return err
	case members == nil && !allowBearer:
		return refuse(verifier.WrongBinding, "a bearer token: it has no cnf")
	}
	var named []method
	for _, m := range methods {
		if _, found := members[m.member()]; found {
			named = append(named, m)
		}
	}
	if len(named) < len(members) {
		return refuse(verifier.WrongBinding, "the token's cnf names a method that is not accepted here")
	}
	for _, m := range named {
		if err := m.confirm(ctx, r, members[m.member()]); err != nil {
			return err
		}
	}
	return nil
}

// confirmation returns the members of a token's cnf: nil if the token has none, and
// otherwise at least one.
func confirmation(t *verifier.Token) (map[string]string, error) {
	if t == nil {
		return nil, errors.New("binding: the token is nil: check the error of Verify first")
	}
	text := t.Confirmation()
	if text == nil {
		return nil, nil
	}
	members := map[string]string{}
	err := jose.Members(string(text), jose.ClaimsLimits, func(name string, value jose.Value) error {
		members[name], _ = value.Text() // empty for what is no text, which nothing is bound to
		return nil
	})
	if err != nil || len(members) == 0 {
		return nil, refuse(verifier.WrongBinding, "the token's cnf names no method")
	}
	return members, nil
}

// refuse returns an error that says why it is the caller's fault.
func refuse(reason verifier.Reason, why string) error {
	return fmt.Errorf("binding: %s: %w", why, &verifier.Error{Reason: reason})
}
