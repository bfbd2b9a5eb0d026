package kmskeys

import (
	"fmt"
	"io"
	"log/slog"
)

// A label is what a source or a key of this package prints as, whatever the verb: its
// type, algorithm and KMS key, and never what is in it. Types embed it.
type label struct{ text string }

func newLabel(kind, alg string, key kmsKey) label {
	return label{"kmskeys." + kind + "(" + alg + ", " + key.name + ")"}
}

// String names the algorithm and the KMS key.
func (l label) String() string { return l.text }

// GoString is String.
func (l label) GoString() string { return l.text }

// Format writes String, whatever the verb.
func (l label) Format(state fmt.State, _ rune) {
	_, _ = io.WriteString(state, l.text) // a fmt.State gives no error
}

// LogValue is String.
func (l label) LogValue() slog.Value { return slog.StringValue(l.text) }

// sealed keeps key material in a closure, where nothing that prints by reflection
// gets at it: package fmt calls no Format method on an unexported field.
type sealed[T any] struct{ open func() T }

func seal[T any](material T) sealed[T] {
	return sealed[T]{func() T { return material }}
}
