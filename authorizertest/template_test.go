package authorizertest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// refused returns a refusal of a request with everything that values are taken from,
// where one header has a mapping and the body is a template.
func refused(t *testing.T, responseType, token, mapping, template string) *httptest.ResponseRecorder {
	t.Helper()
	response := authorizertest.GatewayResponse{Templates: map[string]string{"application/json": template}}
	if mapping != "" {
		response.Headers = map[string]string{"X-Mapped": mapping}
	}
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTRequest, Stage: "live", StageVariables: map[string]string{"v": "blue", "empty": ""}, Authorizer: obey,
		GatewayResponses: map[string]authorizertest.GatewayResponse{responseType: response},
		Routes:           []authorizertest.Route{{Key: "GET /orders/{id}", Handler: backend}},
		Now:              func() time.Time { return time.Unix(1_700_000_000, 0) },
	})
	r := httptest.NewRequest(http.MethodGet, "/orders/7%2F8?q=1&q=2", nil)
	if responseType == "MISSING_AUTHENTICATION_TOKEN" {
		r = httptest.NewRequest(http.MethodPut, "/else?q=1", nil)
	}
	r.Header.Set("X-Origin", "https://shop.example.com")
	if token != "" {
		r.Header.Set("Authorization", token)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w
}

func TestTheValuesOfATemplateAreThoseOfTheRequestAndItsRefusal(t *testing.T) {
	for _, test := range []struct{ response, token, template, want string }{
		{"ACCESS_DENIED", "Deny", `{"message":$context.error.messageString}`, `{"message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}`},
		{"ACCESS_DENIED", "none", `$context.error.message`, `User is not authorized to access this resource`},
		{"ACCESS_DENIED", "Deny", `$context.error.responseType`, `ACCESS_DENIED`},
		{"DEFAULT_4XX", "Deny", `$context.error.responseType`, `ACCESS_DENIED`},
		{"UNAUTHORIZED", "", `{"message":$context.error.messageString}`, `{"message":"Unauthorized"}`},
		{"AUTHORIZER_CONFIGURATION_ERROR", "broken", `{"message":$context.error.messageString}`, `{"message":null}`},
		{"AUTHORIZER_CONFIGURATION_ERROR", "broken", `<$context.error.message>`, `<>`},
		{"UNAUTHORIZED", "", `<$context.error.validationErrorString>`, `<>`},
		{"ACCESS_DENIED", "Deny", `$context.authorizer.reason, $context.authorizer.level, $context.authorizer.admin, $context.authorizer.principalId`, `too late, 7, false, user-1`},
		{"ACCESS_DENIED", "Deny", `<$context.authorizer.none>`, `<>`},
		{"UNAUTHORIZED", "", `<$context.authorizer.reason>`, `<>`},
		{"UNAUTHORIZED", "", `<$context.authorizer.claims.sub>`, `<>`},
		{"UNAUTHORIZED", "", `$context.requestId`, `request-1`},
		{"UNAUTHORIZED", "", `$context.stage/$context.apiId/$context.resourcePath`, `live/abcdef1234//orders/{id}`},
		{"UNAUTHORIZED", "", `$context.httpMethod $context.path`, `GET /orders/7%2F8`},
		{"UNAUTHORIZED", "", `$context.identity.sourceIp $context.domainName`, `192.0.2.1 example.com`},
		{"UNAUTHORIZED", "", `<$context.identity.clientCert.subjectDN>`, `<>`},
		{"UNAUTHORIZED", "", `$context.requestTimeEpoch`, `1700000000000`},
		{"UNAUTHORIZED", "", `$stageVariables.v<$stageVariables.empty$stageVariables.none>`, `blue<>`},
		{"UNAUTHORIZED", "", `$method.request.header.X-Origin $method.request.querystring.q $method.request.path.id`, `https://shop.example.com 1,2 7%2F8`},
		{"MISSING_AUTHENTICATION_TOKEN", "", `$context.httpMethod $context.path<$context.resourcePath>`, `PUT /else<>`},
		{"UNAUTHORIZED", "", `$context.stage.`, `live.`},
		{"UNAUTHORIZED", "", `$context.stage-$context.apiId-`, `live-abcdef1234-`},
		{"UNAUTHORIZED", "", `costs 5$ or $5 #1 #anchor`, `costs 5$ or $5 #1 #anchor`},
		{"UNAUTHORIZED", "", `'404' "$context.stage"`, `'404' "live"`},
	} {
		if got := refused(t, test.response, test.token, "", test.template).Body.String(); got != test.want {
			t.Errorf("%s of %s: got %s, want %s", test.template, test.response, got, test.want)
		}
	}
}

func TestTheValueOfAHeaderIsATextOrAValueOfTheRequest(t *testing.T) {
	for mapping, want := range map[string]string{
		"'*'":                                  "*",
		"'it's'":                               "it's",
		"'$context.stage'":                     "$context.stage",
		"method.request.header.X-Origin":       "https://shop.example.com",
		"method.request.header.x-origin":       "https://shop.example.com",
		"method.request.querystring.q":         "1,2",
		"method.request.path.id":               "7%2F8",
		"context.requestId":                    "request-1",
		"context.error.responseType":           "ACCESS_DENIED",
		"context.authorizer.reason":            "too late",
		"stageVariables.v":                     "blue",
		"method.request.header.X-Not-There":    "",
		"method.request.querystring.not_there": "",
		"stageVariables.empty":                 "",
		"context.authorizer.none":              "",
		"''":                                   "",
	} {
		w := refused(t, "ACCESS_DENIED", "Deny", mapping, "")
		if got := w.Header().Values("X-Mapped"); len(got) == 0 && want != "" || len(got) > 0 && (want == "" || got[0] != want) {
			t.Errorf("%s: got %q, want %q", mapping, got, want)
		}
	}
}

// A template that would come out with a hole, or as it is written, is found before it is
// deployed.
func TestWhatATemplateCannotHoldIsAnErrorFromTheStart(t *testing.T) {
	newWith := func(response authorizertest.GatewayResponse) error {
		_, err := authorizertest.New(authorizertest.Config{
			Kind: authorizer.RESTToken, Authorizer: grant, GatewayResponses: map[string]authorizertest.GatewayResponse{"UNAUTHORIZED": response},
			Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		})
		return err
	}
	for _, text := range []string{
		"$context.error.text", "$context.error", "$context.authorizer", "$context.authorizer.claims", "$context.authorizer.", "$context.identity",
		"$context.requestID", "$context.identity.cognitoIdentityId", "$context.requestId-suffix", "$context", "$context.", "$stageVariables", "$stageVariables.",
		"$input.body", "$util.escapeJavaScript($context.error.message)", "$method.response.header.X", "$method.request.body", "$method.request.header.",
		"${context.requestId}", "$!context.requestId", "$request.header.X", "$x", "#set($a = 1)", "#if($context.stage)", "#end", "#foreach",
	} {
		if err := newWith(authorizertest.GatewayResponse{Templates: map[string]string{"application/json": `{"a":"` + text + `"}`}}); err == nil || !strings.Contains(err.Error(), "no value") {
			t.Errorf("the template %s: got %v", text, err)
		}
	}
	for _, text := range []string{"", "*", `"*"`, "$context.requestId", "context.error", "context.none", "context.authorizer", "context.authorizer.", "stageVariables.", "method.request.body", "method.request.header.", "https://shop.example.com"} {
		if err := newWith(authorizertest.GatewayResponse{Headers: map[string]string{"X": text}}); err == nil || !strings.Contains(err.Error(), "single quotes") {
			t.Errorf("the mapping %s: got %v", text, err)
		}
	}
}

// Whatever is written, it is read or refused, and what is read is rendered.
func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{`{"message":$context.error.messageString}`, "$context.authorizer.a.b", "$", "#if", "$stageVariables.x.", "$method.request.path.id$"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, template string) {
		g, err := authorizertest.New(authorizertest.Config{
			Kind: authorizer.RESTToken, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
			GatewayResponses: map[string]authorizertest.GatewayResponse{"UNAUTHORIZED": {Templates: map[string]string{"application/json": template}}},
		})
		if err != nil {
			return
		}
		if got := call(g, "/orders", ""); got.StatusCode != 401 || !strings.Contains(template, "$") && body(t, got) != template {
			t.Errorf("%q: got %d %q", template, got.StatusCode, body(t, got))
		}
	})
}
