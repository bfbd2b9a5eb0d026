package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/keys/jwks"
	"github.com/lambdajwt/authorizer/signer"
	"github.com/lambdajwt/authorizer/verifier"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

// clientID is that of the clients which this issuer knows: programs on the user's own machine,
// which have no secret (RFC 8252).
const clientID = "mcp-on-localhost"

const (
	codeType      = "authorization-code+jwt"
	codeLifetime  = time.Minute
	tokenLifetime = 15 * time.Minute
)

// An issuer lets a user log in at clients by the authorization code flow with PKCE (OAuth 2.1),
// as clients of the protocol demand. It is one process with one user, for laptops: it knows by
// memory alone which codes have been used.
type issuer struct {
	set       settings
	user      onelogin.User
	key       *keys.PrivateKey
	publisher *jwks.Publisher
	tokens    *signer.Issuer     // for the API
	codes     *signer.Issuer     // a code is a token for the issuer itself
	verify    *verifier.Local    // of codes
	used      binding.ProofStore // codes
}

func newIssuer(set settings, password string) (*issuer, error) {
	key, err := keys.GeneratePrivateKey("ES256")
	if err != nil {
		return nil, err
	}
	i := &issuer{set: set, user: onelogin.Ann(password), key: key}
	if i.publisher, err = jwks.NewPublisher(jwks.PublisherConfig{
		Issuer: set.issuer, Keys: key, AuthorizationEndpoint: set.issuer + "/authorize", TokenEndpoint: set.issuer + "/token",
	}); err != nil {
		return nil, err
	}
	if i.tokens, err = i.newSigner("at+jwt", set.resource, tokenLifetime); err != nil { // RFC 9068
		return nil, err
	}
	if i.codes, err = i.newSigner(codeType, set.issuer, codeLifetime); err != nil {
		return nil, err
	}
	if i.verify, err = verifier.New(verifier.Config{
		Keys: key, Type: codeType, Issuer: set.issuer, Audience: []string{set.issuer}, Now: set.now,
	}); err != nil {
		return nil, err
	}
	i.used, err = binding.NewMemory(binding.MemoryConfig{Now: set.now})
	return i, err
}

func (i *issuer) newSigner(typ, audience string, lifetime time.Duration) (*signer.Issuer, error) {
	return signer.NewIssuer(signer.IssuerConfig{
		Keys: i.key, Type: typ, Issuer: i.set.issuer, Audience: []string{audience}, Lifetime: lifetime, Now: i.set.now,
	})
}

// mux returns what the issuer serves.
func (i *issuer) mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/oauth-authorization-server", i.metadata)
	mux.Handle(i.publisher.DiscoveryPath(), i.publisher)
	mux.Handle(i.publisher.JWKSPath(), i.publisher)
	mux.HandleFunc("GET /authorize", i.showLogin)
	mux.HandleFunc("POST /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	return mux
}

// metadata serves what clients want to know of the issuer (RFC 8414).
func (i *issuer) metadata(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                         i.set.issuer,
		"authorization_endpoint":                         i.set.issuer + "/authorize",
		"token_endpoint":                                 i.set.issuer + "/token",
		"jwks_uri":                                       i.set.issuer + i.publisher.JWKSPath(),
		"scopes_supported":                               []string{scope},
		"response_types_supported":                       []string{"code"},
		"grant_types_supported":                          []string{"authorization_code"},
		"token_endpoint_auth_methods_supported":          []string{"none"},
		"code_challenge_methods_supported":               []string{"S256"},
		"authorization_response_iss_parameter_supported": true, // RFC 9207
	})
}

// isLoopback reports whether an address is one of a program on the user's own machine, at any
// port (RFC 8252 section 7.3). Nobody else gets a code sent there.
func isLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Fragment != "" {
		return false
	}
	host := u.Hostname()
	return host == "127.0.0.1" || host == "::1" || host == "localhost"
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone
}
