//go:build race

package kmskeys_test

const verifications = 20_000
