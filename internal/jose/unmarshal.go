package jose

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Unmarshal stores a JSON object that [Members] has read in the value that v points to. It
// stores what [encoding/json] would, with two exceptions. A member goes only to a field of
// exactly its name, while encoding/json would let "EXP" or "iſs" overwrite exp or iss. And
// a number that goes to an interface becomes a [json.Number], so that an integer beyond
// 2^53 keeps its digits.
//
// A type that reads its JSON text itself, as a [json.Unmarshaler], gets all of it.
func Unmarshal(text string, v any) error {
	if start := strings.IndexByte(text, '{'); v != nil && start >= 0 {
		e := exact{}
		exactly, err := e.append(nil, Value{Kind: Object, Raw: text[start:]}, reflect.ValueOf(v))
		if err != nil {
			return err
		}
		text = string(exactly)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(v)
}

// exact writes JSON texts again, without the members that encoding/json would not store
// or would store in a field of another name. It holds the fields of the structs that it
// has met.
type exact map[reflect.Type]fields

// append appends the text of a value that goes to v. It follows v, rather than its type
// alone, because encoding/json stores through a pointer that an interface holds.
func (e exact) append(out []byte, value Value, v reflect.Value) ([]byte, error) {
	if value.Kind != Object && value.Kind != Array {
		return append(out, value.Raw...), nil
	}
	v, itself, err := target(v)
	switch {
	case err != nil:
		return nil, err
	case itself:
	case value.Kind == Object && v.Kind() == reflect.Struct:
		return e.appendObject(out, value, e.fieldsOf(v.Type()).places(v))
	case value.Kind == Object && v.Kind() == reflect.Map:
		element := reflect.Zero(v.Type().Elem())
		return e.appendObject(out, value, func(string) (reflect.Value, bool) { return element, true })
	case value.Kind == Array && (v.Kind() == reflect.Slice || v.Kind() == reflect.Array):
		return e.appendArray(out, value, v)
	}
	return append(out, value.Raw...), nil
}

// appendObject appends an object with only those members that have a place.
func (e exact) appendObject(out []byte, object Value, place func(name string) (reflect.Value, bool)) ([]byte, error) {
	out = append(out, '{')
	first := len(out)
	err := reread(object, func(name string, value Value) (err error) {
		to, found := place(name)
		switch {
		case !found:
			return nil
		case to.Kind() == reflect.Pointer && !to.CanInterface() && (to.IsNil() || value.Kind == Null):
			// encoding/json would panic, of a null from Go 1.27 on.
			return fmt.Errorf("jose: cannot set embedded pointer to unexported struct: %v", to.Type().Elem())
		}
		if len(out) > first {
			out = append(out, ',')
		}
		out, err = e.append(append(appendText(out, name), ':'), value, to)
		return err
	})
	return append(out, '}'), err
}

// appendText appends a string in JSON.
func appendText(out []byte, text string) []byte {
	for i := range len(text) {
		if !plain[text[i]] {
			quoted, _ := json.Marshal(text) // a string always marshals
			return append(out, quoted...)
		}
	}
	return append(append(append(out, '"'), text...), '"')
}

func (e exact) appendArray(out []byte, array Value, v reflect.Value) ([]byte, error) {
	if v.Kind() == reflect.Slice {
		v = v.Slice(0, v.Cap()) // encoding/json stores in the elements that are there
	}
	none := reflect.Zero(v.Type().Elem())
	out = append(out, '[')
	i := 0
	err := Elements(array, func(value Value) (err error) {
		if i > 0 {
			out = append(out, ',')
		}
		to := none
		if i < v.Len() {
			to = v.Index(i)
		}
		i++
		out, err = e.append(out, value, to)
		return err
	})
	return append(out, ']'), err
}

// reread reads again an object that [Members] has read.
func reread(object Value, visit func(string, Value) error) error {
	return Members(object.Raw, Limits{Depth: len(object.Raw), Members: len(object.Raw)}, visit)
}

// maxPointers bounds how many pointers are followed: they may lead in a circle.
const maxPointers = 1000

// target returns where encoding/json stores a value that goes to v. It follows pointers,
// and those that interfaces hold; for a nil pointer it returns a zero value. itself is
// true if it meets a type that reads its JSON text itself. Pointers that lead in a circle are
// an error: from Go 1.27 on encoding/json would never come to an end.
func target(v reflect.Value) (at reflect.Value, itself bool, err error) {
	if v.Type().Name() != "" && readsItself(v, reflect.PointerTo(v.Type())) {
		return v, true, nil
	}
	for range maxPointers {
		switch {
		case v.Kind() == reflect.Interface && v.Elem().Kind() == reflect.Pointer && !v.Elem().IsNil():
			v = v.Elem()
		case v.Kind() != reflect.Pointer:
			return v, false, nil
		case readsItself(v, v.Type()):
			return v, true, nil
		case v.IsNil():
			v = reflect.Zero(v.Type().Elem())
		default:
			v = v.Elem()
		}
	}
	return v, false, errCircle
}

var errCircle = errors.New("jose: the pointers lead in a circle")

var jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()

// readsItself reports whether encoding/json would call the UnmarshalJSON of a pointer of
// this type, through v. It cannot if v is an embedded struct of an unexported type. An
// UnmarshalText does not matter here: it gets neither objects nor arrays.
func readsItself(v reflect.Value, pointer reflect.Type) bool {
	return v.CanInterface() && pointer.Implements(jsonUnmarshaler)
}
