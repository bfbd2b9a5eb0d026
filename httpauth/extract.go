package httpauth

import (
	"net/http"
	"strings"

	"github.com/lambdajwt/authorizer/internal/credentials"
	"github.com/lambdajwt/authorizer/verifier"
)

// The schemes of Authorization.
const (
	bearerScheme = "Bearer" // RFC 6750 section 2.1
	dpopScheme   = "DPoP"   // RFC 9449 section 7.1
)

// Bearer finds the token in "Authorization: Bearer <token>" (RFC 6750 section 2.1), in any
// case of the scheme's name and with one or more spaces behind it. A header of another scheme
// counts as no token. It is what a nil [Config.Extract] means, and for those that look
// elsewhere too.
func Bearer(r *http.Request) (string, error) {
	scheme, token, err := authorization(r)
	if err == nil && scheme != bearerScheme {
		return "", verifier.ErrNoToken
	}
	return token, err
}

// authorization reads the header Authorization if it is of one of the schemes.
func authorization(r *http.Request) (scheme, token string, err error) {
	value, err := credentials.Only(r.Header.Values("Authorization"))
	if err != nil {
		return "", "", err
	}
	named, rest, _ := strings.Cut(value, " ")
	for _, scheme := range [...]string{bearerScheme, dpopScheme} {
		if strings.EqualFold(named, scheme) {
			token, err := credentials.Token(rest)
			return scheme, token, err
		}
	}
	return "", "", verifier.ErrNoToken
}

// find finds the token and its scheme, which is empty if it came from elsewhere than
// Authorization.
func (m *Middleware) find(r *http.Request) (scheme, token string, err error) {
	if m.cfg.Extract != nil {
		token, err = m.cfg.Extract(r)
	} else {
		scheme, token, err = authorization(r)
	}
	switch {
	case scheme == dpopScheme && m.dpop == nil:
		return "", "", verifier.ErrNoToken
	case err == nil && token == "":
		err = verifier.ErrNoToken
	}
	return scheme, token, err
}
