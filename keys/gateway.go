package keys

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// What API Gateway's own JWT authorizer takes (developer guide, "Control access to HTTP
// APIs with JWT authorizers", and its quotas).
const (
	maxGatewayAudiences = 50
	maxGatewayScopes    = 10 // of one route
)

// GatewayConfig is what API Gateway's own JWT authorizer, that of HTTP APIs, is
// configured with, and what it will find at the issuer.
type GatewayConfig struct {
	// Issuer and Audience are the authorizer's own settings.
	Issuer   string
	Audience []string

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
// told from here whether both documents arrive within the 1.5 seconds that it waits
// for each.
func CheckGateway(cfg GatewayConfig) []error {
	var problems []error
	for _, problem := range slices.Concat(
		checkGatewayIssuer(cfg),
		checkGatewayAudience(cfg.Audience),
		checkGatewayDiscovery(cfg),
		checkGatewayJWKS(cfg.JWKS),
		checkGatewayScopes(cfg.Scopes),
	) {
		problems = append(problems, fmt.Errorf("keys: API Gateway: %w", problem))
	}
	return problems
}

func checkGatewayIssuer(cfg GatewayConfig) []error {
	u, err := parseIssuer(cfg.Issuer)
	switch {
	case err != nil:
		return []error{fmt.Errorf("the issuer: %w", err)}
	case u.Scheme != "https":
		return []error{fmt.Errorf("the issuer %s is not over https: use https", quote(cfg.Issuer))}
	case isLoopback(u.Hostname()):
		return []error{fmt.Errorf("the issuer %s is this machine, which API Gateway cannot reach: use a public host", quote(cfg.Issuer))}
	}
	return nil
}

func checkGatewayAudience(audience []string) []error {
	var problems []error
	switch {
	case len(audience) == 0:
		problems = append(problems, errors.New("no audience: set at least one, the aud of the tokens"))
	case len(audience) > maxGatewayAudiences:
		problems = append(problems, fmt.Errorf("%d audiences: set at most %d", len(audience), maxGatewayAudiences))
	}
	if slices.Contains(audience, "") {
		problems = append(problems, errors.New("an empty audience: leave it out"))
	}
	return problems
}

func checkGatewayDiscovery(cfg GatewayConfig) []error {
	issuer, jwksURI, err := parseDiscovery(cfg.Discovery)
	if err != nil {
		return []error{fmt.Errorf("the discovery document: %w", err)}
	}
	var problems []error
	if issuer != cfg.Issuer {
		problems = append(problems, fmt.Errorf("the discovery document is of issuer %s and the authorizer's is %s: they must be the same, byte for byte, and so must iss",
			quote(issuer), quote(cfg.Issuer)))
	}
	u, err := parseEndpoint(jwksURI)
	switch {
	case err != nil:
		problems = append(problems, fmt.Errorf("the discovery document's jwks_uri: %w", err))
	case u.Scheme != "https" || isLoopback(u.Hostname()):
		problems = append(problems, fmt.Errorf("the discovery document's jwks_uri %s is this machine, which API Gateway cannot reach: use https and a public host", quote(jwksURI)))
	}
	return problems
}

func checkGatewayJWKS(text []byte) []error {
	var problems []error
	if len(text) > maxPublishedSize {
		problems = append(problems, fmt.Errorf("a JWK set of %d bytes: use at most %d", len(text), maxPublishedSize))
	}
	jwks, err := readJWKS(text)
	if err != nil {
		return append(problems, fmt.Errorf("the JWK set: %w", err))
	}
	seen := map[string]bool{}
	usable := 0
	for i, j := range jwks {
		found := append(checkGatewayKeyID(j, seen), checkGatewayKey(j)...)
		for _, problem := range found {
			problems = append(problems, fmt.Errorf("key %d of the JWK set: %w", i, problem))
		}
		if len(found) == 0 {
			usable++
		}
	}
	if usable == 0 {
		problems = append(problems, errors.New("the JWK set has no key to verify tokens with: publish an RSA key"))
	}
	return problems
}

// checkGatewayKeyID looks at the kid, by which alone API Gateway finds a key.
func checkGatewayKeyID(j jwk, seen map[string]bool) []error {
	kid, _ := j["kid"].Text()
	switch {
	case kid == "":
		return []error{errors.New("it has no kid: give it one, and tokens the same")}
	case seen[kid]:
		return []error{fmt.Errorf("its kid %s is another key's too: give each its own", quote(kid))}
	}
	seen[kid] = true
	return nil
}

// checkGatewayKey looks at everything but the kid. That PS256, PS384 and PS512 are among
// the "RSA-based algorithms" that API Gateway takes is no more than the plain sense of
// its documents (L).
func checkGatewayKey(j jwk) []error {
	kty, _ := j["kty"].Text()
	if kty != "RSA" {
		return []error{fmt.Errorf("its kty is %s: API Gateway verifies with RSA keys only, publish it elsewhere", quote(kty))}
	}
	var problems []error
	for _, name := range []string{"n", "e"} {
		if _, found := j[name]; !found {
			problems = append(problems, fmt.Errorf("it has no %s: spell out n and e, x5c does not stand for them", name))
		}
	}
	if len(problems) > 0 {
		return append(problems, checkCertificates(j, nil)...)
	}
	key, err := publicFromJWK(j)
	if err != nil {
		problems = append(problems, err)
	}
	return append(problems, checkCertificates(j, key)...)
}

// checkCertificates looks at x5c: a chain of certificates, the first of them for this
// very key (RFC 7517 section 4.7).
func checkCertificates(j jwk, key *PublicKey) []error {
	value, given := j["x5c"]
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
		if first && key != nil && !key.isOf(certificate) {
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

// isOf tells whether a certificate is for this key.
func (k *PublicKey) isOf(certificate *x509.Certificate) bool {
	der, err := x509.MarshalPKIXPublicKey(k.key.standard())
	return err == nil && bytes.Equal(der, certificate.RawSubjectPublicKeyInfo)
}

func checkGatewayScopes(scopes map[string][]string) []error {
	var problems []error
	for _, route := range slices.Sorted(maps.Keys(scopes)) {
		if n := len(scopes[route]); n > maxGatewayScopes {
			problems = append(problems, fmt.Errorf("route %s has %d scopes: set at most %d", quote(route), n, maxGatewayScopes))
		}
		for _, scope := range scopes[route] {
			if !isScope(scope) {
				problems = append(problems, fmt.Errorf("route %s has the scope %s, which no token can hold: use printable ASCII without spaces, quotes and backslashes",
					quote(route), quote(scope)))
			}
		}
	}
	return problems
}

// isScope knows a scope-token (RFC 6749 section 3.3).
func isScope(scope string) bool {
	return scope != "" && !strings.ContainsFunc(scope, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || c == '"' || c == '\\'
	})
}
