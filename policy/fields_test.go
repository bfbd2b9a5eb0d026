package policy_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

func TestFieldsAreDeniedToThoseWithoutTheirScopes(t *testing.T) {
	fields, err := policy.NewFields(
		policy.Field{Name: "Query.orders", Scopes: []string{"orders:read", "admin"}},
		policy.Field{Name: "Mutation.createOrder", Scopes: []string{"orders:read orders:write"}},
		policy.Field{Name: "Query._me", AnyToken: true},
	)
	if err != nil {
		t.Fatal(err)
	}
	for scopes, want := range map[string][]string{
		"":                         {"Query.orders", "Mutation.createOrder"},
		"orders:read":              {"Mutation.createOrder"},
		"orders:write":             {"Query.orders", "Mutation.createOrder"},
		"orders:write orders:read": nil,
		"admin":                    {"Mutation.createOrder"},
	} {
		if got := fields.Denied(policy.Caller{Scopes: strings.Fields(scopes)}); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", scopes, got, want)
		}
	}
}

func TestFieldsThatSayTooLittleAreRefused(t *testing.T) {
	open := policy.Field{Name: "Query.a", AnyToken: true}
	for want, fields := range map[string][]policy.Field{
		"no fields":               {},
		`field "": want a type`:   {{AnyToken: true}},
		`field "a": want a type`:  {{Name: "a", AnyToken: true}},
		`field "Query.": want`:    {{Name: "Query.", AnyToken: true}},
		`field "Query.1a": want`:  {{Name: "Query.1a", AnyToken: true}},
		`field "Query.a.b": want`: {{Name: "Query.a.b", AnyToken: true}},
		`field "Query.*": want`:   {{Name: "Query.*", AnyToken: true}},
		`"Query.a\n": want`:       {{Name: "Query.a\n", AnyToken: true}},
		"stands twice":            {open, open},
		"not said who":            {{Name: "Query.a"}},
		"set either Scopes":       {{Name: "Query.a", AnyToken: true, Scopes: []string{"a"}}},
		`scope "a  b" is empty`:   {{Name: "Query.a", Scopes: []string{"a  b"}}},
	} {
		got, err := policy.NewFields(fields...)
		if got != nil || err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v", want, got, err)
		}
	}
}

// Every byte: those on either side of the ones that are taken are not.
func TestAFieldIsNamedAsGraphQLAllows(t *testing.T) {
	const first = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	for i := range 256 {
		c := string([]byte{byte(i)})
		for name, want := range map[string]bool{
			c + "a.b": strings.Contains(first, c), "a.": false, "." + c: false, "a." + c: strings.Contains(first, c),
			"a" + c + ".b": strings.Contains(first+"0123456789", c), "a.b" + c: strings.Contains(first+"0123456789", c),
		} {
			if f, err := policy.NewFields(policy.Field{Name: name, AnyToken: true}); (err == nil) != want || (f != nil) != want {
				t.Errorf("%q: %v, %v", name, f, err)
			}
		}
	}
}
