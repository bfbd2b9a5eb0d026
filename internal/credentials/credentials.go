// Package credentials reads the values of headers and parameters in which a request brings
// its token.
package credentials

import (
	"strings"

	"github.com/lambdajwt/authorizer/verifier"
)

// Only returns the one value that there is. It gives [verifier.ErrNoToken] if there is none,
// and [verifier.ErrAmbiguousToken] if there are several, be it in one text: HTTP APIs, and
// proxies, join several by commas, which no token holds (RFC 6750 section 2.1).
func Only(values []string) (string, error) {
	switch {
	case len(values) == 0 || len(values) == 1 && values[0] == "":
		return "", verifier.ErrNoToken
	case len(values) > 1 || strings.Contains(values[0], ","):
		return "", verifier.ErrAmbiguousToken
	}
	return values[0], nil
}

// Token reads what stands behind the scheme of an Authorization header, with one or more
// spaces before it. Anything but a b64token (RFC 6750 section 2.1) is refused as
// [verifier.Malformed].
func Token(text string) (string, error) {
	token := strings.TrimLeft(text, " ")
	if !isB64Token(token) {
		return "", &verifier.Error{Reason: verifier.Malformed}
	}
	return token, nil
}

// isB64Token reports whether s is a b64token: letters, digits and -._~+/ with
// equals signs at the end (RFC 6750 section 2.1).
func isB64Token(s string) bool {
	s = strings.TrimRight(s, "=")
	for i := range len(s) {
		if !b64token[s[i]] {
			return false
		}
	}
	return s != ""
}

// b64token has the characters of a b64token.
var b64token = func() (set [256]bool) {
	for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/") {
		set[c] = true
	}
	return set
}()
