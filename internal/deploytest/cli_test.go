package deploytest_test

import (
	"encoding/json"
	"errors"
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
	free int // executions that no function has reserved

	mu      sync.Mutex
	calls   []string // such as "POST /restapis/a1b2c3d4e5/authorizers {…}", "CreateRole …"
	regions []string // for each call, by its signature
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
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=AKIDEXAMPLE/")
	c.regions = append(c.regions, append(strings.Split(scope, "/"), "")[1])
	c.mu.Unlock()
	switch {
	case isQuery:
		fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult><Arn>arn:aws:iam::123456789012:user/ann</Arn><Role><Arn>arn:aws:iam::123456789012:role/authorizer</Arn></Role></%[1]sResult></%[1]sResponse>`, action)
	case strings.HasSuffix(r.URL.Path, "/account-settings/"):
		fmt.Fprintf(w, `{"AccountLimit": {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": %d}}`, c.free)
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

const guide = "../../examples/deploy/README.md"

// commands returns the commands of the guide that have a text in them.
func commands(t *testing.T, text string) (lines []string) {
	t.Helper()
	all, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(all)) {
		if command, is := strings.CutPrefix(line, "    "); is && strings.Contains(command, text) {
			lines = append(lines, command)
		}
	}
	if len(lines) == 0 {
		t.Fatalf("the guide has no command with %s", text)
	}
	return lines
}

// publicKey is for the guide's public.pem.
const publicKey = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"

// run runs commands in a folder that looks as the guide says examples looks by then.
func (c *cloud) run(t *testing.T, commands string, env ...string) (output string, err error) {
	t.Helper()
	server := httptest.NewServer(c)
	defer server.Close()
	dir := t.TempDir()
	deploy, err := filepath.Abs("../../examples/deploy")
	if err := errors.Join(err, os.Symlink(deploy, filepath.Join(dir, "deploy")), os.Mkdir(filepath.Join(dir, "build"), 0o755)); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"aws": wrapper, "public.pem": publicKey} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeZip(t, filepath.Join(dir, "build", "staticpem.zip"))
	command := exec.CommandContext(t.Context(), "bash", "-e", "-c", commands)
	command.Dir = dir
	command.Env = append([]string{
		"PATH=" + dir + ":" + os.Getenv("PATH"), "HOME=" + dir, "CLOUD=" + server.URL, "PAUSE=0",
		"AWS_ACCESS_KEY_ID=AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY=secret",
	}, env...)
	said, err := command.CombinedOutput()
	return string(said), err
}

const uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:authorizer/invocations"

func TestTheScriptsOfTheGuideAskForThis(t *testing.T) {
	for kind, want := range map[string]map[string]object{ // by the beginning of the call; members that its body must have
		"rest": {
			"POST /restapis/a1b2c3d4e5/authorizers ": {"type": "TOKEN", "authorizerUri": uri, "identitySource": "method.request.header.Authorization", "authorizerResultTtlInSeconds": 60.0},
			"PATCH /restapis/a1b2c3d4e5/resources/x1y2z3/methods/GET ": {"patchOperations": []any{
				object{"op": "replace", "path": "/authorizationType", "value": "CUSTOM"}, object{"op": "replace", "path": "/authorizerId", "value": "auth01"},
			}},
			"POST /restapis/a1b2c3d4e5/deployments ": {"stageName": "prod"},
		},
		"http": {
			"POST /v2/apis/a1b2c3d4e5/authorizers ": {
				"authorizerType": "REQUEST", "authorizerUri": uri, "authorizerPayloadFormatVersion": "2.0", "enableSimpleResponses": false, "authorizerResultTtlInSeconds": 60.0,
				"identitySource": []any{"$request.header.Authorization", "$context.httpMethod", "$context.path", "$context.routeKey"},
			},
			"PATCH /v2/apis/a1b2c3d4e5/routes/r1s2t3u ": {"authorizationType": "CUSTOM", "authorizerId": "auth01"},
		},
		"websocket": {
			"POST /v2/apis/a1b2c3d4e5/authorizers ":     {"authorizerType": "REQUEST", "authorizerUri": uri, "identitySource": []any{"route.request.header.Authorization"}},
			"PATCH /v2/apis/a1b2c3d4e5/routes/r1s2t3u ": {"authorizationType": "CUSTOM", "authorizerId": "auth01"},
			"POST /v2/apis/a1b2c3d4e5/deployments ":     {"stageName": "prod"},
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel() // the CLI is slow
			c := cloud{free: 120}
			steps := append(commands(t, "jq "), commands(t, kind+"/cli.sh")...)
			output, err := c.run(t, strings.Join(steps, ""), "AWS_REGION=us-east-1")
			if err != nil || output != "authorizer auth01\n" {
				t.Fatalf("%v: %s\n%s", err, output, strings.Join(c.calls, "\n"))
			}
			calls := c.calls
			want["POST /2015-03-31/functions "] = object{
				"FunctionName": "authorizer", "Runtime": "provided.al2023", "Architectures": []any{"arm64"}, "Handler": "authorizer",
				"Role": "arn:aws:iam::123456789012:role/authorizer", "Environment": object{"Variables": object{"JWT_ISSUER": "https://login.example.com", "JWT_AUDIENCE": "orders", "JWT_PUBLIC_KEY": publicKey}},
			}
			want["POST /2015-03-31/functions/authorizer/policy "] = object{
				"Action": "lambda:InvokeFunction", "Principal": "apigateway.amazonaws.com",
				"SourceArn": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/authorizers/auth01",
			}
			want["PUT /2017-10-31/functions/authorizer/concurrency "] = object{"ReservedConcurrentExecutions": 20.0}
			want["Logs_20140328.PutRetentionPolicy "] = object{"retentionInDays": 30.0}
			for _, call := range calls {
				wanted := func(prefix string) bool { return strings.HasPrefix(call, prefix) }
				ofAPI := strings.Contains(call, " /restapis/") || strings.Contains(call, " /v2/apis/")
				if ofAPI && !slices.ContainsFunc(slices.Collect(maps.Keys(want)), wanted) {
					t.Errorf("the API is also changed by %s", call)
				}
			}
			for call, members := range want {
				i := slices.IndexFunc(calls, func(c string) bool { return strings.HasPrefix(c, call) })
				if i < 0 {
					t.Errorf("nobody asks for %s: %q", call, calls)
					continue
				}
				var body object
				if err := json.Unmarshal([]byte(calls[i][len(call):]), &body); err != nil {
					t.Errorf("%s: %v", call, err)
				}
				for member, value := range members {
					if got := fmt.Sprint(body[member]); got != fmt.Sprint(value) {
						t.Errorf("%s%s is %s, want %v", call, member, got, value)
					}
				}
			}
		})
	}
}

func TestTheScriptsStopBeforeTheyMakeAnything(t *testing.T) {
	const script = "API=a RESOURCE=r METHOD=GET STAGE=prod deploy/rest/cli.sh"
	const files = "export ZIP=build/staticpem.zip ENVIRONMENT=public.pem; "
	const full = "100 have to be left, but the account has 119: raise the quota\n"
	for name, test := range map[string]struct {
		commands string
		env      []string
		region   string // that was asked, "" if none was
		says     string // at its end
	}{
		"without an archive":                {"ENVIRONMENT=public.pem " + script, nil, "", "such as build/staticpem.zip\n"},
		"without variables":                 {"ZIP=build/staticpem.zip " + script, nil, "", "README.md says how to make it\n"},
		"without the archive's file":        {files + "ZIP=missing.zip " + script, nil, "", "missing.zip is not there\n"},
		"without the variables' file":       {files + "ENVIRONMENT=missing.json " + script, nil, "", "missing.json is not there\n"},
		"without a Region":                  {files + script, nil, "", "AWS_REGION: the Region of the API\n"},
		"in AWS_REGION, too few executions": {files + script, []string{"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-2"}, "eu-west-1", full},
		"in AWS_DEFAULT_REGION":             {files + "aws configure set region eu-west-3; " + script, []string{"AWS_DEFAULT_REGION=eu-west-2"}, "eu-west-2", full},
		"in the Region that is configured":  {files + "aws configure set region eu-west-3; " + script, nil, "eu-west-3", full},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cloud{free: 119}
			output, err := c.run(t, test.commands, test.env...)
			if err == nil || !strings.HasSuffix(output, test.says) {
				t.Errorf("%v: says %s", err, output)
			}
			if asked := strings.Join(c.regions, " "); asked != test.region {
				t.Errorf("asks %q in %q: %q", c.regions, test.region, c.calls)
			}
		})
	}
}

func TestTheOtherCommandsOfTheGuideWork(t *testing.T) {
	t.Parallel()
	var c cloud
	output, err := c.run(t, strings.Join(commands(t, "aws "), ""), "AWS_REGION=us-east-1")
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	const response = "PATCH /restapis/a1b2c3d4e5/gatewayresponses/"
	const header = `{"patchOperations": [{"op": "add", "path": "/responseParameters/gatewayresponse.header.`
	const origin = header + `Access-Control-Allow-Origin", "value": "'https://app.example.com'"}]}`
	want := []string{
		"DELETE /2015-03-31/functions/authorizer ",
		`Logs_20140328.DeleteLogGroup {"logGroupName": "/aws/lambda/authorizer"}`,
		"DetachRolePolicy PolicyArn=arn%3Aaws%3Aiam%3A%3Aaws%3Apolicy%2Fservice-role%2FAWSLambdaBasicExecutionRole&RoleName=authorizer",
		"DeleteRole RoleName=authorizer",
		`PATCH /restapis/a1b2c3d4e5/stages/prod {"patchOperations": [{"op": "replace", "path": "/*/*/throttling/rateLimit", "value": "50"}, {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": "100"}]}`,
		`PATCH /v2/apis/a1b2c3d4e5/stages/%24default {"defaultRouteSettings": {"throttlingRateLimit": 50.0, "throttlingBurstLimit": 100}}`,
		response + "UNAUTHORIZED " + header + `WWW-Authenticate", "value": "'Bearer'"}]}`,
		response + "UNAUTHORIZED " + origin, response + "DEFAULT_4XX " + origin, response + "DEFAULT_5XX " + origin,
	}
	if !slices.Equal(c.calls, want) {
		t.Errorf("asks\n%s\nwant\n%s", strings.Join(c.calls, "\n"), strings.Join(want, "\n"))
	}
}
