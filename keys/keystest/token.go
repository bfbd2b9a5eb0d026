package keystest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/lambdajwt/authorizer/keys"
)

// A token is what goes from a signer to a verifier.
type token struct {
	header    keys.Header
	input     []byte
	signature []byte
}

// sign has a pair's signing end sign input.
func (p Pair) sign(ctx context.Context, input []byte) (token, error) {
	key, err := p.Signing.SigningKey(ctx)
	if err != nil {
		return token{}, fmt.Errorf("method SigningKey: %w", err)
	}
	if key == nil {
		return token{}, errors.New("method SigningKey returned neither a key nor an error")
	}
	signature, err := key.Sign(ctx, bytes.Clone(input))
	if err != nil {
		return token{}, fmt.Errorf("method Sign: %w", err)
	}
	if len(signature) == 0 {
		return token{}, errors.New("method Sign returned neither a signature nor an error")
	}
	header, err := throughJSON(key.Header())
	if err != nil {
		return token{}, err
	}
	return token{header: header, input: input, signature: signature}, nil
}

// verify asks a pair's verifying end for a token's key and the key for its verdict.
func (p Pair) verify(ctx context.Context, t token) error {
	key, err := p.find(ctx, t.header)
	if err != nil {
		return err
	}
	return key.Verify(ctx, t.input, t.signature)
}

// find looks up a key and holds it to the header's algorithm, as a verifier does.
func (p Pair) find(ctx context.Context, h keys.Header) (keys.VerificationKey, error) {
	key, err := p.Verification.VerificationKey(ctx, h)
	switch {
	case err != nil:
		return nil, err
	case key == nil:
		return nil, errors.New("method VerificationKey returned neither a key nor an error")
	case key.Algorithm() != h.Algorithm:
		return nil, fmt.Errorf("method VerificationKey returned a key of %s for a token of %s", key.Algorithm(), h.Algorithm)
	}
	return key, nil
}

// throughJSON returns the header as a verifier reads it from a token.
func throughJSON(h keys.Header) (keys.Header, error) {
	members := map[string]any{}
	for name, value := range h.Params {
		if name == "alg" || name == "kid" || name == "typ" {
			return h, fmt.Errorf("the header holds %s among its Params", name)
		}
		members[name] = value
	}
	members["alg"], members["kid"] = h.Algorithm, h.Kid
	text, err := json.Marshal(members)
	if err != nil {
		return h, fmt.Errorf("the header is not for JSON: %w", err)
	}
	read := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &read); err != nil {
		return h, fmt.Errorf("the header is not for JSON: %w", err)
	}
	var back keys.Header
	if err := errors.Join(
		json.Unmarshal(read["alg"], &back.Algorithm),
		json.Unmarshal(read["kid"], &back.Kid),
	); err != nil {
		return h, fmt.Errorf("the header is not for JSON: %w", err)
	}
	if back.Kid != h.Kid || back.Algorithm != h.Algorithm {
		return h, errors.New("the header's alg or kid is not valid UTF-8")
	}
	back.Type = h.Type
	delete(read, "alg")
	delete(read, "kid")
	if len(read) > 0 {
		back.Params = read
	}
	return back, nil
}

// with returns the token with another signature.
func (t token) with(signature []byte) token {
	t.signature = signature
	return t
}

// withParam returns the token with one more header member.
func (t token) withParam(name, text string) token {
	params := maps.Clone(t.header.Params)
	if params == nil {
		params = map[string]json.RawMessage{}
	}
	params[name] = json.RawMessage(text)
	t.header.Params = params
	return t
}

// flip returns a copy of data with one bit of byte i changed.
func flip(data []byte, i int) []byte {
	changed := bytes.Clone(data)
	changed[i] ^= 1 << (i % 8)
	return changed
}

// forged returns nil if err says that a signature is wrong.
func forged(err error) error {
	switch {
	case err == nil:
		return errors.New("was accepted")
	case !errors.Is(err, keys.ErrSignature):
		return fmt.Errorf("gave an error that does not wrap ErrSignature: %w", err)
	}
	return nil
}

// unknown returns nil if err says that there is no key for a token.
func unknown(err error) error {
	switch {
	case err == nil:
		return errors.New("was given a key")
	case !errors.Is(err, keys.ErrUnknownKey):
		return fmt.Errorf("gave an error that does not wrap ErrUnknownKey: %w", err)
	}
	return nil
}

// refused returns nil if err says either.
func refused(err error) error {
	switch {
	case err == nil:
		return errors.New("was accepted")
	case !isVerdict(err):
		return fmt.Errorf("gave an error that wraps neither ErrUnknownKey nor ErrSignature: %w", err)
	}
	return nil
}

// isVerdict reports whether an error puts the blame on the token.
func isVerdict(err error) bool {
	return errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature)
}
