package sam_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

func TestTheTemplatesHaveNoFaults(t *testing.T) {
	for _, name := range []string{"hs256", "staticpem", "kmsenvelope", "kmsasymmetric", "selfissued", "rotation", "mcp"} {
		template, err := sam.Read("../../"+name+"/template.yaml", nil)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, fault := range template.Faults() {
			t.Errorf("%s: %s", name, fault)
		}
	}
}

// read returns the template of an example in which a text has been replaced.
func read(t *testing.T, example, before, after string) (*sam.Template, error) {
	t.Helper()
	text, err := os.ReadFile("../../" + example + "/template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), before) {
		t.Fatalf("%s has no %q", example, before)
	}
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), before, after)), 0o600); err != nil {
		t.Fatal(err)
	}
	return sam.Read(file, nil)
}

func TestEachFaultIsFound(t *testing.T) {
	for name, test := range map[string]struct{ example, before, after, want string }{
		"a second stage":                     {"hs256", "OpenApiVersion: 3.0.1", "OpenApiVersion: 2.0", "second stage"},
		"an edge-optimized endpoint":         {"staticpem", "{Type: REGIONAL}", "{Type: EDGE}", "not REGIONAL"},
		"no tags":                            {"staticpem", "Tags: {app: staticpem}", "Tags: {}", "no Tags"},
		"no access log":                      {"staticpem", "!GetAtt AccessLogs.Arn", "arn:aws:logs:x", "no access log"},
		"no access log of an HTTP API":       {"selfissued", "!GetAtt AccessLogs.Arn", "arn:aws:logs:x", "no access log"},
		"an authorizer for preflights":       {"hs256", "AddDefaultAuthorizerToCorsPreflight: false", "DefaultScopes: []", "before they may send one"},
		"a stage without throttling":         {"staticpem", `{HttpMethod: "*", ResourcePath: "/*"`, `{HttpMethod: GET, ResourcePath: "/~1whoami"`, "the stage has no throttling"},
		"a default without a burst":          {"selfissued", "DefaultRouteSettings: {ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100}", "DefaultRouteSettings: {ThrottlingRateLimit: 50}", "the stage has no throttling"},
		"a login as fast as the rest":        {"hs256", "/~1user~1login, ThrottlingRateLimit: 5,", "/~1user~1login, ThrottlingRateLimit: 50,", "POST /user/login is open"},
		"a limit for no route":               {"selfissued", "POST /token: {Throttling", "POST /tokens: {Throttling", "POST /tokens, which is no route"},
		"no limit by address":                {"hs256", "AggregateKeyType: IP", "AggregateKeyType: CONSTANT", "one host"},
		"a firewall before another API":      {"hs256", "/restapis/${Api}/", "/restapis/abc/", "one host"},
		"no challenge":                       {"staticpem", "WWW-Authenticate: \"'Bearer'\", ", "", "UNAUTHORIZED has no header WWW-Authenticate"},
		"an outage that no page can read":    {"staticpem", "DEFAULT_5XX:", "QUOTA_EXCEEDED:", "DEFAULT_5XX has no header"},
		"warnings that are passed over":      {"selfissued", "FailOnWarnings: true", "FailOnWarnings: false", "FailOnWarnings"},
		"no CORS":                            {"selfissued", "CorsConfiguration:", "Description: x #", "CorsConfiguration"},
		"another processor":                  {"staticpem", "[arm64]", "[x86_64]", "does not run what make builds"},
		"a layer":                            {"selfissued", "      Handler: token\n", "      Handler: token\n      Layers: [x]\n", "has a layer"},
		"a timeout beyond API Gateway's":     {"staticpem", "Timeout: 5", "Timeout: 30", "timeout of 30"},
		"a log for ever":                     {"staticpem", "LoggingConfig: {LogGroup: !Ref Logs}", "Description: x", "kept for ever"},
		"a log group for ever":               {"staticpem", "{RetentionInDays: 30}", "{}", "kept for ever"},
		"concurrency without a bound":        {"staticpem", "ReservedConcurrentExecutions: 20", "MemorySize: 128", "whole account's"},
		"every action of a service":          {"selfissued", "secretsmanager:GetSecretValue", "secretsmanager:*", "more than it has to"},
		"every secret":                       {"selfissued", "Resource: !Ref KeysArn", `Resource: "*"`, "more than it has to"},
		"an alarm that nobody hears":         {"staticpem", "AlarmActions: [!Ref Alarms]", "AlarmActions: []", "nobody hears"},
		"an alarm that does not know":        {"staticpem", "TreatMissingData: notBreaching", "TreatMissingData: missing", "no data"},
		"no alarm on failures":               {"staticpem", `$.decision = "failed"`, `$.decision = "refused"`, "decisions that failed"},
		"an alarm on another metric":         {"staticpem", "MetricName: failed, Statistic", "MetricName: refused, Statistic", "decisions that failed"},
		"no alarm on throttles":              {"staticpem", "Value: !Ref Authorizer", "Value: !Ref Whoami", "Authorizer is throttled"},
		"several actions for one of the API": {"rotation", "Action: secretsmanager:GetSecretValue", "Action: [secretsmanager:GetSecretValue, secretsmanager:DescribeSecret]", "Authorizer has a grant of several actions"},
		"every action for another":           {"rotation", "secretsmanager:DescribeSecret", `"secretsmanager:*"`, "Rotate may do more than it has to"},
		"no timeout":                         {"rotation", "Timeout: 30", "Timeout: 0", "Rotate has a timeout of 0"},
		"a failure that no caller sees":      {"rotation", "Value: !Ref Rotate}", "Value: !Ref Whoami}", "Rotate fails"},
		"no alarm on errors":                 {"selfissued", "Value: !Ref TokenFunction", "Value: !Ref ProtectedFunction", "TokenFunction fails"},
		"a secret that goes with the stack":  {"hs256", "    DeletionPolicy: Retain\n", "", "goes with the stack"},
		"a secret that goes when it changes": {"hs256", "    UpdateReplacePolicy: Retain\n", "", "goes with the stack"},
		"a hash that is shown":               {"selfissued", "    NoEcho: true\n", "", "NoEcho"},
		"no authorizer":                      {"hs256", "DefaultAuthorizer: Token", "DefaultAuthorizer: NONE", "is open to everybody"},
		"an authorizer of elsewhere":         {"staticpem", "FunctionArn: !GetAtt Authorizer.Arn", "FunctionArn: arn:aws:lambda:x", "no function of this template"},
		"an API beside the API":              {"staticpem", "RestApiId: !Ref Api, ", "", "API beside it"},
	} {
		t.Run(name, func(t *testing.T) {
			template, err := read(t, test.example, test.before, test.after)
			if err != nil {
				t.Fatal(err)
			}
			if found := strings.Join(template.Faults(), "\n"); !strings.Contains(found, test.want) {
				t.Errorf("found %q", found)
			}
		})
	}
}
