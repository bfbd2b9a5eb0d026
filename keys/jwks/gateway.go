package jwks

import (
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/internal/redact"
	"github.com/lambdajwt/authorizer/keys"
)

// GatewayConfig is what API Gateway's own JWT authorizer, that of HTTP APIs or that of
// REST APIs, is configured with, and what it will find at the issuer.
type GatewayConfig struct {
	// Issuer and Audience are the authorizer's own settings, for one issuer.
	Issuer   string
	Audience []string

	// Algorithms are those that the authorizer of a REST API allows, its
	// DefaultAlgorithms. Empty means the authorizer of an HTTP API, which takes RSA alone.
	Algorithms []string

	// Discovery is the discovery document and JWKS the JWK set, as they are served:
	// what [Publisher.Discovery] and [Publisher.JWKS] return, or the files of another.
	Discovery, JWKS []byte

	// Scopes has the authorization scopes of each route, by route key such as
	// "GET /orders". Routes without any need not be listed.
	Scopes map[string][]string
}

// CheckGateway lists everything in a configuration that API Gateway's own JWT
// authorizer would refuse, or that would have it refuse tokens. Each problem says what
// to do. None means that what can be told without API Gateway is in order; it cannot be
// told from here whether both documents arrive in time: an HTTP API waits 1.5 seconds
// for each. The limits on numbers and sizes are those of HTTP APIs; those of REST APIs
// are not known here, and not checked.
func CheckGateway(cfg GatewayConfig) []error {
	var problems []error
	for _, problem := range slices.Concat(
		checkGatewayIssuer(cfg),
		checkGatewayAudience(cfg),
		checkGatewayDiscovery(cfg),
		checkGatewayJWKS(cfg),
		checkGatewayScopes(cfg),
	) {
		problems = append(problems, fmt.Errorf("jwks: API Gateway: %w", problem))
	}
	return problems
}

// isREST reports whether the authorizer is that of a REST API.
func (c GatewayConfig) isREST() bool { return len(c.Algorithms) > 0 }

func checkGatewayIssuer(cfg GatewayConfig) []error {
	u, err := discovery.ParseIssuer(cfg.Issuer)
	switch {
	case err != nil:
		return []error{fmt.Errorf("the issuer: %w", err)}
	case u.Scheme != "https":
		return []error{fmt.Errorf("the issuer %s is not over https: use https", redact.Quote(cfg.Issuer))}
	case discovery.IsLoopback(u.Hostname()):
		return []error{fmt.Errorf("the issuer %s is this machine, which API Gateway cannot reach: use a public host", redact.Quote(cfg.Issuer))}
	}
	return nil
}

func checkGatewayAudience(cfg GatewayConfig) []error {
	var problems []error
	switch n := len(cfg.Audience); {
	case n == 0:
		problems = append(problems, errors.New("no audience: set at least one, the aud of the tokens"))
	case n > discovery.MaxGatewayAudiences && !cfg.isREST():
		problems = append(problems, fmt.Errorf("%d audiences: set at most %d", n, discovery.MaxGatewayAudiences))
	}
	if slices.Contains(cfg.Audience, "") {
		problems = append(problems, errors.New("an empty audience: leave it out"))
	}
	return problems
}

func checkGatewayDiscovery(cfg GatewayConfig) []error {
	document, err := discovery.Parse(cfg.Discovery)
	if err != nil {
		return []error{fmt.Errorf("the discovery document: %w", err)}
	}
	var problems []error
	if document.Issuer != cfg.Issuer {
		problems = append(problems, fmt.Errorf("the discovery document is of issuer %s and the authorizer's is %s: they must be the same, byte for byte, and so must iss",
			redact.Quote(document.Issuer), redact.Quote(cfg.Issuer)))
	}
	u, err := discovery.ParseEndpoint(document.JWKSURI)
	switch {
	case err != nil:
		problems = append(problems, fmt.Errorf("the discovery document's jwks_uri: %w", err))
	case u.Scheme != "https" || discovery.IsLoopback(u.Hostname()):
		problems = append(problems, fmt.Errorf("the discovery document's jwks_uri %s is this machine, which API Gateway cannot reach: use https and a public host", discovery.Show(document.JWKSURI)))
	}
	return problems
}

func checkGatewayJWKS(cfg GatewayConfig) []error {
	var problems []error
	if n := len(cfg.JWKS); n > discovery.MaxGatewayJWKS && !cfg.isREST() {
		problems = append(problems, fmt.Errorf("a JWK set of %d bytes: use at most %d", n, discovery.MaxGatewayJWKS))
	}
	wanted, check := "an RSA key", publishedKey.check
	if cfg.isREST() {
		wanted = "one for " + strings.Join(cfg.Algorithms, ", ")
		check = func(k publishedKey) []error { return k.checkFor(cfg.Algorithms) }
	}
	published, err := readKeys(cfg.JWKS)
	if err != nil {
		return append(problems, fmt.Errorf("the JWK set: %w", err))
	}
	seen := map[string]bool{}
	usable := 0
	for i, key := range published {
		found := append(key.checkKid(seen), check(key)...)
		for _, problem := range found {
			problems = append(problems, fmt.Errorf("key %d of the JWK set: %w", i, problem))
		}
		if len(found) == 0 {
			usable++
		}
	}
	switch {
	case len(published) == 0:
		problems = append(problems, fmt.Errorf("the JWK set has no keys in its member \"keys\": publish %s", wanted))
	case usable == 0:
		problems = append(problems, fmt.Errorf("the JWK set has no key to verify tokens with: publish %s", wanted))
	}
	return problems
}

// A publishedKey is one JWK as its text has it.
type publishedKey struct {
	text    string
	members map[string]jose.Value
}

var jwksLimits = jose.Limits{Depth: 10, Members: 4096}

// readKeys reads a JWK set and looks into none of its keys.
func readKeys(text []byte) ([]publishedKey, error) {
	var published []publishedKey
	err := jose.Members(string(text), jwksLimits, func(name string, value jose.Value) error {
		if name != "keys" {
			return nil
		}
		return jose.Elements(value, func(element jose.Value) error {
			key := publishedKey{element.Raw, map[string]jose.Value{}}
			published = append(published, key)
			return jose.Members(element.Raw, jwksLimits, func(name string, value jose.Value) error {
				key.members[name] = value
				return nil
			})
		})
	})
	return published, err
}

// checkKid looks at the kid, by which alone API Gateway finds a key.
func (k publishedKey) checkKid(seen map[string]bool) []error {
	kid, _ := k.members["kid"].Text()
	switch {
	case kid == "":
		return []error{errors.New("it has no kid: give it one, and tokens the same")}
	case seen[kid]:
		return []error{fmt.Errorf("its kid %s is another key's too: give each its own", redact.Quote(kid))}
	}
	seen[kid] = true
	return nil
}

// check looks at everything but the kid, for an HTTP API. That PS256, PS384 and PS512 are among the
// "RSA-based algorithms" that API Gateway takes is no more than the plain sense of its
// documents. (L)
func (k publishedKey) check() []error {
	kty, _ := k.members["kty"].Text()
	if kty != "RSA" {
		return []error{fmt.Errorf("its kty is %s: API Gateway verifies with RSA keys only, publish it elsewhere", redact.Quote(kty))}
	}
	var problems []error
	for _, name := range []string{"n", "e"} {
		if _, found := k.members[name]; !found {
			problems = append(problems, fmt.Errorf("it has no %s: spell out n and e, x5c does not stand for them", name))
		}
	}
	if len(problems) > 0 {
		return append(problems, k.checkCertificates(nil)...)
	}
	key, err := keys.ParsePublicJWK([]byte(k.text))
	if err != nil {
		problems = append(problems, err)
	}
	return append(problems, k.checkCertificates(key)...)
}

// checkFor looks at everything but the kid, for a REST API that allows these algorithms.
func (k publishedKey) checkFor(algorithms []string) []error {
	key, err := keys.ParsePublicJWK([]byte(k.text))
	if err != nil {
		return append([]error{err}, k.checkCertificates(nil)...)
	}
	var problems []error
	set, err := keys.ParseJWKS([]byte(`{"keys":[`+k.text+`]}`), algorithms...)
	if err != nil || !slices.Contains(algorithms, set.Keys()[0].Algorithm()) {
		problems = append(problems, fmt.Errorf("it serves none of the allowed algorithms, %s: allow its own, or publish it elsewhere", strings.Join(algorithms, ", ")))
	}
	return append(problems, k.checkCertificates(key)...)
}

// checkCertificates looks at x5c: a chain of certificates, the first of them for this
// very key (RFC 7517 section 4.7).
func (k publishedKey) checkCertificates(key *keys.PublicKey) []error {
	value, given := k.members["x5c"]
	if !given {
		return nil
	}
	first := true
	err := jose.Elements(value, func(element jose.Value) error {
		text, _ := element.Text()
		der, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			return errors.New("not in base64")
		}
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return errors.New("not a certificate")
		}
		if first && key != nil && !isFor(certificate, key) {
			return errors.New("a certificate for another key")
		}
		first = false
		return nil
	})
	if err != nil || first {
		return []error{errors.New("its x5c is not a list of certificates for this key: leave x5c out, n and e are enough")}
	}
	return nil
}

// isFor reports whether a certificate is for this key.
func isFor(certificate *x509.Certificate, key *keys.PublicKey) bool {
	certified, err := keys.NewPublicKey("", certificate.PublicKey)
	return err == nil && certified.Thumbprint() == key.Thumbprint()
}

func checkGatewayScopes(cfg GatewayConfig) []error {
	var problems []error
	for _, route := range slices.Sorted(maps.Keys(cfg.Scopes)) {
		if n := len(cfg.Scopes[route]); n > discovery.MaxGatewayScopes && !cfg.isREST() {
			problems = append(problems, fmt.Errorf("route %s has %d scopes: set at most %d", redact.Quote(route), n, discovery.MaxGatewayScopes))
		}
		for _, scope := range cfg.Scopes[route] {
			if !discovery.IsScope(scope) {
				problems = append(problems, fmt.Errorf("route %s has the scope %s, which no token can hold: use printable ASCII without spaces, quotes and backslashes",
					redact.Quote(route), redact.Quote(scope)))
			}
		}
	}
	return problems
}
