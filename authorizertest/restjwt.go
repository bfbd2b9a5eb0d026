package authorizertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/discovery"
)

// A RESTJWTAuthorizer is API Gateway's own JWT authorizer, that of REST APIs, which needs
// no Lambda function (developer guide, "Control access to REST APIs using JWT
// authorizers"). A token passes if
//
//   - its iss is one of Issuers, byte for byte,
//   - its alg is one of DefaultAlgorithms, its kid that of a key in the issuer's JWK set,
//     and the key verifies its signature under this algorithm,
//   - it has one of the issuer's Audiences and all of its AdditionalClaims,
//   - its times are good and it has one of the route's Scopes, as with a [JWTAuthorizer]. (L)
//
// The token is in the header that is the identity source, alone or behind "Bearer ". (L)
// Strictness is that of a [JWTAuthorizer]. (L)
//
// # Answers
//
// A request without a token, or with one that does not pass, gets the gateway response
// UNAUTHORIZED, and a token that lacks the route's scopes ACCESS_DENIED. (L) The backend
// finds the claims, each of its JSON type, at requestContext.authorizer.claims, (L) and
// so does [AuthorizerContext]:
//
//	{"claims": {"sub": "user-1", "exp": 1700000000, …}}
//
// # Keys
//
// The discovery documents are read by [New], which gives an error if one cannot be had,
// as API Gateway does where the authorizer is created, and the addresses of the JWK sets
// are kept. The keys are fetched when a token needs them, and again after an hour, or when
// a token names a key that is not among them.
type RESTJWTAuthorizer struct {
	// Issuers are trusted, each for its own audiences. At least one.
	Issuers []JWTIssuer

	// DefaultAlgorithms are the algorithms that tokens may be signed with, such as RS256.
	// At least one. Which of them API Gateway takes is not known here; these are all that
	// a published key can have.
	DefaultAlgorithms []string

	// Client fetches the documents, without following redirects. Nil means
	// http.DefaultClient.
	Client *http.Client

	// KeysMaxAge is how long keys are kept. 0 means an hour, the longest that AWS
	// documents.
	KeysMaxAge time.Duration

	// Cooldown is how long after a fetch no other is made for a key that is not there,
	// whatever tokens name. 0 means a minute, and less than 0 none. (L)
	Cooldown time.Duration

	// FetchTimeout is how long a document may take, and MaxKeySet how many bytes a JWK set
	// may have. 0 means what HTTP APIs have, 1.5 seconds and 150,000. (L)
	FetchTimeout time.Duration
	MaxKeySet    int64

	// ScopeResponse is the type of the gateway response to a token that lacks the route's
	// scopes: ACCESS_DENIED, which is also what empty means, or UNAUTHORIZED. (L)
	ScopeResponse string
}

// A JWTIssuer is an issuer that a [RESTJWTAuthorizer] trusts.
type JWTIssuer struct {
	// Issuer is the iss of the tokens, and where discovery begins: an absolute https URL
	// without query and fragment. For tests, http is taken for loopback. Required.
	Issuer string

	// Audiences are those of which a token must have one: its aud, or, if it has no aud,
	// its client_id. (L) At least one.
	Audiences []string

	// AdditionalClaims are what a token must carry beside. All of them are looked at.
	AdditionalClaims []JWTClaim
}

// A JWTClaim is a claim that a token must carry.
type JWTClaim struct {
	ClaimName string // at the top of the claims set. Required.

	// ExpectedValues are those of which the claim must have one. Empty means that any
	// will do.
	ExpectedValues []string

	// Format is "single-string", which is also what empty means, "string-array" or
	// "space-separated-values". The names are those of Elastic Load Balancing. (L)
	Format string

	// Optional lets a token pass that does not have the claim.
	Optional bool
}

// publishedAlgorithms are those that a published key can have.
var publishedAlgorithms = append(slices.Clone(rsaAlgorithms), "ES256", "ES384", "ES512", "EdDSA", "Ed25519")

func (a *RESTJWTAuthorizer) check() error {
	switch {
	case len(a.Issuers) == 0:
		return errors.New("set RESTJWTAuthorizer.Issuers to at least one")
	case len(a.DefaultAlgorithms) == 0:
		return errors.New("set RESTJWTAuthorizer.DefaultAlgorithms to at least one, such as RS256")
	case a.KeysMaxAge < 0 || a.FetchTimeout < 0 || a.MaxKeySet < 0:
		return errors.New("RESTJWTAuthorizer.KeysMaxAge, FetchTimeout and MaxKeySet cannot be less than 0")
	case !slices.Contains([]string{"", implicitlyDenied.response, unauthorized.response}, a.ScopeResponse):
		return fmt.Errorf("RESTJWTAuthorizer.ScopeResponse is %q: set it to ACCESS_DENIED or UNAUTHORIZED", a.ScopeResponse)
	}
	for _, alg := range a.DefaultAlgorithms {
		if !slices.Contains(publishedAlgorithms, alg) {
			return fmt.Errorf("RESTJWTAuthorizer.DefaultAlgorithms holds %q: use %s", alg, strings.Join(publishedAlgorithms, ", "))
		}
	}
	seen := map[string]bool{}
	for _, issuer := range a.Issuers {
		if err := checkIssuer("JWTIssuer.Issuer", issuer.Issuer, "JWTIssuer.Audiences", issuer.Audiences); err != nil {
			return err
		}
		if seen[issuer.Issuer] {
			return fmt.Errorf("RESTJWTAuthorizer.Issuers has %s twice", issuer.Issuer)
		}
		seen[issuer.Issuer] = true
		for _, claim := range issuer.AdditionalClaims {
			if claim.ClaimName == "" || !slices.Contains([]string{"", "single-string", "string-array", "space-separated-values"}, claim.Format) {
				return fmt.Errorf("a JWTClaim of name %q and format %q: set ClaimName, and Format to single-string, string-array or space-separated-values", claim.ClaimName, claim.Format)
			}
		}
	}
	return nil
}

// newRESTJWTAuthorizer reads the discovery documents.
func newRESTJWTAuthorizer(cfg *RESTJWTAuthorizer) (*jwtAuthorizer, error) {
	rules := keyRules{
		timeout:    cmp.Or(cfg.FetchTimeout, fetchTimeout),
		size:       cmp.Or(cfg.MaxKeySet, discovery.MaxGatewayJWKS),
		maxAge:     cmp.Or(cfg.KeysMaxAge, time.Hour),
		cooldown:   cmp.Or(cfg.Cooldown, time.Minute),
		algorithms: slices.Clone(cfg.DefaultAlgorithms),
	}
	a := &jwtAuthorizer{issuers: map[string]*jwtIssuer{}, algorithms: rules.algorithms, lacksScope: implicitlyDenied}
	if cfg.ScopeResponse == unauthorized.response {
		a.lacksScope = unauthorized
	}
	for _, trusted := range cfg.Issuers {
		issuer := &jwtIssuer{audience: slices.Clone(trusted.Audiences), keys: newIssuerKeys(trusted.Issuer, cfg.Client, rules)}
		for _, claim := range trusted.AdditionalClaims {
			claim.ExpectedValues = slices.Clone(claim.ExpectedValues)
			issuer.claims = append(issuer.claims, claim)
		}
		var err error
		if issuer.keys.jwksURI, err = issuer.keys.discover(context.Background()); err != nil {
			return nil, fmt.Errorf("Config.RESTJWT: issuer %s: %w", trusted.Issuer, err)
		}
		a.issuers[trusted.Issuer] = issuer
	}
	return a, nil
}

// isIn reports whether the claims have this one.
func (j JWTClaim) isIn(c claims) bool {
	value, given := c[j.ClaimName]
	if !given {
		return j.Optional
	}
	text, isText := value.(string)
	var values []string
	switch {
	case j.Format == "string-array" && !isText:
		values = texts(value)
	case j.Format == "space-separated-values" && isText:
		values = strings.Fields(text)
	case j.Format != "string-array" && isText:
		values = []string{text}
	}
	return slices.ContainsFunc(values, func(value string) bool {
		return len(j.ExpectedValues) == 0 || slices.Contains(j.ExpectedValues, value)
	})
}
