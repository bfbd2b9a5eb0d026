package authorizer

import (
	"errors"
	"strings"

	"github.com/lambdajwt/authorizer/internal/credentials"
	"github.com/lambdajwt/authorizer/verifier"
)

// An Extractor finds the token in a request. It gives an error that wraps
// [verifier.ErrNoToken] if there is none, and one that wraps [verifier.ErrInvalidToken] if
// what is there is at fault. Any other error is an outage.
//
// Name what an extractor reads among the authorizer's identity sources: API Gateway
// then answers requests without it by itself, and caches by it.
type Extractor func(*Request) (token string, err error)

// Bearer is the [Extractor] of "Authorization: Bearer <token>" (RFC 6750 section
// 2.1), in any case of the scheme's name and with one or more spaces behind it. In
// a TOKEN event it reads the authorizationToken, whichever header that was.
//
// A header of another scheme, or a token without any, counts as no token. Clients
// that send a bare token need FirstOf(Bearer, Header("Authorization")). AppSync asks for
// bare ones, and there both will do.
func Bearer(r *Request) (string, error) {
	return authorization(r, "Bearer")
}

// DPoP is the [Extractor] of "Authorization: DPoP <token>" (RFC 9449 section 7.1), in any
// case of the scheme's name. It finds the token and leaves its proof to [Config.Binding].
func DPoP(r *Request) (string, error) { return authorization(r, "DPoP") }

// authorization returns the token behind a scheme.
func authorization(r *Request, want string) (string, error) {
	value, err := header(r, "Authorization")
	if err != nil {
		return "", err
	}
	scheme, token, found := strings.Cut(value, " ")
	if r.Kind == AppSync && !found {
		scheme, token = "Bearer", value
	}
	if !strings.EqualFold(scheme, want) {
		return "", verifier.ErrNoToken
	}
	return credentials.Token(token)
}

// Header returns the [Extractor] of a header that holds a bare token. A TOKEN event
// has but one header, which stands for every name: the authorizer's identity source
// says which it is. In an event of AppSync it is always Authorization.
func Header(name string) Extractor {
	return func(r *Request) (string, error) { return header(r, name) }
}

// Query returns the [Extractor] of a query parameter. WebSocket clients in browsers
// have no other place for a token. It ends up in access logs: let it be short-lived.
func Query(name string) Extractor {
	return func(r *Request) (string, error) { return credentials.Only(r.Query(name)) }
}

// Cookie returns the [Extractor] of a cookie. A browser sends it along with requests
// that other sites cause: set SameSite, or demand a header beside it.
func Cookie(name string) Extractor {
	return func(r *Request) (string, error) { return credentials.Only(r.Cookie(name)) }
}

// FirstOf returns the [Extractor] that asks others in turn until one finds a token.
// An error other than [verifier.ErrNoToken] ends the search.
func FirstOf(extractors ...Extractor) Extractor {
	return func(r *Request) (string, error) {
		for _, extract := range extractors {
			token, err := findToken(extract, r)
			if err == nil || !errors.Is(err, verifier.ErrNoToken) {
				return token, err
			}
		}
		return "", verifier.ErrNoToken
	}
}

// findToken calls an extractor, holding it to its contract: no token without an
// error.
func findToken(extract Extractor, r *Request) (string, error) {
	if extract == nil {
		return "", errors.New("an Extractor is nil: leave it out")
	}
	token, err := extract(r)
	if err != nil {
		return "", err
	}
	if token == "" {
		return "", verifier.ErrNoToken
	}
	return token, nil
}

// header returns the one value of a header. A TOKEN event has but one, unnamed, and so has
// AppSync's for the token.
func header(r *Request, name string) (string, error) {
	if r != nil && (r.Kind == RESTToken || r.Kind == AppSync) {
		return credentials.Only([]string{r.token})
	}
	return credentials.Only(r.Header(name))
}
