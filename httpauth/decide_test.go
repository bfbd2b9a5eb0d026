package httpauth_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/internal/clock/clocktest"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

const target = "https://api.example.com/orders/7"

// A client has a key for DPoP, and a token that is bound to it.
type client struct {
	key   *keys.PrivateKey
	clock *clocktest.Manual
	made  int
}

func newClient(t testing.TB) *client {
	t.Helper()
	return &client{key: testkeys.Private(t, "", "ES256", "a"), clock: clocktest.NewManual()}
}

// tokens are the known ones, and "bound".
func (c *client) tokens() tokens {
	all := maps.Clone(known)
	all["bound"] = `{"sub":"ann","scope":"orders:read","cnf":{"jkt":"` + c.key.Public().Thumbprint() + `"}}`
	return all
}

func (c *client) binding(t testing.TB, allowBearer bool) *binding.DPoP {
	t.Helper()
	return c.bindingWith(t, func(cfg *binding.DPoPConfig) { cfg.AllowBearerTokens = allowBearer })
}

func (c *client) bindingWith(t testing.TB, change func(*binding.DPoPConfig)) *binding.DPoP {
	t.Helper()
	memory, err := binding.NewMemory(binding.MemoryConfig{Now: c.clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	cfg := binding.DPoPConfig{Proofs: memory, Algorithms: []string{"ES256"}, Now: c.clock.Now}
	change(&cfg)
	b, err := binding.NewDPoP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// proof returns a new proof for a request with a token.
func (c *client) proof(t testing.TB, method, address, token string) string {
	t.Helper()
	return c.proofWith(t, method, address, token, "")
}

func (c *client) proofWith(t testing.TB, method, address, token, nonce string) string {
	t.Helper()
	var jwk map[string]any
	text, err := json.Marshal(c.key.Public())
	if err == nil {
		err = json.Unmarshal(text, &jwk)
	}
	if err != nil {
		t.Fatal(err)
	}
	maps.DeleteFunc(jwk, func(name string, _ any) bool { return name == "kid" || name == "use" || name == "alg" })
	hash := sha256.Sum256([]byte(token))
	c.made++
	claims := map[string]any{
		"jti": fmt.Sprint(c.made), "htm": method, "htu": address, "iat": c.clock.Now().Unix(), "ath": base64.RawURLEncoding.EncodeToString(hash[:]),
	}
	if nonce != "" {
		claims["nonce"] = nonce
	}
	input := encode(t, map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}) + "." + encode(t, claims)
	signature, err := c.key.Sign(t.Context(), []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func encode(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString(text)
}

func TestADPoPTokenIsGoodWithItsProofOnce(t *testing.T) {
	c := newClient(t)
	auth := newAuth(t, func(cfg *httpauth.Config) { cfg.Verifier, cfg.Binding = c.tokens(), c.binding(t, false) })
	r := request("GET "+target+"?x=y", "")
	r.Header.Set("Authorization", "DPoP bound")
	r.Header.Set("DPoP", c.proof(t, "GET", target, "bound"))
	if got := serve(auth.Wrap(handler), r); got.Code != 200 || got.Body.String() != "hello ann" {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if got := serve(auth.Wrap(handler), r); got.Code != 401 {
		t.Errorf("the proof was good twice: %d", got.Code)
	}
}

// A thief of a proof for a GET must not delete with it.
func TestAProofIsForTheMethodOfTheRequest(t *testing.T) {
	c := newClient(t)
	auth := newAuth(t, func(cfg *httpauth.Config) {
		cfg.Verifier, cfg.Binding, cfg.Table, cfg.AnyToken = c.tokens(), c.binding(t, false), nil, true
	})
	for _, method := range []string{"GET", "HEAD", "POST", "DELETE"} {
		for _, proven := range []string{"GET", "HEAD", "POST", "DELETE", "delete", ""} {
			r := request(method+" "+target, "")
			r.Header.Set("Authorization", "DPoP bound")
			r.Header.Set("DPoP", c.proof(t, proven, target, "bound"))
			want := map[bool]int{true: 200, false: 401}[proven == method]
			if got := serve(auth.Wrap(handler), r); got.Code != want {
				t.Errorf("%s with a proof for %q: got %d, want %d", method, proven, got.Code, want)
			}
		}
	}
}

// A request has one header DPoP and no more (RFC 9449 section 4.3), or whoever stands in front could check another proof.
func TestTwoProofsAreNone(t *testing.T) {
	c := newClient(t)
	auth := newAuth(t, func(cfg *httpauth.Config) { cfg.Verifier, cfg.Binding = c.tokens(), c.binding(t, false) })
	send := func(proofs ...string) int {
		r := request("GET "+target, "")
		r.Header.Set("Authorization", "DPoP bound")
		for _, proof := range proofs {
			r.Header.Add("DPoP", proof)
		}
		return serve(auth.Wrap(handler), r).Code
	}
	good := func() string { return c.proof(t, "GET", target, "bound") }
	same := good()
	for name, got := range map[string]int{
		"a good one and a bad one": send(good(), "x"), "a bad one and a good one": send("x", good()), "a good one and an empty one": send(good(), ""),
		"two good ones": send(good(), good()), "the same twice": send(same, same), "two in one text": send(good() + ",x"),
	} {
		if got != 401 {
			t.Errorf("%s: %d", name, got)
		}
	}
	if got := send(good()); got != 200 {
		t.Errorf("one proof: %d", got)
	}
}

func TestABoundTokenIsNoBearerToken(t *testing.T) {
	c := newClient(t)
	for name, b := range map[string]binding.Binding{"no binding": nil, "DPoP": c.binding(t, true), "certificates": binding.NewCertificate(binding.CertificateConfig{})} {
		r := request("GET "+target, "bound")
		r.Header.Set("DPoP", c.proof(t, "GET", target, "bound"))
		var seen verifier.Reason
		auth := newAuth(t, func(cfg *httpauth.Config) {
			cfg.Verifier, cfg.Binding = c.tokens(), b
			cfg.Observer = func(_ context.Context, o httpauth.Outcome) { seen = o.Reason }
		})
		if got := serve(auth.Wrap(handler), r); got.Code != 401 || seen != verifier.WrongBinding {
			t.Errorf("%s: %d, %s", name, got.Code, seen)
		}
	}
}

func TestATokenWhoseCnfNamesNothingIsRefusedByWhicheverBinding(t *testing.T) {
	for _, b := range []binding.Binding{nil, careless{}} {
		for _, cnf := range []string{`{}`, `null`, `"x"`} {
			all := tokens{"odd": `{"sub":"ann","scope":"orders:read","cnf":` + cnf + `}`}
			if got := status(newAuth(t, func(cfg *httpauth.Config) { cfg.Verifier, cfg.Binding = all, b }), "GET /orders/7", "odd"); got != 401 {
				t.Errorf("%s with %v: %d", cnf, b, got)
			}
		}
	}
}

// careless is a binding of a user's own that takes every token.
type careless struct{}

func (careless) Check(context.Context, binding.Request, *verifier.Token) error { return nil }

func TestTheSchemeDPoPIsNoneWithoutABindingForIt(t *testing.T) {
	c := newClient(t)
	auth := newAuth(t, func(cfg *httpauth.Config) {
		cfg.Verifier, cfg.Binding = c.tokens(), binding.NewCertificate(binding.CertificateConfig{AllowBearerTokens: true})
	})
	r := request("GET "+target, "")
	r.Header.Set("Authorization", "DPoP ann")
	got := serve(auth.Wrap(handler), r)
	if got.Code != 401 || got.Header().Get("WWW-Authenticate") != `Bearer realm="api"` {
		t.Errorf("%d %v", got.Code, got.Header())
	}
}

func TestAMissingNonceIsTold(t *testing.T) {
	c := newClient(t)
	auth := newAuth(t, func(cfg *httpauth.Config) {
		cfg.Verifier = c.tokens()
		cfg.Binding = c.bindingWith(t, func(d *binding.DPoPConfig) {
			d.Nonce = func(_ context.Context, nonce string) (string, bool, error) { return "n2", nonce == "n2", nil }
		})
	})
	send := func(nonce string) (int, string, string) {
		r := request("GET "+target, "")
		r.Header.Set("Authorization", "DPoP bound")
		r.Header.Set("DPoP", c.proofWith(t, "GET", target, "bound", nonce))
		got := serve(auth.Wrap(handler), r)
		return got.Code, got.Header().Get("DPoP-Nonce"), got.Header().Get("WWW-Authenticate")
	}
	want := `DPoP realm="api", error="use_dpop_nonce", error_description="the DPoP proof must have the nonce of DPoP-Nonce", algs="ES256"`
	if code, nonce, challenge := send("n1"); code != 401 || nonce != "n2" || challenge != want {
		t.Errorf("%d %q %s", code, nonce, challenge)
	}
	if code, nonce, _ := send("n2"); code != 200 || nonce != "" {
		t.Errorf("%d %q", code, nonce)
	}
}

// downStore is a store of proofs that cannot be asked.
type downStore struct{}

func (downStore) Use(context.Context, string, time.Time) (bool, error) { return false, errDown }

func TestAnOutageOfTheStoreOfProofsIsA503(t *testing.T) {
	c := newClient(t)
	auth := newAuth(t, func(cfg *httpauth.Config) {
		cfg.Verifier = c.tokens()
		cfg.Binding = c.bindingWith(t, func(d *binding.DPoPConfig) { d.Proofs = downStore{} })
	})
	r := request("GET "+target, "")
	r.Header.Set("Authorization", "DPoP bound")
	r.Header.Set("DPoP", c.proof(t, "GET", target, "bound"))
	if got := serve(auth.Wrap(handler), r); got.Code != 503 {
		t.Errorf("%d", got.Code)
	}
}

// A server reads the URL from Host and the path as it was sent.
func TestAProofIsForTheURLOfTheRequest(t *testing.T) {
	c := newClient(t)
	for _, test := range []struct {
		host, path string
		tls        bool
		htu        string
		want       int
	}{
		{"api.example.com", "/orders/7", true, "https://api.example.com/orders/7", 200},
		{"api.example.com:443", "/orders/7", true, "https://api.example.com/orders/7", 200},
		{"api.example.com", "/orders/7", false, "http://api.example.com/orders/7", 200},
		{"api.example.com", "/orders/7", false, "https://api.example.com/orders/7", 401},
		{"api.example.com", "/orders/a%2Fb", true, "https://api.example.com/orders/a%2fb", 200},
		{"api.example.com", "/orders/a%2Fb", true, "https://api.example.com/orders/a/b", 401},
		{"api.example.com", "/orders/a%2Fé", true, "https://api.example.com/orders/a%2Fé", 200},
		{"api.example.com", "/orders/a%2Fé", true, "https://api.example.com/orders/a/é", 401},
		{"api.example.com:port", "/orders/7", true, "https://api.example.com/orders/7", 401},
		{"evil.example.com", "/orders/7", true, "https://api.example.com/orders/7", 401},
		{"", "/orders/7", true, "https://api.example.com/orders/7", 401},
		{"u@api.example.com", "/orders/7", true, "https://api.example.com/orders/7", 401},
		{"api.example.com/x?", "/orders/7", true, "https://api.example.com/orders/7", 401},
	} {
		auth := newAuth(t, func(cfg *httpauth.Config) {
			cfg.Verifier, cfg.Binding = c.tokens(), c.binding(t, false)
			cfg.Table, cfg.AnyToken = nil, true
		})
		r := request("GET "+test.path, "")
		r.Host, r.TLS = test.host, nil
		if test.tls {
			r.TLS = new(tls.ConnectionState)
		}
		r.Header.Set("Authorization", "DPoP bound")
		r.Header.Set("DPoP", c.proof(t, "GET", test.htu, "bound"))
		if got := serve(auth.Wrap(handler), r); got.Code != test.want {
			t.Errorf("%+v: got %d", test, got.Code)
		}
	}
}

// Package lambdaurl puts the whole URL into a request, and no TLS.
func TestAURLThatIsWholeIsTakenAsItIs(t *testing.T) {
	c := newClient(t)
	auth := newAuth(t, func(cfg *httpauth.Config) { cfg.Verifier, cfg.Binding = c.tokens(), c.binding(t, false) })
	r := request("GET "+target, "")
	r.TLS, r.Host = nil, "other.example.com"
	r.Header.Set("Authorization", "DPoP bound")
	r.Header.Set("DPoP", c.proof(t, "GET", target, "bound"))
	if got := serve(auth.Wrap(handler), r); got.Code != 200 {
		t.Errorf("%s: %d", r.URL, got.Code)
	}
}

func TestATokenOfACertificateIsGoodOverItsConnectionAlone(t *testing.T) {
	block, _ := pem.Decode(testkeys.PEM(t, "ec-p256-a.certificate"))
	own, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	hash := sha256.Sum256(own.Raw)
	all := maps.Clone(known)
	all["bound"] = `{"sub":"ann","scope":"orders:read","cnf":{"x5t#S256":"` + base64.RawURLEncoding.EncodeToString(hash[:]) + `"}}`
	auth := newAuth(t, func(cfg *httpauth.Config) {
		cfg.Verifier, cfg.Binding = all, binding.NewCertificate(binding.CertificateConfig{})
	})
	for name, test := range map[string]struct {
		state *tls.ConnectionState
		want  int
	}{
		"its own":        {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{own}}, 200},
		"another's":      {&tls.ConnectionState{PeerCertificates: []*x509.Certificate{{Raw: []byte("x")}, own}}, 401},
		"no certificate": {new(tls.ConnectionState), 401},
		"no TLS":         {nil, 401},
	} {
		r := request("GET "+target, "bound")
		r.TLS = test.state
		r.Header.Set("X-Client-Cert", string(pem.EncodeToMemory(block)))
		if got := serve(auth.Wrap(handler), r); got.Code != test.want {
			t.Errorf("%s: got %d", name, got.Code)
		}
	}
}
