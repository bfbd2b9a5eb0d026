package signer_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
)

// A talkative key puts further members into the header of its tokens.
type talkative struct {
	*keys.Secret
	params map[string]json.RawMessage
}

func (k talkative) SigningKey(context.Context) (keys.SigningKey, error) { return k, nil }
func (k talkative) Header() keys.Header {
	h := k.Secret.Header()
	h.Params = k.params
	return h
}

// Whatever is signed is accepted by a verifier of the same keys, whose settings ask for
// nothing that the claims do not have: at every limit the signer stops where the verifier
// does.
func TestAVerifierOfTheSameKeysTakesWhatTheSignerSigns(t *testing.T) {
	random := rand.New(rand.NewPCG(7519, 7515))
	nested := func(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }
	signed, refused := 0, 0
	for range 3000 {
		params := map[string]json.RawMessage{}
		for i := range []int{0, 0, 1, 5, 60, 61, 62, 100}[random.IntN(8)] {
			params[fmt.Sprint("p", i)] = json.RawMessage(`1`)
		}
		if random.IntN(6) == 0 {
			params["deep"] = json.RawMessage(nested([]int{1, 6, 7, 8, 13}[random.IntN(5)]))
		}
		claims := jwt.MapClaims{}
		for i := range []int{0, 1, 1, 5, 500, 512, 600}[random.IntN(7)] {
			claims[fmt.Sprint("c", i)] = i
		}
		if random.IntN(3) == 0 {
			claims["deep"] = json.RawMessage(nested([]int{1, 30, 31, 32, 40}[random.IntN(5)]))
		}
		for _, name := range []string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti", "scope"} {
			if random.IntN(16) == 0 {
				claims[name] = json.RawMessage([]string{
					`"text"`, `1e300`, `4102444800`, `0`, `-1`, `null`, `["a","b"]`, `[]`, `[1]`, `{}`, `253402300800`, `"\ud800"`, `1.5`,
				}[random.IntN(13)])
			}
		}
		if random.IntN(5) == 0 {
			claims["long"] = strings.Repeat("x", random.IntN(20_000))
		}
		key := secret(t).WithKid(strings.Repeat("k", []int{0, 0, 1, 512, 513}[random.IntN(5)]))
		s, err := signer.New(signer.Config{Keys: talkative{key, params}})
		if err != nil {
			refused++
			continue
		}
		token, err := s.Sign(context.Background(), claims)
		if err != nil {
			refused++
			continue
		}
		signed++
		v, err := verifier.New(verifier.Config{Keys: key, SkipIssuerCheck: true, SkipAudienceCheck: true, AllowMissingExpiry: true})
		if err != nil {
			t.Fatal(err)
		}
		switch _, err := v.Verify(context.Background(), token); verifier.ReasonOf(err) {
		case verifier.Expired, verifier.NotYetValid, verifier.IssuedInFuture: // which was there to be read
		default:
			if err != nil {
				t.Fatalf("%v: %s", err, token)
			}
		}
	}
	if signed < 500 || refused < 500 {
		t.Errorf("%d tokens signed and %d refused", signed, refused)
	}
}
