package authorizer

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
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
	values := make(map[string]any, 8)
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

// contextValues makes the values for the function behind the authorizer.
func (a *Authorizer) contextValues(ctx context.Context, r *Request, t *verifier.Token) (map[string]any, error) {
	if a.cfg.Context == nil {
		return ScalarClaims(ctx, r, t) // which gives nothing that would have to be checked
	}
	values, err := a.cfg.Context(ctx, r, t)
	if err != nil {
		return nil, fmt.Errorf("Config.Context: %w", err)
	}
	if err := checkValues(values, r.Kind); err != nil {
		return nil, err
	}
	values = maps.Clone(values) // it stays the user's, who may go on using it
	dropNil(values)
	return values, nil
}

// dropNil removes what API Gateway would fail on.
func dropNil(values map[string]any) {
	maps.DeleteFunc(values, func(_ string, value any) bool { return value == nil })
}

// withContext returns answer with the values added that it does not have, and
// without those that are nil. The user's own answer and values stay as they are.
func withContext(answer *policy.Response, values map[string]any, kind Kind) (*policy.Response, error) {
	if err := checkValues(answer.Context, kind); err != nil {
		return nil, err
	}
	response := *answer
	response.Context = values
	if len(answer.Context) > 0 {
		response.Context = make(map[string]any, len(values)+len(answer.Context))
		maps.Copy(response.Context, values)
		maps.Copy(response.Context, answer.Context)
		dropNil(response.Context)
	}
	return &response, nil
}

func checkValues(values map[string]any, kind Kind) error {
	for name, value := range values {
		if err := checkValue(name, value, kind); err != nil {
			return err
		}
	}
	return nil
}

// checkValue refuses what API Gateway would fail on. It names the value, and does
// not show it. What cannot be written as JSON is found when the answer is measured.
func checkValue(name string, value any, kind Kind) error {
	switch {
	case isReserved(name):
		return fmt.Errorf("the context has a value named %q: choose another name", name)
	case kind == HTTPFormat1 || kind == HTTPFormat2 || value == nil:
	case !isScalar(value):
		return fmt.Errorf("the context value %q is a %T: REST and WebSocket APIs take strings, numbers and booleans only", name, value)
	}
	return nil
}
