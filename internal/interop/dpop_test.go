package interop_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// dpopClients are other people's clients that sign DPoP proofs (RFC 9449).
func dpopClients() []peer {
	return []peer{
		{name: "dpop", version: "2.1.2", runtime: node{}, algorithms: []string{"ES256", "Ed25519", "RS256", "PS256"}},
		{name: "oauth4webapi", version: "3.8.8", runtime: node{}, algorithms: join(rsas, psses, ecdsas, ed25519s)},
	}
}

// newOursOfOneKey returns what is enough to issue tokens with.
func newOursOfOneKey(t *testing.T) *ours {
	t.Helper()
	key := newPrivateKey(t, "ES256")
	set, err := keys.NewSet(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return &ours{private: map[string]*keys.PrivateKey{"ES256": key}, set: set}
}

// An api takes tokens of ours that are bound to a key, and says 401 and 500 as it should.
type api struct {
	url     string
	key     *keys.PrivateKey // of the issuer
	issuer  string
	tokens  *verifier.Local
	binding *binding.DPoP
}

func newAPI(t *testing.T, s *site, o *ours, change func(*binding.DPoPConfig)) *api {
	t.Helper()
	a := &api{url: s.url + "/orders", key: o.private["ES256"], issuer: o.publish(t, s)}
	published := s.handler
	s.serve(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/orders") {
			a.ServeHTTP(w, r)
			return
		}
		published.ServeHTTP(w, r)
	}))
	proofs, err := binding.NewMemory(binding.MemoryConfig{})
	if err != nil {
		t.Fatal(err)
	}
	cfg := binding.DPoPConfig{Proofs: proofs}
	if change != nil {
		change(&cfg)
	}
	if a.binding, err = binding.NewDPoP(cfg); err != nil {
		t.Fatal(err)
	}
	a.tokens, err = verifier.NewRFC9068(verifier.Config{Keys: o.set, Issuer: a.issuer, Audience: []string{audience}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// token returns one of ours that is bound to a key.
func (a *api) token(t *testing.T, thumbprint string) string {
	t.Helper()
	issuer, err := signer.NewIssuer(signer.IssuerConfig{
		Keys: a.key, Type: "at+jwt", Issuer: a.issuer, Audience: []string{audience}, Lifetime: lifetime,
	})
	if err != nil {
		t.Fatal(err)
	}
	token, err := issuer.Issue(t.Context(), subject, map[string]any{"client_id": "interop", "cnf": map[string]string{"jkt": thumbprint}})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func (a *api) check(ctx context.Context, r binding.Request) error {
	token, err := a.tokens.Verify(ctx, r.Token)
	if err != nil {
		return err
	}
	return a.binding.Check(ctx, r, token)
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "DPoP ")
	err := a.check(r.Context(), binding.Request{
		Method: r.Method, URL: "https://" + r.Host + r.URL.EscapedPath(), Token: token, DPoP: r.Header.Values("DPoP"),
	})
	switch {
	case errors.Is(err, verifier.ErrInvalidToken):
		challenge := a.binding.Challenge(err)
		w.Header().Set("WWW-Authenticate", challenge.String())
		if challenge.Nonce != "" {
			w.Header().Set("DPoP-Nonce", challenge.Nonce)
		}
		w.WriteHeader(http.StatusUnauthorized)
	case err != nil:
		w.WriteHeader(http.StatusInternalServerError)
	default:
		_, _ = w.Write([]byte("welcome"))
	}
}

// A dpopClient is a key in a peer's hands.
type dpopClient struct {
	*process
	Client     int
	Thumbprint string
}

func newDPoPClient(t *testing.T, p *process, algorithm string) *dpopClient {
	t.Helper()
	c := &dpopClient{process: p}
	p.must(t, "client", request{"algorithm": algorithm}, c)
	return c
}

func (c *dpopClient) request(method, url, token string) request {
	return request{"client": c.Client, "method": method, "url": url, "token": token}
}

// prove has the client sign a proof, and returns the request that it is for.
func (c *dpopClient) prove(t *testing.T, method, url, token string) binding.Request {
	t.Helper()
	var proof string
	c.must(t, "proof", c.request(method, url, token), &proof)
	return binding.Request{Method: method, URL: url, Token: token, DPoP: []string{proof}}
}

func TestOtherPeoplesClientsProveWhoTheyAre(t *testing.T) {
	authority, ours := newAuthority(t), newOursOfOneKey(t)
	for _, p := range dpopClients() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			process := start(t, p.command(t), authority.file)
			a := newAPI(t, authority.newSite(t), ours, nil)
			thief := newDPoPClient(t, process, "ES256")
			for _, algorithm := range p.algorithms {
				t.Run(algorithm, func(t *testing.T) { a.testProofs(t, newDPoPClient(t, process, algorithm), thief) })
			}
		})
	}
}

func (a *api) testProofs(t *testing.T, c, thief *dpopClient) {
	token := a.token(t, c.Thumbprint)
	refused := func(r binding.Request, want verifier.Reason) {
		t.Helper()
		if err := a.check(t.Context(), r); verifier.ReasonOf(err) != want {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	good := c.prove(t, "GET", a.url+"/1%2f2?query=1#fragment", token)
	if err := a.check(t.Context(), good); err != nil {
		t.Fatalf("refused: %v", err)
	}
	refused(good, verifier.ReplayedProof)

	r := c.prove(t, "GET", a.url, token)
	r.Method = "DELETE"
	refused(r, verifier.WrongProof)
	r = c.prove(t, "GET", a.url, token)
	r.URL += "/2"
	refused(r, verifier.WrongProof)
	r = c.prove(t, "GET", a.url, token)
	r.Token = a.token(t, c.Thumbprint)
	refused(r, verifier.WrongProof)
	r = c.prove(t, "GET", a.url, token)
	r.DPoP[0] = flipSignature(t, r.DPoP[0])
	refused(r, verifier.WrongProof)
	refused(thief.prove(t, "GET", a.url, token), verifier.WrongBinding)
	r.DPoP = nil
	refused(r, verifier.WrongProof)
}

// A challenge is how oauth4webapi reads WWW-Authenticate.
type challenge struct {
	Scheme     string
	Parameters map[string]string
}

type callResult struct {
	Status, Nonces int
	Body           string
	Challenges     []challenge
}

func TestOAuth4WebAPICallsAnAPIWithDPoP(t *testing.T) {
	authority, ours := newAuthority(t), newOursOfOneKey(t)
	p := dpopClients()[1]
	process := start(t, p.command(t), authority.file)
	const nonce = "eyJ7S_zG.eyJH0-Z.HX4w-7v"
	withNonce := func(cfg *binding.DPoPConfig) {
		cfg.Algorithms = []string{"ES256", "PS256"}
		cfg.Nonce = func(_ context.Context, got string) (string, bool, error) { return nonce, got == nonce, nil }
	}
	c, thief := newDPoPClient(t, process, "ES256"), newDPoPClient(t, process, "ES256")
	call := func(t *testing.T, c *dpopClient, url, token string) (got callResult) {
		t.Helper()
		c.must(t, "call", c.request("POST", url, token), &got)
		return got
	}

	t.Run("and is let in", func(t *testing.T) {
		a := newAPI(t, authority.newSite(t), ours, nil)
		for range 2 {
			if got := call(t, c, a.url+"/1", a.token(t, c.Thumbprint)); got.Status != http.StatusOK || got.Body != "welcome" || got.Nonces != 0 {
				t.Errorf("got %+v", got)
			}
		}
	})
	t.Run("and learns of a nonce", func(t *testing.T) {
		a := newAPI(t, authority.newSite(t), ours, withNonce)
		for nonces := range 2 {
			if got := call(t, c, a.url, a.token(t, c.Thumbprint)); got.Status != http.StatusOK || got.Nonces != 1-nonces {
				t.Errorf("got %+v", got)
			}
		}
	})
	t.Run("and is told what is wrong with a stolen token", func(t *testing.T) {
		a := newAPI(t, authority.newSite(t), ours, withNonce)
		got := call(t, thief, a.url, a.token(t, c.Thumbprint))
		if got.Status != http.StatusUnauthorized || len(got.Challenges) != 1 {
			t.Fatalf("got %+v", got)
		}
		told := got.Challenges[0]
		if told.Scheme != "dpop" || told.Parameters["error"] != "invalid_token" || told.Parameters["algs"] != "ES256 PS256" || told.Parameters["error_description"] == "" {
			t.Errorf("told %+v", told)
		}
	})
}

// What this library and oauth4webapi say of one request is the same.
func TestOAuth4WebAPIAndThisLibraryDecideAlike(t *testing.T) {
	authority, ours := newAuthority(t), newOursOfOneKey(t)
	process := start(t, dpopClients()[1].command(t), authority.file)
	a := newAPI(t, authority.newSite(t), ours, nil)
	c, thief := newDPoPClient(t, process, "ES256"), newDPoPClient(t, process, "ES256")
	token := a.token(t, c.Thumbprint)

	for name, test := range map[string]struct {
		client *dpopClient
		change func(*binding.Request)
		good   bool
	}{
		"a good request": {c, func(*binding.Request) {}, true},
		"the URL in another form": {c, func(r *binding.Request) {
			r.URL = strings.NewReplacer("https:", "HTTPS:", "/orders", "/x/../orders?query").Replace(r.URL)
		}, true},
		"another method":      {c, func(r *binding.Request) { r.Method = "PUT" }, false},
		"another path":        {c, func(r *binding.Request) { r.URL += "/2" }, false},
		"another token":       {c, func(r *binding.Request) { r.Token = a.token(t, c.Thumbprint) }, false},
		"another client":      {thief, func(*binding.Request) {}, false},
		"a flipped bit":       {c, func(r *binding.Request) { r.DPoP[0] = flipSignature(t, r.DPoP[0]) }, false},
		"a header of its own": {c, func(r *binding.Request) { r.DPoP[0] = withoutType(t, r.DPoP[0]) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := test.client.prove(t, "GET", a.url, token)
			test.change(&r)
			var got string
			theirs := process.ask(t, "check", request{
				"issuer": a.issuer, "audience": audience, "method": r.Method, "url": r.URL, "token": r.Token, "proof": r.DPoP[0],
			}, &got)
			own := a.check(t.Context(), r)
			if (theirs == nil) != test.good || (own == nil) != test.good || test.good && got != subject {
				t.Errorf("they say %q, %v; this library says %v", got, theirs, own)
			}
			if !test.good && verifier.ReasonOf(own) == "" {
				t.Errorf("an outage: %v", own)
			}
		})
	}
}

// withoutType makes another type of token of a proof.
func withoutType(t *testing.T, proof string) string {
	t.Helper()
	header, rest, _ := strings.Cut(proof, ".")
	text, err := base64.RawURLEncoding.DecodeString(header)
	if err != nil {
		t.Fatal(err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), "dpop+jwt", "JWT", 1))) + "." + rest
}
