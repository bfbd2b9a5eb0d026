// Package redact keeps key material and tokens out of whatever prints: package fmt
// with any verb, loggers, encoders, and printers that follow every pointer.
package redact

import (
	"fmt"
	"io"
	"log/slog"
	"strconv"
)

// A Label is what a type with something to hide prints as. Types embed it.
type Label struct{ text string }

// NewLabel returns the Label that prints text.
func NewLabel(text string) Label { return Label{text} }

// String returns the text of the Label.
func (l Label) String() string {
	if l.text == "" {
		return "(zero)"
	}
	return l.text
}

// Format writes String, whatever the verb: %x of a key is no more telling than its %v.
func (l Label) Format(state fmt.State, _ rune) { Write(state, l.String()) }

// LogValue is String.
func (l Label) LogValue() slog.Value { return slog.StringValue(l.String()) }

// Write writes text for any verb and flag, in a Format method.
func Write(state fmt.State, text string) {
	_, _ = io.WriteString(state, text) // a fmt.State gives no error
}

// Sealed keeps key material in a closure. Nothing that prints by reflection gets at it
// there: neither package fmt, which calls no Format method on an unexported field, nor
// the printers of test libraries, which follow every pointer.
type Sealed[T any] struct{ open func() T }

// Seal returns material, sealed.
func Seal[T any](material T) Sealed[T] {
	return Sealed[T]{func() T { return material }}
}

// Open returns the material. It panics if nothing was sealed.
func (s Sealed[T]) Open() T { return s.open() }

// Empty reports whether nothing was sealed.
func (s Sealed[T]) Empty() bool { return s.open == nil }

// Quote returns s in quotes, escaped and shortened to 128 bytes: names come from
// outside, and errors end up in logs.
func Quote(s string) string {
	const most = 128
	if len(s) > most {
		return strconv.QuoteToASCII(s[:most]) + "…"
	}
	return strconv.QuoteToASCII(s)
}
