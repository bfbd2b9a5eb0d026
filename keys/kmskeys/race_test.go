//go:build race

package kmskeys_test

import "time"

const (
	verifications = 20_000
	loadMaxAge    = 5 * time.Second
)
