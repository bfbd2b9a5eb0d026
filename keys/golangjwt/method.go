package golangjwt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
)

// Method returns the [jwt.SigningMethod] of an algorithm for keys of package keys, for code
// that makes its tokens itself. Its Sign takes a [keys.SigningKey] and its Verify a
// [keys.VerificationKey], of this very algorithm, and both use ctx.
//
// Sign refuses a token whose header lacks a member of the key's header (kid, a data key),
// because nobody could verify it. [NewWithClaims] writes them.
//
// An error of Verify wraps [jwt.ErrSignatureInvalid] or [ErrOutage].
func Method(ctx context.Context, algorithm string) jwt.SigningMethod {
	return &method{ctx, algorithm}
}

// A method keeps the context because golang-jwt has none to give.
type method struct {
	ctx       context.Context
	algorithm string
}

func (m *method) Alg() string { return m.algorithm }

func (m *method) Sign(signingString string, key any) ([]byte, error) {
	own, ok := key.(keys.SigningKey)
	if !ok || setup.IsNil(key) {
		return nil, fmt.Errorf("golangjwt: signing: %w: %T is no keys.SigningKey: give SignedString the key of NewWithClaims", jwt.ErrInvalidKeyType, key)
	}
	header := own.Header()
	if header.Algorithm != m.algorithm {
		return nil, fmt.Errorf("golangjwt: signing: %w: it is of %s, and the token of %s", jwt.ErrInvalidKey, redact.Quote(header.Algorithm), redact.Quote(m.algorithm))
	}
	if err := checkHeader(signingString, header); err != nil {
		return nil, fmt.Errorf("golangjwt: signing: %w", err)
	}
	signature, err := own.Sign(m.ctx, []byte(signingString))
	switch {
	case err != nil:
		return nil, fmt.Errorf("golangjwt: signing: %w", err)
	case len(signature) == 0:
		return nil, errors.New("golangjwt: signing: the key gave an empty signature")
	}
	return signature, nil
}

func (m *method) Verify(signingString string, signature []byte, key any) error {
	own, ok := key.(keys.VerificationKey)
	switch {
	case !ok || setup.IsNil(key):
		return fmt.Errorf("golangjwt: verifying: %w: %w: %T is no keys.VerificationKey", ErrOutage, jwt.ErrInvalidKeyType, key)
	case own.Algorithm() != m.algorithm:
		return fmt.Errorf("golangjwt: verifying: %w: %w: it is of another algorithm", jwt.ErrSignatureInvalid, keys.ErrAlgorithm)
	}
	err := own.Verify(m.ctx, []byte(signingString), signature)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keys.ErrSignature):
		return fmt.Errorf("golangjwt: %w", jwt.ErrSignatureInvalid)
	}
	return fmt.Errorf("golangjwt: verifying: %w: %w", ErrOutage, err)
}

// checkHeader reports by an error what the header in a signing string lacks of what the
// key needs there.
func checkHeader(signingString string, want keys.Header) error {
	encoded, _, _ := strings.Cut(signingString, ".")
	text, err := jose.DecodeBase64URL(encoded)
	if err != nil {
		return fmt.Errorf("the token's header: %w", err)
	}
	got, err := readHeader(string(text))
	switch {
	case err != nil:
		return fmt.Errorf("the token's header: %w", err)
	case got.Algorithm != want.Algorithm:
		return errors.New("the token's header does not have the key's alg: make the token with NewWithClaims")
	case want.Kid != "" && got.Kid != want.Kid:
		return errors.New("the token's header does not have the key's kid: make the token with NewWithClaims")
	}
	for name, raw := range want.Params {
		if !sameJSON(got.Params[name], raw) {
			return fmt.Errorf("the token's header does not have the key's member %s: make the token with NewWithClaims", redact.Quote(name))
		}
	}
	return nil
}

// sameJSON reports whether two texts of JSON stand for the same value: golang-jwt writes
// them with escapes of its own.
func sameJSON(a, b json.RawMessage) bool {
	var values [2]any
	for i, text := range []json.RawMessage{a, b} {
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		if err := decoder.Decode(&values[i]); err != nil {
			return false
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}
