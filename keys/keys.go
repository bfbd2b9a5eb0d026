package keys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrUnknownKey says that a token names none of the keys of a source. It is the
// token's fault, never an outage.
var ErrUnknownKey = errors.New("no key for this token")

// ErrSignature says that a signature is not the key's signature of the input. It
// is the token's fault, never an outage.
var ErrSignature = errors.New("signature is invalid")

// ErrMisconfigured says that a source cannot work as it is set up: a zero source, a
// missing permission, a key that is disabled or made for something else. It is an
// outage, never the token's fault, and no retry will end it.
var ErrMisconfigured = errors.New("misconfigured")

// errNoKey is the answer of a key, set or ring that no constructor of this package
// made. It is a fault in the program and so never the token's.
var errNoKey = fmt.Errorf("%w: a zero key, set or ring: make it with a function of this package", ErrMisconfigured)

// Header is a token's JOSE header (RFC 7515 section 4). One that a verifier hands
// to a source has been read strictly, but nothing has proven it yet: its members
// may only be used to look a key up. A Header is read-only once made.
type Header struct {
	Algorithm string // alg
	Kid       string // kid; empty when the token has none
	Type      string // typ; empty when the token has none

	// Params holds every other member by its name, each as the JSON text that
	// stands (or shall stand) in the header. Nil when there is none.
	Params map[string]json.RawMessage
}

// Param returns the header member of this name if it is a string.
func (h Header) Param(name string) (value string, ok bool) {
	raw := h.Params[name]
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		return "", false
	}
	return value, true
}

// Match returns nil if the token of h may be checked with the key of this algorithm
// and kid, where that is the only key there is: a token without a kid can mean no
// other key, and a key without a kid serves every token. Otherwise it returns
// [ErrAlgorithm] or [ErrUnknownKey]. It is for sources of a single key.
func (h Header) Match(algorithm, kid string) error {
	switch {
	case h.Algorithm != algorithm:
		return ErrAlgorithm
	case h.Kid != kid && h.Kid != "" && kid != "":
		return ErrUnknownKey
	}
	return nil
}

// A SigningSource gives the key that signs the next token. A [Ring] answers with
// its active key, a KMS envelope with a fresh data key: one call, one consistent
// snapshot.
type SigningSource interface {
	SigningKey(ctx context.Context) (SigningKey, error)
}

// A SigningKey signs under one algorithm. Header carries alg, kid and whatever
// else a verifier needs to find the key again; typ is the signer's to set.
type SigningKey interface {
	Header() Header
	Sign(ctx context.Context, input []byte) (signature []byte, err error)
}

// A VerificationSource finds the key that a token's header names. An error that
// wraps [ErrUnknownKey] says that the token names none of its keys; any other
// error says that the source itself failed, and the token stays undecided.
type VerificationSource interface {
	VerificationKey(ctx context.Context, h Header) (VerificationKey, error)
}

// A VerificationKey checks signatures under one algorithm. An error that wraps
// [ErrSignature] says that the signature is wrong; any other is an outage. The
// signature is the bytes that RFC 7518 section 3 gives, so R‖S for ECDSA.
type VerificationKey interface {
	Algorithm() string
	Verify(ctx context.Context, input, signature []byte) error
}

// A PublicSource has public keys to publish, as they are to be published now.
type PublicSource interface {
	PublicSet(ctx context.Context) (*Set, error)
}

// Metered is an optional method of a [VerificationSource] that pays for finding a
// key: a call over the network, money, a quota. Where Metered answers true, a
// verifier checks a token's time, issuer and audience before it asks for the key,
// so that an expired or foreign token costs nothing.
type Metered interface {
	Metered() bool
}
