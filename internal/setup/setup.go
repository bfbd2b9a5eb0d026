// Package setup is what constructors have in common when they look at what they are
// given.
package setup

import (
	"reflect"
	"strings"
)

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

// Unmade reports whether no constructor has made v: there is nothing in it, by [IsNil], or
// a pointer to the zero value of a type of this module.
func Unmade(v any) bool {
	if IsNil(v) {
		return true
	}
	value := reflect.ValueOf(v)
	if value.Kind() != reflect.Pointer || value.Elem().Kind() != reflect.Struct {
		return false
	}
	of := value.Elem().Type()
	return isOurs(of.PkgPath()) && of.NumField() > 0 && value.Elem().IsZero()
}

// isOurs reports whether a package is one of this module's, and no test.
func isOurs(path string) bool {
	return strings.HasPrefix(path+"/", "github.com/lambdajwt/authorizer/") && !strings.HasSuffix(path, "_test")
}

// Default sets a field that is zero to a value.
func Default[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
