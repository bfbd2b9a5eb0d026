package deploytest_test

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// What SSM would give: the framework asks an account for it.
var inSSM = map[string]string{
	"${ssm:/selfissued/${sls:stage}/issuer}":   "https://login.example.com",
	"${ssm:/selfissued/${sls:stage}/audience}": "selfissued-api",
	"${ssm:/selfissued/${sls:stage}/secret}":   "arn:aws:secretsmanager:us-east-1:123456789012:secret:keys-abcdef",
}

type object = map[string]any

// packaged returns the resources that the framework would deploy.
func packaged(t *testing.T) map[string]object {
	t.Helper()
	dir := t.TempDir()
	service := filepath.Join(dir, "selfissued")
	config, err := os.ReadFile("../../examples/selfissued/serverless.yml")
	if err != nil {
		t.Fatal(err)
	}
	text := string(config)
	for variable, value := range inSSM {
		if !strings.Contains(text, variable) {
			t.Errorf("%s is not used", variable)
		}
		text = strings.ReplaceAll(text, variable, value)
	}
	for _, folder := range []string{service, filepath.Join(dir, "build")} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(service, "serverless.yml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	writeZip(t, filepath.Join(dir, "build", "selfissued.zip"))

	framework, err := filepath.Abs("node_modules/serverless/bin/serverless.js")
	if err != nil {
		t.Fatal(err)
	}
	interpreter, err := exec.LookPath(node())
	if err == nil {
		interpreter, err = filepath.Abs(interpreter)
	}
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), interpreter, framework, "package", "--param", "login-password-sha256=HASH")
	command.Dir = service
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "SLS_TELEMETRY_DISABLED=1", "SLS_NOTIFICATIONS_MODE=off"}
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: has ./install been run?\n%s", err, output)
	}
	made, err := os.ReadFile(filepath.Join(service, ".serverless", "cloudformation-template-update-stack.json"))
	if err != nil {
		t.Fatal(err)
	}
	var template struct{ Resources map[string]object }
	if err := json.Unmarshal(made, &template); err != nil {
		t.Fatal(err)
	}
	return template.Resources
}

func writeZip(t *testing.T, name string) {
	t.Helper()
	file, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := zip.NewWriter(file)
	if _, err := w.Create("bootstrap"); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// at returns what is at a path in nested objects.
func at(in any, path ...string) any {
	for _, name := range path {
		within, _ := in.(object)
		in = within[name]
	}
	return in
}

func TestTheFrameworkPackagesTheAPI(t *testing.T) {
	resources := packaged(t)
	ref := func(name string) object { return object{"Ref": name} }

	var routes []string
	for _, r := range resources {
		if r["Type"] != "AWS::ApiGatewayV2::Route" {
			continue
		}
		p := r["Properties"]
		route := fmt.Sprintf("%v %v %v", at(p, "RouteKey"), at(p, "AuthorizationType"), at(p, "AuthorizationScopes"))
		if at(p, "AuthorizationType") == "JWT" && !reflect.DeepEqual(at(p, "AuthorizerId"), ref("HttpApiAuthorizerOwn")) {
			route += " by another authorizer"
		}
		routes = append(routes, route)
	}
	slices.Sort(routes)
	if want := []string{"GET /protected/admin JWT [ADMIN]", "GET /protected/user JWT [USER]", "POST /token <nil> <nil>"}; !slices.Equal(routes, want) {
		t.Errorf("routes %q, want %q", routes, want)
	}

	for name, test := range map[string]struct {
		path []string
		want any
	}{
		"the issuer":                     {[]string{"HttpApiAuthorizerOwn", "Properties", "JwtConfiguration"}, object{"Issuer": "https://login.example.com", "Audience": []any{"selfissued-api"}}},
		"where the token is":             {[]string{"HttpApiAuthorizerOwn", "Properties", "IdentitySource"}, []any{"$request.header.Authorization"}},
		"the stage's throttling":         {[]string{"HttpApiStage", "Properties", "DefaultRouteSettings"}, object{"ThrottlingRateLimit": 50.0, "ThrottlingBurstLimit": 100.0}},
		"the login's throttling":         {[]string{"HttpApiStage", "Properties", "RouteSettings"}, object{"POST /token": object{"ThrottlingRateLimit": 5.0, "ThrottlingBurstLimit": 10.0}}},
		"how long the token's log lives": {[]string{"TokenLogGroup", "Properties", "RetentionInDays"}, 30.0},
		"how long the other log lives":   {[]string{"ProtectedLogGroup", "Properties", "RetentionInDays"}, 30.0},
		"how long the access log lives":  {[]string{"HttpApiLogGroup", "Properties", "RetentionInDays"}, 30.0},
		"the token function's issuer":    {[]string{"TokenLambdaFunction", "Properties", "Environment", "Variables", "JWT_ISSUER"}, "https://login.example.com"},
		"its processor":                  {[]string{"TokenLambdaFunction", "Properties", "Architectures"}, []any{"arm64"}},
		"its runtime":                    {[]string{"TokenLambdaFunction", "Properties", "Runtime"}, "provided.al2023"},
		"its concurrency":                {[]string{"TokenLambdaFunction", "Properties", "ReservedConcurrentExecutions"}, 10.0},
		"its role":                       {[]string{"TokenLambdaFunction", "Properties", "Role"}, object{"Fn::GetAtt": []any{"TokenRole", "Arn"}}},
		"the other function's role":      {[]string{"ProtectedLambdaFunction", "Properties", "Role"}, object{"Fn::GetAtt": []any{"ProtectedRole", "Arn"}}},
		"the other's environment":        {[]string{"ProtectedLambdaFunction", "Properties", "Environment"}, nil},
	} {
		if got := at(object{"": anyOf(resources)}, append([]string{""}, test.path...)...); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s is %v, want %v", name, got, test.want)
		}
	}
	secret := inSSM["${ssm:/selfissued/${sls:stage}/secret}"]
	for role, want := range map[string][]string{
		"TokenRole": {
			"secretsmanager:GetSecretValue on " + secret,
			"[logs:CreateLogStream logs:PutLogEvents] on map[Fn::GetAtt:[TokenLogGroup Arn]]",
		},
		"ProtectedRole": {"[logs:CreateLogStream logs:PutLogEvents] on map[Fn::GetAtt:[ProtectedLogGroup Arn]]"},
	} {
		if got := granted(resources[role]); !slices.Equal(got, want) {
			t.Errorf("%s may %q, want %q", role, got, want)
		}
	}
	for name, r := range resources {
		if r["Type"] == "AWS::IAM::Role" && name != "TokenRole" && name != "ProtectedRole" {
			t.Errorf("there is a role %s beside", name)
		}
	}
}

func anyOf(resources map[string]object) object {
	all := object{}
	for name, r := range resources {
		all[name] = r
	}
	return all
}

// granted returns what a role may do.
func granted(role object) (grants []string) {
	policies, _ := at(role, "Properties", "Policies").([]any)
	for _, policy := range policies {
		statements, _ := at(policy, "PolicyDocument", "Statement").([]any)
		for _, s := range statements {
			grants = append(grants, fmt.Sprintf("%v on %v", at(s, "Action"), at(s, "Resource")))
		}
	}
	return grants
}
