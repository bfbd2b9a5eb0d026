package golangjwt

import (
	"encoding/json"
	"errors"

	"github.com/lambdajwt/authorizer/internal/jose"
	"github.com/lambdajwt/authorizer/keys"
)

// readHeader reads a JOSE header strictly, unlike golang-jwt, whose reading is a map in
// which of two members of one name the last one stands.
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
		case "crit": // no extension is understood (RFC 7515 section 4.1.11)
			return errors.New("crit in it")
		case "b64":
			if value.Raw != "true" { // RFC 7797 section 3
				return errors.New("b64 in it that is not true")
			}
		}
		if h.Params == nil {
			h.Params = map[string]json.RawMessage{}
		}
		h.Params[name] = json.RawMessage(value.Raw)
		return nil
	})
	return h, err
}

func setText(to *string, value jose.Value) error {
	text, ok := value.Text()
	if !ok {
		return errors.New("alg, kid or typ in it that is no string")
	}
	*to = text
	return nil
}
