package binding_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

const (
	target = "https://api.example.com/orders/1"
	bearer = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU" // RFC 9449 section 7.1
	ath    = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo" // its hash
)

type object = map[string]any

// token returns a verified token of these claims.
func token(t testing.TB, claims string) *verifier.Token {
	t.Helper()
	token, err := verifier.TrustClaims([]byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// boundTo returns a token with this cnf.
func boundTo(t testing.TB, cnf string) *verifier.Token {
	t.Helper()
	return token(t, `{"sub":"user-1","cnf":`+cnf+`}`)
}

// A client has a key, a clock, and tokens that are bound to the key.
type client struct {
	key   *keys.PrivateKey
	clock *clocktest.Manual
}

func newClient(t testing.TB, alg, instance string) *client {
	t.Helper()
	return &client{testkeys.Private(t, "", alg, instance), clocktest.NewManual()}
}

func (c *client) token(t testing.TB) *verifier.Token {
	t.Helper()
	return boundTo(t, `{"jkt":"`+c.key.Public().Thumbprint()+`"}`)
}

// jwk returns the public key as a client has it: without kid, use and alg.
func (c *client) jwk(t testing.TB) object {
	t.Helper()
	jwk := read(t, c.key.Public())
	delete(jwk, "kid")
	delete(jwk, "use")
	delete(jwk, "alg")
	return jwk
}

// read returns what a value looks like in JSON.
func read(t testing.TB, v any) (members object) {
	t.Helper()
	text, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(text, &members)
	}
	if err != nil {
		t.Fatal(err)
	}
	return members
}

func (c *client) header(t testing.TB) object {
	t.Helper()
	return object{"typ": "dpop+jwt", "alg": c.key.Algorithm(), "jwk": c.jwk(t)}
}

func (c *client) claims(jti string) object {
	return object{"jti": jti, "htm": "GET", "htu": target, "ath": ath, "iat": c.clock.Now().Unix()}
}

// proof returns a good proof for a GET of target, but for the changes. A nil takes a
// member out.
func (c *client) proof(t testing.TB, jti string, changes object) string {
	t.Helper()
	claims := c.claims(jti)
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return c.sign(t, c.header(t), claims)
}

// sign signs anything.
func (c *client) sign(t testing.TB, header, claims any) string {
	t.Helper()
	input := encode(t, header) + "." + encode(t, claims)
	signature, err := c.key.Sign(t.Context(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// encode returns a value as base64url of its JSON, or of a text itself.
func encode(t testing.TB, v any) string {
	t.Helper()
	if text, ok := v.(string); ok {
		return base64.RawURLEncoding.EncodeToString([]byte(text))
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func request(proofs ...string) binding.Request {
	return binding.Request{Method: "GET", URL: target, Token: bearer, DPoP: proofs}
}

// newDPoP returns a binding by the clock of a client, changed by the given function.
func newDPoP(t testing.TB, c *client, change func(*binding.DPoPConfig)) *binding.DPoP {
	t.Helper()
	cfg := binding.DPoPConfig{Proofs: newMemory(t, c, 0), Now: c.clock.Now}
	if change != nil {
		change(&cfg)
	}
	d, err := binding.NewDPoP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func newMemory(t testing.TB, c *client, size int) *binding.Memory {
	t.Helper()
	memory, err := binding.NewMemory(binding.MemoryConfig{Size: size, Now: c.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	return memory
}

// wantRefused checks that it is the caller's fault, for this reason.
func wantRefused(t *testing.T, err error, want verifier.Reason) {
	t.Helper()
	if !errors.Is(err, verifier.ErrInvalidToken) || !errors.Is(err, jwt.ErrTokenInvalidClaims) || verifier.ReasonOf(err) != want {
		t.Errorf("got reason %q (%v), want %q", verifier.ReasonOf(err), err, want)
	}
}

// wantOutage checks that it is not the caller's fault, and why.
func wantOutage(t *testing.T, err, cause error) {
	t.Helper()
	if errors.Is(err, verifier.ErrInvalidToken) || err == nil || cause != nil && !errors.Is(err, cause) {
		t.Errorf("got %v, want an outage caused by %v", err, cause)
	}
}

func wantAccepted(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("refused: %v", err)
	}
}

var errDown = errors.New("connection refused")

// A store answers as a test says.
type store struct {
	first bool
	err   error
	use   func(id string, until time.Time)
}

func (s store) Use(_ context.Context, id string, until time.Time) (bool, error) {
	if s.use != nil {
		s.use(id, until)
	}
	return s.first, s.err
}
