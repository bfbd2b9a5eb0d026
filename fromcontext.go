package authorizer

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// FromContext reads, in the function behind the authorizer, what the authorizer put
// into its context: on REST and WebSocket APIs give it requestContext.authorizer of
// the event, on HTTP APIs requestContext.authorizer.lambda.
//
//	type user struct {
//		Subject string `json:"sub"`
//		Admin   bool   `json:"admin"`
//	}
//	u, err := authorizer.FromContext[user](event.RequestContext.Authorizer)
//
// T is a struct. A value goes to the exported field of exactly its name, which is
// the field's json tag or else its Go name. Fields are strings, booleans, numbers,
// json.Number, and pointers to these. REST APIs make strings of all values, so a
// boolean or a number is read from its text just as well. A value that is missing or
// null leaves the zero value: nil, where a pointer tells it from an empty one.
//
// It gives an error, which names the field and does not show the value, for a value
// that does not fit, and for an integer beyond 2^53 that has come as a float64 and
// so may have lost digits.
func FromContext[T any](authorizer map[string]any) (T, error) {
	var t, zero T
	if reflect.TypeFor[T]().Kind() != reflect.Struct {
		return zero, fmt.Errorf("authorizer: FromContext fills structs, not %T", zero)
	}
	if err := fillStruct(reflect.ValueOf(&t).Elem(), authorizer); err != nil {
		return zero, err
	}
	return t, nil
}

func fillStruct(to reflect.Value, values map[string]any) error {
	for i := range to.NumField() {
		field := to.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case field.Anonymous && name == "" && field.Type.Kind() == reflect.Struct:
			if err := fillStruct(to.Field(i), values); err != nil {
				return err
			}
			continue
		case !field.IsExported() || name == "-":
			continue
		case name == "":
			name = field.Name
		}
		value := values[name]
		if value == nil {
			continue
		}
		text, ok := textOf(value, field.Type)
		if !ok || !setField(to.Field(i), text) {
			return fmt.Errorf("authorizer: the context value %q does not fit field %s of type %s", name, field.Name, field.Type)
		}
	}
	return nil
}

// textOf returns the text that REST APIs make of a value, and whether it holds all
// that a field of type t wants of it.
func textOf(value any, t reflect.Type) (string, bool) {
	switch v := value.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case json.Number:
		return v.String(), true
	case float64:
		exact := math.Trunc(v) != v || math.Abs(v) < 1<<53
		return strconv.FormatFloat(v, 'f', -1, 64), exact || isFloat(t)
	}
	return "", false
}

func isFloat(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64
}

var numberType = reflect.TypeFor[json.Number]()

// setField stores a value by its text, and reports whether it fits.
func setField(to reflect.Value, text string) bool {
	if to.Kind() == reflect.Pointer {
		pointed := reflect.New(to.Type().Elem())
		if !setField(pointed.Elem(), text) {
			return false
		}
		to.Set(pointed)
		return true
	}
	switch {
	case to.Type() == numberType:
		to.SetString(text)
		return isNumber(text)
	case to.Kind() == reflect.String:
		to.SetString(text)
		return true
	case to.Kind() == reflect.Bool:
		to.SetBool(text == "true")
		return text == "true" || text == "false"
	case !isNumber(text):
		return false
	case to.CanInt():
		n, err := strconv.ParseInt(text, 10, to.Type().Bits())
		to.SetInt(n)
		return err == nil
	case to.CanUint():
		n, err := strconv.ParseUint(text, 10, to.Type().Bits())
		to.SetUint(n)
		return err == nil
	case to.CanFloat():
		n, err := strconv.ParseFloat(text, to.Type().Bits())
		to.SetFloat(n)
		return err == nil
	}
	return false
}

// isNumber reports whether text is a JSON number (RFC 8259 section 6): strconv
// takes more, such as NaN, hexadecimal and a plus sign.
func isNumber(text string) bool {
	if text == "" || text[0] != '-' && !isDigit(text[0]) || !isDigit(text[len(text)-1]) {
		return false
	}
	return json.Valid([]byte(text))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
