package benchmarks

import (
	"errors"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

var errNoExpiry = errors.New("no exp")

// goJOSE parses, verifies and checks as go-jose's documentation has it. go-jose
// takes a token without exp, and so that is looked for here.
func goJOSE(key *Key) Contender {
	algorithms := []jose.SignatureAlgorithm{jose.SignatureAlgorithm(key.Algorithm)}
	expected := jwt.Expected{Issuer: Issuer, AnyAudience: jwt.Audience{Audience}}
	return contender(GoJOSE, "", func(token string) error {
		parsed, err := jwt.ParseSigned(token, algorithms)
		if err != nil {
			return err
		}
		var claims jwt.Claims
		if err := parsed.Claims(key.Public, &claims); err != nil {
			return err
		}
		if claims.Expiry == nil {
			return errNoExpiry
		}
		return claims.ValidateWithLeeway(expected, 0)
	})
}
