package keys

import (
	"fmt"
	"io"
	"strconv"
)

// sealed keeps key material in a closure. Nothing that prints by reflection gets
// at it there: neither package fmt, which calls no Format method on an unexported
// field, nor the printers of test libraries, which follow every pointer.
type sealed[T any] struct{ open func() T }

func seal[T any](material T) sealed[T] {
	return sealed[T]{func() T { return material }}
}

// describe returns what a key prints as, whatever the verb.
func describe(kind, alg, kid string) string {
	if alg == "" {
		return "keys." + kind + "()"
	}
	if kid == "" {
		return "keys." + kind + "(" + alg + ")"
	}
	return "keys." + kind + "(" + alg + ", kid " + quote(kid) + ")"
}

// describeMany returns what a set or a ring prints as.
func describeMany(kind string, count int) string {
	return "keys." + kind + "(" + strconv.Itoa(count) + " keys)"
}

// format writes text for every verb and flag: %x of a key is no more telling than
// its %v.
func format(state fmt.State, text string) {
	_, _ = io.WriteString(state, text) // a fmt.State gives no error
}

// quote returns s in quotes, escaped and shortened: names come from outside, and
// errors end up in logs.
func quote(s string) string {
	const most = 64
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "…"
	}
	return strconv.QuoteToASCII(s)
}
