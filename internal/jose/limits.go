package jose

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// What a token may hold. A signer keeps to the same limits that a verifier has, so that
// whatever is signed can be verified.
var (
	// HeaderLimits bound a JOSE header, which anybody can write.
	HeaderLimits = Limits{Depth: 8, Members: 64}

	// ClaimsLimits bound a claims set.
	ClaimsLimits = Limits{Depth: 32, Members: 512}
)

const (
	// DefaultMaxTokenSize is how long a token may be, in bytes, where nobody says
	// anything else. API Gateway's own limit for the line and the headers of a request
	// is 10,240 bytes.
	DefaultMaxTokenSize = 16 << 10

	// MaxTokenSize is the most that one may say.
	MaxTokenSize = 1 << 20

	// MaxKidSize is how long a kid may be, in bytes.
	MaxKidSize = 512
)

// CheckKid refuses a kid that could not be written in a header: one of more than
// MaxKidSize bytes, and one that is not UTF-8. An empty kid is none, and good.
func CheckKid(kid string) error {
	switch {
	case len(kid) > MaxKidSize:
		return fmt.Errorf("a kid of %d bytes: use at most %d", len(kid), MaxKidSize)
	case !utf8.ValidString(kid):
		return errors.New("a kid that is not valid UTF-8: use text")
	}
	return nil
}
