//go:build race

package kmskeys_test

const verifications = 100_000
