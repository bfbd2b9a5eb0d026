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
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

// DefaultMaxTokenSize is how long a token may become, in bytes, if
// [Config.MaxTokenSize] says nothing: what a verifier reads by default.
const DefaultMaxTokenSize = jose.DefaultMaxTokenSize

// Config says how tokens are signed.
type Config struct {
	// Keys gives the key for each token. Required.
	Keys keys.SigningSource

	// Type is the typ of the tokens; empty means "JWT". An access token of RFC
	// 9068 has "at+jwt".
	Type string

	// MaxTokenSize is how long a token may become, in bytes, at most 1 MiB; 0 means
	// DefaultMaxTokenSize. A longer one is an error here rather than a refusal
	// by whoever gets it.
	MaxTokenSize int
}

// A Signer signs with the keys of a source. It is safe for concurrent use. Make it with
// [New].
type Signer struct {
	cfg Config
}

// New returns a signer, or an error that says which setting to mend.
func New(cfg Config) (*Signer, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("signer: %w", err)
	}
	setup.Default(&cfg.Type, "JWT")
	setup.Default(&cfg.MaxTokenSize, DefaultMaxTokenSize)
	return &Signer{cfg}, nil
}

func (c *Config) check() error {
	switch {
	case setup.Unmade(c.Keys):
		return errors.New("set Keys to the source of the key that signs: it is nil or zero")
	case c.MaxTokenSize < 0 || c.MaxTokenSize > jose.MaxTokenSize:
		return fmt.Errorf("MaxTokenSize is %d: set it between 1 and %d bytes, or 0 for %d",
			c.MaxTokenSize, jose.MaxTokenSize, DefaultMaxTokenSize)
	}
	if named, ok := c.Keys.(interface{ Kid() string }); ok {
		return jose.CheckKid(named.Kid())
	}
	return nil
}

// errNotMade is the answer of a Signer or an Issuer that no constructor made.
var errNotMade = fmt.Errorf("signer: %w: a zero Signer or Issuer: make it with New or NewIssuer", keys.ErrMisconfigured)

// made reports whether s comes from a constructor.
func (s *Signer) made() bool { return s != nil && s.cfg.Keys != nil }

// Sign returns the token of claims as encoding/json writes them. It gives an error
// for claims that a verifier would refuse to read (no JSON object, two claims of one
// name, an exp that is text), for a token over the limit, and if the key fails.
func (s *Signer) Sign(ctx context.Context, claims jwt.Claims) (string, error) {
	if !s.made() {
		return "", errNotMade
	}
	if err := ctx.Err(); err != nil {
		return "", fmt.Errorf("signer: %w", err)
	}
	payload, err := marshalClaims(claims)
	if err != nil {
		return "", err
	}
	return s.sign(ctx, payload)
}

// sign returns the token of a claims set that verifiers read.
func (s *Signer) sign(ctx context.Context, payload []byte) (string, error) {
	key, err := s.cfg.Keys.SigningKey(ctx)
	switch {
	case err != nil:
		return "", fmt.Errorf("signer: getting the key: %w", err)
	case setup.IsNil(key):
		return "", errors.New("signer: getting the key: the source gave neither key nor error")
	}
	header, err := marshalHeader(key.Header(), s.cfg.Type)
	if err != nil {
		return "", err
	}
	input := jose.EncodeBase64URL(header) + "." + jose.EncodeBase64URL(payload)
	if len(input) > s.cfg.MaxTokenSize {
		return "", s.tooLarge(len(input))
	}
	signature, err := key.Sign(ctx, []byte(input))
	if err != nil {
		return "", fmt.Errorf("signer: signing: %w", err)
	}
	if len(signature) == 0 {
		return "", errors.New("signer: signing: the key gave an empty signature")
	}
	token := input + "." + jose.EncodeBase64URL(signature)
	if len(token) > s.cfg.MaxTokenSize {
		return "", s.tooLarge(len(token))
	}
	return token, nil
}

func (s *Signer) tooLarge(size int) error {
	return fmt.Errorf("signer: a token of %d bytes or more is over the limit of %d: carry fewer claims or set MaxTokenSize",
		size, s.cfg.MaxTokenSize)
}

// marshalClaims returns the JSON object of any kind of claims, if a verifier reads it.
func marshalClaims(claims any) ([]byte, error) {
	payload, err := marshalObject(claims)
	if err != nil {
		return nil, err
	}
	if _, err := verifier.TrustClaims(payload); err != nil {
		return nil, fmt.Errorf("signer: claims of type %T would be refused: %w", claims, asMistake(err))
	}
	return payload, nil
}

// marshalObject returns the JSON object of any kind of claims, whatever they say.
func marshalObject(claims any) ([]byte, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("signer: claims cannot be written as JSON: %w", err)
	}
	if err := jose.Members(string(payload), jose.ClaimsLimits, nil); err != nil {
		return nil, fmt.Errorf("signer: claims of type %T would be refused: %w", claims, err)
	}
	return payload, nil
}

// asMistake hides that an error is a verifier's refusal: there is no token to blame, only
// the program that signs.
func asMistake(err error) error { return errors.New(err.Error()) }

// reserved are the header members that a key cannot set: the signer's own, and
// those that strict verifiers refuse.
var reserved = []string{"alg", "kid", "typ", "crit", "b64", "cty", "jwk", "jku", "x5c", "x5u"}

// marshalHeader writes the JOSE header: alg, kid and typ, then what else the key
// needs, by name.
func marshalHeader(h keys.Header, typ string) ([]byte, error) {
	if h.Algorithm == "" {
		return nil, errors.New("signer: the key names no algorithm")
	}
	if err := jose.CheckKid(h.Kid); err != nil {
		return nil, fmt.Errorf("signer: the key has %w", err)
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
	if err := jose.Members(b.String(), jose.HeaderLimits, nil); err != nil {
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
