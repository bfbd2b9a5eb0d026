package authorizer

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// EncodedClaims is the name under which [Claims] hands over lists and objects where API
// Gateway takes none, on REST and WebSocket APIs: one object of all of them, as JSON in
// base64url. [FromContext] looks into it, and so a claim of this name is not handed over.
const EncodedClaims = "encodedClaims"

// FromContext reads, in the function behind the authorizer, what the authorizer put
// into its context: on REST and WebSocket APIs give it requestContext.authorizer of
// the event, on HTTP APIs requestContext.authorizer.lambda.
//
//	type user struct {
//		Subject string  `json:"sub"`
//		Admin   bool    `json:"admin,omitempty"`
//		Tenant  *string `json:"tenant"`
//	}
//	u, err := authorizer.FromContext[user](event.RequestContext.Authorizer)
//
// T is a struct. A value goes to the exported field of exactly its name, which is
// the field's json tag, or its Go name without one; embedded structs are looked into.
// Fields are of any type that encoding/json reads. REST APIs make strings of all values, so
// a boolean or a number is read from its text just as well; lists and objects come through
// as [EncodedClaims] has them.
//
// Every value must be there, unless its field is a pointer or says omitempty: a route that
// was deployed without its authorizer must not run as nobody. It is an error, which names
// the field and shows no value, if one is missing or does not fit, if no field is filled at
// all, and if the context is nil, empty or no map. An integer beyond 2^53 is an error, too,
// if it has come as a float64 and so may have lost digits.
func FromContext[T any](authorizer any) (T, error) {
	var t, none T
	if err := fillContext(reflect.ValueOf(&t).Elem(), authorizer); err != nil {
		return none, fmt.Errorf("authorizer: FromContext: %w", err)
	}
	return t, nil
}

func fillContext(to reflect.Value, authorizer any) error {
	if to.Kind() != reflect.Struct {
		return fmt.Errorf("it fills structs, not %s", to.Type())
	}
	values, err := readContext(authorizer)
	if err != nil {
		return err
	}
	f := filler{values: values}
	if err := f.fill(to); err != nil {
		return err
	}
	if f.filled == 0 {
		return fmt.Errorf("the context has no value for any field of %s%s", to.Type(), values.hint())
	}
	return nil
}

// contextValues are what an authorizer put into its context.
type contextValues struct {
	plain   map[string]any
	encoded map[string]any // those of EncodedClaims
}

// readContext reads what aws-lambda-go's types have for an authorizer's context: a
// map[string]any, a map[string]string, or either of them in an interface.
func readContext(authorizer any) (contextValues, error) {
	v := reflect.ValueOf(authorizer)
	if !v.IsValid() || v.Kind() != reflect.Map || v.Type().Key().Kind() != reflect.String {
		return contextValues{}, fmt.Errorf("the context is a %T and not a map: is there an authorizer before this route?", authorizer)
	}
	if v.Len() == 0 {
		return contextValues{}, errors.New("the context is empty: is there an authorizer before this route?")
	}
	values := contextValues{plain: make(map[string]any, v.Len())}
	for entries := v.MapRange(); entries.Next(); {
		values.plain[entries.Key().String()] = entries.Value().Interface()
	}
	encoded, ok := values.plain[EncodedClaims].(string)
	if !ok {
		return values, nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(encoded)
	if err == nil {
		err = jose.Members(string(text), jose.ClaimsLimits, nil)
	}
	if err == nil {
		err = jose.Unmarshal(string(text), &values.encoded)
	}
	if err != nil {
		return contextValues{}, fmt.Errorf("the context value %q is not what Claims writes", EncodedClaims)
	}
	return values, nil
}

func (c contextValues) find(name string) any {
	if value := c.plain[name]; value != nil {
		return value
	}
	return c.encoded[name]
}

// hint says what a map looks like that is not an authorizer's context.
func (c contextValues) hint() string {
	for _, name := range []string{"lambda", "authorizer", "jwt"} {
		if inner := reflect.ValueOf(c.plain[name]); inner.IsValid() && inner.Kind() == reflect.Map {
			return fmt.Sprintf(": give it what is under %q", name)
		}
	}
	return ": is the authorizer before this route another one?"
}

// A filler fills the fields of a struct.
type filler struct {
	values contextValues
	filled int
	within []reflect.Type // the structs that are being filled, the innermost last
}

func (f *filler) fill(to reflect.Value) error {
	if slices.Contains(f.within, to.Type()) {
		return nil // it embeds itself: its fields are those that are being filled already
	}
	f.within = append(f.within, to.Type())
	defer func() { f.within = f.within[:len(f.within)-1] }()
	for i := range to.NumField() {
		field := to.Type().Field(i)
		tag := field.Tag.Get("json")
		name, options, _ := strings.Cut(tag, ",")
		if embedded := embeddedStruct(field); embedded != nil && name == "" {
			if err := f.fillEmbedded(to.Field(i), embedded); err != nil {
				return err
			}
			continue
		}
		if !field.IsExported() || tag == "-" {
			continue
		}
		if name == "" {
			name = field.Name
		}
		optional := field.Type.Kind() == reflect.Pointer || slices.Contains(strings.Split(options, ","), "omitempty")
		if err := f.fillField(to.Field(i), field, name, optional); err != nil {
			return err
		}
	}
	return nil
}

// embeddedStruct returns the type of an embedded struct, itself or by a pointer, or nil.
func embeddedStruct(field reflect.StructField) reflect.Type {
	t := field.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !field.Anonymous || t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

// fillEmbedded fills an embedded struct. One that is embedded by a pointer is made only if
// a value goes there, and its fields need not be filled otherwise.
func (f *filler) fillEmbedded(to reflect.Value, t reflect.Type) error {
	if to.Kind() != reflect.Pointer {
		return f.fill(to)
	}
	inner, before := reflect.New(t), f.filled
	err := f.fill(inner.Elem())
	switch {
	case f.filled == before:
		return nil
	case err != nil:
		return err
	case !to.CanSet():
		return fmt.Errorf("the embedded %s is a pointer to an unexported struct: embed the struct itself", t)
	}
	to.Set(inner)
	return nil
}

func (f *filler) fillField(to reflect.Value, field reflect.StructField, name string, optional bool) error {
	value := f.values.find(name)
	switch {
	case value == nil && optional:
		return nil
	case value == nil:
		return fmt.Errorf("the context has no value %q for field %s%s (a pointer or omitempty would make it optional)", name, field.Name, f.values.hint())
	case !setValue(to, value):
		return fmt.Errorf("the context value %q does not fit field %s of type %s", name, field.Name, field.Type)
	}
	f.filled++
	return nil
}

// setValue stores a value in a field, and reports whether it fits.
func setValue(to reflect.Value, value any) bool {
	if text, ok := textOf(value, to.Type()); ok && isScalarKind(to.Type()) {
		return setText(to, text)
	}
	if isScalarKind(to.Type()) {
		return false
	}
	// Everything else is as encoding/json reads it, with the exact names of claims.
	text, err := json.Marshal(map[string]any{"v": value})
	if err != nil {
		return false
	}
	box := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: to.Type(), Tag: `json:"v"`}}))
	if err := jose.Unmarshal(string(text), box.Interface()); err != nil {
		return false
	}
	to.Set(box.Elem().Field(0))
	return true
}

// isScalarKind reports whether a field of type t holds one string, boolean or number.
func isScalarKind(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// textOf returns the text that REST APIs make of a value, and whether it holds all
// that a field of type t wants of it.
func textOf(value any, t reflect.Type) (string, bool) {
	v := reflect.ValueOf(value)
	switch {
	case v.Kind() == reflect.String: // json.Number too
		return v.String(), true
	case v.Kind() == reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	case v.CanFloat():
		n := v.Float()
		exact := math.Trunc(n) != n || math.Abs(n) < 1<<53
		return strconv.FormatFloat(n, 'f', -1, v.Type().Bits()), exact || isFloat(t)
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

// setText stores a value by its text, and reports whether it fits.
func setText(to reflect.Value, text string) bool {
	if to.Kind() == reflect.Pointer {
		pointed := reflect.New(to.Type().Elem())
		if !setText(pointed.Elem(), text) {
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

// isNumber reports whether text is a JSON number (RFC 8259): strconv
// takes more, such as NaN, hexadecimal and a plus sign.
func isNumber(text string) bool {
	if text == "" || text[0] != '-' && !isDigit(text[0]) || !isDigit(text[len(text)-1]) {
		return false
	}
	return json.Valid([]byte(text))
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
