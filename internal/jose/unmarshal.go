package jose

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
)

// Unmarshal stores a JSON object that [Members] has read in the value that v
// points to, as [encoding/json] does but for two things. Members go only to
// fields of exactly their name, while encoding/json would let "EXP" or "iſs"
// overwrite exp or iss. And a number that goes to an interface becomes a
// [json.Number], so that an integer beyond 2^53 keeps its digits.
func Unmarshal(text string, v any) error {
	target := reflect.ValueOf(v)
	for target.Kind() == reflect.Pointer || target.Kind() == reflect.Interface {
		if target.IsNil() {
			break
		}
		target = target.Elem()
	}
	if target.IsValid() {
		value := Value{Kind: Object, Raw: text}
		if start := strings.IndexByte(text, '{'); start > 0 {
			value.Raw = text[start:]
		}
		text = exactNames(value, target.Type())
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode(v)
}

var (
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// exactNames returns the text of value without the members that encoding/json
// would not store, or store in a field of another name, when decoding to t.
func exactNames(value Value, t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if p := reflect.PointerTo(t); p.Implements(jsonUnmarshaler) || p.Implements(textUnmarshaler) {
		return value.Raw // reads its text itself
	}
	var b bytes.Buffer
	switch {
	case value.Kind == Object && t.Kind() == reflect.Struct:
		fields := map[string]reflect.Type{}
		addFields(fields, t, nil)
		writeObject(&b, value, func(name string) reflect.Type { return fields[name] })
	case value.Kind == Object && t.Kind() == reflect.Map:
		writeObject(&b, value, func(string) reflect.Type { return t.Elem() })
	case value.Kind == Array && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		writeArray(&b, value, t.Elem())
	default:
		return value.Raw
	}
	return b.String()
}

// writeObject writes the members for which typeOf knows a type. Errors cannot
// come up: the text has been read before.
func writeObject(b *bytes.Buffer, object Value, typeOf func(name string) reflect.Type) {
	b.WriteByte('{')
	_ = members(object, func(name string, value Value) error {
		t := typeOf(name)
		if t == nil {
			return nil
		}
		if b.Bytes()[b.Len()-1] != '{' {
			b.WriteByte(',')
		}
		quoted, _ := json.Marshal(name)
		b.Write(quoted)
		b.WriteByte(':')
		b.WriteString(exactNames(value, t))
		return nil
	})
	b.WriteByte('}')
}

func writeArray(b *bytes.Buffer, array Value, t reflect.Type) {
	b.WriteByte('[')
	_ = Elements(array, func(value Value) error {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(exactNames(value, t))
		return nil
	})
	b.WriteByte(']')
}

// members reads again an object that [Members] has read.
func members(object Value, visit func(string, Value) error) error {
	return Members(object.Raw, Limits{Depth: len(object.Raw), Members: len(object.Raw)}, visit)
}

// addFields adds the names under which encoding/json would store to struct t,
// each with its type, those of embedded structs included. Where two fields claim
// one name the outer one counts, as it does for encoding/json.
func addFields(fields map[string]reflect.Type, t reflect.Type, outer []reflect.Type) {
	for _, seen := range outer {
		if seen == t {
			return // a struct that embeds a pointer to itself
		}
	}
	var embedded []reflect.Type
	for i := range t.NumField() {
		field := t.Field(i)
		tag := field.Tag.Get("json")
		name, _, _ := strings.Cut(tag, ",")
		if tag == "-" {
			continue
		}
		if inner := field.Type; field.Anonymous && name == "" {
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct {
				embedded = append(embedded, inner)
				continue
			}
		}
		if !field.IsExported() {
			continue
		}
		if name == "" {
			name = field.Name
		}
		if _, taken := fields[name]; !taken {
			fields[name] = field.Type
		}
	}
	for _, inner := range embedded {
		addFields(fields, inner, append(outer, t))
	}
}
