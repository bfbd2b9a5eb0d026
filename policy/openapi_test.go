package policy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// openAPI returns a document with the given paths.
func openAPI(rest string) []byte {
	return []byte(`{"openapi":"3.0.1","info":{"title":"orders","version":"1"},` + rest + `}`)
}

// lines returns routes as text, one in a line.
func lines(routes []policy.Route) []string {
	var list []string
	for _, r := range routes {
		list = append(list, strings.TrimSpace(fmt.Sprintf("%s %s", r.Key, strings.Join(r.Scopes, "|"))))
	}
	return list
}

func TestTheRoutesOfAnOpenAPIDocument(t *testing.T) {
	tests := []struct {
		name, document string
		want           []string
	}{
		{
			"methods and paths", `"security":[{"jwt":["s"]}],"paths":{
				"/orders":{"get":{},"post":{}},
				"/orders/{id}":{"put":{},"patch":{},"delete":{},"head":{},"options":{},"parameters":[],"summary":"x"},
				"/":{"get":{}}}`,
			[]string{"GET / s", "GET /orders s", "POST /orders s", "PUT /orders/{id} s", "PATCH /orders/{id} s", "HEAD /orders/{id} s", "DELETE /orders/{id} s", "OPTIONS /orders/{id} s"},
		},
		{
			"what API Gateway adds", `"security":[{"jwt":["s"]}],"paths":{
				"/{proxy+}":{"x-amazon-apigateway-any-method":{}},
				"/files/{path+}":{"get":{},"x-amazon-apigateway-any-method":{"security":[{"jwt":["t"]}]}},
				"/$default":{"x-amazon-apigateway-any-method":{"isDefaultRoute":true}}}`,
			[]string{"$default s", "ANY /files/{path+} t", "GET /files/{path+} s", "ANY /{proxy+} s"},
		},
		{
			"a default route under another path", `"security":[{"jwt":["s"]}],"paths":{"/any":{"x-amazon-apigateway-any-method":{"isDefaultRoute":true}},"/b":{"x-amazon-apigateway-any-method":{"isDefaultRoute":false}}}`,
			[]string{"$default s", "ANY /b s"},
		},
		{
			"an operation's own security comes before the document's", `"security":[{"jwt":["s"]}],"paths":{"/a":{"get":{"security":[{"jwt":["t"]}]},"put":{}}}`,
			[]string{"GET /a t", "PUT /a s"},
		},
		{
			"one of several requirements, of each all", `"paths":{"/a":{"get":{"security":[{"jwt":["b","a"]},{"jwt":["c"],"mtls":["d","c"]},{"jwt":["a","b","a"]}]}}}`,
			[]string{"GET /a a b|c d"},
		},
		{
			"a scheme without scopes beside one with", `"paths":{"/a":{"get":{"security":[{"jwt":["s"],"api_key":[]}]}}}`,
			[]string{"GET /a s"},
		},
		{
			"what needs no security is left out", `"security":[{"jwt":["s"]}],"paths":{"/a":{"get":{}},"/health":{"get":{"security":[]}}}`,
			[]string{"GET /a s"},
		},
		{
			"what may go without security is left out", `"paths":{"/a":{"get":{"security":[{"jwt":["s"]}]}},"/b":{"get":{"security":[{"jwt":["s"]},{}]}},
				"/c":{"get":{}},"/d":{"get":{"security":[{},{"jwt":["s"]}]}}}`,
			[]string{"GET /a s"},
		},
		{
			"requirements without a scope say nothing of who may call", `"paths":{"/a":{"get":{"security":[{"authorizer":[]}]}},"/b":{"get":{"security":[{"jwt":["s"]},{"authorizer":[]}]}}}`,
			[]string{"GET /a", "GET /b"},
		},
		{
			"a requirement without a scope says so wherever it stands", `"paths":{"/a":{"get":{"security":[{"authorizer":[]},{"jwt":["s"]}]}},"/b":{"get":{"security":[{"jwt":["s"]},{"authorizer":[]},{"jwt":["t"]}]}}}`,
			[]string{"GET /a", "GET /b"},
		},
		{
			"only a route of any method is the default one", `"security":[{"jwt":["s"]}],"paths":{"/a":{"get":{"isDefaultRoute":true}},"/$default":{"get":{},"x-amazon-apigateway-any-method":{}}}`,
			[]string{"$default s", "GET /$default s", "GET /a s"},
		},
		{
			"members by other names mean nothing", `"paths":{"/a":{"GET":{"security":[{"jwt":["s"]}]},"get":{"Security":[],"security":[{"jwt":["t"]}]},"trace":{},"x-other":{}}},"Paths":{}`,
			[]string{"GET /a t"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			routes, err := policy.ParseOpenAPI(openAPI(tt.document))
			if err != nil {
				t.Fatal(err)
			}
			if got := lines(routes); !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			for _, r := range routes {
				if r.AnyToken || r.Bind != nil {
					t.Errorf("%+v says more than the document", r)
				}
			}
		})
	}
}

// A document says of a scheme without scopes that there is one, and not whom it lets
// in: no table may open such a route by itself.
func TestARouteWithoutScopesInADocumentIsNotOpenUntilTheProgramSaysSo(t *testing.T) {
	routes, err := policy.ParseOpenAPI(openAPI(`"paths":{"/a":{"get":{"security":[{"authorizer":[]}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, "set either Scopes, or AnyToken", routes...)
	routes[0].AnyToken = true
	if _, err := policy.NewTable(routes...); err != nil {
		t.Error(err)
	}
}

func TestOpenAPIDocumentsThatCannotBeReadAreErrors(t *testing.T) {
	const operation = `{"get":{"security":[{"jwt":["s"]}]}}`
	var many strings.Builder
	for i := range 1500 {
		fmt.Fprintf(&many, `"/%d":{"get":{},"put":{},"post":{},"head":{},"patch":{},"delete":{},"options":{}},`, i)
	}
	tests := []struct{ name, document, want string }{
		{"nothing", ``, "cannot be read"},
		{"not JSON", `openapi: 3.0.1`, "cannot be read"},
		{"a list", `[]`, "cannot be read"},
		{"more than one document", string(openAPI(`"paths":{"/a":`+operation+`}`)) + `{}`, "cannot be read"},
		{"no version", `{"paths":{"/a":` + operation + `}}`, "not one of OpenAPI 3"},
		{"Swagger 2", `{"swagger":"2.0","paths":{"/a":` + operation + `}}`, "not one of OpenAPI 3"},
		{"OpenAPI 30", `{"openapi":"30","paths":{"/a":` + operation + `}}`, "not one of OpenAPI 3"},
		{"a version that is a number", `{"openapi":3.1,"paths":{"/a":` + operation + `}}`, "openapi"},
		{"no paths", string(openAPI(`"security":[{"jwt":["s"]}]`)), "no operation"},
		{"paths in a list", string(openAPI(`"paths":[]`)), "paths"},
		{"a path in another document", string(openAPI(`"paths":{"/a":{"$ref":"a.json"}}`)), "$ref"},
		{"an operation that is none", string(openAPI(`"paths":{"/a":{"get":[]}}`)), `path "/a": get`},
		{"no security at all", string(openAPI(`"paths":{"/a":{"get":{}}}`)), "no operation"},
		{"security that is no list", string(openAPI(`"paths":{"/a":{"get":{"security":{"jwt":["s"]}}}}`)), "security"},
		{"the document's security that is no list", string(openAPI(`"security":{},"paths":{"/a":` + operation + `}`)), "security"},
		{"scopes that are no list", string(openAPI(`"paths":{"/a":{"get":{"security":[{"jwt":"s"}]}}}`)), "security"},
		{"an empty scope", string(openAPI(`"paths":{"/a":{"get":{"security":[{"jwt":[""]}]}}}`)), `scheme "jwt"`},
		{"a scope with a space", string(openAPI(`"paths":{"/a":{"get":{"security":[{"jwt":["a b"]}]}}}`)), `scope "a b"`},
		{"isDefaultRoute that is no boolean", string(openAPI(`"security":[{"jwt":["s"]}],"paths":{"/a":{"x-amazon-apigateway-any-method":{"isDefaultRoute":"yes"}}}`)), "isDefaultRoute"},
		{"more operations than are read", string(openAPI(`"security":[{"jwt":["s"]}],"paths":{` + many.String() + `"/":{}}`)), "more than 10000 operations"},
		{"a document of more than 6 MiB", string(openAPI(`"paths":{"/a":` + operation + `},"x":"` + strings.Repeat("x", 6<<20) + `"`)), "larger than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			routes, err := policy.ParseOpenAPI([]byte(tt.document))
			if routes != nil {
				t.Errorf("got %v along with an error", lines(routes))
			}
			wantError(t, err, tt.want)
		})
	}
}

func TestDifferencesBetweenATableAndADocument(t *testing.T) {
	document, err := policy.ParseOpenAPI(openAPI(`"paths":{
		"/orders/{id}":{"get":{"security":[{"jwt":["orders:read"]},{"jwt":["admin","audit"]}]},"put":{"security":[{"jwt":["orders:write"]}]}},
		"/tenants/{tenant}":{"get":{"security":[{"authorizer":[]}]}},
		"/reports":{"get":{"security":[{"jwt":["reports"]}]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	table := []policy.Route{
		{Key: "GET /orders/{orderId}", Scopes: []string{"audit admin", "orders:read"}},
		{Key: "PUT /orders/{id}", Scopes: []string{"orders:write", "admin"}},
		{Key: "GET /tenants/{t}", AnyToken: true, Bind: map[string]string{"t": "tenant_id"}},
		{Key: "GET /health", AnyToken: true},
	}
	want := []string{
		"GET /health is in the first only",
		"GET /reports is in the second only",
		`PUT /orders/{id} has the scopes ["orders:write" "admin"] in the first and ["orders:write"] in the second`,
	}
	if got := policy.Differences(table, document); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := policy.Differences(document, document); got != nil {
		t.Errorf("a document differs from itself: %q", got)
	}
	one, other := policy.Route{Key: "GET /a", Scopes: []string{"c", "b a", "a b a", "c"}}, policy.Route{Key: "GET /a", Scopes: []string{"a b", "c"}}
	if got := policy.Differences([]policy.Route{one}, []policy.Route{other}); got != nil {
		t.Errorf("the same scopes in another order: %q", got)
	}
	if got := policy.Differences([]policy.Route{{Key: "GET /a", AnyToken: true}}, []policy.Route{{Key: "GET /a", Scopes: []string{"s"}}}); len(got) != 1 {
		t.Errorf("open to all and by scope: %q", got)
	}
}

// Whatever the document: no panic, and no route that opens itself.
func FuzzParseOpenAPI(f *testing.F) {
	f.Add(string(openAPI(`"security":[{"jwt":["s"]}],"paths":{"/a/{b+}":{"get":{},"x-amazon-apigateway-any-method":{"security":[{}]}}}`)))
	f.Add(string(openAPI(`"security":[],"paths":{"/$default":{"x-amazon-apigateway-any-method":{"security":[{"a":["x"],"b":null}]}}}`)))
	f.Add(`{"openapi":"3.1.0","paths":{"":{"put":{"security":[{"":["a"]}]}}}}`)
	f.Add(`{"openapi":"3.1.0","paths":null,"security":null}`)
	f.Fuzz(func(t *testing.T, document string) {
		routes, err := policy.ParseOpenAPI([]byte(document))
		if (err == nil) == (len(routes) == 0) {
			t.Fatalf("%d routes and %v", len(routes), err)
		}
		for _, r := range routes {
			if r.AnyToken || slices.Contains(r.Scopes, "") {
				t.Fatalf("%+v", r)
			}
		}
		if d := policy.Differences(routes, routes); d != nil && unique(routes) {
			t.Fatalf("%q", d)
		}
		_, _ = policy.NewTable(routes...)
	})
}

// unique reports whether no two routes can be taken for one another.
func unique(routes []policy.Route) bool {
	_, err := policy.NewTable(routes...)
	return err == nil
}

func BenchmarkParseOpenAPI(b *testing.B) {
	var paths strings.Builder
	for i := range 500 {
		fmt.Fprintf(&paths, `"/r%d/{id}":{"get":{"security":[{"jwt":["r%d:read"]}]},"put":{"security":[{"jwt":["r%d:write"]}]}},`, i, i, i)
	}
	document := openAPI(`"paths":{` + paths.String() + `"/":{"get":{"security":[{"jwt":["r"]}]}}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.ParseOpenAPI(document); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAnOpenAPIDocumentIsReadUpToItsGreatestNumberOfOperations(t *testing.T) {
	for n, want := range map[int]bool{10_000: true, 10_001: false} {
		var paths strings.Builder
		for i := range n - 1 {
			fmt.Fprintf(&paths, `"/%d":{"get":{}},`, i)
		}
		routes, err := policy.ParseOpenAPI(openAPI(`"security":[{"jwt":["s"]}],"paths":{` + paths.String() + `"/":{"get":{}}}`))
		if (err == nil) != want || want && len(routes) != n {
			t.Errorf("%d operations: %d routes, %v", n, len(routes), err)
		}
	}
}

func TestAnOpenAPIDocumentIsReadUpToItsGreatestSize(t *testing.T) {
	document := openAPI(`"paths":{"/a":{"get":{"security":[{"jwt":["s"]}]}}}`)
	for size, want := range map[int]bool{6 << 20: true, 6<<20 + 1: false} {
		text := append(slices.Clone(document), strings.Repeat(" ", size-len(document))...)
		if routes, err := policy.ParseOpenAPI(text); (err == nil) != want || (routes != nil) != want {
			t.Errorf("%d bytes: %v, %v", size, lines(routes), err)
		}
	}
}
