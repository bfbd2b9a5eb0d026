package golangjwt

import (
	"context"
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/setup"
	"github.com/lambdajwt/authorizer/keys"
)

// NewWithClaims returns a token of these claims and the key to sign it with: give that to
// the token's SignedString. It asks source for the key of this one token, and writes what
// a verifier needs to find it again into the header: alg, kid, a data key in its encrypted
// form. The rest of the header is the caller's; typ is "JWT" unless it is changed.
//
// It is jwt.NewWithClaims for keys of package keys. Its error, and that of SignedString, is
// the source's. To sign without golang-jwt's token in between, and to be sure that
// strict verifiers read the claims, use package signer.
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
