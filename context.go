package authorizer

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

// A ContextFunc makes the values that API Gateway hands to the function behind the
// authorizer, under requestContext.authorizer (REST and WebSocket APIs, as strings)
// or requestContext.authorizer.lambda (HTTP APIs). [FromContext] reads them there.
//
// A value is a string, a number or a boolean; HTTP APIs also take lists and maps.
// A nil value is left out. Anything else, a number that is not finite, and the names
// principalId and integrationLatency, which API Gateway sets itself, are a 500,
// because API Gateway would fail on them and say less. Errors count as a [PolicyFunc]'s
// do.
type ContextFunc func(ctx context.Context, r *Request, t *verifier.Token) (map[string]any, error)

// ScalarClaims is the [ContextFunc] that hands over every claim which is a string,
// a number or a boolean, integers with all their digits. Null, lists and objects are
// left out, and so are claims of the two names that API Gateway keeps for itself, and of
// the name [EncodedClaims], which would speak for others. Where it is the default, the
// longest are left out if all do not fit into 8 KB; the outcome says so.
func ScalarClaims(_ context.Context, _ *Request, t *verifier.Token) (map[string]any, error) {
	values := make(map[string]any, 8)
	for name, value := range t.Scalars() {
		if !isReserved(name) && name != EncodedClaims {
			values[name] = value
		}
	}
	return values, nil
}

// Claims returns the [ContextFunc] that hands over the claims of these names, as far as the
// token has them. A string, number or boolean goes as it is, and so do lists and objects on
// HTTP APIs. REST and WebSocket APIs take none: there they go together as [EncodedClaims],
// in base64url, since values that are JSON text have broken answers from the cache of HTTP
// APIs. (M) [FromContext] reads either.
//
// A token whose claims do not fit into the 8 KB that API Gateway takes is refused, with
// reason [verifier.ContextTooLarge].
func Claims(names ...string) ContextFunc {
	names = slices.Clone(names)
	return func(_ context.Context, r *Request, t *verifier.Token) (map[string]any, error) {
		var claims map[string]any
		if err := t.Claims(&claims); err != nil {
			return nil, err
		}
		values, encoded := map[string]any{}, map[string]any{}
		for _, name := range names {
			value, found := claims[name]
			switch {
			case !found || value == nil || name == EncodedClaims:
			case isScalar(value) || r != nil && takesLists(r.Kind):
				values[name] = value
			default:
				encoded[name] = value
			}
		}
		if len(encoded) > 0 {
			text, err := json.Marshal(encoded)
			if err != nil {
				return nil, err
			}
			values[EncodedClaims] = base64.RawURLEncoding.EncodeToString(text)
		}
		return values, nil
	}
}

// takesLists reports whether an API's context takes lists and objects.
func takesLists(kind Kind) bool { return kind == HTTPFormat1 || kind == HTTPFormat2 }

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

// fit adds values to an answer, as withContext does, as far as API Gateway takes its size.
// The claims of a token can be longer than that: what ScalarClaims hands over by default is
// left out, the longest first, until the rest fits, and the names come back. What a user's
// own function hands over is needed, and so the token is refused. An answer that is too
// large by itself is no token's fault.
func (a *Authorizer) fit(answer *policy.Response, values map[string]any, kind Kind) (*policy.Response, []string, error) {
	response, err := withContext(answer, values, kind)
	if err != nil {
		return nil, nil, err
	}
	err = response.CheckLimits()
	tooLarge := new(policy.LimitError)
	if !errors.As(err, &tooLarge) || answer.CheckLimits() != nil {
		return response, nil, err
	}
	if a.cfg.Context != nil {
		return nil, nil, &verifier.Error{Reason: verifier.ContextTooLarge}
	}
	names := slices.SortedFunc(maps.Keys(values), func(a, b string) int {
		return cmp.Or(len(fmt.Sprint(values[b]))-len(fmt.Sprint(values[a])), cmp.Compare(a, b))
	})
	for i, name := range names {
		delete(values, name) // which ScalarClaims has made for this answer
		if response, err = withContext(answer, values, kind); err == nil && response.CheckLimits() == nil {
			return response, names[:i+1], nil
		}
	}
	return response, names, err
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
	case takesLists(kind) || value == nil:
	case !isScalar(value):
		return fmt.Errorf("the context value %q is a %T: REST and WebSocket APIs take strings, numbers and booleans only", name, value)
	}
	return nil
}
