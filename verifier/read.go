package verifier

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/keys"
)

// refuseCompact says what is wrong with the form of a token.
func refuseCompact(token string, err error) error {
	switch {
	case errors.Is(err, jose.ErrTooLarge):
		return refuse(TooLarge)
	case len(token) > 7 && strings.EqualFold(token[:7], "Bearer "):
		return malformed(BearerLeftOn)
	case strings.ContainsAny(token, " \t\r\n"):
		return malformed(WhiteSpace)
	case errors.Is(err, jose.ErrCompact):
		return malformed(NotThreeParts)
	}
	return malformed(NotBase64)
}

// readHeader reads a JOSE header and refuses those that ask a verifier to do
// something else than check a signature with a key of its own.
func readHeader(text string, refuseKeys bool) (keys.Header, error) {
	var h keys.Header
	err := jose.Members(text, jose.HeaderLimits, func(name string, value jose.Value) error {
		switch name {
		case "alg":
			return setText(&h.Algorithm, value)
		case "kid":
			return setText(&h.Kid, value)
		case "typ":
			return setText(&h.Type, value)
		case "crit": // no extension is understood (RFC 7515 section 4.1.11)
			return refuse(ForbiddenHeader)
		case "jwk", "jku", "x5c", "x5u":
			if refuseKeys {
				return refuse(ForbiddenHeader)
			}
			return nil // so that no source can look at them either
		case "b64":
			if value.Raw != "true" { // RFC 7797 section 3
				return refuse(ForbiddenHeader)
			}
		case "cty":
			var contentType string
			if err := setText(&contentType, value); err != nil {
				return err
			}
			if isMediaType(contentType, "JWT") { // RFC 7519 section 5.2: a token in a token
				return refuse(ForbiddenHeader)
			}
		}
		if h.Params == nil {
			h.Params = map[string]json.RawMessage{}
		}
		h.Params[name] = json.RawMessage(value.Raw)
		return nil
	})
	switch {
	case errors.Is(err, errType):
		err = malformed(HeaderType)
	case err == nil && h.Algorithm == "", err != nil && ReasonOf(err) == "":
		err = malformed(HeaderJSON)
	}
	return h, err
}

// errType says that a value is not of the type that it has to be.
var errType = errors.New("a value of the wrong type")

// read fills a token from the JSON text of its claims set. It sets seen[i] for
// each of the names in required that is there and not null, and notes what grants scopes.
func (t *Token) read(text string, required []string, seen []bool, scopeClaims ...string) error {
	wrong := ""
	err := jose.Members(text, jose.ClaimsLimits, func(name string, value jose.Value) (err error) {
		switch name {
		case "iss":
			err = setText(&t.Issuer, value)
		case "sub":
			err = setText(&t.Subject, value)
		case "aud":
			t.Audience, err = audience(value)
		case "exp":
			t.ExpiresAt, err = value.NumericDate()
		case "nbf":
			t.NotBefore, err = value.NumericDate()
		case "iat":
			t.IssuedAt, err = value.NumericDate()
		case "jti":
			err = setText(&t.ID, value)
		case "scope":
			t.scope[0] = value
		case "scp":
			t.scope[1] = value
		case "cnf":
			t.cnf = value.Raw
		default:
			if slices.Contains(scopeClaims, name) {
				t.granting = append(t.granting, value)
			}
		}
		for i, claim := range required { // in which one may stand twice
			if claim == name && value.Kind != jose.Null {
				seen[i] = true
			}
		}
		if err != nil {
			wrong = name
		}
		return err
	})
	t.claims = text
	switch {
	case wrong != "":
		return &Error{Reason: Malformed, Detail: ClaimType, Claim: wrong}
	case err != nil:
		return malformed(ClaimsJSON)
	}
	return nil
}

// audience reads an aud claim: a string or a list of strings (RFC 7519 section 4.1.3). An
// empty list, which some issuers write, is no audience.
func audience(value jose.Value) ([]string, error) {
	if text, ok := value.Text(); ok {
		return []string{text}, nil
	}
	var list []string
	err := jose.Elements(value, func(element jose.Value) error {
		text, ok := element.Text()
		if !ok {
			return errType
		}
		list = append(list, text)
		return nil
	})
	return list, err
}

func setText(to *string, value jose.Value) error {
	text, ok := value.Text()
	if !ok {
		return errType
	}
	*to = text
	return nil
}

// isMediaType compares as RFC 7515 section 4.1.9 has it: in any case, and with
// "application/" left out where no other slash follows.
func isMediaType(got, want string) bool {
	return strings.EqualFold(shortMediaType(got), shortMediaType(want))
}

func shortMediaType(s string) string {
	const prefix = "application/"
	if len(s) > len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) && !strings.Contains(s[len(prefix):], "/") {
		return s[len(prefix):]
	}
	return s
}
