package jose

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// What a token may hold. A signer keeps to it as verifiers do, so that nothing is
// signed that would be refused.
var (
	// HeaderLimits bound a JOSE header, which anybody can write.
	HeaderLimits = Limits{Depth: 8, Members: 64}

	// ClaimsLimits bound a claims set, whose size the token's bounds already.
	ClaimsLimits = Limits{Depth: 32, Members: 512}
)

const (
	// DefaultMaxTokenSize is how long a token may be, in bytes, where no setting says
	// otherwise. API Gateway's own limit for a request's line and headers together is
	// 10,240 bytes.
	DefaultMaxTokenSize = 16 << 10

	// MaxTokenSize is how long a setting may let a token be, in bytes.
	MaxTokenSize = 1 << 20

	// MaxKidSize is how long a kid may be, in bytes: it travels in the header of every
	// token. An ARN of a KMS key is below 100.
	MaxKidSize = 512
)

// CheckKid refuses a kid that could not be written in a header.
func CheckKid(kid string) error {
	switch {
	case len(kid) > MaxKidSize:
		return fmt.Errorf("a kid of %d bytes: use at most %d", len(kid), MaxKidSize)
	case !utf8.ValidString(kid):
		return errors.New("a kid that is not valid UTF-8: use text")
	}
	return nil
}
