package verifier_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
)

const (
	issuer   = "https://login.example.com"
	audience = "orders"
	now      = 1_700_000_000 // the time of every test, in seconds since 1970
)

// good are claims that every test's verifier accepts.
const good = `{"iss":"https://login.example.com","sub":"user-1","aud":"orders","exp":1700000060,"iat":1700000000}`

func clock() time.Time { return time.Unix(now, 0) }

// secret is an HS256 key; alg and kid as given to keys.HMAC.
func secret(t testing.TB, kid, alg string) *keys.Secret {
	t.Helper()
	s, err := keys.HMAC(alg, []byte(strings.Repeat("0123456789abcdef", 4)))
	if err != nil {
		t.Fatal(err)
	}
	s = s.WithKid(kid)
	return s
}

// rsaKeys are shared by all tests, because they are slow to make.
var rsaKeys = sync.OnceValue(func() [2]*rsa.PrivateKey {
	var pair [2]*rsa.PrivateKey
	for i := range pair {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		pair[i] = key
	}
	return pair
})

// newVerifier returns a verifier of good claims, changed by the given function.
func newVerifier(t testing.TB, source keys.VerificationSource, change func(*verifier.Config)) *verifier.Local {
	t.Helper()
	cfg := verifier.Config{Keys: source, Issuer: issuer, Audience: []string{audience}, Now: clock}
	if change != nil {
		change(&cfg)
	}
	v, err := verifier.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func encode(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// forge signs any header and payload whatever they say.
func forge(t testing.TB, key keys.SigningKey, header, payload string) string {
	t.Helper()
	input := encode(header) + "." + encode(payload)
	signature, err := key.Sign(context.Background(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// header returns the ordinary header of a key.
func header(key keys.SigningKey) string {
	h := key.Header()
	if h.Kid == "" {
		return fmt.Sprintf(`{"alg":%q,"typ":"JWT"}`, h.Algorithm)
	}
	return fmt.Sprintf(`{"alg":%q,"kid":%q,"typ":"JWT"}`, h.Algorithm, h.Kid)
}

// wantRefused checks that a token is refused for a reason, in every way in which
// callers can tell.
func wantRefused(t *testing.T, v verifier.Verifier, token string, want verifier.Reason) {
	t.Helper()
	got, err := v.Verify(context.Background(), token)
	if got != nil {
		t.Errorf("refused with a token: %v", got)
	}
	if reason := verifier.ReasonOf(err); reason != want {
		t.Errorf("got reason %q (%v), want %q", reason, err, want)
	}
}
