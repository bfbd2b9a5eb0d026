package authorizer_test

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/internal/testkeys"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/golangjwt"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// A holder has a key and a certificate, to which its tokens are bound.
type holder struct {
	t           testing.TB
	key         *keys.PrivateKey
	certificate *x509.Certificate
	proofs      int
}

func newHolder(t testing.TB) *holder {
	t.Helper()
	text, err := os.ReadFile("testdata/client.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return &holder{t: t, key: testkeys.Private(t, "", "ES256", "a"), certificate: certificate}
}

// Verify takes every text for a token of this holder: it says in its name what it is bound
// to.
func (h *holder) Verify(_ context.Context, token string) (*verifier.Token, error) {
	hash := sha256.Sum256(h.certificate.Raw)
	jkt, x5t := `"jkt":"`+h.key.Public().Thumbprint()+`"`, `"x5t#S256":"`+base64.RawURLEncoding.EncodeToString(hash[:])+`"`
	cnf := map[string]string{
		"bearer.token": "", "dpop.token": `,"cnf":{` + jkt + `}`, "cert.token": `,"cnf":{` + x5t + `}`, "both.token": `,"cnf":{` + jkt + "," + x5t + `}`,
		"odd.token": `,"cnf":{"kid":"a"}`, "empty.token": `,"cnf":{}`, "text.token": `,"cnf":"a"`,
	}[token]
	return verifier.TrustClaims([]byte(`{"sub":"user-1"` + cnf + `}`))
}

// proof is what a client signs for one request.
func (h *holder) proof(method, url, token string) string {
	h.t.Helper()
	hash := sha256.Sum256([]byte(token))
	h.proofs++
	proof, key, err := golangjwt.NewWithClaims(context.Background(), h.key, jwt.MapClaims{
		"jti": strconv.Itoa(h.proofs), "htm": method, "htu": url, "iat": time.Now().Unix(), "ath": base64.RawURLEncoding.EncodeToString(hash[:]),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	proof.Header["typ"], proof.Header["jwk"] = "dpop+jwt", h.key.Public()
	text, err := proof.SignedString(key)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

func (h *holder) binding() binding.Binding {
	h.t.Helper()
	proofs, err := binding.NewMemory(binding.MemoryConfig{})
	if err != nil {
		h.t.Fatal(err)
	}
	dpop, err := binding.NewDPoP(binding.DPoPConfig{Proofs: proofs, AllowBearerTokens: true})
	if err != nil {
		h.t.Fatal(err)
	}
	either, err := binding.NewEither(binding.NewCertificate(binding.CertificateConfig{AllowBearerTokens: true}), dpop)
	if err != nil {
		h.t.Fatal(err)
	}
	return either
}

// authorizer returns one that takes this holder's tokens.
func (h *holder) authorizer(change func(*authorizer.Config)) *authorizer.Authorizer {
	h.t.Helper()
	return newAuthorizer(h.t, func(c *authorizer.Config) {
		c.Verifier, c.Binding, c.Fields = h, h.binding(), authorizer.AllFields
		if change != nil {
			change(c)
		}
	})
}

// event returns the event of a request with these headers.
func (h *holder) event(kind authorizer.Kind, sources []string, method, path string, certified bool, header map[string]string) []byte {
	h.t.Helper()
	if kind == authorizer.AppSync {
		text, err := json.Marshal(map[string]any{
			"authorizationToken": header["Authorization"], "requestContext": map[string]string{"apiId": "abc"},
			"requestHeaders": map[string]string{"host": "api.example.com", "dpop": header["DPoP"]},
		})
		if err != nil {
			h.t.Fatal(err)
		}
		return text
	}
	route := method + " /orders/{id}"
	if kind == authorizer.WebSocket {
		route, path = "$connect", "/"
	}
	g, err := authorizertest.New(authorizertest.Config{
		Kind: kind, Authorizer: func() error { return nil }, IdentitySources: sources, Stage: map[bool]string{true: "live"}[kind == authorizer.WebSocket],
		Routes: []authorizertest.Route{{Key: route, Handler: http.NotFoundHandler()}}, CacheTTL: map[bool]time.Duration{true: authorizertest.NoCache}[len(sources) == 0],
	})
	if err != nil {
		h.t.Fatal(err)
	}
	r := httptest.NewRequest(method, path, http.NoBody)
	r.Host = "api.example.com"
	for name, value := range header {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	if certified {
		r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{h.certificate}}
	}
	event, err := g.AuthorizerEvent(r)
	if err != nil {
		h.t.Fatal(err)
	}
	return event
}

// outcome returns what becomes of an event.
func (h *holder) outcome(event []byte, change func(*authorizer.Config)) authorizer.Outcome {
	h.t.Helper()
	var got authorizer.Outcome
	_, _ = h.authorizer(func(c *authorizer.Config) {
		c.SkipIdentitySourceCheck = true
		if change != nil {
			change(c)
		}
		c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
	}).Invoke(context.Background(), event)
	return got
}

func TestABoundTokenIsGoodOnlyFromItsHolder(t *testing.T) {
	h := newHolder(t)
	const url = "https://api.example.com/orders/7"
	for name, test := range map[string]struct {
		authorization string
		proof         string
		certified     bool
		want          verifier.Reason // "" if it is allowed
	}{
		"a bearer token":                       {"Bearer bearer.token", "", false, ""},
		"a proven token":                       {"DPoP dpop.token", h.proof("GET", url, "dpop.token"), false, ""},
		"a proven token, scheme in capitals":   {"dpop dpop.token", h.proof("GET", url, "dpop.token"), false, ""},
		"a certified token":                    {"Bearer cert.token", "", true, ""},
		"a token that is both":                 {"DPoP both.token", h.proof("GET", url, "both.token"), true, ""},
		"a stolen proven token":                {"DPoP dpop.token", "", false, verifier.WrongProof},
		"a proof for another method":           {"DPoP dpop.token", h.proof("DELETE", url, "dpop.token"), false, verifier.WrongProof},
		"a proof for another URL":              {"DPoP dpop.token", h.proof("GET", "https://api.example.com/orders/8", "dpop.token"), false, verifier.WrongProof},
		"a proof for another host":             {"DPoP dpop.token", h.proof("GET", "https://api.example.org/orders/7", "dpop.token"), false, verifier.WrongProof},
		"a proof for another token":            {"DPoP dpop.token", h.proof("GET", url, "bearer.token"), false, verifier.WrongProof},
		"a proven token as a bearer token":     {"Bearer dpop.token", h.proof("GET", url, "dpop.token"), false, verifier.WrongBinding},
		"a bearer token as a proven one":       {"DPoP bearer.token", h.proof("GET", url, "bearer.token"), false, verifier.WrongBinding},
		"a certified token as a proven one":    {"DPoP cert.token", h.proof("GET", url, "cert.token"), true, verifier.WrongBinding},
		"a stolen certified token":             {"Bearer cert.token", "", false, verifier.WrongBinding},
		"a token that is both without a proof": {"DPoP both.token", "", true, verifier.WrongProof},
		"one that is both uncertified":         {"DPoP both.token", h.proof("GET", url, "both.token"), false, verifier.WrongBinding},
		"a token bound in another way":         {"Bearer odd.token", "", true, verifier.WrongBinding},
		"a token bound to nothing":             {"Bearer empty.token", "", true, verifier.WrongBinding},
		"another scheme":                       {"Basic bearer.token", "", false, verifier.NoToken},
	} {
		for _, kind := range []authorizer.Kind{authorizer.RESTRequest, authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
			event := h.event(kind, []string{}, "GET", "/orders/7", test.certified, map[string]string{"Authorization": test.authorization, "DPoP": test.proof})
			got := h.outcome(event, nil)
			if allowed := got.Decision == authorizer.Allowed; allowed != (test.want == "") || got.Reason != test.want {
				t.Errorf("%s, %s: got %+v, want %q", name, kind, got, test.want)
			}
			if got.Subject == "" && test.want != verifier.NoToken { // whose token it is, whoever sent it
				t.Errorf("%s, %s: no subject", name, kind)
			}
		}
	}
}

func TestWithoutABindingABoundTokenIsRefused(t *testing.T) {
	h := newHolder(t)
	for _, token := range []string{"dpop.token", "cert.token", "both.token", "odd.token", "empty.token"} {
		event := h.event(authorizer.HTTPFormat2, []string{}, "GET", "/orders/7", true, map[string]string{
			"Authorization": "Bearer " + token, "DPoP": h.proof("GET", "https://api.example.com/orders/7", token),
		})
		got := h.outcome(event, func(c *authorizer.Config) { c.Binding = nil })
		if got.Decision != authorizer.Refused || got.Reason != verifier.WrongBinding {
			t.Errorf("%s: got %+v", token, got)
		}
	}
}

func TestAProofIsGoodOnceForTheURLThatTheCallerSees(t *testing.T) {
	h := newHolder(t)
	for kind, url := range map[authorizer.Kind]string{
		authorizer.RESTRequest: "https://api.example.com/orders/a%20b", authorizer.HTTPFormat1: "https://api.example.com/orders/a%20b",
		authorizer.HTTPFormat2: "https://api.example.com/orders/a%20b", authorizer.WebSocket: "https://api.example.com/live",
		authorizer.AppSync: "https://api.example.com/graphql",
	} {
		method := map[bool]string{true: "POST", false: "GET"}[kind == authorizer.AppSync]
		event := h.event(kind, []string{}, "GET", "/orders/a%20b", false, map[string]string{
			"Authorization": "DPoP dpop.token", "DPoP": h.proof(method, url, "dpop.token"),
		})
		a := h.authorizer(func(c *authorizer.Config) { c.SkipIdentitySourceCheck = true })
		if _, err := a.Invoke(context.Background(), event); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		answer, err := a.Invoke(context.Background(), event)
		if refused := verifier.ReasonOf(err) == verifier.ReplayedProof || strings.HasPrefix(string(answer), `{"isAuthorized":false`); !refused {
			t.Errorf("%s, again: got %s, %v", kind, answer, err)
		}
	}
}

// A thief of a proof for a GET must not delete with it.
func TestAProofIsForTheMethodOfTheRequest(t *testing.T) {
	h := newHolder(t)
	const orders = "https://api.example.com/orders/7"
	for kind, test := range map[authorizer.Kind]struct{ method, url string }{
		authorizer.RESTRequest: {"DELETE", orders}, authorizer.HTTPFormat1: {"DELETE", orders}, authorizer.HTTPFormat2: {"DELETE", orders},
		authorizer.WebSocket: {"GET", "https://api.example.com/live"}, authorizer.AppSync: {"POST", "https://api.example.com/graphql"},
	} {
		for _, proven := range []string{"GET", "POST", "DELETE", "delete", ""} {
			event := h.event(kind, []string{}, test.method, "/orders/7", false, map[string]string{
				"Authorization": "DPoP dpop.token", "DPoP": h.proof(proven, test.url, "dpop.token"),
			})
			got := h.outcome(event, nil)
			if proven == test.method && got.Decision != authorizer.Allowed || proven != test.method && (got.Decision != authorizer.Refused || got.Reason != verifier.WrongProof) {
				t.Errorf("%s, %s with a proof for %q: got %+v", kind, test.method, proven, got)
			}
		}
	}
}

// A request has one header DPoP and no more (RFC 9449 section 4.3), or whoever stands in front could check another proof.
func TestTwoProofsAreNone(t *testing.T) {
	h := newHolder(t)
	for kind, url := range map[authorizer.Kind]string{
		authorizer.RESTRequest: "https://api.example.com/orders/7", authorizer.HTTPFormat1: "https://api.example.com/orders/7",
		authorizer.HTTPFormat2: "https://api.example.com/orders/7", authorizer.WebSocket: "https://api.example.com/live",
		authorizer.AppSync: "https://api.example.com/graphql",
	} {
		method := map[bool]string{true: "POST", false: "GET"}[kind == authorizer.AppSync]
		for _, order := range []string{"%s", "%s SEP x", "x SEP %s", "%[1]s SEP %[1]s", "%s SEP "} {
			proof := h.proof(method, url, "dpop.token")
			event := string(h.event(kind, []string{}, "GET", "/orders/7", false, map[string]string{"Authorization": "DPoP dpop.token", "DPoP": proof}))
			opening, closing, separator := `["`, `"]`, `","` // several values are a list
			if kind == authorizer.HTTPFormat2 || kind == authorizer.AppSync {
				opening, closing, separator = `"`, `"`, `,` // or one text
			}
			several := opening + strings.ReplaceAll(fmt.Sprintf(order, proof), " SEP ", separator) + closing
			if !strings.Contains(event, opening+proof+closing) {
				t.Fatalf("%s: the event has no %s", kind, opening+proof+closing)
			}
			got := h.outcome([]byte(strings.Replace(event, opening+proof+closing, several, 1)), nil)
			if order == "%s" && got.Decision != authorizer.Allowed || order != "%s" && (got.Decision != authorizer.Refused || got.Reason != verifier.WrongProof) {
				t.Errorf("%s, %q: got %+v", kind, order, got)
			}
		}
	}
}

// A cached answer is given without a look at the proof or the certificate.
func TestABoundTokenBehindACacheIsAnErrorThatSaysWhatToDo(t *testing.T) {
	h := newHolder(t)
	const token, proof, certificate = "$request.header.Authorization", "$request.header.DPoP", "$context.identity.clientCert.clientCertPem"
	const method, path, route = "$context.httpMethod", "$context.path", "$context.routeKey"
	for name, test := range map[string]struct {
		kind    authorizer.Kind
		sources []string
		bound   string
		want    string // part of the error; "" if there is none
	}{
		"a TOKEN event, proof":              {authorizer.RESTToken, nil, "dpop.token", "type REQUEST"},
		"a TOKEN event, certificate":        {authorizer.RESTToken, nil, "cert.token", "type REQUEST"},
		"a REST API":                        {authorizer.RESTRequest, []string{}, "dpop.token", "of which the event does not tell"},
		"a WebSocket API":                   {authorizer.WebSocket, []string{}, "dpop.token", ""},
		"AppSync":                           {authorizer.AppSync, nil, "dpop.token", ""},
		"no sources":                        {authorizer.HTTPFormat2, []string{}, "dpop.token", ""},
		"the token":                         {authorizer.HTTPFormat2, []string{token}, "dpop.token", "$request.header.DPoP"},
		"the token and the proof":           {authorizer.HTTPFormat2, []string{token, proof}, "dpop.token", "$context.path"},
		"everything":                        {authorizer.HTTPFormat2, []string{token, proof, method, path, route}, "dpop.token", ""},
		"everything but the route":          {authorizer.HTTPFormat2, []string{token, proof, method, path}, "dpop.token", "$context.routeKey"},
		"everything but the proof":          {authorizer.HTTPFormat2, []string{token, method, path, route}, "dpop.token", "$request.header.DPoP"},
		"format 1.0":                        {authorizer.HTTPFormat1, []string{token}, "dpop.token", "$request.header.DPoP"},
		"format 1.0, but the route":         {authorizer.HTTPFormat1, []string{token, proof, method, path}, "dpop.token", "$context.routeKey"},
		"format 1.0, everything":            {authorizer.HTTPFormat1, []string{token, proof, method, path, route}, "dpop.token", ""},
		"the certificate's token":           {authorizer.HTTPFormat2, []string{token}, "cert.token", "clientCertPem"},
		"the certificate and its token":     {authorizer.HTTPFormat2, []string{token, certificate}, "cert.token", ""},
		"both, without the certificate":     {authorizer.HTTPFormat2, []string{token, proof, method, path, route}, "both.token", "clientCertPem"},
		"both, without the proof":           {authorizer.HTTPFormat2, []string{token, certificate}, "both.token", "$request.header.DPoP"},
		"a bearer token beside the binding": {authorizer.HTTPFormat2, []string{token}, "bearer.token", ""},
		"a bearer token of REST":            {authorizer.RESTRequest, []string{}, "bearer.token", ""},
		"a bearer token in a TOKEN event":   {authorizer.RESTToken, nil, "bearer.token", ""},
	} {
		scheme := map[bool]string{true: "DPoP ", false: "Bearer "}[test.bound == "dpop.token" || test.bound == "both.token"]
		url, verb := "https://api.example.com/orders/7", "GET"
		switch test.kind {
		case authorizer.WebSocket:
			url = "https://api.example.com/live"
		case authorizer.AppSync:
			url, verb = "https://api.example.com/graphql", "POST"
		}
		event := h.event(test.kind, test.sources, "GET", "/orders/7", true, map[string]string{
			"Authorization": scheme + test.bound, "DPoP": h.proof(verb, url, test.bound),
		})
		_, err := h.authorizer(nil).Invoke(context.Background(), event)
		switch {
		case test.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want) || err.Error() == "Unauthorized"):
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
		if test.kind != authorizer.RESTToken && test.kind != authorizer.AppSync {
			if got := h.outcome(event, nil); got.Decision != authorizer.Allowed {
				t.Errorf("%s, unchecked: got %+v", name, got)
			}
		}
	}
	event := h.event(authorizer.AppSync, nil, "", "", false, map[string]string{
		"Authorization": "DPoP dpop.token", "DPoP": h.proof("POST", "https://api.example.com/graphql", "dpop.token"),
	})
	cached := h.authorizer(func(c *authorizer.Config) { c.FieldsTTL = time.Minute })
	if _, err := cached.Invoke(context.Background(), event); err == nil || !strings.Contains(err.Error(), "FieldsTTL") {
		t.Errorf("AppSync with a cache: got %v", err)
	}
}

func TestACertificateThatCannotBeReadIsAnOutage(t *testing.T) {
	h := newHolder(t)
	event := string(h.event(authorizer.HTTPFormat2, []string{}, "GET", "/orders/7", true, map[string]string{"Authorization": "Bearer cert.token"}))
	broken := strings.Replace(event, "BEGIN CERTIFICATE", "BEGIN NOTHING", 1)
	if broken == event {
		t.Fatal("the event has no certificate")
	}
	if got := h.outcome([]byte(broken), nil); got.Decision != authorizer.Failed {
		t.Errorf("got %+v", got)
	}
}

func TestANilBindingIsRefusedWhenTheAuthorizerIsMade(t *testing.T) {
	var none *binding.DPoP
	_, err := authorizer.New(authorizer.Config{Verifier: acceptGood, Policy: authorizer.AllowStage, Binding: none})
	if err == nil || !strings.Contains(err.Error(), "Config.Binding") {
		t.Errorf("got %v", err)
	}
}

// A cnf that names nothing confirms nobody, and its token is no bearer token.
func TestATokenBoundToNothingIsRefused(t *testing.T) {
	for _, cnf := range []string{`{}`, `"a"`, `[]`, `1`, `null`, `true`, `[{"jkt":"a"}]`} {
		token, err := verifier.TrustClaims([]byte(`{"sub":"user-1","cnf":` + cnf + `}`))
		if err != nil {
			t.Fatal(err)
		}
		h := newHolder(t)
		for _, bound := range []bool{true, false} {
			var got authorizer.Outcome
			a := h.authorizer(func(c *authorizer.Config) {
				if !bound {
					c.Binding = nil
				}
				c.SkipIdentitySourceCheck = true
				c.Verifier = verifierFunc(func(context.Context, string) (*verifier.Token, error) { return token, nil })
				c.Observer = func(_ context.Context, o authorizer.Outcome) { got = o }
			})
			for _, name := range []string{"http_2", "rest_request"} {
				answer, err := a.Invoke(context.Background(), golden(t, name))
				if answer != nil || verifier.ReasonOf(err) != verifier.WrongBinding || got.Reason != verifier.WrongBinding {
					t.Errorf("%s, binding %v: got %s, %v", cnf, bound, answer, err)
				}
			}
		}
	}
}

// careless is a binding of a user's own that takes every token.
type careless struct{}

func (careless) Check(context.Context, binding.Request, *verifier.Token) error { return nil }

func TestATokenWhoseCnfNamesNothingIsRefusedByWhicheverBinding(t *testing.T) {
	h := newHolder(t)
	for _, b := range []binding.Binding{nil, careless{}} {
		a := h.authorizer(func(c *authorizer.Config) { c.Binding = b })
		for _, token := range []string{"empty.token", "text.token"} {
			for _, kind := range []authorizer.Kind{authorizer.RESTToken, authorizer.RESTRequest, authorizer.HTTPFormat1, authorizer.HTTPFormat2, authorizer.WebSocket} {
				event := h.event(kind, nil, "GET", "/orders/7", true, map[string]string{"Authorization": "Bearer " + token})
				if answer, err := a.Invoke(context.Background(), event); answer != nil || verifier.ReasonOf(err) != verifier.WrongBinding || err.Error() != "Unauthorized" {
					t.Errorf("%s, %s with %v: got %s, %v", kind, token, b, answer, err)
				}
			}
			event := h.event(authorizer.AppSync, nil, "", "", false, map[string]string{"Authorization": "Bearer " + token})
			if answer, err := a.Invoke(context.Background(), event); err != nil || !strings.HasPrefix(string(answer), `{"isAuthorized":false`) {
				t.Errorf("AppSync, %s with %v: got %s, %v", token, b, answer, err)
			}
		}
	}
}

// Without a binding there is nothing to say about caches: the token is no good.
func TestWithoutABindingABoundTokenIsRefusedInATOKENEventToo(t *testing.T) {
	h := newHolder(t)
	a := h.authorizer(func(c *authorizer.Config) { c.Binding = nil })
	for _, kind := range []authorizer.Kind{authorizer.RESTToken, authorizer.RESTRequest} {
		event := h.event(kind, nil, "GET", "/orders/7", true, map[string]string{"Authorization": "Bearer cert.token"})
		if answer, err := a.Invoke(context.Background(), event); answer != nil || verifier.ReasonOf(err) != verifier.WrongBinding {
			t.Errorf("%s: got %s, %v", kind, answer, err)
		}
	}
}

// Who reads the scheme DPoP without a binding takes bearer tokens behind it.
func TestWithoutABindingTheExtractorJudgesTheScheme(t *testing.T) {
	a := newAuthorizer(t, func(c *authorizer.Config) { c.Extract = authorizer.DPoP })
	if answer, err := decide(context.Background(), a, tokenEvent("DPoP good.token")); err != nil || answer == nil {
		t.Errorf("got %v, %v", answer, err)
	}
}

func TestACertificateThatIsNotThereIsSaidToBeMissing(t *testing.T) {
	h := newHolder(t)
	event := h.event(authorizer.HTTPFormat2, []string{"$request.header.Authorization"}, "GET", "/orders/7", false, map[string]string{"Authorization": "Bearer cert.token"})
	if answer, err := h.authorizer(nil).Invoke(context.Background(), event); answer != nil || err == nil || !strings.Contains(err.Error(), "clientCertPem") {
		t.Errorf("got %s, %v", answer, err)
	}
}
