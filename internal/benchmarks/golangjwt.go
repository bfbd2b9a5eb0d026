package benchmarks

import (
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// golangJWTWays are the ways in which users of golang-jwt parse a token, and one
// that is faster than any they would think of. All of them use what makes it fast:
// one parser for all tokens, a key that is in an interface already, no strict
// base64, no json.Number.
func golangJWTWays(key *Key) []Contender {
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{key.Algorithm}),
		jwt.WithIssuer(Issuer),
		jwt.WithAudience(Audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
	)
	find := func(*jwt.Token) (any, error) { return key.Public, nil }
	return []Contender{
		golangJWT("MapClaims", parser, find, func() jwt.Claims { return jwt.MapClaims{} }),
		golangJWT("RegisteredClaims", parser, find, func() jwt.Claims { return &jwt.RegisteredClaims{} }),
		golangJWT("own claims", parser, find, func() jwt.Claims { return &ownClaims{} }),
		golangJWT("least claims", parser, find, func() jwt.Claims { return &leastClaims{} }),
	}
}

func golangJWT(variant string, parser *jwt.Parser, find jwt.Keyfunc, claims func() jwt.Claims) Contender {
	return contender(GolangJWT, variant, func(token string) error {
		_, err := parser.ParseWithClaims(token, claims(), find)
		return err
	})
}

// ownClaims is how golang-jwt's documentation adds claims of one's own.
type ownClaims struct {
	jwt.RegisteredClaims
	Scope string `json:"scope"`
}

// leastClaims is golang-jwt at its fastest: a claims type that holds only what is
// checked, in types that encoding/json knows by itself. It passes over sub, jti
// and scope, and it takes neither dates with a fraction nor an aud with several
// members, so that no application would use it as it stands.
type leastClaims struct {
	Issuer    string `json:"iss"`
	Audience  string `json:"aud"`
	ExpiresAt int64  `json:"exp"`
	NotBefore int64  `json:"nbf"`
	IssuedAt  int64  `json:"iat"`
}

func (c *leastClaims) GetExpirationTime() (*jwt.NumericDate, error) { return date(c.ExpiresAt), nil }
func (c *leastClaims) GetNotBefore() (*jwt.NumericDate, error)      { return date(c.NotBefore), nil }
func (c *leastClaims) GetIssuedAt() (*jwt.NumericDate, error)       { return date(c.IssuedAt), nil }
func (c *leastClaims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *leastClaims) GetSubject() (string, error)                  { return "", nil }
func (c *leastClaims) GetAudience() (jwt.ClaimStrings, error) {
	return jwt.ClaimStrings{c.Audience}, nil
}

func date(seconds int64) *jwt.NumericDate {
	if seconds == 0 {
		return nil
	}
	return &jwt.NumericDate{Time: time.Unix(seconds, 0)}
}
