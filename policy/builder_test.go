package policy_test

import (
	"encoding/json"
	"errors"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// A blueprintCase is a series of calls on the original AuthPolicy class, with
// the policy or the error that it gave.
type blueprintCase struct {
	Name, Principal, Account string
	RestAPIID, Region, Stage *string
	Calls                    []blueprintCall
	Quirk                    string
	Expected                 json.RawMessage
}

type blueprintCall struct {
	Method, Verb, Resource string
	Conditions             json.RawMessage
}

func readBlueprintCases(t *testing.T) []blueprintCase {
	t.Helper()
	data, err := os.ReadFile("testdata/authpolicy_cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []blueprintCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 53 {
		t.Fatalf("%d cases, want 53", len(cases))
	}
	return cases
}

// run makes the case's calls.
func (c *blueprintCase) run(t *testing.T, blueprintPaths bool) (*policy.Response, error) {
	t.Helper()
	text := func(s *string) string {
		if s == nil { // the original's default
			return "*"
		}
		return *s
	}
	b := policy.New(c.Principal, policy.ARN{
		Partition: "aws", Region: text(c.Region), Account: c.Account, API: text(c.RestAPIID), Stage: text(c.Stage),
	})
	if blueprintPaths {
		b.BlueprintPaths()
	}
	for _, call := range c.Calls {
		conditions := call.conditions(t)
		switch call.Method {
		case "allowAllMethods":
			b.AllowAllMethods()
		case "denyAllMethods":
			b.DenyAllMethods()
		case "allowMethod":
			b.AllowMethod(call.Verb, call.Resource)
		case "denyMethod":
			b.DenyMethod(call.Verb, call.Resource)
		case "allowMethodWithConditions":
			b.AllowMethodWithConditions(call.Verb, call.Resource, conditions)
		case "denyMethodWithConditions":
			b.DenyMethodWithConditions(call.Verb, call.Resource, conditions)
		default:
			t.Fatalf("unknown method %q", call.Method)
		}
	}
	return b.Build()
}

// conditions reads the call's conditions. Python's empty list stands for none.
func (c *blueprintCall) conditions(t *testing.T) policy.Conditions {
	t.Helper()
	if len(c.Conditions) == 0 || string(c.Conditions) == "[]" {
		return nil
	}
	var conditions policy.Conditions
	if err := json.Unmarshal(c.Conditions, &conditions); err != nil {
		t.Fatal(err)
	}
	return conditions
}

// blueprintDifferences are the cases that give a policy where the original gives
// an error, with the resource of that policy. They all come of accepting what
// real paths hold, and BlueprintPaths undoes them. Beside them the cases
// marked as quirks differ: those are errors here.
var blueprintDifferences = map[string]string{
	"invalid_path_braces":           "GET/user/*",    // {id} becomes "*"
	"invalid_path_with_conditions":  "GET/*",         // {proxy+} becomes "*"
	"invalid_path_underscore":       "GET/user_name", // a character of URI paths
	"invalid_path_percent":          "GET/a%20b",     // a percent-encoded character
	"invalid_path_colon_plus_tilde": "GET/a:b",       // a character of URI paths
}

func TestTheBuilderGivesTheBlueprintsAnswersButForListedDifferences(t *testing.T) {
	for _, c := range readBlueprintCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			got, err := c.run(t, false)
			if suffix, ok := blueprintDifferences[c.Name]; ok {
				if err != nil {
					t.Fatal(err)
				}
				want := "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/Prod/" + suffix
				if s := got.PolicyDocument.Statement; len(s) != 1 || len(s[0].Resource) != 1 || s[0].Resource[0] != want {
					t.Errorf("got %s, want the resource %s", got, want)
				}
				return
			}
			c.check(t, got, err)
		})
	}
}

func TestBlueprintPathsLeaveNoDifferenceButTheQuirks(t *testing.T) {
	for _, c := range readBlueprintCases(t) {
		t.Run(c.Name, func(t *testing.T) {
			got, err := c.run(t, true)
			c.check(t, got, err)
		})
	}
}

// check compares an answer with the original's.
func (c *blueprintCase) check(t *testing.T, got *policy.Response, err error) {
	t.Helper()
	var want struct{ Error string }
	if err := json.Unmarshal(c.Expected, &want); err != nil {
		t.Fatal(err)
	}
	if want.Error != "" || c.Quirk != "" {
		if err == nil {
			t.Errorf("got %s, want an error (%s%s)", got, want.Error, c.Quirk)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if !sameJSON(t, text, c.Expected) {
		t.Errorf("got  %s\nwant %s", text, c.Expected)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var x, y any
	if err := errors.Join(json.Unmarshal(a, &x), json.Unmarshal(b, &y)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(x, y)
}

func TestTheBlueprintsPathsHoldNoLetterBeyondASCII(t *testing.T) {
	for _, path := range []string{"/\u0141", "/\u4e41", "/a\u0080", "/a\x7f", "/a_b", "/{id}"} {
		_, err := policy.New("someone", testAPI).BlueprintPaths().AllowMethod("GET", path).Build()
		wantError(t, err, "does not match ^[/.a-zA-Z0-9-\\*]+$")
	}
}

func TestTheBuilderWritesThePartitionOfTheARN(t *testing.T) {
	for _, partition := range []string{"aws", "aws-cn", "aws-us-gov", "aws-iso"} {
		arn := testAPI
		arn.Partition = partition
		p, err := policy.New("someone", arn).AllowMethod("GET", "/pets").Build()
		if err != nil {
			t.Fatal(err)
		}
		want := "arn:" + partition + ":execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/pets"
		if got := p.PolicyDocument.Statement[0].Resource[0]; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTheBuilderTurnsPathsIntoPatterns(t *testing.T) {
	tests := []struct{ name, verb, path, want string }{
		{"a literal path", "GET", "/pets", "GET/pets"},
		{"no slash at the beginning", "GET", "pets", "GET/pets"},
		{"the root path", "GET", "/", "GET/"},
		{"a parameter", "GET", "/users/{id}/posts", "GET/users/*/posts"},
		{"a greedy parameter", "GET", "/files/{proxy+}", "GET/files/*"},
		{"several parameters", "PUT", "/{a}/{b.c}/{d-e}", "PUT/*/*/*"},
		{"ANY", "ANY", "/users/{id}", "*/users/*"},
		{"a wildcard", "*", "/users/*", "*/users/*"},
		{"everything", "*", "*", "*/*"},
		{"every character that a URI's path may hold", "GET", "/a-._~!$&'()*+,;=:@%2Fz", "GET/a-._~!$&'()*+,;=:@%2Fz"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := policy.New("someone", testAPI).AllowMethod(tt.verb, tt.path).DenyMethod(tt.verb, tt.path).Build()
			if err != nil {
				t.Fatal(err)
			}
			for _, effect := range []string{"Allow", "Deny"} {
				if got := suffixes(t, p, effect); len(got) != 1 || got[0] != tt.want {
					t.Errorf("%s %q, want %q", effect, got, tt.want)
				}
			}
		})
	}
}

func TestTheBuilderRefusesPathsThatNoRequestHas(t *testing.T) {
	tests := []struct{ name, verb, path, want string }{
		{"a query, whose ? would be a wildcard", "GET", "/a?b=c", "must not hold"},
		{"a space", "GET", "/a b", "percent-encode"},
		{"a newline at the end", "GET", "/pets\n", "percent-encode"},
		{"text beyond ASCII", "GET", "/café", "percent-encode"},
		{"a quote", "GET", `/"`, "percent-encode"},
		{"a NUL", "GET", "/\x00", "percent-encode"},
		{"a percent sign by itself", "GET", "/100%", "percent-encoded"},
		{"a percent sign before other text", "GET", "/%zz", "percent-encoded"},
		{"a policy variable", "GET", "/users/${aws:username}", "policy variable"},
		{"a parameter within a segment", "GET", "/files/{name}.json", "whole segment"},
		{"a parameter that is not closed", "GET", "/files/{name", "whole segment"},
		{"a parameter without a name", "GET", "/files/{}", "whole segment"},
		{"a greedy parameter without a name", "GET", "/files/{+}", "whole segment"},
		{"a greedy parameter before the end", "GET", "/files/{proxy+}/x", "must come last"},
		{"a greedy parameter without a name before the end", "GET", "/files/{+}/x", "whole segment"},
		{"an opening brace alone", "GET", "/users/{", "a parameter must be a whole segment"},
		{"a closing brace alone", "GET", "/users/}", "a parameter must be a whole segment"},
		{"a closing brace behind a name", "GET", "/users/id}", "a parameter must be a whole segment"},
		{"braces the wrong way round", "GET", "/users/}id{", "a parameter must be a whole segment"},
		{"no path", "GET", "", "is empty"},
		{"no verb", "", "/pets", "invalid HTTP verb"},
		{"a verb in lower case", "get", "/pets", "invalid HTTP verb"},
		{"a verb that API Gateway does not route", "TRACE", "/pets", "invalid HTTP verb"},
		{"a verb with a wildcard", "G*", "/pets", "invalid HTTP verb"},
		{"a verb with a path", "GET/secret", "/pets", "invalid HTTP verb"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := policy.New("someone", testAPI).AllowAllMethods().DenyMethod(tt.verb, tt.path).Build()
			if p != nil {
				t.Errorf("got %s", p)
			}
			wantError(t, err, tt.want)
			if !strings.ContainsAny(tt.path, "{}") && strings.Contains(err.Error(), "parameter") {
				t.Errorf("a path without a parameter: %v", err)
			}
			// The blueprint's paths must not let through what is refused without them.
			p, err = policy.New("someone", testAPI).BlueprintPaths().AllowAllMethods().DenyMethod(tt.verb, tt.path).Build()
			if p != nil || err == nil {
				t.Errorf("with the blueprint's paths: got %v, %v", p, err)
			}
		})
	}
}

func TestAWildcardInTheRequestedPathDoesNotBecomeOneOfThePolicy(t *testing.T) {
	tests := []struct {
		name string
		path string
		ok   bool
	}{
		{"a plain path", "/users/7", true},
		{"an asterisk for everything", "/*", false},
		{"an asterisk in an identifier", "/users/7*", false},
		{"a question mark, decoded from %3F", "/users/?", false},
		{"braces", "/users/{id}", false},
		{"a greedy parameter", "/{proxy+}", false},
		{"a policy variable", "/users/${aws:username}", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			arn, err := policy.ParseARN(testPrefix + "GET" + tt.path)
			if err != nil {
				t.Fatal(err)
			}
			p, err := policy.New("someone", arn).AllowMethod(arn.Verb, arn.Path).Build()
			if !tt.ok {
				if p != nil {
					t.Errorf("got %s", p)
				}
				wantError(t, err, "wildcard")
				_, err = policy.New("someone", arn).AllowMethod(arn.Verb, arn.Path[1:]).Build()
				wantError(t, err, "wildcard")
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := evaluate(t, p, "GET", tt.path); d != policy.Allowed {
				t.Errorf("the requested path is %v", d)
			}
			if d := evaluate(t, p, "GET", "/users/8"); d != policy.ImplicitlyDenied {
				t.Errorf("another path is %v", d)
			}
		})
	}
}

func TestPathValueAcceptsIdentifiersAndRefusesWhatWouldReachFurther(t *testing.T) {
	for _, ok := range []string{"7", "a1b2-c3", "5f7c8ec7c33c6c004bbafe82", "eu-central-1:6e79ea21", "ada@example.com", "a.b", "x%2Fy", "(a),'b'+c;d=e!"} {
		got, err := policy.PathValue(ok)
		if got != ok || err != nil {
			t.Errorf("%q: got %q, %v", ok, got, err)
		}
		if _, err := policy.New("someone", testAPI).AllowMethod("GET", "/users/"+got).Build(); err != nil {
			t.Errorf("%q: the builder refuses it: %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", ".", "..", "*", "a*", "?", "a?b", "a/b", "/", "../admin", "{id}", "{proxy+}", "${*}", "$", "a b", "a\n", "a\x00",
		"100%", "%2", "%zz", "é", "auth0|7", `"`, `\`, "a#b", "<script>", "\xff",
	} {
		got, err := policy.PathValue(bad)
		if got != "" || err == nil {
			t.Errorf("%q: got %q, %v", bad, got, err)
		}
	}
}

// Once an unset stage was a wildcard, which let requests of other paths through.
func TestAFieldOfTheARNIsSetOrWrittenOutAsAWildcard(t *testing.T) {
	p, err := policy.New("someone", policy.ARN{Partition: "aws", Region: "*", Account: "123456789012", API: "*", Stage: "*"}).AllowAllMethods().Build()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.PolicyDocument.Statement[0].Resource[0], "arn:aws:execute-api:*:123456789012:*/*/*/*"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	tests := []struct {
		name   string
		change func(*policy.ARN)
		want   string
	}{
		{"no partition", func(a *policy.ARN) { a.Partition = "" }, "partition"},
		{"no region", func(a *policy.ARN) { a.Region = "" }, "no region"},
		{"no account", func(a *policy.ARN) { a.Account = "" }, "no account"},
		{"no API", func(a *policy.ARN) { a.API = "" }, "no API"},
		{"no stage", func(a *policy.ARN) { a.Stage = "" }, "no stage"},
		{"a wildcard for the partition", func(a *policy.ARN) { a.Partition = "*" }, "partition"},
		{"a wildcard for the account", func(a *policy.ARN) { a.Account = "*" }, "account"},
		{"a wildcard in the region", func(a *policy.ARN) { a.Region = "eu-*" }, "region"},
		{"a question mark for the API", func(a *policy.ARN) { a.API = "?" }, "API"},
		{"two wildcards for the stage", func(a *policy.ARN) { a.Stage = "**" }, "stage"},
		{"a path in the stage", func(a *policy.ARN) { a.Stage = "prod/GET" }, "stage"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			arn := testAPI
			tt.change(&arn)
			p, err := policy.New("someone", arn).AllowMethod("GET", "/pets").Build()
			if p != nil {
				t.Errorf("got %s", p)
			}
			wantError(t, err, tt.want)
		})
	}
}

func TestAWildcardForTheStageMatchesAcrossSlashesAsDocumented(t *testing.T) {
	anyStage := testAPI
	anyStage.Stage = "*"
	p, err := policy.New("someone", anyStage).AllowMethod("GET", "/pets").Build()
	if err != nil {
		t.Fatal(err)
	}
	for method, want := range map[string]policy.Decision{
		"GET /pets": policy.Allowed, "DELETE /users/GET/pets": policy.Allowed, "DELETE /pets": policy.ImplicitlyDenied,
	} {
		verb, path, _ := strings.Cut(method, " ")
		if d := evaluate(t, p, verb, path); d != want {
			t.Errorf("%s is %v, want %v", method, d, want)
		}
	}
}

func TestBuildReportsTheErrorsOfAllCalls(t *testing.T) {
	_, err := policy.New("\xff", policy.ARN{}).
		AllowMethod("FETCH", "/pets").
		DenyMethodWithConditions("GET", "/pets", policy.Conditions{"Sometimes": {"aws:SourceIp": "10.0.0.0/8"}}).
		Context("user", nil).
		Build()
	for _, want := range []string{"partition", "UTF-8", `"FETCH"`, "Sometimes", `"user" is nil`} {
		wantError(t, err, want)
	}
}

func TestAPolicyThatSaysNothingIsAnErrorRatherThanAnEmptyList(t *testing.T) {
	_, err := policy.New("someone", testAPI).Context("plan", "pro").Build()
	wantError(t, err, "nothing was allowed or denied")
}

func TestAWebSocketAPIAllowsAndDeniesItsConnectRoute(t *testing.T) {
	arn, err := policy.ParseARN(testPrefix + "$connect")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		build func() *policy.Builder
		want  policy.Decision
	}{
		{"allowed", func() *policy.Builder { return policy.New("someone", arn).AllowAllMethods() }, policy.Allowed},
		{"denied", func() *policy.Builder { return policy.New("someone", arn).DenyAllMethods() }, policy.ExplicitlyDenied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := tt.build().Build()
			if err != nil {
				t.Fatal(err)
			}
			if got := p.PolicyDocument.Statement[0].Resource[0]; got != testPrefix+"*" {
				t.Errorf("resource %s", got)
			}
			if d, err := p.Evaluate(arn, policy.ConditionKeys{}); d != tt.want || err != nil {
				t.Errorf("decided %v, %v", d, err)
			}
		})
	}
	_, err = policy.New("someone", arn).AllowMethod("GET", "/pets").Build()
	wantError(t, err, "no verbs and paths")
}

func TestTheBuilderPassesContextAndUsageKeyOn(t *testing.T) {
	p, err := policy.New("someone", testAPI).AllowAllMethods().
		Context("plan", "pro").Context("seats", 12).Context("trial", false).Context("load", 0.5).
		UsageIdentifierKey("the-api-key").Build()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"principalId":"someone","policyDocument":{"Version":"2012-10-17","Statement":[` +
		`{"Action":"execute-api:Invoke","Effect":"Allow","Resource":["` + testPrefix + `*/*"]}]},` +
		`"context":{"load":0.5,"plan":"pro","seats":12,"trial":false},"usageIdentifierKey":"the-api-key"}`
	if string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func TestContextRefusesWhatAKindOfAPIFailsOn(t *testing.T) {
	for name, value := range map[string]any{
		"nil":               nil,
		"a list":            []string{"a"},
		"a map":             map[string]any{"a": 1},
		"a struct":          struct{ A int }{1},
		"a pointer":         new(int),
		"not a number":      math.NaN(),
		"infinity":          math.Inf(1),
		"a short infinity":  float32(math.Inf(-1)),
		"a list of numbers": []any{1},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := policy.New("someone", testAPI).AllowAllMethods().Context("key", value).Build()
			wantError(t, err, `context value of "key"`)
		})
	}
	_, err := policy.New("someone", testAPI).AllowAllMethods().Context("", "x").Build()
	wantError(t, err, "context key is empty")
}

func TestWhatBuildReturnedDoesNotChangeWithTheBuilderOrItsArguments(t *testing.T) {
	addresses := []string{"203.0.113.0/24"}
	conditions := policy.Conditions{"IpAddress": {"aws:SourceIp": addresses}}
	b := policy.New("someone", testAPI).
		AllowMethodWithConditions("GET", "/a", conditions).AllowMethod("GET", "/b").Context("plan", "pro")
	first, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	before, _ := json.Marshal(first)

	addresses[0] = "0.0.0.0/0"
	conditions["IpAddress"]["aws:SourceIp"] = "0.0.0.0/0"
	second, err := b.AllowMethod("GET", "/c").Context("plan", "free").Build()
	if err != nil {
		t.Fatal(err)
	}
	second.PolicyDocument.Statement[0].Condition["IpAddress"]["aws:SourceIp"] = "0.0.0.0/0"
	second.PolicyDocument.Statement[0].Resource[0], second.PolicyDocument.Statement[1].Resource[0] = "*", "*"
	second.Context["plan"] = "none"

	if after, _ := json.Marshal(first); string(after) != string(before) {
		t.Errorf("the first answer was  %s\nand became %s", before, after)
	}
	third, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := json.Marshal(third); strings.Contains(string(text), "0.0.0.0") || strings.Contains(string(text), `"*"`) {
		t.Errorf("the third answer has what was written into the second: %s", text)
	}
}

func TestBuildKeepsToTheSizeLimits(t *testing.T) {
	path := "/" + strings.Repeat("x", policy.MaxResource-len(testPrefix+"GET/"))
	if _, err := policy.New("someone", testAPI).AllowMethod("GET", path).Build(); err != nil {
		t.Errorf("a resource of %d characters: %v", policy.MaxResource, err)
	}
	var limit *policy.LimitError
	_, err := policy.New("someone", testAPI).AllowMethod("GET", path+"yz").Build()
	if !errors.As(err, &limit) || limit.Size != 514 || limit.Limit != 512 {
		t.Errorf("a resource of %d characters: %v", policy.MaxResource+2, err)
	}

	b := policy.New("someone", testAPI).AllowAllMethods()
	p, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(p)
	room := policy.MaxResponse - len(text) - len(`,"context":{"key":""}`)
	if _, err := b.Context("key", strings.Repeat("x", room)).Build(); err != nil {
		t.Errorf("an answer of %d bytes: %v", policy.MaxResponse, err)
	}
	_, err = b.Context("key", strings.Repeat("x", room+7)).Build()
	if !errors.As(err, &limit) || limit.Size != policy.MaxResponse+7 {
		t.Errorf("an answer of %d bytes: %v", policy.MaxResponse+7, err)
	}
	wantError(t, err, "7 more than the limit of 8192")
}

func TestAnARNIsAWebSocketAPIsIfItHasARouteKeyAndNoVerb(t *testing.T) {
	for _, tt := range []struct {
		verb, path string
		want       bool
	}{
		{"", "", false}, {"", "/", false}, {"", "/a", false}, {"", "a", true}, {"", ".", true}, {"", "0/", true}, {"", "$connect", true},
		{"GET", "", false}, {"GET", "/", false}, {"GET", "/a", false}, {"GET", "a", false},
	} {
		arn := request(tt.verb, tt.path)
		p, err := policy.New("someone", arn).AllowMethod("PUT", "/pets").Build()
		if (p == nil) != tt.want || (err == nil) == tt.want || tt.want && !strings.Contains(err.Error(), "WebSocket") {
			t.Errorf("%v: one method: %v, %v", arn, p, err)
		}
		p, err = policy.New("someone", arn).AllowAllMethods().Build()
		if err != nil {
			t.Fatal(err)
		}
		if got := suffixes(t, p, "Allow"); len(got) != 1 || (got[0] == "*") != tt.want || (got[0] == "*/*") == tt.want {
			t.Errorf("%v: all methods: %q", arn, got)
		}
	}
}
