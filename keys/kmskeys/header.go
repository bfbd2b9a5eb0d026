package kmskeys

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/lambdajwt/authorizer/keys"
)

// maxKidSize bounds a kid, in bytes, as package keys does.
const maxKidSize = 512

func checkKid(kid string) error {
	switch {
	case len(kid) > maxKidSize:
		return fmt.Errorf("the Kid has %d bytes: use at most %d", len(kid), maxKidSize)
	case !utf8.ValidString(kid):
		return errors.New("the Kid is not valid UTF-8: use text")
	}
	return nil
}

// match tells whether a token may be checked with the key of this algorithm and kid,
// as package keys does for a single key: a token without a kid can mean no other
// key, and a key without one serves every token.
func match(h keys.Header, alg, kid string) error {
	switch {
	case h.Algorithm != alg:
		return keys.ErrAlgorithm
	case h.Kid != kid && h.Kid != "" && kid != "":
		return keys.ErrUnknownKey
	}
	return nil
}
