//go:build !race

package kmskeys_test

const verifications = 1_000_000
