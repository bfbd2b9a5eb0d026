package signer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/keys"
)

// A Signer turns claims into a token in compact serialization (RFC 7515 section
// 7.1). An error says that there is no token; none is the claims' fault alone
// unless it says so.
type Signer interface {
	Sign(ctx context.Context, claims jwt.Claims) (token string, err error)
}

// DefaultMaxTokenSize is how long a token may become, in bytes, if
// [Config.MaxTokenSize] says nothing: what a verifier reads by default.
const DefaultMaxTokenSize = 16 << 10

// Config says how tokens are signed.
type Config struct {
	// Keys gives the key for each token. Required.
	Keys keys.SigningSource

	// Type is the typ of the tokens; empty means "JWT". An access token of RFC
	// 9068 has "at+jwt".
	Type string

	// MaxTokenSize is how long a token may become, in bytes; 0 means
	// DefaultMaxTokenSize. A longer one is an error here rather than a refusal
	// by whoever gets it.
	MaxTokenSize int
}

// Local signs with the keys of a source. It is safe for concurrent use.
type Local struct {
	cfg Config
}

var _ Signer = (*Local)(nil)

// New returns a signer, or an error that says which setting to mend.
func New(cfg Config) (*Local, error) {
	switch {
	case cfg.Keys == nil:
		return nil, errors.New("signer: set Config.Keys to the source of the key that signs")
	case cfg.MaxTokenSize < 0:
		return nil, fmt.Errorf("signer: Config.MaxTokenSize is %d: set it to a number of bytes, or 0 for %d",
			cfg.MaxTokenSize, DefaultMaxTokenSize)
	}
	if cfg.Type == "" {
		cfg.Type = "JWT"
	}
	if cfg.MaxTokenSize == 0 {
		cfg.MaxTokenSize = DefaultMaxTokenSize
	}
	return &Local{cfg}, nil
}

// Sign returns the token of claims as encoding/json writes them. It gives an error
// for claims that are no JSON object or that a strict reader would refuse (two
// claims of one name, say), for a token over the limit, and if the key fails.
func (l *Local) Sign(ctx context.Context, claims jwt.Claims) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("signer: %w", err)
	}
	payload, err := marshalClaims(claims)
	if err != nil {
		return "", err
	}
	key, err := l.cfg.Keys.SigningKey(ctx)
	if err != nil {
		return "", fmt.Errorf("signer: getting the key: %w", err)
	}
	header, err := marshalHeader(key.Header(), l.cfg.Type)
	if err != nil {
		return "", err
	}
	input := jose.EncodeBase64URL(header) + "." + jose.EncodeBase64URL(payload)
	if len(input) > l.cfg.MaxTokenSize {
		return "", l.tooLarge(len(input))
	}
	signature, err := key.Sign(ctx, []byte(input))
	if err != nil {
		return "", fmt.Errorf("signer: signing: %w", err)
	}
	if len(signature) == 0 {
		return "", errors.New("signer: signing: the key gave an empty signature")
	}
	token := input + "." + jose.EncodeBase64URL(signature)
	if len(token) > l.cfg.MaxTokenSize {
		return "", l.tooLarge(len(token))
	}
	return token, nil
}

func (l *Local) tooLarge(size int) error {
	return fmt.Errorf("signer: a token of %d bytes or more is over the limit of %d: carry fewer claims or set Config.MaxTokenSize",
		size, l.cfg.MaxTokenSize)
}

// outputLimits bound what is signed as verifiers bound what they read.
var outputLimits = jose.Limits{Depth: 32, Members: 512}

// marshalClaims returns the JSON object of any kind of claims.
func marshalClaims(claims any) ([]byte, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("signer: claims cannot be written as JSON: %w", err)
	}
	if err := jose.Members(string(payload), outputLimits, nil); err != nil {
		return nil, fmt.Errorf("signer: claims of type %T would be refused: %w", claims, err)
	}
	return payload, nil
}

// reserved are the header members that a key cannot set: the signer's own, and
// those that strict verifiers refuse.
var reserved = []string{"alg", "kid", "typ", "crit", "b64", "cty", "jwk", "jku", "x5c", "x5u"}

// marshalHeader writes the JOSE header: alg, kid and typ, then what else the key
// needs, by name.
func marshalHeader(h keys.Header, typ string) ([]byte, error) {
	if h.Algorithm == "" {
		return nil, errors.New("signer: the key names no algorithm")
	}
	var b bytes.Buffer
	b.WriteByte('{')
	writeMember(&b, "alg", h.Algorithm)
	if h.Kid != "" {
		writeMember(&b, "kid", h.Kid)
	}
	writeMember(&b, "typ", typ)
	for _, name := range slices.Sorted(maps.Keys(h.Params)) {
		if slices.Contains(reserved, name) {
			return nil, fmt.Errorf("signer: a key cannot set the header member %q", name)
		}
		writeMember(&b, name, h.Params[name])
	}
	b.WriteByte('}')
	if err := jose.Members(b.String(), outputLimits, nil); err != nil {
		return nil, fmt.Errorf("signer: the key's header would be refused: %w", err)
	}
	return b.Bytes(), nil
}

// writeMember appends a member to an object that is being written. What cannot be
// written leaves a hole, which the check of the whole finds.
func writeMember(b *bytes.Buffer, name string, value any) {
	if b.Len() > 1 {
		b.WriteByte(',')
	}
	quoted, _ := json.Marshal(name)
	text, _ := json.Marshal(value)
	b.Write(quoted)
	b.WriteByte(':')
	b.Write(text)
}
