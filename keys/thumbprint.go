package keys

import (
	"crypto/sha256"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// thumbprint returns the SHA-256 thumbprint of RFC 7638: the hash of the required
// members of the public key in the order of their names, without white space. All
// of their values are of letters that JSON needs not escape.
func (m jwkMembers) thumbprint() string {
	var text string
	switch m.Kty {
	case "RSA":
		text = `{"e":"` + m.E + `","kty":"RSA","n":"` + m.N + `"}`
	case "EC":
		text = `{"crv":"` + m.Curve + `","kty":"EC","x":"` + m.X + `","y":"` + m.Y + `"}`
	case "OKP": // RFC 8037 section 2
		text = `{"crv":"` + m.Curve + `","kty":"OKP","x":"` + m.X + `"}`
	}
	sum := sha256.Sum256([]byte(text))
	return jose.EncodeBase64URL(sum[:])
}
