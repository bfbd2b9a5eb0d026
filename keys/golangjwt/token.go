package golangjwt

import (
	"context"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
)

// NewWithClaims is jwt.NewWithClaims for keys of package keys. It returns a token of these
// claims, and the key to give to the token's SignedString. It asks source for the key of
// this one token, and writes into the header what a verifier needs to find the key again:
// alg, kid, an encrypted data key. The caller may change the rest of the header; typ is
// "JWT".
//
// An error is that of source or ctx, as is that of SignedString. Package signer signs claims
// without a jwt.Token, and refuses claims that a strict verifier would not read.
func NewWithClaims(ctx context.Context, source keys.SigningSource, claims jwt.Claims) (*jwt.Token, keys.SigningKey, error) {
	if setup.IsNil(source) {
		return nil, nil, fmt.Errorf("golangjwt: %w: the source of keys is nil", keys.ErrMisconfigured)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("golangjwt: %w", err)
	}
	key, err := source.SigningKey(ctx)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("golangjwt: getting the key: %w", err)
	case key == nil:
		return nil, nil, errors.New("golangjwt: getting the key: the source gave neither key nor error")
	}
	h := key.Header()
	token := jwt.NewWithClaims(Method(ctx, h.Algorithm), claims)
	if h.Kid != "" {
		token.Header["kid"] = h.Kid
	}
	for name, raw := range h.Params {
		token.Header[name] = raw
		if text, ok := h.Param(name); ok {
			token.Header[name] = text
		}
	}
	return token, key, nil
}
