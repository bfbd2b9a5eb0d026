//go:build !race

package kmskeys_test

import "time"

const (
	verifications = 1_000_000
	loadMaxAge    = 20 * time.Second
)
