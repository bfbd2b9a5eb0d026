package main

import (
	"log/slog"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
	"github.com/lambdajwt/authorizer/policy"
)

func TestMain(m *testing.M) { runtest.Main(m, main) }

var start = time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)

func TestTheStoryIsAsItWasTold(t *testing.T) { checkStory(t, authorizertest.New) }

func checkStory(t *testing.T, build builder) {
	t.Helper()
	var out strings.Builder
	if err := tellStory(t.Context(), &out, build, start); err != nil {
		t.Fatalf("%v, after\n%s", err, out.String())
	}
	runtest.Golden(t, "testdata/story.txt", out.String())
}

func TestTheStoryShowsNoSecret(t *testing.T) {
	var out strings.Builder
	if err := tellStory(t.Context(), &out, authorizertest.New, time.Now()); err != nil {
		t.Fatal(err)
	}
	for what, pattern := range map[string]string{
		"more than the beginning of a token":      `eyJ[\w-]{8}`,
		"what is as long as a password or a code": `[A-Z2-7]{26}`,
	} {
		if found := regexp.MustCompile(pattern).FindString(out.String()); found != "" {
			t.Errorf("it shows %s: %s", what, found)
		}
	}
}

func TestThePanelIsWhereServeSaysItIs(t *testing.T) { runtest.Panel(t, "mcp", serve) }

func TestTheCommandsThatServePrintsWork(t *testing.T) {
	try := runtest.Serve(t, serve).Commands
	commands, _, _ := strings.Cut(strings.ReplaceAll(try, "curl -i", "curl"), "\nor give")
	if got, want := runtest.Try(t, commands), []int{401, 200, 200}; !slices.Equal(got, want) {
		t.Errorf("statuses %v, want %v", got, want)
	}
}

func TestAClientOfTheProtocolLogsInAtWhatIsServed(t *testing.T) {
	s := runtest.Serve(t, serve)
	password := regexp.MustCompile(`password is (\w+)`).FindStringSubmatch(s.Commands)[1]
	c, err := connect(t.Context(), s.URL+mcpPath, "ann", password)
	if err != nil {
		t.Fatal(err)
	}
	defer c.session.Close()
	if orders, err := c.listOrders(t.Context()); err != nil || !slices.Equal(orders, []string{"1001 for ann", "1002 for ann"}) || c.logins != 1 {
		t.Errorf("%q, %v after %d logins", orders, err, c.logins)
	}
	if c, err := connect(t.Context(), s.URL+mcpPath, "ann", "a guess"); err == nil || !strings.Contains(err.Error(), "403") || c.session != nil {
		t.Errorf("with a wrong password: %v", err)
	}
}

// event is what API Gateway asks the authorizer.
func event(token string) map[string]any {
	return map[string]any{
		"type": "REQUEST", "methodArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/Prod/POST/mcp", "resource": mcpPath, "path": mcpPath,
		"httpMethod": "POST", "headers": map[string]string{"Authorization": "Bearer " + token},
		"requestContext": map[string]any{"resourcePath": mcpPath, "httpMethod": "POST", "stage": "Prod", "apiId": "abcdef1234"},
	}
}

func TestTheFunctionsWorkOnLambdaEachInAProcessOfItsOwn(t *testing.T) {
	const resource = "https://mcp.example.com/mcp"
	server := httptest.NewUnstartedServer(nil)
	url := "http://" + server.Listener.Addr().String()
	login, err := newIssuer(settings{issuer: url, resource: resource, logger: slog.New(slog.DiscardHandler), now: time.Now}, "secret")
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = login.mux()
	server.Start()
	defer server.Close()
	token, err := login.tokens.Issue(t.Context(), "ann", map[string]string{"client_id": clientID, "scope": scope})
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"JWT_ISSUER=" + url, "MCP_URL=" + resource}

	var allowed policy.Response
	if err := runtest.Invoke(t, "authorizer", slices.Clone(env), event(token), &allowed); err != nil || allowed.PrincipalID != "ann" || allowed.Context["sub"] != "ann" {
		t.Errorf("authorizer: %+v, %v", allowed, err)
	}
	if err := runtest.Invoke(t, "authorizer", slices.Clone(env), event(token+"x"), &allowed); err == nil || !strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) {
		t.Errorf("authorizer of a forged token: %v", err)
	}
	nowhere := []string{"JWT_ISSUER=http://127.0.0.1:1", "MCP_URL=" + resource}
	if err := runtest.Invoke(t, "authorizer", nowhere, event(token), &allowed); err == nil || strings.Contains(err.Error(), `"errorMessage":"Unauthorized"`) {
		t.Errorf("authorizer without keys: %v", err)
	}

	var res response
	get := events.APIGatewayProxyRequest{HTTPMethod: "GET", Path: "/.well-known/oauth-protected-resource/mcp"}
	if err := runtest.Invoke(t, "metadata", slices.Clone(env), get, &res); err != nil || res.StatusCode != 200 || !strings.Contains(res.Body, `"resource":"`+resource+`"`) {
		t.Errorf("metadata: %+v, %v", res, err)
	}

	call := events.APIGatewayProxyRequest{
		HTTPMethod: "POST", Path: mcpPath, Body: `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_orders","arguments":{}}}`,
		MultiValueHeaders: map[string][]string{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}},
		RequestContext:    events.APIGatewayProxyRequestContext{Authorizer: allowed.Context},
	}
	if err := runtest.Invoke(t, "mcp", nil, call, &res); err != nil || res.StatusCode != 200 || !strings.Contains(res.Body, `{"orders":["1001 for ann"`) {
		t.Errorf("mcp: %+v, %v", res, err)
	}
	call.RequestContext.Authorizer = nil
	if err := runtest.Invoke(t, "mcp", nil, call, &res); err != nil || res.StatusCode != 400 {
		t.Errorf("mcp without an authorizer before it: %+v, %v", res, err)
	}
}

func TestAFunctionThatCannotStartSaysWhatToSet(t *testing.T) {
	issuer, resource := "JWT_ISSUER=https://login.example.com", "MCP_URL=https://mcp.example.com/mcp"
	for name, test := range map[string]struct {
		handler string
		env     []string
		want    string
	}{
		"an unknown name":        {"login", []string{issuer, resource}, "set Handler to authorizer, metadata or mcp"},
		"no issuer":              {"authorizer", []string{resource}, "set JWT_ISSUER"},
		"no address":             {"metadata", []string{issuer}, "MCP_URL"},
		"an issuer over http":    {"authorizer", []string{"JWT_ISSUER=http://login.example.com", resource}, "https"},
		"an address with a hash": {"metadata", []string{issuer, resource + "#a"}, "Resource"},
	} {
		t.Run(name, func(t *testing.T) {
			var answer any
			if err := runtest.Invoke(t, test.handler, test.env, nil, &answer); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}
