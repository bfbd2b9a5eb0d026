package main

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

const domain = "mcp.example.com"

func readTemplate(t *testing.T, domain string) *sam.Template {
	t.Helper()
	return runtest.Template(t, "template.yaml", map[string]string{"Domain": domain})
}

var challenged = regexp.MustCompile(`resource_metadata="http://([^/]+)/`)

// The story's domain is where it listens, without TLS.
func TestTheStoryIsTheSameBehindTheTemplatesAPI(t *testing.T) {
	checkStory(t, func(local authorizertest.Config) (*authorizertest.Gateway, error) {
		host := challenged.FindStringSubmatch(local.GatewayResponses["UNAUTHORIZED"].Headers["WWW-Authenticate"])[1]
		cfg, err := readTemplate(t, host).Config(local)
		if err != nil {
			return nil, err
		}
		for _, response := range cfg.GatewayResponses {
			for name, value := range response.Headers {
				response.Headers[name] = strings.ReplaceAll(value, "https://"+host, "http://"+host)
			}
		}
		return authorizertest.New(cfg)
	})
}

func TestTheTemplateHasTheseRoutesAndNoOthers(t *testing.T) {
	want := []string{
		`ANY /mcp Mcp`,
		`GET /.well-known/oauth-protected-resource/mcp Metadata open`,
	}
	if got := runtest.Routes(t, readTemplate(t, domain)); !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestNoFunctionMayDoAnything(t *testing.T) {
	if got := runtest.Roles(t, readTemplate(t, domain)); got != nil {
		t.Errorf("%q", got)
	}
}

// newConfigs makes the API of the code and that of the template, of an issuer whose keys are
// at an address of their own.
func newConfigs(t *testing.T) (login *issuer, code, template authorizertest.Config) {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	set := settings{
		issuer: "http://" + server.Listener.Addr().String(), resource: "https://" + domain + mcpPath, logger: slog.New(slog.DiscardHandler), now: time.Now,
	}
	login, err := newIssuer(set, "secret")
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = login.mux()
	server.Start()
	t.Cleanup(server.Close)
	if code, err = newAPI(set, nil); err != nil {
		t.Fatal(err)
	}
	if template, err = readTemplate(t, domain).Config(code); err != nil {
		t.Fatal(err)
	}
	return login, code, template
}

// The policy is about every route, and so the token alone will do.
func TestAnswersAreCachedByWhatTheyHangOn(t *testing.T) {
	_, _, cfg := newConfigs(t)
	if !slices.Equal(cfg.IdentitySources, []string{"method.request.header.Authorization"}) || cfg.Kind != authorizer.RESTRequest || cfg.CacheTTL != cacheFor {
		t.Errorf("%v %v, for %v", cfg.Kind, cfg.IdentitySources, cfg.CacheTTL)
	}
}

func TestTheFunctionsKnowTheAPIByTheAddressOfItsDomain(t *testing.T) {
	functions, err := readTemplate(t, domain).Functions()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Authorizer", "Metadata"} {
		if got := functions[name].Environment["MCP_URL"]; got != "https://"+domain+mcpPath {
			t.Errorf("%s: MCP_URL is %s", name, got)
		}
	}
}

func TestTheTemplatesChallengeIsTheCodesAndPagesMayReadIt(t *testing.T) {
	_, code, template := newConfigs(t)
	got, want := template.GatewayResponses["UNAUTHORIZED"], code.GatewayResponses["UNAUTHORIZED"]
	if got.StatusCode != want.StatusCode || !maps.Equal(got.Templates, want.Templates) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for name, value := range want.Headers {
		if got.Headers[name] != value {
			t.Errorf("%s: %s, want %s", name, got.Headers[name], value)
		}
	}
	if got.Headers["Access-Control-Expose-Headers"] != "'WWW-Authenticate'" {
		t.Errorf("%v", got.Headers)
	}
}

func TestAClientIsToldWhichScopeItsTokenLacks(t *testing.T) {
	login, _, cfg := newConfigs(t)
	api, err := authorizertest.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	token, err := login.tokens.Issue(t.Context(), "ann", map[string]string{"client_id": clientID, "scope": "orders:count"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, mcpPath, strings.NewReader(ping))
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	api.ServeHTTP(w, r)
	want := `Bearer error="insufficient_scope", scope="` + scope + `", resource_metadata="https://` + domain + `/.well-known/oauth-protected-resource/mcp"`
	if got := w.Header().Get("WWW-Authenticate"); w.Code != http.StatusForbidden || got != want {
		t.Errorf("%d, %s\nwant %s", w.Code, got, want)
	}
}
