package sam_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/examples/internal/sam"
)

const twoFunctions = `
Globals:
  Function:
    Timeout: 5
    Environment: {Variables: {A: global, B: 2}}
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties: {Auth: {DefaultAuthorizer: Own}}
  One:
    Type: AWS::Serverless::Function
    Properties:
      Handler: one
      ReservedConcurrentExecutions: 7
      Environment: {Variables: {A: own}}
      Policies:
        - Statement:
            - {Effect: Allow, Action: ["a:B", "a:C"], Resource: [!GetAtt Api.Arn, "x"], Condition: {StringEquals: {k: v}}}
            - {Effect: Allow, Action: "a:D", Resource: !Ref Api}
      Events:
        Get: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: get, Path: /a, Auth: {AuthorizationScopes: [S, T]}}}
        Post: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: POST, Path: /a, Auth: {Authorizer: NONE}}}
        Put: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: PUT, Path: /a, Auth: {Authorizer: Other}}}
  Two:
    Type: AWS::Serverless::Function
    Properties: {Handler: two, Timeout: 9}
`

func parse(t *testing.T, text string) (*sam.Template, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "template.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return sam.Read(file, nil)
}

func TestAFunctionHasWhatIsItsOwnAndWhatIsForAll(t *testing.T) {
	template, err := parse(t, twoFunctions)
	if err != nil {
		t.Fatal(err)
	}
	functions, err := template.Functions()
	if err != nil {
		t.Fatal(err)
	}
	one, two := functions["One"], functions["Two"]
	if one.Name != "One" || one.Handler != "one" || one.Timeout != 5 || one.Reserved != 7 || len(one.Environment) != 2 || one.Environment["A"] != "own" || one.Environment["B"] != "2" {
		t.Errorf("%+v", one)
	}
	if two.Handler != "two" || two.Timeout != 9 || two.Reserved != 0 || two.Environment["A"] != "global" || two.Grants != nil || len(functions) != 2 {
		t.Errorf("%+v", two)
	}
}

func TestARoleIsToldLineByLine(t *testing.T) {
	template, err := parse(t, twoFunctions)
	if err != nil {
		t.Fatal(err)
	}
	got, err := template.Roles()
	want := []string{`One: a:B,a:C on ${Api.Arn},x if {"StringEquals":{"k":"v"}}`, `One: a:D on ${Api}`}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	if found := strings.Join(template.Faults(), "\n"); !strings.Contains(found, "One has a grant of several actions") {
		t.Error(found)
	}
}

func TestARouteHasItsAuthorizerAndScopes(t *testing.T) {
	template, err := parse(t, twoFunctions)
	if err != nil {
		t.Fatal(err)
	}
	routes, err := template.Routes()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range routes {
		got = append(got, r.String()+" by "+r.Authorizer)
	}
	if want := []string{"GET /a One S T by Own", "POST /a One open by ", "PUT /a One by Other"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for before, after := range map[string]string{
		"{Type: HttpApi, Properties: {ApiId: !Ref Api, Method: get": "{Type: Api, Properties: {ApiId: !Ref Api, Method: get",
		"ApiId: !Ref Api, Method: get":                              "ApiId: !Ref Two, Method: get",
		"Type: AWS::Serverless::HttpApi":                            "Type: AWS::Serverless::Api",
	} {
		template, err := parse(t, strings.Replace(twoFunctions, before, after, 1))
		if err != nil {
			t.Fatal(err)
		}
		if routes, err := template.Routes(); err == nil || len(template.Faults()) != 1 {
			t.Errorf("%s: %v, %q", after, routes, template.Faults())
		}
	}
}

func TestAFileThatIsNoTemplateIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "template",
		"Resources: {}":                  "no resources",
		"Conditions: {A: !Ref Nobody}":   "condition A",
		"Conditions: {A: !Not [1, 2, *]": "yaml",
	} {
		if _, err := parse(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := sam.Read("nothing.yaml", nil); !os.IsNotExist(err) {
		t.Errorf("error %v", err)
	}
}
