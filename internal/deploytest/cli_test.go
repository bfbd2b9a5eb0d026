package deploytest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A cloud is as much of AWS as the scripts ask for. It answers whatever the AWS CLI has let
// through, which checks parameters by itself, and remembers what it was asked.
type cloud struct {
	mu    sync.Mutex
	calls []string // such as "POST /restapis/abc/authorizers {…}", "CreateRole …"
}

func (c *cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	call := r.Method + " " + r.URL.EscapedPath() + " " + string(body)
	form, _ := url.ParseQuery(string(body))
	action, isQuery := form.Get("Action"), form.Has("Action") // of IAM and STS, which speak XML
	if isQuery {
		form.Del("Action")
		form.Del("Version")
		call = action + " " + form.Encode()
	}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		call = target + " " + string(body)
	}
	c.mu.Lock()
	c.calls = append(c.calls, call)
	c.mu.Unlock()
	switch {
	case isQuery:
		fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult><Arn>arn:aws:iam::123456789012:user/ann</Arn><Role><Arn>arn:aws:iam::123456789012:role/authorizer</Arn></Role></%[1]sResult></%[1]sResponse>`, action)
	case r.URL.Path == "/2015-03-31/functions":
		w.WriteHeader(http.StatusCreated)
		io.WriteString(w, `{"FunctionArn": "arn:aws:lambda:us-east-1:123456789012:function:authorizer"}`)
	default:
		io.WriteString(w, `{"id": "auth01", "authorizerId": "auth01"}`)
	}
}

// wrapper is the AWS CLI, sent elsewhere. Its own configuration needs no network.
const wrapper = `#!/bin/sh
exec /usr/bin/aws --endpoint-url "$CLOUD" --no-cli-pager "$@"
`

// runScript runs a script of the guide and returns what was asked of AWS.
func runScript(t *testing.T, script string, env ...string) []string {
	t.Helper()
	var c cloud
	server := httptest.NewServer(&c)
	defer server.Close()
	dir := t.TempDir()
	for name, text := range map[string]string{"aws": wrapper, "environment.json": `{"Variables": {"JWT_ISSUER": "x"}}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeZip(t, filepath.Join(dir, "function.zip"))
	command := exec.CommandContext(t.Context(), "bash", script)
	command.Env = append([]string{
		"PATH=" + dir + ":" + os.Getenv("PATH"), "HOME=" + dir, "CLOUD=" + server.URL, "PAUSE=0",
		"AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1", "AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret",
		"ZIP=" + filepath.Join(dir, "function.zip"), "ENVIRONMENT=" + filepath.Join(dir, "environment.json"), "API=abc",
	}, env...)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, output, strings.Join(c.calls, "\n"))
	}
	if string(output) != "authorizer auth01\n" {
		t.Errorf("printed %s", output)
	}
	return c.calls
}

const uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:authorizer/invocations"

func TestTheScriptsOfTheGuideAskForThis(t *testing.T) {
	for kind, test := range map[string]struct {
		env  []string
		want map[string]object // by the beginning of the call; members that its body must have
	}{
		"rest": {
			[]string{"RESOURCE=res", "METHOD=GET", "STAGE=prod"},
			map[string]object{
				"POST /restapis/abc/authorizers ": {"type": "TOKEN", "authorizerUri": uri, "identitySource": "method.request.header.Authorization", "authorizerResultTtlInSeconds": 60.0},
				"PATCH /restapis/abc/resources/res/methods/GET ": {"patchOperations": []any{
					object{"op": "replace", "path": "/authorizationType", "value": "CUSTOM"}, object{"op": "replace", "path": "/authorizerId", "value": "auth01"},
				}},
				"POST /restapis/abc/deployments ": {"stageName": "prod"},
			},
		},
		"http": {
			[]string{"ROUTE=route"},
			map[string]object{
				"POST /v2/apis/abc/authorizers ": {
					"authorizerType": "REQUEST", "authorizerUri": uri, "authorizerPayloadFormatVersion": "2.0", "enableSimpleResponses": false, "authorizerResultTtlInSeconds": 60.0,
					"identitySource": []any{"$request.header.Authorization", "$context.httpMethod", "$context.path", "$context.routeKey"},
				},
				"PATCH /v2/apis/abc/routes/route ": {"authorizationType": "CUSTOM", "authorizerId": "auth01"},
			},
		},
		"websocket": {
			[]string{"ROUTE=route", "STAGE=prod"},
			map[string]object{
				"POST /v2/apis/abc/authorizers ":   {"authorizerType": "REQUEST", "authorizerUri": uri, "identitySource": []any{"route.request.header.Authorization"}},
				"PATCH /v2/apis/abc/routes/route ": {"authorizationType": "CUSTOM", "authorizerId": "auth01"},
				"POST /v2/apis/abc/deployments ":   {"stageName": "prod"},
			},
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel() // the CLI is slow
			calls := runScript(t, "../../examples/deploy/"+kind+"/cli.sh", test.env...)
			test.want["POST /2015-03-31/functions "] = object{
				"FunctionName": "authorizer", "Runtime": "provided.al2023", "Architectures": []any{"arm64"}, "Handler": "authorizer",
				"Role": "arn:aws:iam::123456789012:role/authorizer", "Environment": object{"Variables": object{"JWT_ISSUER": "x"}},
			}
			test.want["POST /2015-03-31/functions/authorizer/policy "] = object{
				"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com",
				"SourceArn": "arn:aws:execute-api:us-east-1:123456789012:abc/authorizers/auth01",
			}
			test.want["PUT /2017-10-31/functions/authorizer/concurrency "] = object{"ReservedConcurrentExecutions": 20.0}
			test.want["Logs_20140328.PutRetentionPolicy "] = object{"retentionInDays": 30.0}
			for _, call := range calls {
				wanted := func(want string) bool { return strings.HasPrefix(call, want) }
				ofAPI := strings.Contains(call, " /restapis/") || strings.Contains(call, " /v2/apis/")
				if ofAPI && !slices.ContainsFunc(slices.Collect(maps.Keys(test.want)), wanted) {
					t.Errorf("the API is also changed by %s", call)
				}
			}
			for call, members := range test.want {
				i := slices.IndexFunc(calls, func(c string) bool { return strings.HasPrefix(c, call) })
				if i < 0 {
					t.Errorf("nobody asks for %s: %q", call, calls)
					continue
				}
				var body object
				if err := json.Unmarshal([]byte(calls[i][len(call):]), &body); err != nil {
					t.Errorf("%s: %v", call, err)
				}
				for member, want := range members {
					if got := fmt.Sprint(body[member]); got != fmt.Sprint(want) {
						t.Errorf("%s%s is %s, want %v", call, member, got, want)
					}
				}
			}
		})
	}
}
