package keys

import (
	"strconv"

	"github.com/lambdajwt/authorizer/internal/redact"
)

// A label is what a key, a set or a ring prints as, whatever the verb.
type label = redact.Label

// sealed is material that nothing prints.
type sealed[T any] = redact.Sealed[T]

// describe returns the label of a key.
func describe(kind, alg, kid string) label {
	if kid == "" {
		return redact.NewLabel("keys." + kind + "(" + alg + ")")
	}
	return redact.NewLabel("keys." + kind + "(" + alg + ", kid " + redact.Quote(kid) + ")")
}

// describeMany returns the label of a set or a ring.
func describeMany(kind string, count int) label {
	return redact.NewLabel("keys." + kind + "(" + strconv.Itoa(count) + " keys)")
}
