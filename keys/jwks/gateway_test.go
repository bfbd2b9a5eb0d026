package jwks_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys/jwks"
)

func gatewayConfig(t testing.TB) jwks.GatewayConfig {
	t.Helper()
	p := newPublisher(t, jwks.PublisherConfig{Issuer: issuer, Keys: newSet(t, privateKey(t, "1", "RS256", "a").Public())})
	document, err := p.Discovery(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set, err := p.JWKS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return jwks.GatewayConfig{
		Issuer: issuer, Audience: []string{"orders"}, Discovery: document, JWKS: set,
		Scopes: map[string][]string{"GET /user/{proxy+}": {"USER", "ADMIN"}, "GET /admin": {"ADMIN"}, "GET /": nil},
	}
}

func TestCheckGatewayTellsWhatAPIGatewayWouldRefuse(t *testing.T) {
	rsa := publicJWK(t, "RS256", "a")
	withIssuer := func(name string) func(*jwks.GatewayConfig) {
		return func(c *jwks.GatewayConfig) {
			c.Issuer = name
			c.Discovery = fmt.Appendf(nil, `{"issuer":%q,"jwks_uri":%q}`, name, jwksURL)
		}
	}
	withJWKS := func(members ...[]byte) func(*jwks.GatewayConfig) {
		return func(c *jwks.GatewayConfig) {
			c.JWKS = jwkSet(members...)
		}
	}
	certificate := func(name string) string {
		block, _ := pem.Decode(pemFile(t, name))
		return base64.StdEncoding.EncodeToString(block.Bytes)
	}
	spki := certificate("rsa2048-a.spki")
	for _, test := range []struct {
		name   string
		change func(*jwks.GatewayConfig)
		want   []string // one text of each problem, in order
	}{
		{"nothing wrong", func(*jwks.GatewayConfig) {}, nil},
		{"no issuer", withIssuer(""), []string{"the issuer: ", "no issuer in it"}},
		{"an issuer that is a host", withIssuer("login.example.com"), []string{"no absolute https URL"}},
		{"an http issuer", withIssuer("http://login.example.com"), []string{"use https"}},
		{"a loopback issuer over http", withIssuer("http://localhost"), []string{"not over https"}},
		{"a loopback issuer", withIssuer("https://127.0.0.1"), []string{"this machine"}},
		{"an issuer with a query", withIssuer(issuer + "?a=b"), []string{"has a query"}},
		{"an issuer with a fragment", withIssuer(issuer + "#a"), []string{"has a fragment"}},
		{"another issuer in the document", func(c *jwks.GatewayConfig) { c.Issuer += "/" }, []string{"byte for byte"}},
		{"no audience", func(c *jwks.GatewayConfig) { c.Audience = nil }, []string{"no audience"}},
		{"fifty audiences", func(c *jwks.GatewayConfig) { c.Audience = numbered(50) }, nil},
		{"fifty-one audiences", func(c *jwks.GatewayConfig) { c.Audience = numbered(51) }, []string{"51 audiences: set at most 50"}},
		{"an empty audience", func(c *jwks.GatewayConfig) { c.Audience = []string{"", "a"} }, []string{"an empty audience"}},
		{"no document", func(c *jwks.GatewayConfig) { c.Discovery = nil }, []string{"the discovery document: "}},
		{"jwks_url for jwks_uri, as in the blog post", func(c *jwks.GatewayConfig) {
			c.Discovery = bytes.Replace(c.Discovery, []byte("jwks_uri"), []byte("jwks_url"), 1)
		}, []string{"no jwks_uri"}},
		{"a jwks_uri over http", func(c *jwks.GatewayConfig) {
			c.Discovery = bytes.Replace(c.Discovery, []byte(`"jwks_uri":"https`), []byte(`"jwks_uri":"http`), 1)
		}, []string{"jwks_uri: "}},
		{"a jwks_uri on loopback", func(c *jwks.GatewayConfig) {
			c.Discovery = fmt.Appendf(nil, `{"issuer":%q,"jwks_uri":"http://localhost/jwks"}`, issuer)
		}, []string{"this machine"}},
		{"a jwks_uri on loopback over https", func(c *jwks.GatewayConfig) {
			c.Discovery = fmt.Appendf(nil, `{"issuer":%q,"jwks_uri":"https://127.0.0.1/jwks"}`, issuer)
		}, []string{"this machine"}},
		{"a key without n", withJWKS(rsa, edit(t, publicJWK(t, "RS256", "b"), map[string]any{"n": nil})), []string{"key 1 of the JWK set: it has no n"}},
		{"a key without e", withJWKS(rsa, edit(t, publicJWK(t, "RS256", "b"), map[string]any{"e": nil})), []string{"key 1 of the JWK set: it has no e"}},
		{"keys that are no list", func(c *jwks.GatewayConfig) { c.JWKS = []byte(`{"keys":{}}`) }, []string{"the JWK set: "}},
		{"a key that is no object", func(c *jwks.GatewayConfig) { c.JWKS = []byte(`{"keys":[` + string(rsa) + `,1]}`) }, []string{"the JWK set: "}},
		{"another list in the set", func(c *jwks.GatewayConfig) { c.JWKS = []byte(`{"x":[{"kty":"EC"}],"keys":[` + string(rsa) + `]}`) }, nil},
		{"ten levels", func(c *jwks.GatewayConfig) {
			c.JWKS = []byte(`{"keys":[` + string(rsa) + `],"x":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`)
		}, nil},
		{"eleven levels", func(c *jwks.GatewayConfig) {
			c.JWKS = []byte(`{"keys":[` + string(rsa) + `],"x":` + strings.Repeat("[", 10) + strings.Repeat("]", 10) + `}`)
		}, []string{"nested too deep"}},
		{"4096 members", func(c *jwks.GatewayConfig) { c.JWKS = setOfMembers(t, rsa, 4096) }, nil},
		{"4097 members", func(c *jwks.GatewayConfig) { c.JWKS = setOfMembers(t, rsa, 4097) }, []string{"too many members"}},
		{"no set", func(c *jwks.GatewayConfig) { c.JWKS = nil }, []string{"the JWK set: "}},
		{"an empty set", withJWKS(), []string{"no keys"}},
		{"a large set", func(c *jwks.GatewayConfig) { c.JWKS = append(c.JWKS, bytes.Repeat([]byte(" "), 150_000)...) }, []string{"use at most 150000"}},
		{"an EC key", withJWKS(rsa, publicJWK(t, "ES256", "a")), []string{`key 1 of the JWK set: its kty is "EC"`}},
		{"only an EC key", withJWKS(publicJWK(t, "ES256", "a")), []string{"RSA keys only", "no key to verify tokens with"}},
		{"x5c for n and e, as in the blog post", withJWKS(edit(t, rsa, map[string]any{"n": nil, "e": nil, "x5c": []string{spki}})),
			[]string{"it has no n", "it has no e", "its x5c is not a list of certificates", "no key to verify tokens with"}},
		{"a public key for a certificate", withJWKS(edit(t, rsa, map[string]any{"x5c": []string{spki}})), []string{"its x5c", "no key"}},
		{"an empty x5c", withJWKS(edit(t, rsa, map[string]any{"x5c": []string{}})), []string{"its x5c", "no key"}},
		{"x5c that is no list", withJWKS(edit(t, rsa, map[string]any{"x5c": spki})), []string{"its x5c", "no key"}},
		{"x5c that is no base64", withJWKS(edit(t, rsa, map[string]any{"x5c": []string{"-----BEGIN"}})), []string{"its x5c", "no key"}},
		{"no kid", withJWKS(edit(t, rsa, map[string]any{"kid": nil})), []string{"it has no kid", "no key"}},
		{"two keys of one kid", withJWKS(edit(t, rsa, map[string]any{"kid": "a"}), edit(t, publicJWK(t, "RS256", "b"), map[string]any{"kid": "a"})), []string{"another key's too"}},
		{"a private key", withJWKS(privateJWK(t, "RS256", "a")), []string{"private or secret", "no key"}},
		{"an algorithm for encryption", withJWKS(rsa, edit(t, publicJWK(t, "RS256", "b"), map[string]any{"alg": "RSA-OAEP"})), []string{"its alg is"}},
		{"eleven scopes", func(c *jwks.GatewayConfig) { c.Scopes["GET /"] = numbered(11) }, []string{`route "GET /" has 11 scopes: set at most 10`}},
		{"ten scopes", func(c *jwks.GatewayConfig) { c.Scopes["GET /"] = numbered(10) }, nil},
		{"two scopes in one", func(c *jwks.GatewayConfig) { c.Scopes["GET /"] = []string{"USER ADMIN"} }, []string{`the scope "USER ADMIN"`}},
		{"an empty scope", func(c *jwks.GatewayConfig) { c.Scopes["GET /"] = []string{"", "é"} }, []string{`the scope ""`, `the scope "\u00e9"`}},
		{"everything at once", func(c *jwks.GatewayConfig) {
			*c = jwks.GatewayConfig{Issuer: "x", Discovery: []byte("{}"), JWKS: []byte("{}"), Scopes: map[string][]string{"b": {""}, "a": numbered(11)}}
		}, []string{"the issuer", "no audience", "discovery document", "JWK set", `route "a"`, `route "b"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := gatewayConfig(t)
			test.change(&cfg)
			problems := jwks.CheckGateway(cfg)
			if len(problems) != len(test.want) {
				t.Fatalf("%d problems: %v", len(problems), problems)
			}
			for i, problem := range problems {
				wantError(t, problem, "jwks: API Gateway: ", test.want[i])
			}
		})
	}
}

// What both kinds of authorizers refuse is in the test above. For a REST API it is the
// allowed algorithms that decide about a key, and limits are not known.
func TestCheckGatewayTellsWhatARESTAPIWouldRefuse(t *testing.T) {
	rsa, curve := publicJWK(t, "RS256", "a"), publicJWK(t, "ES256", "a")
	unnamed := func(jwk []byte) []byte { return edit(t, jwk, map[string]any{"alg": nil}) }
	for _, test := range []struct {
		name       string
		algorithms []string
		keys       [][]byte
		change     func(*jwks.GatewayConfig)
		want       []string // one text of each problem, in order
	}{
		{"an RSA key", []string{"RS256"}, [][]byte{rsa}, nil, nil},
		{"a key on a curve", []string{"ES256"}, [][]byte{curve}, nil, nil},
		{"both", []string{"RS256", "ES256"}, [][]byte{rsa, curve}, nil, nil},
		{"keys without alg", []string{"RS512", "ES256"}, [][]byte{unnamed(rsa), unnamed(curve)}, nil, nil},
		{"another algorithm of RSA", []string{"RS512"}, [][]byte{rsa}, nil, []string{"key 0 of the JWK set: it serves none of the allowed algorithms, RS512", "publish one for RS512"}},
		{"a key on another curve", []string{"RS256", "ES384"}, [][]byte{rsa, unnamed(curve)}, nil, []string{"key 1 of the JWK set: it serves none"}},
		{"an RSA key where curves are allowed", []string{"ES256", "EdDSA"}, [][]byte{unnamed(rsa)}, nil, []string{"it serves none of the allowed algorithms, ES256, EdDSA", "publish one for ES256, EdDSA"}},
		{"an empty set", []string{"ES256"}, nil, nil, []string{"no keys in its member \"keys\": publish one for ES256"}},
		{"a private key", []string{"RS256"}, [][]byte{privateJWK(t, "RS256", "a")}, nil, []string{"private or secret", "no key"}},
		{"a key without n", []string{"RS256"}, [][]byte{edit(t, rsa, map[string]any{"n": nil})}, nil, []string{"key 0", "no key"}},
		{"a certificate that is none", []string{"RS256"}, [][]byte{edit(t, rsa, map[string]any{"x5c": []string{"a"}})}, nil, []string{"its x5c", "no key"}},
		{"no kid", []string{"RS256"}, [][]byte{edit(t, rsa, map[string]any{"kid": nil})}, nil, []string{"it has no kid", "no key"}},
		{"limits of HTTP APIs", []string{"RS256"}, [][]byte{rsa}, func(c *jwks.GatewayConfig) {
			c.Audience, c.Scopes["GET /"] = numbered(51), numbered(11)
			c.JWKS = append(c.JWKS, bytes.Repeat([]byte(" "), 150_000)...)
		}, nil},
		{"what both refuse", []string{"RS256"}, [][]byte{rsa}, func(c *jwks.GatewayConfig) {
			c.Audience, c.Scopes["GET /"], c.Issuer = nil, []string{""}, c.Issuer+"/"
		}, []string{"no audience", "byte for byte", `the scope ""`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			cfg := gatewayConfig(t)
			cfg.Algorithms, cfg.JWKS = test.algorithms, jwkSet(test.keys...)
			if test.change != nil {
				test.change(&cfg)
			}
			problems := jwks.CheckGateway(cfg)
			if len(problems) != len(test.want) {
				t.Fatalf("%d problems: %v", len(problems), problems)
			}
			for i, problem := range problems {
				wantError(t, problem, "jwks: API Gateway: ", test.want[i])
			}
		})
	}
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint("name-", i)
	}
	return names
}

func TestCheckGatewayTakesACertificateOfTheKeyOnly(t *testing.T) {
	block, _ := pem.Decode(pemFile(t, "rsa2048-a.certificate"))
	x5c := map[string]any{"x5c": []string{base64.StdEncoding.EncodeToString(block.Bytes)}}
	for instance, want := range map[string]int{"a": 0, "b": 2} {
		cfg := gatewayConfig(t)
		cfg.JWKS = jwkSet(edit(t, publicJWK(t, "RS256", instance), x5c))
		if problems := jwks.CheckGateway(cfg); len(problems) != want {
			t.Errorf("key %s: %v", instance, problems)
		}
	}
}

// setOfMembers returns a JWK set of one key that has so many members in all.
func setOfMembers(t *testing.T, key []byte, n int) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"keys":[` + string(key) + `]`)
	for i := range n - 1 - len(object(t, key)) {
		fmt.Fprintf(&b, `,"%d":0`, i)
	}
	return []byte(b.String() + "}")
}

// The first certificate is the key's, and those that vouch for it are others' (RFC 7517
// section 4.7). None of them may be something else.
func TestCheckGatewayLooksAtTheWholeChain(t *testing.T) {
	block, _ := pem.Decode(pemFile(t, "rsa2048-a.certificate"))
	own := base64.StdEncoding.EncodeToString(block.Bytes)
	signing, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signing.Public(), signing)
	if err != nil {
		t.Fatal(err)
	}
	other := base64.StdEncoding.EncodeToString(der)
	for name, test := range map[string]struct {
		chain []any
		want  bool
	}{
		"its own": {[]any{own}, true}, "its own and another": {[]any{own, other}, true}, "another": {[]any{other}, false}, "another and its own": {[]any{other, own}, false},
		"its own and no base64": {[]any{own, "!"}, false}, "its own and no certificate": {[]any{own, "AAAA"}, false}, "its own and a number": {[]any{own, 1}, false},
		"its own and rubbish": {[]any{own + "!"}, false}, "no certificate": {[]any{"AAAA"}, false}, "nothing": {[]any{}, false}, "no base64 and its own": {[]any{"!", own}, false}, "no certificate and its own": {[]any{"AAAA", own}, false},
	} {
		cfg := gatewayConfig(t)
		cfg.JWKS = jwkSet(edit(t, publicJWK(t, "RS256", "a"), map[string]any{"x5c": test.chain}))
		if problems := jwks.CheckGateway(cfg); (len(problems) == 0) != test.want {
			t.Errorf("%s: %v", name, problems)
		}
		cfg.JWKS = jwkSet(edit(t, publicJWK(t, "RS256", "a"), map[string]any{"n": nil, "x5c": test.chain}))
		problems := jwks.CheckGateway(cfg)
		if len(problems) == 0 {
			t.Errorf("%s, without n: no problem", name)
		}
		if about := strings.Contains(errors.Join(problems...).Error(), "its x5c"); name == "its own" && about {
			t.Errorf("%s, without n: %v", name, problems)
		}
	}
}

// API Gateway's documents say how large a set may be: to the byte.
func TestCheckGatewayTakesASetOfTheGreatestSize(t *testing.T) {
	for size, want := range map[int]int{150_000: 0, 150_001: 1} {
		cfg := gatewayConfig(t)
		cfg.JWKS = append(bytes.Clone(cfg.JWKS), bytes.Repeat([]byte(" "), size-len(cfg.JWKS))...)
		if problems := jwks.CheckGateway(cfg); len(problems) != want {
			t.Errorf("%d bytes: %v", size, problems)
		}
	}
}
