package kmstest

import (
	"slices"
	"unicode/utf8"
)

// KMS checks a request against the constraints of its model before it looks at any
// key: lengths, ranges and enumerations. All of these are ValidationException.

func requireText(name string, value *string, most int) error {
	if value == nil {
		return invalid("Value at '%s' failed to satisfy constraint: Member must not be null", name)
	}
	if *value == "" || utf8.RuneCountInString(*value) > most {
		return invalid("Value at '%s' failed to satisfy constraint: Member must have length between 1 and %d", name, most)
	}
	return nil
}

func requireBytes(name string, value []byte, least, most int) error {
	if value == nil {
		return invalid("Value at '%s' failed to satisfy constraint: Member must not be null", name)
	}
	if len(value) < least || len(value) > most {
		return invalid("Value at '%s' failed to satisfy constraint: Member must have length between %d and %d", name, least, most)
	}
	return nil
}

func oneOf[E ~string](name string, value E, values []E) error {
	if !slices.Contains(values, value) {
		return invalid("Value '%.64s' at '%s' failed to satisfy constraint: Member must satisfy enum value set", string(value), name)
	}
	return nil
}

// maxMessage is the length in bytes of the longest message that KMS takes in Sign,
// Verify, GenerateMac, VerifyMac and Encrypt. maxCiphertext is that of ciphertexts,
// signatures and MACs.
const (
	maxMessage    = 4096
	maxCiphertext = 6144
)

// dryRun is what a request with DryRun is answered with in place of success (API
// Reference, DryRunOperationException; Developer Guide, "Testing your permissions").
func dryRun(asked *bool) error {
	if !deref(asked) {
		return nil
	}
	return Error("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
}
