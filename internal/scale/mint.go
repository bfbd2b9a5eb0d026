package main

import (
	"context"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
)

// poolSize is how many tokens stand for those of all users where that makes no difference.
const poolSize = 64

// A mint makes the tokens that are verified, when they are, for a million of them would
// not fit into memory: the same each time. It is the library's signer, with the user's data
// key if there is one.
type mint struct {
	signer *signer.Signer
	pool   []string
}

func newMint(w *world, b backend, from, to time.Time) (*mint, error) {
	source, err := b.minting(w)
	if err != nil {
		return nil, err
	}
	m := &mint{}
	if m.signer, err = signer.New(signer.Config{Keys: source}); err != nil {
		return nil, err
	}
	var pool []string
	for user := range poolSize {
		if !b.pooled {
			break
		}
		token, err := m.token(user, from, to, 0)
		if err != nil {
			return nil, err
		}
		pool = append(pool, token)
	}
	m.pool = pool
	return m, nil
}

// token returns the token of a user.
func (m *mint) token(user int, issued, expires time.Time, dataKey uint64) (string, error) {
	if len(m.pool) > 0 {
		return m.pool[user%len(m.pool)], nil
	}
	ctx := context.WithValue(context.Background(), dataKeyKey{}, dataKey)
	return m.signer.Sign(ctx, jwt.RegisteredClaims{
		Issuer: issuerName, Audience: jwt.ClaimStrings{audience}, Subject: "user-" + strconv.Itoa(user),
		IssuedAt: jwt.NewNumericDate(issued), ExpiresAt: jwt.NewNumericDate(expires),
	})
}

// dataKeyOf returns the number of the data key that a token's header carries, 0 if there
// is none.
func dataKeyOf(h keys.Header) (uint64, error) {
	text, ok := h.Param("edk")
	if !ok {
		return 0, nil
	}
	blob, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return 0, err
	}
	return numberOf(blob)
}
