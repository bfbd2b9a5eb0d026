package httpauth

import (
	"context"
	"errors"

	"github.com/lambdajwt/authorizer/verifier"
)

// tokenKey is the key of a context's token.
type tokenKey struct{}

func withToken(ctx context.Context, t *verifier.Token) context.Context {
	return context.WithValue(ctx, tokenKey{}, t)
}

// TokenFrom returns the token of a request that a [Middleware] has handed on, by the context
// of the request. It is not ok if there is none: no Middleware is in front of the handler.
func TokenFrom(ctx context.Context) (t *verifier.Token, ok bool) {
	t, ok = ctx.Value(tokenKey{}).(*verifier.Token)
	return t, ok
}

// Claims returns the claims of the token of a request, as [verifier.Token.Claims] stores them:
//
//	claims, err := httpauth.Claims[struct {
//		jwt.RegisteredClaims
//		Tenant string `json:"tenant"`
//	}](r.Context())
//
// It gives an error if there is no token, and one if a claim does not fit its field. Neither
// is a refusal.
func Claims[T any](ctx context.Context) (T, error) {
	var claims T
	t, ok := TokenFrom(ctx)
	if !ok {
		return claims, errors.New("httpauth: there is no token in the context: put the handler behind Middleware.Wrap")
	}
	if err := t.Claims(&claims); err != nil {
		var none T
		return none, err
	}
	return claims, nil
}
