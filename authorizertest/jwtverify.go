package authorizertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/keys"
)

// A refusal is why a token does not pass, as the error_description of the header
// www-authenticate has it.
type refusal string

func (r refusal) Error() string { return string(r) }

// The first is what AWS documents ("Troubleshooting issues with HTTP API JWT
// authorizers"), the next three have been seen, (M) and all others are worded like
// them. (L)
const (
	errAudience  refusal = "the token does not have a valid audience"
	errSegments  refusal = "token contains an invalid number of segments"
	errDiscovery refusal = "OIDC discovery endpoint communication error"
	errJWKS      refusal = "JWKS communication error"

	errMalformedToken refusal = "the token is malformed"
	errSigningMethod  refusal = "the token does not have a valid signing method"
	errKeyID          refusal = "the token does not have a valid kid"
	errSignature      refusal = "the token does not have a valid signature"
	errIssuer         refusal = "the token does not have a valid issuer"
	errExpired        refusal = "the token has expired"
	errNotYetValid    refusal = "the token is not valid yet"
	errScope          refusal = "the token does not have a valid scope"
	errClaim          refusal = "the token does not have a valid claim"
)

// reasonOf returns the refusal in an error.
func reasonOf(err error) string {
	var reason refusal
	if errors.As(err, &reason) {
		return string(reason)
	}
	return string(errMalformedToken)
}

var (
	tokenHeaderLimits = jose.Limits{Depth: 8, Members: 64}
	tokenClaimsLimits = jose.Limits{Depth: 32, Members: maxRequestHead}
)

// rsaAlgorithms are those that API Gateway verifies: "currently, only RSA-based
// algorithms are supported". That PS256, PS384 and PS512 are among them is no more
// than the plain sense of it. (L)
var rsaAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}

// A jwtAuthorizer is a JWTAuthorizer or a RESTJWTAuthorizer at work.
type jwtAuthorizer struct {
	issuers    map[string]*jwtIssuer
	algorithms []string
	lacksScope *failure // of a token that is good but for its scopes
}

// A jwtIssuer is an issuer that is trusted, and what its tokens must have.
type jwtIssuer struct {
	audience []string
	claims   []JWTClaim
	keys     *issuerKeys
}

// verify returns the claims of a token that is good at that time. Its errors wrap a
// refusal. cached says that nothing was fetched for it.
func (a *jwtAuthorizer) verify(ctx context.Context, token string, now time.Time) (c claims, cached bool, err error) {
	if strings.Count(token, ".") != 2 {
		return nil, true, errSegments
	}
	parts, err := jose.ParseCompact(token, maxRequestHead, false)
	if err != nil {
		return nil, true, errMalformedToken
	}
	header, err := readTokenHeader(parts.Header, a.algorithms)
	if err != nil {
		return nil, true, err
	}
	c, err = readClaims(parts.Payload)
	if err != nil {
		return nil, true, err
	}
	name, _ := c["iss"].(string)
	issuer := a.issuers[name] // whose keys are the only ones for this token
	if issuer == nil {
		return nil, true, errIssuer
	}
	published, cached, err := issuer.keys.get(ctx, header.Kid, now)
	if err != nil {
		return nil, false, err
	}
	if err := published.verify(ctx, header, parts); err != nil {
		return nil, cached, err
	}
	if err := c.check(issuer, now); err != nil {
		return nil, cached, err
	}
	return c, cached, nil
}

// readTokenHeader reads what chooses the key. crit and b64 ask for what API Gateway is
// not known to understand (RFC 7515 section 4.1.11, RFC 7797). (L)
func readTokenHeader(text string, algorithms []string) (keys.Header, error) {
	var h keys.Header
	err := jose.Members(text, tokenHeaderLimits, func(name string, value jose.Value) error {
		switch name {
		case "alg":
			h.Algorithm, _ = value.Text()
		case "kid":
			h.Kid, _ = value.Text()
		case "crit", "b64":
			return errMalformedToken
		}
		return nil
	})
	switch {
	case err != nil:
		return h, errMalformedToken
	case !slices.Contains(algorithms, h.Algorithm):
		return h, errSigningMethod
	case h.Kid == "":
		return h, errKeyID
	}
	return h, nil
}

// claims are those of a token, numbers being json.Number.
type claims map[string]any

func readClaims(text string) (claims, error) {
	if err := jose.Members(text, tokenClaimsLimits, nil); err != nil {
		return nil, errMalformedToken
	}
	var c claims
	if err := jose.Unmarshal(text, &c); err != nil {
		return nil, errMalformedToken
	}
	return c, nil
}

// check looks at the claims, beside the issuer, that do not depend on the route.
func (c claims) check(issuer *jwtIssuer, now time.Time) error {
	expiry, err := c.time("exp")
	switch {
	case !c.isFor(issuer.audience):
		return errAudience
	case err != nil || !expiry.After(now): // also if there is none (L)
		return errExpired
	}
	for _, name := range []string{"nbf", "iat"} {
		if _, given := c[name]; !given {
			continue
		}
		// "Must be before the current time": the same second is, in part.
		if t, err := c.time(name); err != nil || t.After(now) {
			return errNotYetValid
		}
	}
	for _, claim := range issuer.claims {
		if !claim.isIn(c) {
			return fmt.Errorf("%w: %s", errClaim, claim.ClaimName)
		}
	}
	return nil
}

// isFor looks at aud, and at client_id only if there is no aud.
func (c claims) isFor(audience []string) bool {
	value, given := c["aud"]
	if !given {
		client, _ := c["client_id"].(string)
		return slices.Contains(audience, client) // none of which is empty
	}
	return slices.ContainsFunc(texts(value), func(text string) bool { return slices.Contains(audience, text) })
}

func (c claims) time(name string) (time.Time, error) {
	number, _ := c[name].(json.Number)
	return jose.ParseNumericDate(number.String())
}

// permit reports whether the token has one of the scopes, or none is asked for.
func (c claims) permit(scopes []string) bool {
	return len(scopes) == 0 || slices.ContainsFunc(c.scopes(), func(s string) bool { return slices.Contains(scopes, s) })
}

// scopes returns what scope and scp hold. AWS names both and the form of neither: each
// may be a list, or a text with spaces as RFC 8693 section 4.2 has it. (L)
func (c claims) scopes() []string {
	var scopes []string
	for _, name := range []string{"scope", "scp"} {
		for _, text := range texts(c[name]) {
			scopes = append(scopes, strings.Fields(text)...)
		}
	}
	return scopes
}

// texts returns a claim that is a string or a list of strings, and nothing of any
// other.
func texts(value any) []string {
	if text, ok := value.(string); ok {
		return []string{text}
	}
	list, _ := value.([]any)
	var found []string
	for _, element := range list {
		text, ok := element.(string)
		if !ok {
			return nil
		}
		found = append(found, text)
	}
	return found
}

// context returns what the backend of an HTTP API gets to know: each claim as a string, and the
// token's scopes, all of them, on a route that has some itself, otherwise null. Strings and
// whole numbers are as in the token, lists in brackets with spaces between, null left
// out, and an object in a list as package fmt has a map: so it has been seen. (M) An
// object by itself and other numbers are by analogy. (L)
func (c claims) context(r *route) object {
	values := map[string]string{}
	for name, value := range c {
		if value != nil {
			values[name] = fmt.Sprint(value)
		}
	}
	if len(r.Scopes) == 0 {
		return object{"claims": values, "scopes": nil}
	}
	return object{"claims": values, "scopes": c.scopes()}
}
