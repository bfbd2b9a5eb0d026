package policy_test

import (
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

func TestParseARNReadsTheARNsOfEveryKindOfAPI(t *testing.T) {
	tests := []struct {
		name string
		arn  string
		want policy.ARN
	}{
		{
			"a REST API's method",
			"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/Prod/GET/pets/7",
			policy.ARN{"aws", "us-east-1", "123456789012", "abcdef1234", "Prod", "GET", "/pets/7"},
		},
		{
			"the root path",
			"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/Prod/GET/",
			policy.ARN{"aws", "us-east-1", "123456789012", "abcdef1234", "Prod", "GET", "/"},
		},
		{
			"an HTTP API's default stage",
			"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/POST/orders",
			policy.ARN{"aws", "us-east-1", "123456789012", "abcdef1234", "$default", "POST", "/orders"},
		},
		{
			"a WebSocket API's $connect route",
			"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/$connect",
			policy.ARN{"aws", "us-east-1", "123456789012", "abcdef1234", "prod", "", "$connect"},
		},
		{
			"colons in the path",
			"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/lab/GET/hours/2021-08-01T00:00:00Z/12:30",
			policy.ARN{"aws", "us-east-1", "123456789012", "abcdef1234", "lab", "GET", "/hours/2021-08-01T00:00:00Z/12:30"},
		},
		{
			"wildcards, quotes and text beyond ASCII in the path",
			`arn:aws:execute-api:us-east-1:123456789012:abcdef1234/lab/GET/*/?/"é"/${x}`,
			policy.ARN{"aws", "us-east-1", "123456789012", "abcdef1234", "lab", "GET", `/*/?/"é"/${x}`},
		},
		{
			"slashes at both ends of the path",
			"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/lab/GET//pets/",
			policy.ARN{"aws", "us-east-1", "123456789012", "abcdef1234", "lab", "GET", "//pets/"},
		},
		{
			"the partition of China",
			"arn:aws-cn:execute-api:cn-north-1:123456789012:abcdef1234/prod/GET/",
			policy.ARN{"aws-cn", "cn-north-1", "123456789012", "abcdef1234", "prod", "GET", "/"},
		},
		{
			"the partition of GovCloud",
			"arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:abcdef1234/prod/GET/",
			policy.ARN{"aws-us-gov", "us-gov-west-1", "123456789012", "abcdef1234", "prod", "GET", "/"},
		},
		{
			"a partition that came later",
			"arn:aws-iso-b:execute-api:us-isob-east-1:123456789012:abcdef1234/prod/GET/",
			policy.ARN{"aws-iso-b", "us-isob-east-1", "123456789012", "abcdef1234", "prod", "GET", "/"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := policy.ParseARN(tt.arn)
			if err != nil {
				t.Fatal(err)
			}
			if got != tt.want {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
			if s := got.String(); s != tt.arn {
				t.Errorf("String gives %q, want %q", s, tt.arn)
			}
		})
	}
}

func TestParseARNRefusesWhatIsNoMethodARN(t *testing.T) {
	const prefix = "arn:aws:execute-api:us-east-1:123456789012:"
	tests := []struct{ name, arn, want string }{
		{"nothing", "", "not an ARN"},
		{"a word", "GET", "not an ARN"},
		{"too few parts", "arn:aws:execute-api:us-east-1:abcdef1234/prod/GET/", "not an ARN"},
		{"another scheme", "ARN:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/", "not an ARN"},
		{"another service", "arn:aws:lambda:us-east-1:123456789012:function:authorizer", "not execute-api"},
		{"no partition", "arn::execute-api:us-east-1:123456789012:abcdef1234/prod/GET/", "partition"},
		{"a partition that is not AWS's", "arn:acme:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/", "partition"},
		{"a wildcard for the partition", "arn:aws*:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/", "partition"},
		{"no region", "arn:aws:execute-api::123456789012:abcdef1234/prod/GET/", "no region"},
		{"no account", "arn:aws:execute-api:us-east-1::abcdef1234/prod/GET/", "no account"},
		{"a wildcard for the account", "arn:aws:execute-api:us-east-1:*:abcdef1234/prod/GET/", "account"},
		{"no API", prefix + "/prod/GET/", "no API"},
		{"no stage", prefix + "abcdef1234//GET/", "no stage"},
		{"a wildcard for the stage", prefix + "abcdef1234/*/GET/", "stage"},
		{"a policy variable for the stage", prefix + "abcdef1234/${aws:username}/GET/", "stage"},
		{"only the API", prefix + "abcdef1234", "before its method"},
		{"only the stage", prefix + "abcdef1234/prod", "before its method"},
		{"an empty route key", prefix + "abcdef1234/prod/", "verb"},
		{"no verb", prefix + "abcdef1234/prod//pets", "verb"},
		{"a wildcard for the verb", prefix + "abcdef1234/prod/*/pets", "verb"},
		{"more than 1,600 bytes", prefix + "abcdef1234/prod/GET/" + strings.Repeat("x", 1600), "1600"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := policy.ParseARN(tt.arn)
			wantError(t, err, tt.want)
			if got != (policy.ARN{}) {
				t.Errorf("got %#v along with an error", got)
			}
		})
	}
}

func TestParseARNAcceptsExactlyTheLongestARNThatAPIGatewayDoes(t *testing.T) {
	const prefix = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/"
	longest := prefix + strings.Repeat("x", 1600-len(prefix))
	if _, err := policy.ParseARN(longest); err != nil {
		t.Errorf("%d bytes: %v", len(longest), err)
	}
	_, err := policy.ParseARN(longest + "x")
	wantError(t, err, "1601 bytes")
}

func FuzzParseARN(f *testing.F) {
	f.Add("arn:aws:execute-api:us-east-1:123456789012:abcdef1234/Prod/GET/pets/7")
	f.Add("arn:aws-cn:execute-api:cn-north-1:123456789012:abcdef1234/$default/POST/a:b/*")
	f.Add("arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/$connect")
	f.Add("arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/")
	f.Add("arn:aws:execute-api:::/")
	f.Fuzz(func(t *testing.T, s string) {
		arn, err := policy.ParseARN(s)
		if err != nil {
			if arn != (policy.ARN{}) {
				t.Errorf("%q: %#v along with %v", s, arn, err)
			}
			return
		}
		if got := arn.String(); got != s {
			t.Errorf("%q reads back as %q", s, got)
		}
		for _, field := range []string{arn.Partition, arn.Region, arn.Account, arn.API, arn.Stage} {
			if field == "" || strings.ContainsAny(field, ":/*?{}") {
				t.Errorf("%q: the field %q is empty or holds a separator or wildcard", s, field)
			}
		}
		if strings.ContainsAny(arn.Verb, ":/*?{}") || (arn.Verb != "") != strings.HasPrefix(arn.Path, "/") {
			t.Errorf("%q: verb %q and path %q", s, arn.Verb, arn.Path)
		}
		checkPoliciesFor(t, arn)
	})
}

// checkPoliciesFor makes sure that an ARN gives policies that say what they
// should on that very request.
func checkPoliciesFor(t *testing.T, arn policy.ARN) {
	t.Helper()
	for _, tt := range []struct {
		build func(*policy.Builder) *policy.Builder
		want  policy.Decision
	}{
		{(*policy.Builder).AllowAllMethods, policy.Allowed},
		{(*policy.Builder).DenyAllMethods, policy.ExplicitlyDenied},
	} {
		p, err := tt.build(policy.New("someone", arn)).Build()
		if err != nil {
			if len(arn.String()) < policy.MaxResource {
				t.Errorf("%v: %v", arn, err)
			}
			continue
		}
		if d, err := p.Evaluate(arn, policy.ConditionKeys{}); d != tt.want || err != nil {
			t.Errorf("%v: decided %v, %v, want %v", arn, d, err, tt.want)
		}
	}
}

// Every character of ASCII in every field: those on either side of the ones that are taken
// are not.
func TestEachFieldOfAnARNTakesTheseCharactersAndNoOthers(t *testing.T) {
	const names = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.$"
	const partitions = "abcdefghijklmnopqrstuvwxyz0123456789-"
	for c := range byte(128) {
		x := "x" + string(rune(c)) + "x"
		for field, test := range map[string]struct {
			arn   policy.ARN
			taken string
		}{
			"partition": {policy.ARN{Partition: "aws" + x, Region: "r", Account: "1", API: "a", Stage: "s"}, partitions},
			"region":    {policy.ARN{Partition: "aws", Region: x, Account: "1", API: "a", Stage: "s"}, names},
			"account":   {policy.ARN{Partition: "aws", Region: "r", Account: x, API: "a", Stage: "s"}, names},
			"API":       {policy.ARN{Partition: "aws", Region: "r", Account: "1", API: x, Stage: "s"}, names},
			"stage":     {policy.ARN{Partition: "aws", Region: "r", Account: "1", API: "a", Stage: x}, names},
		} {
			want := strings.IndexByte(test.taken, c) >= 0
			if p, err := policy.New("someone", test.arn).AllowAllMethods().Build(); (err == nil) != want || (p != nil) != want {
				t.Errorf("a %s with %q: %v, %v", field, c, p, err)
			}
			if c == ':' || c == '/' {
				continue // which part fields
			}
			test.arn.Verb, test.arn.Path = "GET", "/"
			if got, err := policy.ParseARN(test.arn.String()); (err == nil) != want || want && got != test.arn {
				t.Errorf("%s: %v, %v", test.arn, got, err)
			}
		}
		arn := policy.ARN{Partition: "aws", Region: "r", Account: "1", API: "a", Stage: "s", Verb: x, Path: "/"}
		if _, err := policy.ParseARN(arn.String()); c != '/' && (err == nil) != (strings.IndexByte(names, c) >= 0) {
			t.Errorf("%s: %v", arn, err)
		}
	}
}
