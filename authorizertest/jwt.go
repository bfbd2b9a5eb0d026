package authorizertest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/internal/discovery"
	"github.com/lambdajwt/authorizer/policy"
)

// A JWTAuthorizer is API Gateway's own JWT authorizer, that of HTTP APIs, which needs
// no Lambda function. It finds the issuer's keys by discovery, and a token passes if
//
//   - its kid is that of a key in the JWK set, its alg is the RSA algorithm of that
//     key, and the key verifies its signature;
//   - its iss is Issuer, byte for byte;
//   - its aud holds one of Audience, or, if it has no aud, its client_id is one;
//   - its exp is after the current time, and its nbf and iat, if there are any, not;
//   - its scope or scp holds one of the route's Scopes, if the route has any.
//
// The identity source may hold the token alone, or behind "Bearer " (developer guide,
// "Control access to HTTP APIs with JWT authorizers").
//
// # Answers
//
// A request without a token, or with one that does not pass, gets 401, and the header
// www-authenticate says why. A token that lacks the route's scopes gets 403. (M) AWS
// documents the words for a wrong audience; those for a token that is not in three
// segments and for documents that cannot be had have been seen; (M) the others are worded
// like them. (L) What the backend gets to know, [AuthorizerContext] says.
//
// # Keys
//
// Both documents are fetched when the first token comes and kept for two hours by
// Config.Now, whatever their cache headers say and whichever kids tokens have: this is
// the longest that AWS documents, and what a rotation of keys must survive. If they
// cannot be had, the answer is a 401, as it has been seen of API Gateway, (M) and the
// next request tries again; of several at a time one fetches, and the others wait. That
// both are kept together, and that older keys do not help out, is a guess. (L)
//
// # Where it is strict
//
// AWS does not say what API Gateway makes of a token without exp, with two members of
// one name, with crit, with "bearer" in lower case, or with an alg other than the key's,
// which is RS256 for a key without one; of a JWK set with two keys
// of one kid; of a redirect; of a discovery document of another issuer. All of these are
// refused here. (L) So what passes here should pass there, but API Gateway may well
// let pass what is refused here.
type JWTAuthorizer struct {
	// Issuer is the iss of the tokens, and where discovery begins: an absolute https
	// URL without query and fragment. For tests, http is taken for loopback. Required.
	Issuer string

	// Audience are the audiences, of which a token must have one. At least one, at
	// most 50.
	Audience []string

	// Client fetches the discovery document and the JWK set, each within 1.5 seconds
	// and without following redirects. Nil means http.DefaultClient.
	Client *http.Client
}

func (a *JWTAuthorizer) check() error {
	if len(a.Audience) > discovery.MaxGatewayAudiences {
		return fmt.Errorf("JWTAuthorizer.Audience has %d: API Gateway takes at most %d", len(a.Audience), discovery.MaxGatewayAudiences)
	}
	return checkIssuer("JWTAuthorizer.Issuer", a.Issuer, "JWTAuthorizer.Audience", a.Audience)
}

// checkIssuer looks at what every JWT authorizer is told of an issuer.
func checkIssuer(issuerField, issuer, audienceField string, audience []string) error {
	_, err := discovery.ParseIssuer(issuer)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", issuerField, err)
	case len(audience) == 0:
		return fmt.Errorf("set %s to at least one, the aud of the tokens", audienceField)
	case slices.Contains(audience, ""):
		return fmt.Errorf("%s holds an empty one: leave it out", audienceField)
	}
	return nil
}

func newJWTAuthorizer(cfg *JWTAuthorizer) *jwtAuthorizer {
	rules := keyRules{timeout: fetchTimeout, size: discovery.MaxGatewayJWKS, maxAge: keysLifetime, cooldown: keysLifetime}
	issuer := &jwtIssuer{audience: slices.Clone(cfg.Audience), keys: newIssuerKeys(cfg.Issuer, cfg.Client, rules)}
	return &jwtAuthorizer{issuers: map[string]*jwtIssuer{cfg.Issuer: issuer}, algorithms: rsaAlgorithms, lacksScope: implicitlyDenied}
}

// hasJWT reports whether the authorizer is API Gateway's own.
func (c *Config) hasJWT() bool { return c.JWT != nil || c.RESTJWT != nil }

// checkJWT refuses what does not go with a JWT authorizer.
func (c *Config) checkJWT() error {
	switch {
	case c.Authorizer != nil || c.JWT != nil && c.RESTJWT != nil:
		return errors.New("set one of Config.Authorizer, Config.JWT and Config.RESTJWT, not both")
	case c.EnableSimpleResponses, c.ValidationExpression != "", c.CacheTTL != 0, c.Timeout != 0:
		return errors.New("leave out Config.EnableSimpleResponses, ValidationExpression, CacheTTL and Timeout: they are for Config.Authorizer only")
	case c.RESTJWT != nil && c.Kind != authorizer.RESTRequest:
		return fmt.Errorf("Config.Kind is %q: Config.RESTJWT is for kind RESTRequest only", c.Kind)
	case c.RESTJWT != nil:
		return c.RESTJWT.check()
	case c.Kind != authorizer.HTTPFormat2:
		return fmt.Errorf("Config.Kind is %q: Config.JWT is for kind HTTPFormat2 only", c.Kind)
	}
	return c.JWT.check()
}

// checkScopes looks at the scopes of a route.
func (c *Config) checkScopes(r Route) error {
	switch {
	case len(r.Scopes) == 0:
		return nil
	case !c.hasJWT() || r.NoAuthorizer:
		return errors.New("only the authorizer of Config.JWT or Config.RESTJWT looks at Scopes: leave them out")
	case c.JWT != nil && len(r.Scopes) > discovery.MaxGatewayScopes:
		return fmt.Errorf("%d Scopes: API Gateway takes at most %d", len(r.Scopes), discovery.MaxGatewayScopes)
	}
	for _, scope := range r.Scopes {
		if !discovery.IsScope(scope) {
			return fmt.Errorf("the scope %q, which no token can hold: use printable ASCII without spaces, quotes and backslashes", scope)
		}
	}
	return nil
}

// authorizeJWT decides on a request by its token.
func (g *Gateway) authorizeJWT(x *exchange) (*granted, *failure) {
	identity, ok := g.identify(x)
	if !ok {
		g.challenge(x, "Bearer") // (M)
		return nil, unauthorized
	}
	call := Invocation{Route: x.route.Key}
	var c claims
	c, call.Cached, call.Err = g.jwt.verify(x.http.Context(), strings.TrimPrefix(identity[0], "Bearer "), x.now)
	if call.Err == nil && c.permit(x.route.Scopes) {
		call.Decision = policy.Allowed
	}
	x.seen.hearJWT(call, c, identity)
	if g.cfg.Observer != nil {
		g.cfg.Observer(call)
	}
	switch {
	case call.Err != nil:
		if errors.Is(call.Err, errDiscovery) || errors.Is(call.Err, errJWKS) {
			g.log(x, "the keys could not be had", call.Err)
		}
		g.challenge(x, bearer("", "invalid_token", reasonOf(call.Err)))
		return nil, unauthorized
	case call.Decision != policy.Allowed:
		g.challenge(x, bearer(strings.Join(x.route.Scopes, " "), "insufficient_scope", string(errScope)))
		return nil, g.jwt.lacksScope
	case g.cfg.RESTJWT != nil:
		return &granted{jwt: object{"claims": object(c)}}, nil
	}
	return &granted{jwt: object{"jwt": c.context(x.route)}}, nil
}

// challenge has a refusal say why, by the header www-authenticate. What a REST API puts
// there is not known here; a gateway response can set it.
func (g *Gateway) challenge(x *exchange, text string) {
	if isHTTP(g.cfg.Kind) {
		x.challenge = text
	}
}

// bearer returns a challenge. The form is documented for an audience that does not
// match, on a route without scopes. That scope lists the route's where they are lacking,
// and the error then, are no more than what RFC 6750 section 3 has. (L)
func bearer(scope, code, description string) string {
	return fmt.Sprintf("Bearer scope=%q error=%q error_description=%q", scope, code, description)
}
