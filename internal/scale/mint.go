package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
)

// A mint makes the tokens that are verified. A million of them would not fit into memory,
// so that one that matters is made when it is verified: the same each time.
type mint struct {
	backend
	tokens []string
}

// tokensInAdvance is how many tokens stand for those of all users where that makes no
// difference.
const tokensInAdvance = 64

func newMint(w *world, b backend, from, to time.Time) (*mint, error) {
	m := &mint{backend: b}
	if b.inAdvance == nil {
		return m, nil
	}
	source, err := b.inAdvance(w)
	if err != nil {
		return nil, err
	}
	s, err := signer.New(signer.Config{Keys: source})
	if err != nil {
		return nil, err
	}
	for user := range tokensInAdvance {
		token, err := s.Sign(context.Background(), jwt.RegisteredClaims{
			Issuer: issuerName, Audience: jwt.ClaimStrings{audience}, Subject: "user-" + strconv.Itoa(user),
			IssuedAt: jwt.NewNumericDate(from), ExpiresAt: jwt.NewNumericDate(to),
		})
		if err != nil {
			return nil, err
		}
		m.tokens = append(m.tokens, token)
	}
	return m, nil
}

// envelopeKid is the kid of tokens with a data key.
const envelopeKid = "envelope"

// token returns the token of a user. dataKey is the number of its data key, 0 if it has
// none.
func (m *mint) token(user int, issued, expires time.Time, dataKey uint64) string {
	if len(m.tokens) > 0 {
		return m.tokens[user%len(m.tokens)]
	}
	header := fmt.Appendf(nil, `{"alg":%q,"typ":"JWT"}`, m.algorithm)
	if dataKey != 0 {
		header = fmt.Appendf(nil, `{"alg":%q,"edk":%q,"kid":%q,"typ":"JWT"}`, m.algorithm, base64.RawURLEncoding.EncodeToString(blob(dataKey)), envelopeKid)
	}
	claims := fmt.Appendf(nil, `{"iss":%q,"aud":%q,"sub":"user-%d","iat":%d,"exp":%d}`, issuerName, audience, user, issued.Unix(), expires.Unix())
	token := base64.RawURLEncoding.AppendEncode(nil, header)
	token = append(token, '.')
	token = base64.RawURLEncoding.AppendEncode(token, claims)
	signature := m.signature(token, dataKey)
	token = append(token, '.')
	return string(base64.RawURLEncoding.AppendEncode(token, signature))
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
