// Package redacttest finds key material and tokens in what is printed.
package redacttest

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
)

// Formatted returns all that package fmt makes of a value by verbs for which it asks the
// value.
func Formatted(value any) string {
	return formatted(value, "ABCDEFGHIJKLMNOPQRSUVWXYZabcdefghijklmnoqrstuvxyz")
}

// FormattedUnasked returns what package fmt makes of a value by the other verbs: those of
// types and pointers, and of wrapped errors, which is none outside [fmt.Errorf].
func FormattedUnasked(value any) string { return formatted(value, "Tpw") }

func formatted(value any, verbs string) string {
	var all strings.Builder
	seen := map[string]bool{}
	for _, verb := range verbs {
		for _, flags := range []string{"", "+", "#", "-", " ", "0", "+#", "# ", "50", ".100", "#50.100"} {
			if text := fmt.Sprintf("%"+flags+string(verb), value); !seen[text] {
				seen[text] = true
				fmt.Fprintln(&all, text)
			}
		}
	}
	return all.String()
}

// Printed returns all that package fmt, loggers and encoders make of a value.
func Printed(value any) string {
	var all strings.Builder
	all.WriteString(Formatted(value))
	all.WriteString(FormattedUnasked(value))
	fmt.Fprintln(&all, value)
	fmt.Fprintln(&all, fmt.Errorf("wrapped: %v", value))

	text := slog.New(slog.NewTextHandler(&all, nil))
	text.Info("message", "value", value, "group", slog.GroupValue(slog.Any("inner", value)))
	asJSON := slog.New(slog.NewJSONHandler(&all, nil))
	asJSON.Info("message", "value", value, "group", slog.GroupValue(slog.Any("inner", value)))

	for _, encode := range []func(any) error{
		json.NewEncoder(&all).Encode, xml.NewEncoder(&all).Encode, gob.NewEncoder(&all).Encode,
	} {
		if err := encode(value); err != nil {
			fmt.Fprintln(&all, err)
		}
	}
	all.WriteString(Reflected(value))
	return all.String()
}

// Reflected returns what the printers of test libraries make of a value.
func Reflected(value any) string {
	var all strings.Builder
	reflected(&all, reflect.ValueOf(value), 0)
	return all.String()
}

// reflected prints as the printers of test libraries do, which call no methods and
// follow every pointer, those of unexported fields too.
func reflected(all *strings.Builder, v reflect.Value, depth int) {
	if depth > 20 {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			reflected(all, v.Elem(), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			reflected(all, v.Field(i), depth+1)
		}
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 && v.CanAddr() {
			fmt.Fprintf(all, "%x\n", v.Bytes())
		}
		for i := range v.Len() {
			reflected(all, v.Index(i), depth+1)
			all.WriteByte(' ')
		}
	case reflect.Map:
		for iter := v.MapRange(); iter.Next(); {
			reflected(all, iter.Key(), depth+1)
			reflected(all, iter.Value(), depth+1)
		}
	case reflect.String:
		all.WriteString(v.String())
	case reflect.Uint8, reflect.Uint, reflect.Uint64:
		fmt.Fprint(all, v.Uint())
	case reflect.Int, reflect.Int64:
		fmt.Fprint(all, v.Int())
	}
}

// Traces returns what eight bytes of material look like, from each of some places
// in it: as text, in hex, in decimal, in base64, and as a word of a big integer.
func Traces(material []byte) []string {
	var found []string
	for at := 0; at+8 <= len(material); at += 4 {
		eight := material[at : at+8]
		decimal := strings.Trim(fmt.Sprint(eight), "[]")
		found = append(found,
			string(eight),
			hex.EncodeToString(eight), strings.ToUpper(hex.EncodeToString(eight)),
			fmt.Sprintf("% x", eight), fmt.Sprintf("% X", eight),
			decimal, strings.ReplaceAll(decimal, " ", ", "),
			strings.Trim(fmt.Sprintf("%#v", eight), "[]byte{}"),
			fmt.Sprint(binary.BigEndian.Uint64(eight)), fmt.Sprint(binary.LittleEndian.Uint64(eight)),
		)
		if at%3 == 0 {
			found = append(found, base64.StdEncoding.EncodeToString(eight)[:8], base64.URLEncoding.EncodeToString(eight)[:8])
		}
	}
	return found
}

// WantNoTrace tests that output shows nothing of the materials.
func WantNoTrace(t testing.TB, what, output string, materials ...[]byte) {
	t.Helper()
	const beginning = 8 // of a trace, which is at least so long
	traces := map[string][]string{}
	for _, material := range materials {
		for _, trace := range Traces(material) {
			traces[trace[:beginning]] = append(traces[trace[:beginning]], trace)
		}
	}
	for at := 0; at+beginning <= len(output); at++ {
		for _, trace := range traces[output[at:at+beginning]] {
			if strings.HasPrefix(output[at:], trace) {
				t.Fatalf("%s shows %q: …%q…", what, trace, output[max(0, at-40):min(len(output), at+40)])
			}
		}
	}
}
