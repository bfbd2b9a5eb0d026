package benchmarks

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

// jwxWays are jwx's own way, with options that are made once, and the one that its
// documentation advises where speed matters: verify the JWS, and decode and check
// the claims by hand.
func jwxWays(key *Key) ([]Contender, error) {
	algorithm, ok := jwa.LookupSignatureAlgorithm(key.Algorithm)
	if !ok {
		return nil, fmt.Errorf("unknown algorithm %q", key.Algorithm)
	}
	options := []jwt.ParseOption{
		jwt.WithKey(algorithm, key.Public),
		jwt.WithIssuer(Issuer),
		jwt.WithAudience(Audience),
		jwt.WithRequiredClaim(jwt.ExpirationKey),
	}
	withKey := jws.WithKey(algorithm, key.Public)
	return []Contender{
		contender(JWX, "jwt.Parse", func(token string) error {
			_, err := jwt.ParseString(token, options...)
			return err
		}),
		contender(JWX, "jws.Verify", func(token string) error {
			payload, err := jws.Verify([]byte(token), withKey)
			if err != nil {
				return err
			}
			var claims plainClaims
			if err := json.Unmarshal(payload, &claims); err != nil {
				return err
			}
			return claims.check(time.Now().Unix())
		}),
	}, nil
}

// plainClaims has the claims of Claims. It is checked by hand.
type plainClaims struct {
	Issuer    string `json:"iss"`
	Subject   string `json:"sub"`
	Audience  string `json:"aud"`
	ExpiresAt int64  `json:"exp"`
	NotBefore int64  `json:"nbf"`
	IssuedAt  int64  `json:"iat"`
	ID        string `json:"jti"`
	Scope     string `json:"scope"`
}

func (c *plainClaims) check(now int64) error {
	switch {
	case c.Issuer != Issuer:
		return errors.New("wrong iss")
	case c.Audience != Audience:
		return errors.New("wrong aud")
	case c.ExpiresAt <= now:
		return errors.New("no exp, or expired")
	case c.NotBefore > now || c.IssuedAt > now:
		return errors.New("not valid yet")
	}
	return nil
}
