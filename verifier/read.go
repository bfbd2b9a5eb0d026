package verifier

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/keys"
)

// readHeader reads a JOSE header and refuses those that ask a verifier to do
// something else than check a signature with a key of its own.
func readHeader(text string) (keys.Header, error) {
	var h keys.Header
	err := jose.Members(text, jose.HeaderLimits, func(name string, value jose.Value) error {
		switch name {
		case "alg":
			return setText(&h.Algorithm, value)
		case "kid":
			return setText(&h.Kid, value)
		case "typ":
			return setText(&h.Type, value)
		case "crit", "jwk", "jku", "x5c", "x5u":
			// No extension is understood (RFC 7515 section 4.1.11), and a token
			// cannot bring the key that proves it (RFC 8725 section 3.10).
			return refuse(ForbiddenHeader)
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
	if err == nil && h.Algorithm == "" {
		err = refuse(Malformed)
	}
	return h, asRefusal(err)
}

// read fills a token from the JSON text of its claims set. It sets seen[i] for
// each of the names in required that is there and not null.
func (t *Token) read(text string, required []string, seen []bool) error {
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
		}
		if i := slices.Index(required, name); i >= 0 && value.Kind != jose.Null {
			seen[i] = true
		}
		return err
	})
	t.claims = text
	return asRefusal(err)
}

// audience reads an aud claim: a string, or a list of at least one (RFC 7519
// section 4.1.3).
func audience(value jose.Value) ([]string, error) {
	if text, ok := value.Text(); ok {
		return []string{text}, nil
	}
	var list []string
	err := jose.Elements(value, func(element jose.Value) error {
		text, ok := element.Text()
		if !ok {
			return refuse(Malformed)
		}
		list = append(list, text)
		return nil
	})
	if err == nil && len(list) == 0 {
		err = refuse(Malformed)
	}
	return list, err
}

func setText(to *string, value jose.Value) error {
	text, ok := value.Text()
	if !ok {
		return refuse(Malformed)
	}
	*to = text
	return nil
}

// asRefusal makes a refusal of whatever went wrong while reading a token.
func asRefusal(err error) error {
	if err == nil || ReasonOf(err) != "" {
		return err
	}
	return refuse(Malformed)
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
