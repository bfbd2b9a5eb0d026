// Package outage keeps what an error says of one token from being said of another.
package outage

import (
	"errors"
	"slices"
)

// Of returns the error of an outage: err, or one that has its text alone if it wraps one of the
// verdicts. A store may have been asked by a token that it refused, which is not the fault of
// whoever sends a token here.
func Of(err error, verdicts ...error) error {
	if slices.ContainsFunc(verdicts, func(verdict error) bool { return errors.Is(err, verdict) }) {
		return errors.New(err.Error())
	}
	return err
}
