// Package setup is what constructors have in common when they look at what they are
// given.
package setup

import "reflect"

// IsNil reports whether there is nothing in v, or nothing but a nil pointer, map,
// slice, function or channel: what is left of a constructor whose error nobody
// looked at.
func IsNil(v any) bool {
	if v == nil {
		return true
	}
	switch value := reflect.ValueOf(v); value.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return value.IsNil()
	}
	return false
}

// Default sets a field that is zero to a value.
func Default[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
