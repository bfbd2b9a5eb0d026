package kmstest

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/lambdajwt/authorizer/internal/jose"
)

// requestLimits bound what a request may hold within its maxRequest bytes.
var requestLimits = jose.Limits{Depth: 64, Members: 8192}

// decode reads one of the SDK's inputs from AWS JSON 1.1. The input types have no JSON
// tags, and need none: members are named as the fields are, []byte is base64 in both,
// and the inputs here have no times. A member counts by its exact name, and unknown
// ones are ignored, as KMS does (M). A name twice is an error. No body at all is a
// request without members.
func decode(body []byte, in any) error {
	text := strings.TrimSpace(string(body))
	if text == "" {
		return nil
	}
	if err := jose.Members(text, requestLimits, nil); err != nil {
		return err
	}
	return jose.Unmarshal(text, in)
}

// encode writes one of the SDK's outputs as AWS JSON 1.1: members named as the
// fields are, without those that are not set; bytes in base64; times as seconds
// since 1970. An output without members is an empty body, as KMS sends for
// CreateAlias and its like (M).
func encode(out any) ([]byte, error) {
	members := membersOf(reflect.ValueOf(out).Elem())
	if len(members) == 0 {
		return nil, nil
	}
	return json.Marshal(members)
}

// membersOf returns the members of a structure. ResultMetadata is the SDK's own, and
// no part of an answer.
func membersOf(structure reflect.Value) map[string]any {
	members := map[string]any{}
	for i := range structure.NumField() {
		field := structure.Type().Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" || !isSet(structure.Field(i)) {
			continue
		}
		members[field.Name] = jsonOf(structure.Field(i))
	}
	return members
}

// isSet says whether an output member is sent. The SDK has numbers and strings that
// may be missing as pointers; an enumeration is missing when empty; a plain bool is
// always there.
func isSet(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		return !v.IsNil()
	case reflect.String:
		return v.Len() > 0
	}
	return true
}

func jsonOf(v reflect.Value) any {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if date, isTime := v.Interface().(time.Time); isTime {
		return float64(date.UnixMilli()) / 1000
	}
	switch {
	case v.Kind() == reflect.Struct:
		return membersOf(v)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Struct:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = jsonOf(v.Index(i))
		}
		return list
	}
	return v.Interface()
}
