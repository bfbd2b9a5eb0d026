package httpauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/httpauth"
	"github.com/lambdajwt/authorizer/verifier/binding"
)

func goodMetadata() httpauth.MetadataConfig {
	return httpauth.MetadataConfig{Resource: "https://api.example.com/mcp", AuthorizationServers: []string{"https://login.example.com"}}
}

func newMetadata(t testing.TB, change func(*httpauth.MetadataConfig)) *httpauth.Metadata {
	t.Helper()
	cfg := goodMetadata()
	if change != nil {
		change(&cfg)
	}
	m, err := httpauth.NewMetadata(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNewMetadataSaysWhichSettingToMend(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*httpauth.MetadataConfig)
		want   string
	}{
		"no resource":                  {func(c *httpauth.MetadataConfig) { c.Resource = "" }, "set MetadataConfig.Resource"},
		"a resource without a scheme":  {func(c *httpauth.MetadataConfig) { c.Resource = "api.example.com" }, "Resource"},
		"a resource over http":         {func(c *httpauth.MetadataConfig) { c.Resource = "http://api.example.com" }, "Resource"},
		"a resource with a fragment":   {func(c *httpauth.MetadataConfig) { c.Resource = "https://api.example.com/#a" }, "Resource"},
		"a resource with a query":      {func(c *httpauth.MetadataConfig) { c.Resource = "https://api.example.com/?a" }, "Resource"},
		"a resource with an empty one": {func(c *httpauth.MetadataConfig) { c.Resource = "https://api.example.com/?" }, "Resource"},
		"a resource with a user":       {func(c *httpauth.MetadataConfig) { c.Resource = "https://a:b@api.example.com" }, "Resource"},
		"a resource with a quote":      {func(c *httpauth.MetadataConfig) { c.Resource = "https://api.example.com/'" }, "Resource"},
		"a resource that is not ASCII": {func(c *httpauth.MetadataConfig) { c.Resource = "https://api.example.com/é" }, "Resource"},
		"a resource with dots":         {func(c *httpauth.MetadataConfig) { c.Resource = "https://api.example.com/a/../b" }, "Resource"},
		"a resource with two slashes":  {func(c *httpauth.MetadataConfig) { c.Resource = "https://api.example.com/a//b" }, "Resource"},
		"a resource with a zone":       {func(c *httpauth.MetadataConfig) { c.Resource = "https://[fe80::1%25eth0]/mcp" }, "Resource"},
		"no authorization server":      {func(c *httpauth.MetadataConfig) { c.AuthorizationServers = nil }, "AuthorizationServers"},
		"an empty one":                 {func(c *httpauth.MetadataConfig) { c.AuthorizationServers = []string{""} }, "AuthorizationServers"},
		"one over http":                {func(c *httpauth.MetadataConfig) { c.AuthorizationServers = []string{"http://login.example.com"} }, "AuthorizationServers"},
		"one with a query":             {func(c *httpauth.MetadataConfig) { c.AuthorizationServers = []string{"https://login.example.com?a"} }, "AuthorizationServers"},
		"one twice": {func(c *httpauth.MetadataConfig) {
			c.AuthorizationServers = append(c.AuthorizationServers, "https://login.example.com")
		}, "twice"},
		"a scope with a space":         {func(c *httpauth.MetadataConfig) { c.Scopes = []string{"a b"} }, "Scopes"},
		"an empty scope":               {func(c *httpauth.MetadataConfig) { c.Scopes = []string{""} }, "Scopes"},
		"a URL over http":              {func(c *httpauth.MetadataConfig) { c.URL = "http://api.example.com/m" }, "URL"},
		"a URL with a quote":           {func(c *httpauth.MetadataConfig) { c.URL = `https://api.example.com/"` }, "URL"},
		"documentation in a script":    {func(c *httpauth.MetadataConfig) { c.Documentation = "javascript:alert(1)" }, "Documentation"},
		"a binding that is nil":        {func(c *httpauth.MetadataConfig) { c.Binding = (*binding.Either)(nil) }, "Binding"},
		"a binding that nobody made":   {func(c *httpauth.MetadataConfig) { c.Binding = new(binding.Certificate) }, "Binding"},
		"less than a second in caches": {func(c *httpauth.MetadataConfig) { c.CacheControl = time.Second - 1 }, "CacheControl"},
		"more than a day in caches":    {func(c *httpauth.MetadataConfig) { c.CacheControl = 24*time.Hour + 1 }, "CacheControl"},
	} {
		cfg := goodMetadata()
		test.change(&cfg)
		m, err := httpauth.NewMetadata(cfg)
		if m != nil || err == nil || !strings.HasPrefix(err.Error(), "httpauth: ") || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
}

// RFC 9728 section 3.1.
func TestTheDocumentIsBetweenTheHostAndThePathOfTheResource(t *testing.T) {
	for resource, want := range map[string]string{
		"https://api.example.com":                                   "https://api.example.com/.well-known/oauth-protected-resource",
		"https://api.example.com/":                                  "https://api.example.com/.well-known/oauth-protected-resource",
		"https://api.example.com/mcp":                               "https://api.example.com/.well-known/oauth-protected-resource/mcp",
		"https://api.example.com/mcp/":                              "https://api.example.com/.well-known/oauth-protected-resource/mcp/",
		"https://api.example.com/a%2Fb/mcp":                         "https://api.example.com/.well-known/oauth-protected-resource/a%2Fb/mcp",
		"https://API.example.com:8443/mcp":                          "https://api.example.com:8443/.well-known/oauth-protected-resource/mcp",
		"http://localhost:8080/mcp":                                 "http://localhost:8080/.well-known/oauth-protected-resource/mcp",
		"https://a1b2.execute-api.eu-west-1.amazonaws.com/prod/mcp": "https://a1b2.execute-api.eu-west-1.amazonaws.com/.well-known/oauth-protected-resource/prod/mcp",
	} {
		m := newMetadata(t, func(c *httpauth.MetadataConfig) { c.Resource = resource })
		_, path, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(want, "https://"), "http://"), "/")
		if m.URL() != want || m.Path() != "/"+path {
			t.Errorf("%s: %s, %s", resource, m.URL(), m.Path())
		}
		if !strings.Contains(string(m.Document()), `"resource":"`+resource+`"`) {
			t.Errorf("the resource is not as it was given: %s", m.Document())
		}
	}
}

func TestTheDocumentMayBeElsewhere(t *testing.T) {
	const url = "https://a1b2.execute-api.eu-west-1.amazonaws.com/prod/metadata"
	m := newMetadata(t, func(c *httpauth.MetadataConfig) { c.URL = url })
	if m.URL() != url || m.Path() != "/prod/metadata" || m.Challenge() != `Bearer resource_metadata="`+url+`"` {
		t.Errorf("%s, %s, %s", m.URL(), m.Path(), m.Challenge())
	}
}

func TestTheDocumentSaysWhatTheAPITakes(t *testing.T) {
	c := newClient(t)
	certificate := binding.NewCertificate(binding.CertificateConfig{})
	either, err := binding.NewEither(certificate, c.binding(t, false))
	if err != nil {
		t.Fatal(err)
	}
	const head = `{"resource":"https://api.example.com/mcp","authorization_servers":["https://login.example.com"],`
	const dpop = `"dpop_signing_alg_values_supported":["ES256"]`
	for name, test := range map[string]struct {
		change          func(*httpauth.MetadataConfig)
		rest, challenge string
	}{
		"bearer tokens": {nil, `"bearer_methods_supported":["header"]}`, `Bearer `},
		"all else": {
			func(c *httpauth.MetadataConfig) {
				c.Scopes, c.Name, c.Documentation = []string{"read", "write"}, "Orders", "https://docs.example.com/?a=b"
			},
			`"scopes_supported":["read","write"],"bearer_methods_supported":["header"],"resource_name":"Orders","resource_documentation":"https://docs.example.com/?a=b"}`,
			`Bearer `,
		},
		"certificates": {
			func(c *httpauth.MetadataConfig) { c.Binding = certificate },
			`"bearer_methods_supported":["header"],"tls_client_certificate_bound_access_tokens":true}`, `Bearer `,
		},
		"DPoP": {
			func(m *httpauth.MetadataConfig) { m.Binding = c.binding(t, false) },
			`"bearer_methods_supported":[],` + dpop + `,"dpop_bound_access_tokens_required":true}`, `DPoP algs="ES256", `,
		},
		"DPoP or not": {
			func(m *httpauth.MetadataConfig) { m.Binding = c.binding(t, true) },
			`"bearer_methods_supported":["header"],` + dpop + `}`, `both`,
		},
		"DPoP or certificates": {
			func(m *httpauth.MetadataConfig) { m.Binding = either },
			`"bearer_methods_supported":["header"],"tls_client_certificate_bound_access_tokens":true,` + dpop + `}`, `both`,
		},
	} {
		m := newMetadata(t, test.change)
		if got := string(m.Document()); got != head+test.rest || !json.Valid(m.Document()) {
			t.Errorf("%s: %s", name, got)
		}
		at := `resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"`
		want := test.challenge + at
		if test.challenge == "both" {
			want = "Bearer " + at + `, DPoP algs="ES256", ` + at
		}
		if got := m.Challenge(); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestCachesMayKeepTheDocumentForADayAtMost(t *testing.T) {
	for _, d := range []time.Duration{time.Second, 24 * time.Hour} {
		newMetadata(t, func(c *httpauth.MetadataConfig) { c.CacheControl = d })
	}
}

func TestTheDocumentIsServedToAll(t *testing.T) {
	m := newMetadata(t, func(c *httpauth.MetadataConfig) { c.CacheControl = time.Minute })
	got := serve(m, httptest.NewRequest("GET", "/anywhere", nil))
	header := got.Header()
	if got.Code != 200 || got.Body.String() != string(m.Document()) || header.Get("Content-Type") != "application/json" ||
		header.Get("Cache-Control") != "public, max-age=60" || header.Get("Access-Control-Allow-Origin") != "*" || header.Get("ETag") == "" {
		t.Errorf("%d %v %s", got.Code, header, got.Body)
	}
	again := httptest.NewRequest("GET", "/", nil)
	again.Header.Set("If-None-Match", header.Get("ETag"))
	if got := serve(m, again); got.Code != 304 {
		t.Errorf("%d", got.Code)
	}
	usual := serve(newMetadata(t, nil), httptest.NewRequest("GET", "/", nil))
	if got := usual.Header().Get("Cache-Control"); got != "public, max-age=300" {
		t.Errorf("%s", got)
	}
	if got := serve(m, httptest.NewRequest("HEAD", "/", nil)); got.Code != 200 || got.Body.Len() != 0 {
		t.Errorf("%d %s", got.Code, got.Body)
	}
	if got := serve(m, httptest.NewRequest("POST", "/", nil)); got.Code != 405 || got.Header().Get("Allow") != "GET, HEAD" || strings.Contains(got.Body.String(), "resource") {
		t.Errorf("%d %v", got.Code, got.Header())
	}
	preflight := serve(m, httptest.NewRequest("OPTIONS", "/", nil))
	if preflight.Code != 204 || preflight.Header()["Allow"] != nil || preflight.Header().Get("Access-Control-Allow-Origin") != "*" || preflight.Header().Get("Access-Control-Allow-Headers") != "*" {
		t.Errorf("%d %v", preflight.Code, preflight.Header())
	}
}

func TestWhoGetsTheDocumentCannotChangeIt(t *testing.T) {
	m := newMetadata(t, nil)
	clear(m.Document())
	clear(m.GatewayResponses())
	if !json.Valid(m.Document()) || !json.Valid(m.GatewayResponses()) {
		t.Error("it has changed")
	}
}

func TestMetadataThatNobodyMadeServesNothing(t *testing.T) {
	for _, m := range []*httpauth.Metadata{nil, new(httpauth.Metadata)} {
		got := serve(m, httptest.NewRequest(http.MethodGet, "/", nil))
		if got.Code != 500 || m.URL() != "" || m.Path() != "" || m.Challenge() != "" || m.Document() != nil || m.GatewayResponses() != nil {
			t.Errorf("%d %s", got.Code, got.Body)
		}
	}
}
