package kmskeys

import (
	"errors"
	"fmt"
	"unicode/utf8"
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
