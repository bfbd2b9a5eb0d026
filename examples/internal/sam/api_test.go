package sam_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

func handle() error { return nil }

// program is what runs on a laptop: one handler for each route.
func program(routes ...string) (cfg authorizertest.Config) {
	cfg.Authorizer = handle
	for _, key := range routes {
		cfg.Routes = append(cfg.Routes, authorizertest.Route{Key: key, Handler: handle})
	}
	return cfg
}

func TestTheGatewayIsTheTemplates(t *testing.T) {
	template, err := read(t, "staticpem", "            Identity:\n              ReauthorizeEvery: 60", "            Identity:\n              Header: Auth\n              ValidationExpression: Bearer .+\n              ReauthorizeEvery: 90")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := template.Config(program("GET /whoami"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Kind != authorizer.RESTToken || !slices.Equal(cfg.IdentitySources, []string{"method.request.header.Auth"}) ||
		cfg.ValidationExpression != "Bearer .+" || cfg.CacheTTL != 90*time.Second || cfg.Stage != "Prod" || len(cfg.GatewayResponses) != 4 {
		t.Errorf("%+v", cfg)
	}
	if response := cfg.GatewayResponses["UNAUTHORIZED"]; response.StatusCode != 401 || response.Headers["WWW-Authenticate"] != "'Bearer'" {
		t.Errorf("%+v", response)
	}
	if _, err := template.Gateway(program("GET /whoami")); err != nil {
		t.Error(err)
	}
}

func TestATokenIsInTheHeaderAuthorizationIfNothingElseIsSaid(t *testing.T) {
	template, err := read(t, "staticpem", "GET", "GET")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := template.Config(program("GET /whoami"))
	if err != nil || !slices.Equal(cfg.IdentitySources, []string{"method.request.header.Authorization"}) {
		t.Errorf("%q, %v", cfg.IdentitySources, err)
	}
}

func TestAJWTAuthorizerIsTheTemplatesWithTheProgramsClient(t *testing.T) {
	template, err := read(t, "selfissued", "audience: [selfissued-api]", "audience: [a, b]")
	if err != nil {
		t.Fatal(err)
	}
	local := program("POST /token", "GET /protected/user", "GET /protected/admin")
	local.JWT = &authorizertest.JWTAuthorizer{Issuer: "https://other.example", Client: http.DefaultClient}
	cfg, err := template.Config(local)
	if err != nil {
		t.Fatal(err)
	}
	if cfg.JWT.Issuer != "${Issuer}" || !slices.Equal(cfg.JWT.Audience, []string{"a", "b"}) || cfg.JWT.Client != http.DefaultClient ||
		!slices.Equal(cfg.IdentitySources, []string{"$request.header.Authorization"}) || cfg.Authorizer != nil {
		t.Errorf("%+v", cfg)
	}
}

func TestARequestAuthorizerGoesByAllItsSources(t *testing.T) {
	template, err := read(t, "staticpem", "            Identity:\n", "            FunctionPayloadType: REQUEST\n            Identity:\n              Headers: [Authorization]\n              QueryStrings: [a, b]\n              Context: [path]\n              StageVariables: [v]\n")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := template.Config(program("GET /whoami"))
	want := []string{
		"method.request.header.Authorization", "method.request.querystring.a", "method.request.querystring.b", "context.path", "stageVariables.v",
	}
	if err != nil || cfg.Kind != authorizer.RESTRequest || !slices.Equal(cfg.IdentitySources, want) {
		t.Errorf("%v %q, %v", cfg.Kind, cfg.IdentitySources, err)
	}
}

func TestACacheOfWhichNothingIsSaidIsNone(t *testing.T) {
	template, err := read(t, "kmsasymmetric", "ReauthorizeEvery: 300", "ReauthorizeEvery: 0")
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := template.Config(program("POST /token", "GET /whoami", "GET /reports/{region}", "DELETE /reports/{region}"))
	if err != nil || cfg.CacheTTL != authorizertest.NoCache || cfg.Kind != authorizer.HTTPFormat2 || cfg.EnableSimpleResponses {
		t.Errorf("%v %v, %v", cfg.CacheTTL, cfg.Kind, err)
	}
}

func TestATemplateAndAProgramThatDoNotFitAreAnError(t *testing.T) {
	for name, test := range map[string]struct {
		example, before, after string
		routes                 []string
		want                   string
	}{
		"a route of the template alone": {"staticpem", "Path: /whoami", "Path: /who", []string{"GET /whoami"}, "GET /who is not in the program"},
		"a route of the program alone":  {"staticpem", "Path: /whoami", "Path: /whoami", []string{"GET /whoami", "GET /other"}, "lacks [GET /other]"},
		"no authorizer by default":      {"staticpem", "DefaultAuthorizer: Token", "ApiKeyRequired: false", []string{"GET /whoami"}, "would be open"},
		"an authorizer that is not":     {"staticpem", "DefaultAuthorizer: Token", "DefaultAuthorizer: Tokens", []string{"GET /whoami"}, "would be open"},
		"a JWT authorizer":              {"selfissued", "POST", "POST", []string{"POST /token", "GET /protected/user", "GET /protected/admin"}, "the program none"},
		"a response to be put together": {"staticpem", `"'Bearer'"`, `{a: b}`, []string{"GET /whoami"}, "has no text"},
		"no API":                        {"staticpem", "Type: AWS::Serverless::Api", "Type: AWS::Serverless::Apis", []string{"GET /whoami"}, "0 resources"},
	} {
		t.Run(name, func(t *testing.T) {
			template, err := read(t, test.example, test.before, test.after)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := template.Gateway(program(test.routes...)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestAPolicyOfAnotherFormIsAnError(t *testing.T) {
	for before, after := range map[string]string{
		"{Effect: Allow, Action: \"secretsmanager:GetSecretValue\", Resource": "{Effect: Allow, NotAction: x, Resource",
		"Effect: Allow, Action":                         "Effect: Deny, Action",
		"- Statement:\n":                                "- Statements:\n",
		"      Policies:\n        - Statement:\n      ": "      Policies: [AdministratorAccess]\n      Metadata:\n      ",
	} {
		template, err := read(t, "selfissued", before, after)
		if err != nil {
			t.Fatal(err)
		}
		if roles, err := template.Roles(); err == nil {
			t.Errorf("%s: %q", after, roles)
		}
		if len(template.Faults()) == 0 {
			t.Errorf("%s is no fault", after)
		}
	}
}
