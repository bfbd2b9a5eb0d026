package keys

import (
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxKidSize bounds a kid, in bytes: it travels in the header of every token. An
// ARN of a KMS key is below 100.
const maxKidSize = 512

// errNoKey is the answer of a key, set or ring that no constructor of this package
// made. It is a fault in the program and so never the token's.
var errNoKey = errors.New("a zero key, set or ring: make it with a function of this package")

// errSeveral is ErrUnknownKey for a token without a kid that could be that of more
// than one key.
var errSeveral = fmt.Errorf("%w: it has no kid, and more than one key could be meant", ErrUnknownKey)

// checkKid refuses a kid that could not be written in a header.
func checkKid(kid string) error {
	switch {
	case len(kid) > maxKidSize:
		return fmt.Errorf("a kid of %d bytes: use at most %d", len(kid), maxKidSize)
	case !utf8.ValidString(kid):
		return errors.New("a kid that is not valid UTF-8: use text")
	}
	return nil
}
