package authorizertest_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// withResponses returns a REST API that answers refusals with these responses. Its
// authorizer does what the token says.
func withResponses(t testing.TB, responses map[string]authorizertest.GatewayResponse) *authorizertest.Gateway {
	t.Helper()
	return newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTRequest, GatewayResponses: responses, StageVariables: map[string]string{"v": "blue"},
		CacheTTL: authorizertest.NoCache, Authorizer: obey,
		Routes: []authorizertest.Route{
			{Key: "GET /orders/{id}", Handler: backend},
			{Key: "GET /failing", Handler: func() error { return errors.New("x") }, NoAuthorizer: true},
			{Key: "POST /orders", Handler: backend},
		},
	})
}

func obey(_ context.Context, event struct{ Headers map[string]string }) (any, error) {
	switch token := event.Headers["Authorization"]; token {
	case "Unauthorized", "broken":
		return nil, errors.New(token)
	case "none":
		return effect("Allow", "arn:aws:execute-api:*:*:*/test/PUT/else"), nil
	default:
		answer := effect(token, "*")
		answer["context"] = map[string]any{"reason": "too late", "level": 7, "admin": false}
		return answer, nil
	}
}

// refusals are requests, by the response type of what API Gateway answers them with.
var refusals = []struct {
	name, path, token string
	response          string
	status            int
	errorType         string
	body              string
}{
	{"no token", "/orders/7", "", "UNAUTHORIZED", 401, "UnauthorizedException", `{"message":"Unauthorized"}`},
	{"an error Unauthorized", "/orders/7", "Unauthorized", "UNAUTHORIZED", 401, "UnauthorizedException", `{"message":"Unauthorized"}`},
	{"an explicit deny", "/orders/7", "Deny", "ACCESS_DENIED", 403, "AccessDeniedException", `{"Message":"User is not authorized to access this resource with an explicit deny in an identity-based policy"}`},
	{"no allow", "/orders/7", "none", "ACCESS_DENIED", 403, "AccessDeniedException", `{"Message":"User is not authorized to access this resource"}`},
	{"another error", "/orders/7", "broken", "AUTHORIZER_CONFIGURATION_ERROR", 500, "AuthorizerConfigurationException", `{"message":null}`},
	{"no route", "/else", "Allow", "MISSING_AUTHENTICATION_TOKEN", 403, "MissingAuthenticationTokenException", `{"message":"Missing Authentication Token"}`},
	{"a function that fails", "/failing", "Allow", "DEFAULT_5XX", 502, "InternalServerErrorException", `{"message": "Internal server error"}`},
}

func TestEachRefusalHasTheGatewayResponseOfItsType(t *testing.T) {
	for _, test := range refusals {
		own := authorizertest.GatewayResponse{StatusCode: 418, Headers: map[string]string{"Access-Control-Allow-Origin": "'*'"}, Templates: map[string]string{"application/json": "own"}}
		byDefault := authorizertest.GatewayResponse{Headers: map[string]string{"X-Default": "'yes'"}}
		inherited := map[int]string{4: "DEFAULT_4XX", 5: "DEFAULT_5XX"}[test.status/100]
		other := map[int]string{4: "DEFAULT_5XX", 5: "DEFAULT_4XX"}[test.status/100]
		for name, step := range map[string]struct {
			responses      map[string]authorizertest.GatewayResponse
			status         int
			body           string
			origin, marked string
		}{
			"nothing set":             {nil, test.status, test.body, "", ""},
			"its own":                 {map[string]authorizertest.GatewayResponse{test.response: own}, 418, "own", "*", ""},
			"its own beside others":   {map[string]authorizertest.GatewayResponse{test.response: own, "THROTTLED": byDefault, other: byDefault}, 418, "own", "*", ""},
			"the default of others":   {map[string]authorizertest.GatewayResponse{other: own}, test.status, test.body, "", ""},
			"another type's":          {map[string]authorizertest.GatewayResponse{"AUTHORIZER_FAILURE": own, "WAF_FILTERED": own}, test.status, test.body, "", ""},
			"the default":             {map[string]authorizertest.GatewayResponse{inherited: byDefault}, test.status, test.body, "", "yes"},
			"a default with a status": {map[string]authorizertest.GatewayResponse{inherited: own}, 418, "own", "*", ""},
			"nothing in it":           {map[string]authorizertest.GatewayResponse{test.response: {}}, test.status, test.body, "", ""},
		} {
			got := call(withResponses(t, step.responses), test.path, test.token)
			if text := body(t, got); got.StatusCode != step.status || text != step.body || got.Header.Get("Access-Control-Allow-Origin") != step.origin ||
				got.Header.Get("X-Default") != step.marked || got.Header.Get("X-Amzn-Errortype") != test.errorType || got.Header.Get("Content-Type") != "application/json" {
				t.Errorf("%s, %s: got %d %s %v", test.name, name, got.StatusCode, text, got.Header)
			}
		}
		if test.response == inherited {
			continue
		}
		// Of what is set for the type itself nothing is filled in from the default.
		got := call(withResponses(t, map[string]authorizertest.GatewayResponse{test.response: {StatusCode: 418}, inherited: own}), test.path, test.token)
		if text := body(t, got); got.StatusCode != 418 || text != test.body || got.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s, its own and the default: got %d %s %v", test.name, got.StatusCode, text, got.Header)
		}
	}
}

func TestWhatPassesHasNoGatewayResponse(t *testing.T) {
	all := authorizertest.GatewayResponse{StatusCode: 418, Headers: map[string]string{"X": "'1'"}}
	g := withResponses(t, map[string]authorizertest.GatewayResponse{"DEFAULT_4XX": all, "DEFAULT_5XX": all})
	if got := call(g, "/orders/7", "Allow"); got.StatusCode != 200 || body(t, got) != "backend" || got.Header.Get("X") != "" {
		t.Errorf("got %d %v", got.StatusCode, got.Header)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, withToken(httptest.NewRequest(http.MethodPost, "/orders", strings.NewReader(strings.Repeat("x", 10<<20+1)))))
	if w.Code != 418 || w.Header().Get("X") != "1" {
		t.Errorf("a body too long: got %d %v", w.Code, w.Header())
	}
}

// The discovery of RFC 9728 needs this header on refusals.
func TestAGatewayResponseCanChallenge(t *testing.T) {
	g := withResponses(t, map[string]authorizertest.GatewayResponse{"UNAUTHORIZED": {Headers: map[string]string{
		"WWW-Authenticate": `'Bearer resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"'`,
		"Content-Type":     "'application/problem+json'",
	}}})
	got := call(g, "/orders/7", "")
	if got.Header.Get("Www-Authenticate") != `Bearer resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"` || got.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("got %v", got.Header)
	}
}

func TestAnyFinalStatusCanBeThatOfAGatewayResponse(t *testing.T) {
	for _, status := range []int{200, 204, 599} {
		if got := call(withResponses(t, map[string]authorizertest.GatewayResponse{"UNAUTHORIZED": {StatusCode: status}}), "/orders/7", ""); got.StatusCode != status {
			t.Errorf("got %d, want %d", got.StatusCode, status)
		}
	}
}

func TestTheTemplateIsOneThatTheRequestAccepts(t *testing.T) {
	jsonAndText := map[string]string{"application/json": "json", "text/plain": "text", "application/xml": "xml"}
	for _, test := range []struct {
		templates      map[string]string
		accept         string
		want, wantType string
	}{
		{jsonAndText, "", "json", "application/json"},
		{jsonAndText, "*/*", "json", "application/json"},
		{jsonAndText, "text/plain", "text", "text/plain"},
		{jsonAndText, "image/png, text/plain;q=0.5, application/xml", "text", "text/plain"},
		{jsonAndText, "image/png", "json", "application/json"},
		{map[string]string{"text/plain": "text", "application/xml": "xml"}, "image/png", "xml", "application/xml"},
		{map[string]string{"text/plain": ""}, "", "", "text/plain"},
	} {
		g := withResponses(t, map[string]authorizertest.GatewayResponse{"UNAUTHORIZED": {Templates: test.templates}})
		r := httptest.NewRequest(http.MethodGet, "/orders/7", nil)
		r.Header.Set("Accept", test.accept)
		w := httptest.NewRecorder()
		if g.ServeHTTP(w, r); w.Body.String() != test.want || w.Header().Get("Content-Type") != test.wantType {
			t.Errorf("%v for %q: got %s %s", test.templates, test.accept, w.Header().Get("Content-Type"), w.Body)
		}
	}
}

func TestNewSaysWhichGatewayResponseToMend(t *testing.T) {
	type response = authorizertest.GatewayResponse
	for want, responses := range map[string]map[string]response{
		"no such type":                 {"UNAUTHORISED": {}},
		"no such type: use one of ACC": {"401": {}},
		"the status 199":               {"UNAUTHORIZED": {StatusCode: 199}},
		"the status 600":               {"DEFAULT_4XX": {StatusCode: 600}},
		"no name of a header":          {"DEFAULT_4XX": {Headers: map[string]string{"X Y": "'1'"}}},
		`the header "X": *`:            {"DEFAULT_4XX": {Headers: map[string]string{"X": "*"}}},
		"no quote at its end":          {"DEFAULT_4XX": {Headers: map[string]string{"X": "'*"}}},
		"no quote at its end'":         {"DEFAULT_4XX": {Headers: map[string]string{"X": "'"}}},
		`the template of "text/plain"`: {"DEFAULT_4XX": {Templates: map[string]string{"text/plain": "$input.body"}}},
	} {
		want = strings.TrimSuffix(want, "'")
		g, err := authorizertest.New(authorizertest.Config{
			Kind: authorizer.RESTToken, Authorizer: grant, GatewayResponses: responses, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "GatewayResponses") {
			t.Errorf("%s: got %v, %v", want, g, err)
		}
	}
	for _, kind := range []authorizer.Kind{authorizer.HTTPFormat1, authorizer.HTTPFormat2, authorizer.WebSocket} {
		g, err := authorizertest.New(authorizertest.Config{
			Kind: kind, Authorizer: grant, GatewayResponses: map[string]response{"UNAUTHORIZED": {}}, Routes: []authorizertest.Route{{Key: allKinds[kind], Handler: backend}},
		})
		if err == nil || !strings.Contains(err.Error(), "REST APIs only") {
			t.Errorf("%s: got %v, %v", kind, g, err)
		}
	}
}
