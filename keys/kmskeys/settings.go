package kmskeys

import (
	"fmt"
	"time"

	"github.com/lambdajwt/authorizer/internal/setup"
)

// Defaults of [AsymmetricConfig], [EnvelopeConfig] and [MACConfig].
const (
	DefaultMaxAge      = 5 * time.Minute
	DefaultGrace       = time.Hour
	DefaultCallTimeout = 3 * time.Second
	DefaultVerifyRate  = 200
	DefaultVerifyBurst = 400

	maxAge         = 24 * time.Hour
	maxCallTimeout = time.Minute
	maxRate        = 1_000_000 // calls a second, or at once
)

// checkSetting sets a field that is 0 to its default, and refuses what is less than 0 or
// more than most.
func checkSetting[N int | time.Duration](name string, field *N, standard, most N) error {
	setup.Default(field, standard)
	if *field < 0 || *field > most {
		return fmt.Errorf("%s is %v: set it to more than 0 and at most %v, or to 0 for %v", name, *field, most, standard)
	}
	return nil
}

// checkGrace sets a Grace that is 0 to its default, and one that is less to none.
func checkGrace(grace *time.Duration) error {
	setup.Default(grace, DefaultGrace)
	*grace = max(0, *grace)
	if *grace > maxAge {
		return fmt.Errorf("set Grace, which is %v, to at most %v, to 0 for %v, or to less than 0 for none", *grace, maxAge, DefaultGrace)
	}
	return nil
}
