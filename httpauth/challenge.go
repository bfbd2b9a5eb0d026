package httpauth

import (
	"strings"

	"github.com/lambdajwt/authorizer/verifier"
)

// A challenge is one of the header WWW-Authenticate: RFC 6750 section 3, RFC 9449 section 7.1
// and RFC 9728 section 5.1.
type challenge struct {
	scheme, realm, err, description, scope, algs, metadata string
}

// String returns the challenge with those of its parameters that are not empty.
func (c challenge) String() string {
	var parameters []string
	for _, p := range [...]struct{ name, value string }{
		{"realm", c.realm}, {"error", c.err}, {"error_description", c.description},
		{"scope", c.scope}, {"algs", c.algs}, {"resource_metadata", c.metadata},
	} {
		if p.value != "" {
			parameters = append(parameters, p.name+"="+quote(p.value))
		}
	}
	return strings.TrimRight(c.scheme+" "+strings.Join(parameters, ", "), " ")
}

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// quote returns printable ASCII as a quoted-string (RFC 9110 section 5.6.4).
func quote(text string) string { return `"` + escaper.Replace(text) + `"` }

// isPrintable reports whether text is printable ASCII, spaces included.
func isPrintable(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' })
}

// challenges returns what to tell a client that was refused or denied, and the nonce for the
// header DPoP-Nonce, if there is one. The error stands in the challenge of the scheme by which
// the token came.
func (m *Middleware) challenges(v verdict) (challenges []string, nonce string) {
	blamed := bearerScheme
	if m.dpop != nil && (v.scheme == dpopScheme || !m.bearer) {
		blamed = dpopScheme
	}
	if m.bearer {
		challenges = append(challenges, m.challenge(bearerScheme, blamed, v).String())
	}
	if m.dpop != nil {
		c, said := m.challenge(dpopScheme, blamed, v), m.dpop.Challenge(v.err)
		c.algs = said.Algs
		if c.err == invalidToken {
			c.err, c.description = said.Error, said.Description
		}
		nonce = said.Nonce
		challenges = append(challenges, c.String())
	}
	return challenges, nonce
}

// challenge returns the one of a scheme.
func (m *Middleware) challenge(scheme, blamed string, v verdict) challenge {
	c := challenge{scheme: scheme, realm: m.cfg.Realm, metadata: m.cfg.ResourceMetadata}
	if len(v.missing) > 0 {
		c.scope = v.missing[0] // any one will do, and the route's author has put it first
	}
	if scheme == blamed {
		c.err, c.description = errorOf(v)
	}
	return c
}

// The error codes of RFC 6750 section 3.1.
const (
	invalidRequest    = "invalid_request"
	invalidToken      = "invalid_token"
	insufficientScope = "insufficient_scope"
)

// errorOf returns an error code and its description, in words that hold nothing of the token.
func errorOf(v verdict) (code, description string) {
	if v.decision == Denied {
		return insufficientScope, "the token lacks a scope"
	}
	switch verifier.ReasonOf(v.err) {
	case verifier.NoToken:
		return "", ""
	case verifier.AmbiguousToken:
		return invalidRequest, "the request has several tokens"
	case verifier.Expired, verifier.TooOld:
		return invalidToken, "the token has expired"
	}
	return invalidToken, "the token is not good"
}
