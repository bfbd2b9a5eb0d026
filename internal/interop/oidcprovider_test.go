package interop_test

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/verifier"
)

// oidcProvider is an issuer that is alive: panva's, as it is from npm.
func oidcProvider() peer {
	return peer{name: "oidc-provider", version: "9.13.3", runtime: node{}}
}

// A farm has issuers, each of which is one provider in a process that they share.
type farm struct {
	*process
	authority *authority
}

func newFarm(t *testing.T) *farm {
	t.Helper()
	command := oidcProvider().command(t)
	authority := newAuthority(t)
	return &farm{start(t, command, authority.file), authority}
}

// A liveIssuer is one of them.
type liveIssuer struct {
	*farm
	name  string
	clock time.Duration // how far it is ahead for those who verify
}

// issuer starts one with the keys of a JWK set, or its default ones, and, unless there are
// none, other algorithms for its discovery document to choose from.
func (f *farm) issuer(t *testing.T, set json.RawMessage, algorithms ...string) *liveIssuer {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(f.authority.site.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	r := request{
		"certificate": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.authority.site.Certificate[0]})),
		"key":         string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	}
	i := &liveIssuer{farm: f}
	f.must(t, "start", withKeys(r, set, algorithms), &i.name)
	return i
}

// restart gives the issuer other keys without notice.
func (i *liveIssuer) restart(t *testing.T, set json.RawMessage, algorithms ...string) {
	t.Helper()
	i.must(t, "restart", withKeys(request{"issuer": i.name}, set, algorithms), nil)
}

func withKeys(r request, set json.RawMessage, algorithms []string) request {
	if set != nil {
		r["jwks"] = set
	}
	if algorithms != nil {
		r["algorithms"] = algorithms
	}
	return r
}

// resource is the name of an API whose tokens are signed with an algorithm.
func resource(algorithm string) string { return "https://api.example.com/" + algorithm }

// token gets an access token from the issuer's token endpoint (RFC 6749 section 4.4, RFC
// 8707).
func (i *liveIssuer) token(t *testing.T, algorithm string) string {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}, "resource": {resource(algorithm)}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.name+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("interop", "interop-secret")
	response, err := i.authority.transport(t).RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error_description"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("the token endpoint answers %d, %+v, %v", response.StatusCode, answer, err)
	}
	return answer.AccessToken
}

// now is the clock of those who verify.
func (i *liveIssuer) now() time.Time { return time.Now().Add(i.clock) }

// remote finds the issuer's keys by discovery.
func (i *liveIssuer) remote(t *testing.T, algorithms ...string) *jwks.Remote {
	t.Helper()
	remote, err := jwks.NewRemote(jwks.RemoteConfig{
		Issuer: i.name, Algorithms: algorithms, Transport: i.authority.transport(t), Now: i.now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return remote
}

// verifier verifies the tokens for the API of an algorithm.
func (i *liveIssuer) verifier(t *testing.T, source keys.VerificationSource, algorithm string) *verifier.Local {
	t.Helper()
	v, err := verifier.NewRFC9068(verifier.Config{Keys: source, Audience: []string{resource(algorithm)}, Now: i.now})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// checkLive checks that a token of an algorithm is decided so; want is empty for one that
// is accepted.
func (i *liveIssuer) checkLive(t *testing.T, source keys.VerificationSource, algorithm, token string, want verifier.Reason) {
	t.Helper()
	got, err := i.verifier(t, source, algorithm).Verify(t.Context(), token)
	switch {
	case verifier.ReasonOf(err) != want || (err == nil) != (want == ""):
		t.Errorf("%s: got %v, want %q", algorithm, err, want)
	case err == nil && (got.Header.Algorithm != algorithm || got.Issuer != i.name || !slices.Equal(got.Scopes(), []string{scope})):
		t.Errorf("%s: reads another token: %v, %v, scopes %q", algorithm, got, got.Header, got.Scopes())
	}
}

// asymmetric are the algorithms that it signs access tokens with.
var asymmetric = join(rsas, psses, ecdsas, eddsa, ed25519s)

// privateSet makes a JWK set of our private keys, one for each algorithm, without the
// members that are left out.
func privateSet(t *testing.T, o *ours, algorithms []string, without ...string) json.RawMessage {
	t.Helper()
	var set []map[string]any
	for _, algorithm := range algorithms {
		text, err := o.private[algorithm].MarshalPrivateJWK()
		if err != nil {
			t.Fatal(err)
		}
		var jwk map[string]any
		if err := json.Unmarshal(text, &jwk); err != nil {
			t.Fatal(err)
		}
		for _, name := range without {
			delete(jwk, name)
		}
		set = append(set, jwk)
	}
	return marshal(t, map[string]any{"keys": set})
}

func TestTokensOfALiveIssuerAreVerifiedByDiscovery(t *testing.T) {
	f, o := newFarm(t), newOurs(t)
	t.Run("with its default keys", func(t *testing.T) {
		i := f.issuer(t, nil)
		i.checkLive(t, i.remote(t), "RS256", i.token(t, "RS256"), "")
	})
	t.Run("with a key for each algorithm", func(t *testing.T) {
		i := f.issuer(t, privateSet(t, o, asymmetric))
		remote := i.remote(t)
		for _, algorithm := range asymmetric {
			token := i.token(t, algorithm)
			i.checkLive(t, remote, algorithm, token, "")
			i.checkLive(t, remote, algorithm, flipSignature(t, token), verifier.WrongSignature)
		}
	})
	t.Run("and refused with one thing wrong", func(t *testing.T) { testLiveFaults(t, f, o) })
	t.Run("with keys without alg", func(t *testing.T) { testKeysWithoutAlg(t, f, o) })
	t.Run("after a rotation without notice", func(t *testing.T) { testRotation(t, f, o) })
}

func testLiveFaults(t *testing.T, f *farm, o *ours) {
	// Two issuers that were never given keys of their own sign with the same one.
	i, twin := f.issuer(t, nil), f.issuer(t, nil)
	token, remote := i.token(t, "RS256"), i.remote(t)
	twin.checkLive(t, twin.remote(t), "RS256", token, verifier.WrongIssuer)
	i.checkLive(t, remote, "PS256", token, verifier.WrongAudience)
	other := f.issuer(t, privateSet(t, o, []string{"RS256"}))
	other.checkLive(t, other.remote(t), "RS256", token, verifier.UnknownKey)
	i.clock = 301 * time.Second
	i.checkLive(t, remote, "RS256", token, verifier.Expired)
	i.clock = 0
	strict, err := verifier.New(verifier.Config{Keys: remote, Audience: []string{resource("RS256")}})
	if err != nil {
		t.Fatal(err)
	}
	checkRefused(t, strict, token, verifier.WrongType) // it is at+jwt
	if _, err := verifier.New(verifier.Config{Keys: remote, Issuer: twin.name, SkipAudienceCheck: true}); err == nil {
		t.Error("the keys of an issuer were taken for another's")
	}
}

// A key that is published without alg serves what the discovery document lists, or what a
// setting names in its place, and nothing that a token says.
func testKeysWithoutAlg(t *testing.T, f *farm, o *ours) {
	bare := privateSet(t, o, []string{"RS256", "ES256", "EdDSA"}, "alg", "use")
	signs := join(rsas, psses, []string{"ES256"}, eddsa, ed25519s)
	for _, test := range []struct {
		name    string
		listed  []string // by its configuration; nil for its default
		setting []string
		serves  []string
	}{
		{"by its default list", nil, nil, []string{"RS256", "PS256", "ES256", "EdDSA", "Ed25519"}},
		{"by a list of all", asymmetric, nil, signs},
		{"by a list of few", []string{"PS384", "EdDSA", "RS256"}, nil, []string{"PS384", "RS256", "EdDSA", "ES256"}}, // it names the one algorithm of an EC key
		{"by a setting of all", nil, asymmetric, signs},
		{"by a setting of few", asymmetric, []string{"RS512", "Ed25519"}, []string{"RS512", "Ed25519"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := f.issuer(t, bare, test.listed...)
			remote := i.remote(t, test.setting...)
			for _, algorithm := range signs {
				want := verifier.WrongAlgorithm
				if slices.Contains(test.serves, algorithm) {
					want = ""
				}
				i.checkLive(t, remote, algorithm, i.token(t, algorithm), want)
			}
		})
	}
}

func testRotation(t *testing.T, f *farm, o *ours) {
	next := &ours{private: map[string]*keys.PrivateKey{"RS256": newPrivateKey(t, "RS256")}}
	i := f.issuer(t, privateSet(t, o, []string{"RS256"}))
	remote := i.remote(t)
	before := i.token(t, "RS256")
	i.checkLive(t, remote, "RS256", before, "")

	i.restart(t, privateSet(t, next, []string{"RS256"}))
	after := i.token(t, "RS256")
	i.checkLive(t, remote, "RS256", after, verifier.UnknownKey)
	i.clock = jwks.DefaultCooldown - time.Second
	i.checkLive(t, remote, "RS256", after, verifier.UnknownKey)
	i.clock = jwks.DefaultCooldown
	i.checkLive(t, remote, "RS256", after, "")
	i.checkLive(t, remote, "RS256", before, verifier.UnknownKey)
}

func TestTheREADMENamesTheLiveIssuer(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if p := oidcProvider(); !strings.Contains(string(readme), p.name+" "+p.version) {
		t.Errorf("README.md does not name %s %s", p.name, p.version)
	}
}
