package authorizer

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// A ContextFunc makes the values that API Gateway hands to the function behind the
// authorizer, under requestContext.authorizer (REST and WebSocket APIs, as strings)
// or requestContext.authorizer.lambda (HTTP APIs). [FromContext] reads them there.
//
// A value is a string, a number or a boolean; HTTP APIs also take lists and maps.
// A nil value is left out. Anything else, a number that is not finite, and the names
// principalId and integrationLatency, which API Gateway sets itself, are a 500, for
// API Gateway would fail on them with less to go by. Errors count as a [PolicyFunc]'s
// do.
type ContextFunc func(ctx context.Context, r *Request, t *verifier.Token) (map[string]any, error)

// ScalarClaims is the [ContextFunc] that hands over every claim which is a string,
// a number or a boolean, integers with all their digits. Null, lists and objects are
// left out, and so are claims of the two names that API Gateway keeps for itself.
func ScalarClaims(_ context.Context, _ *Request, t *verifier.Token) (map[string]any, error) {
	values := map[string]any{}
	for name, value := range t.Scalars() {
		if !isReserved(name) {
			values[name] = value
		}
	}
	return values, nil
}

// isReserved reports whether API Gateway itself puts a value of this name beside
// those of the context. A claim must not stand in for it.
func isReserved(name string) bool {
	return name == "" || name == "principalId" || name == "integrationLatency"
}

func isScalar(value any) bool {
	switch value.(type) {
	case string, bool, json.Number:
		return true
	}
	switch reflect.ValueOf(value).Kind() {
	case reflect.String, reflect.Bool, reflect.Float32, reflect.Float64,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	}
	return false
}

// withContext returns answer with the values added that it does not have. The
// user's own answer stays as it is.
func withContext(answer *policy.Response, values map[string]any, kind Kind) (*policy.Response, error) {
	merged := make(map[string]any, len(values)+len(answer.Context))
	for _, from := range []map[string]any{values, answer.Context} {
		for name, value := range from {
			if err := checkValue(name, value, kind); err != nil {
				return nil, err
			}
			if value != nil {
				merged[name] = value
			}
		}
	}
	response := *answer
	response.Context = merged
	return &response, nil
}

// checkValue refuses what API Gateway would fail on. It names the value, and does
// not show it. What cannot be written as JSON is found when the answer is measured.
func checkValue(name string, value any, kind Kind) error {
	switch {
	case isReserved(name):
		return fmt.Errorf("the context has a value named %q: choose another name", name)
	case kind == HTTP1 || kind == HTTP2 || value == nil:
	case !isScalar(value):
		return fmt.Errorf("the context value %q is a %T: REST and WebSocket APIs take strings, numbers and booleans only", name, value)
	}
	return nil
}
