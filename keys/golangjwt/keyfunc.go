package golangjwt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
)

// ErrOutage says that a token could not be decided: the source of keys failed, or is set
// up wrongly, or the context ended. It is never the token's fault: answer with a 500.
var ErrOutage = errors.New("the token could not be decided")

// Keyfunc returns a [jwt.Keyfunc] that finds the key of a token in source and checks the
// signature with it. It is for jwt.Parse, jwt.ParseWithClaims and what is built on them.
// It uses ctx, so make one for each request, or with a context that lasts.
//
// What the parser then returns wraps [ErrOutage] if the token could not be decided. If it
// is the token's fault, it wraps jwt.ErrTokenSignatureInvalid for a wrong signature, and
// jwt.ErrTokenUnverifiable for a token that names no key of source ([keys.ErrUnknownKey]),
// another algorithm than the key's ([keys.ErrAlgorithm]), or whose header is not strictly
// formed (jwt.ErrTokenMalformed).
//
// It replaces the token's Method, once jwt.WithValidMethods has been checked, by that of
// [Method] for the same algorithm.
func Keyfunc(ctx context.Context, source keys.VerificationSource) jwt.Keyfunc {
	return func(token *jwt.Token) (any, error) {
		if err := ctx.Err(); err != nil {
			return nil, outage(err)
		}
		if setup.IsNil(source) {
			return nil, outage(fmt.Errorf("%w: the source of keys is nil", keys.ErrMisconfigured))
		}
		input, header, err := parts(token)
		if err != nil {
			return nil, err
		}
		key, err := find(ctx, source, header)
		if err != nil {
			return nil, err
		}
		m := &method{ctx, header.Algorithm}
		verdict := m.Verify(input, token.Signature, key)
		if errors.Is(verdict, ErrOutage) {
			return nil, verdict // which the parser would take for a wrong signature
		}
		token.Method = m
		return &decided{redact.NewLabel("golangjwt key for one token"), key, []byte(input), token.Signature, verdict == nil}, nil
	}
}

func outage(err error) error { return fmt.Errorf("golangjwt: %w: %w", ErrOutage, err) }

// parts returns what the signature of a token is over, and its header.
func parts(token *jwt.Token) (input string, h keys.Header, err error) {
	end := strings.LastIndexByte(token.Raw, '.')
	if end < 0 || token.Method == nil {
		return "", h, outage(errors.New("a token that no parser of golang-jwt has read: give this function to jwt.Parse"))
	}
	input = token.Raw[:end]
	encoded, _, _ := strings.Cut(input, ".")
	text, err := jose.DecodeBase64URL(encoded)
	if err == nil {
		h, err = readHeader(string(text))
	}
	if err != nil {
		return "", h, fmt.Errorf("golangjwt: %w: the header: %w", jwt.ErrTokenMalformed, err)
	}
	// golang-jwt's parser takes several texts for one signature.
	if _, err := jose.DecodeBase64URL(token.Raw[end+1:]); err != nil {
		return "", h, fmt.Errorf("golangjwt: %w: the signature: %w", jwt.ErrTokenMalformed, err)
	}
	if h.Algorithm != token.Method.Alg() {
		return "", h, fmt.Errorf("golangjwt: %w: the parser has read another algorithm", keys.ErrAlgorithm)
	}
	return input, h, nil
}

// find returns the key that a header names, if it is of the header's algorithm.
func find(ctx context.Context, source keys.VerificationSource, h keys.Header) (keys.VerificationKey, error) {
	key, err := source.VerificationKey(ctx, h)
	switch {
	case errors.Is(err, keys.ErrUnknownKey): // and ErrAlgorithm, which wraps it
		return nil, fmt.Errorf("golangjwt: %w", err)
	case err != nil:
		return nil, outage(err)
	case key == nil:
		return nil, outage(errors.New("the source gave neither key nor error"))
	case key.Algorithm() != h.Algorithm:
		return nil, fmt.Errorf("golangjwt: %w", keys.ErrAlgorithm)
	}
	return key, nil
}

type label = redact.Label

// A decided key has given its verdict on one signature already, and does not work it out
// again when the parser asks for it.
type decided struct {
	label // the input and the signature are the token
	keys.VerificationKey
	input, signature []byte
	valid            bool
}

func (d *decided) Verify(ctx context.Context, input, signature []byte) error {
	switch {
	case !bytes.Equal(input, d.input) || !bytes.Equal(signature, d.signature):
		return d.VerificationKey.Verify(ctx, input, signature)
	case !d.valid:
		return keys.ErrSignature
	}
	return nil
}
