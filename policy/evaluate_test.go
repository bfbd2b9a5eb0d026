package policy_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// document returns a policy with the given statements in JSON.
func document(t *testing.T, statements string) *policy.Response {
	t.Helper()
	var r policy.Response
	text := `{"principalId":"someone","policyDocument":{"Version":"2012-10-17","Statement":[` + statements + `]}}`
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	return &r
}

func TestEvaluateDecidesAsIAMDoes(t *testing.T) {
	const (
		allowPets   = `{"Action":"execute-api:Invoke","Effect":"Allow","Resource":["` + testPrefix + `GET/pets/*"]}`
		denySecret  = `{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["` + testPrefix + `GET/pets/secret","` + testPrefix + `*/x"]}`
		allowAll    = `{"Action":"*","Effect":"Allow","Resource":"*"}`
		otherAction = `{"Action":"lambda:InvokeFunction","Effect":"Allow","Resource":"*"}`
		denyOther   = `{"Action":"execute-api:ManageConnections","Effect":"Deny","Resource":"*"}`
		oddCase     = `{"Action":["EXECUTE-API:inv*"],"Effect":"Allow","Resource":"*"}`
		otherStage  = `{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/test/*"}`
		anyRegion   = `{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"arn:aws:execute-api:*:123456789012:*/*/GET/pets/?"}`
	)
	tests := []struct {
		name, statements, verb, path string
		want                         policy.Decision
	}{
		{"an Allow that matches", allowPets, "GET", "/pets/1", policy.Allowed},
		{"an Allow across slashes", allowPets, "GET", "/pets/1/toys/2", policy.Allowed},
		{"an Allow for another path", allowPets, "GET", "/pets", policy.ImplicitlyDenied},
		{"an Allow for another verb", allowPets, "POST", "/pets/1", policy.ImplicitlyDenied},
		{"paths are compared with case", allowPets, "GET", "/Pets/1", policy.ImplicitlyDenied},
		{"a Deny before an Allow", denySecret + "," + allowPets, "GET", "/pets/secret", policy.ExplicitlyDenied},
		{"a Deny after an Allow", allowPets + "," + denySecret, "GET", "/pets/secret", policy.ExplicitlyDenied},
		{"a Deny that does not match", allowPets + "," + denySecret, "GET", "/pets/1", policy.Allowed},
		{"a Deny by its second resource", allowPets + "," + denySecret, "GET", "/pets/x", policy.ExplicitlyDenied},
		{"a Deny alone", denySecret, "GET", "/pets/1", policy.ImplicitlyDenied},
		{"everything allowed", allowAll, "DELETE", "/", policy.Allowed},
		{"another action allowed", otherAction, "GET", "/pets/1", policy.ImplicitlyDenied},
		{"another action denied", allowAll + "," + denyOther, "GET", "/pets/1", policy.Allowed},
		{"actions are compared without case", oddCase, "GET", "/pets/1", policy.Allowed},
		{"another stage", otherStage, "GET", "/pets/1", policy.ImplicitlyDenied},
		{"wildcards for region, API and stage", anyRegion, "GET", "/pets/1", policy.Allowed},
		{"one character is not two", anyRegion, "GET", "/pets/12", policy.ImplicitlyDenied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := evaluate(t, document(t, tt.statements), tt.verb, tt.path); got != tt.want {
				t.Errorf("decided %v, want %v", got, tt.want)
			}
		})
	}
}

func TestEvaluateReportsWhatItCannotJudgeRatherThanGuess(t *testing.T) {
	good := policy.Statement{Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{"*"}}
	tests := []struct {
		name   string
		change func(*policy.Response, *policy.Statement)
		want   string
	}{
		{"no statement", func(r *policy.Response, s *policy.Statement) { r.PolicyDocument.Statement = nil }, "no statement"},
		{"no version", func(r *policy.Response, s *policy.Statement) { r.PolicyDocument.Version = "" }, "policy version"},
		{"an unknown version", func(r *policy.Response, s *policy.Statement) { r.PolicyDocument.Version = "2026-01-01" }, "policy version"},
		{"an effect in lower case", func(r *policy.Response, s *policy.Statement) { s.Effect = "deny" }, "unknown effect"},
		{"no action", func(r *policy.Response, s *policy.Statement) { s.Action = nil }, "no action"},
		{"no resource", func(r *policy.Response, s *policy.Statement) { s.Resource = nil }, "no resource"},
		{"a resource that is no ARN", func(r *policy.Response, s *policy.Statement) { s.Resource = []string{"*", "/pets"} }, "neither"},
		{"both actions and all but some", func(r *policy.Response, s *policy.Statement) { s.NotAction = []string{"a:b"} }, "both"},
		{"both resources and all but some", func(r *policy.Response, s *policy.Statement) { s.NotResource = []string{"*"} }, "both"},
		{"all but a resource that is no ARN", func(r *policy.Response, s *policy.Statement) {
			s.Resource, s.NotResource = nil, []string{"/pets"}
		}, "neither"},
		{"a condition operator without a key", func(r *policy.Response, s *policy.Statement) {
			s.Condition = policy.Conditions{"StringIs": {}}
		}, "has no key"},
		{"a value that is no text", func(r *policy.Response, s *policy.Statement) {
			s.Condition = policy.Conditions{"StringIs": {"aws:Referer": map[string]string{}}}
		}, "want a string"},
		{"a date that is none", func(r *policy.Response, s *policy.Statement) {
			s.Condition = policy.Conditions{"DateLessThan": {"aws:CurrentTime": "soon"}}
		}, "not a date"},
		{"a condition on the time without one", func(r *policy.Response, s *policy.Statement) {
			s.Condition = policy.Conditions{"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}
		}, "set ConditionKeys.Time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The faulty statement comes after a Deny that would decide by itself.
			r := &policy.Response{PolicyDocument: policy.Document{
				Version:   "2012-10-17",
				Statement: []policy.Statement{{Action: []string{"*"}, Effect: "Deny", Resource: []string{"*"}}, good},
			}}
			tt.change(r, &r.PolicyDocument.Statement[1])
			d, err := r.Evaluate(request("GET", "/pets"), policy.ConditionKeys{})
			wantError(t, err, tt.want)
			if d != policy.ImplicitlyDenied {
				t.Errorf("decided %v along with an error", d)
			}
		})
	}
}

func TestBothVersionsOfIAMsLanguageAreRead(t *testing.T) {
	for version, want := range map[string]policy.Decision{
		"2012-10-17": policy.Allowed, "2008-10-17": policy.Allowed, "2008-10-18": policy.ImplicitlyDenied, "2012-10-17 ": policy.ImplicitlyDenied,
	} {
		r := document(t, `{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"*"}`)
		r.PolicyDocument.Version = version
		if d, err := r.Evaluate(request("GET", "/"), policy.ConditionKeys{}); d != want || (err == nil) != (want == policy.Allowed) {
			t.Errorf("%q: %v, %v", version, d, err)
		}
	}
}

func TestTheZeroDecisionAllowsNothing(t *testing.T) {
	var d policy.Decision
	if d == policy.Allowed || d.String() != "ImplicitlyDenied" {
		t.Errorf("the zero Decision is %v", d)
	}
	if policy.Allowed.String() != "Allowed" || policy.ExplicitlyDenied.String() != "ExplicitlyDenied" || policy.Undecided.String() != "Undecided" || policy.Decision(9).String() != "Decision(9)" {
		t.Error("a Decision has a wrong name")
	}
}

// What the evaluator does not know is neither true nor false. Each statement of the
// table applies for certain (1), perhaps (?) or not (0).
func TestWhatIsNotKnownIsUndecidedOnlyIfTheDecisionHangsOnIt(t *testing.T) {
	conditions := map[byte]string{
		'1': `{"Bool":{"aws:SecureTransport":"true"}}`,
		'?': `{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}`,
		'0': `{"Bool":{"aws:SecureTransport":"false"}}`,
	}
	tests := []struct {
		allows, denies string
		want           policy.Decision
	}{
		{"1", "", policy.Allowed}, {"?", "", policy.Undecided}, {"0", "", policy.ImplicitlyDenied},
		{"1", "1", policy.ExplicitlyDenied}, {"1", "?", policy.Undecided}, {"1", "0", policy.Allowed},
		{"?", "1", policy.ExplicitlyDenied}, {"?", "?", policy.Undecided}, {"?", "0", policy.Undecided},
		{"0", "1", policy.ExplicitlyDenied}, {"0", "?", policy.ImplicitlyDenied}, {"0", "0", policy.ImplicitlyDenied},
		{"", "1", policy.ExplicitlyDenied}, {"", "?", policy.ImplicitlyDenied}, {"", "0", policy.ImplicitlyDenied},
		{"01", "", policy.Allowed}, {"?1", "", policy.Allowed}, {"0?", "", policy.Undecided}, {"00", "", policy.ImplicitlyDenied},
		{"1", "?1", policy.ExplicitlyDenied}, {"1", "0?", policy.Undecided}, {"?1", "00", policy.Allowed}, {"0?", "?1", policy.ExplicitlyDenied},
	}
	for _, tt := range tests {
		var statements []string
		for effect, marks := range map[string]string{"Allow": tt.allows, "Deny": tt.denies} {
			for i := range len(marks) {
				statements = append(statements, `{"Action":"execute-api:Invoke","Effect":"`+effect+`","Resource":"*","Condition":`+conditions[marks[i]]+`}`)
			}
		}
		d, err := document(t, strings.Join(statements, ",")).Evaluate(request("GET", "/"), policy.ConditionKeys{SecureTransport: true})
		if d != tt.want || err != nil {
			t.Errorf("Allow %q, Deny %q: %v, %v, want %v", tt.allows, tt.denies, d, err, tt.want)
		}
	}
}

// Within a statement, what is certainly false settles it whatever is not known.
func TestAStatementIsUnknownOnlyIfEverythingElseOfItApplies(t *testing.T) {
	const (
		unknown  = `"StringEquals":{"aws:PrincipalOrgID":"o-1"}`
		fulfils  = `"Bool":{"aws:SecureTransport":"true"}`
		fails    = `"Bool":{"aws:SecureTransport":"false"}`
		action   = `"Action":"execute-api:Invoke"`
		resource = `"Resource":"*"`
	)
	tests := []struct {
		name, statement string
		want            policy.Decision
	}{
		{"an unknown key", action + `,` + resource + `,"Condition":{` + unknown + `}`, policy.Undecided},
		{"an unknown key and a condition that holds", action + `,` + resource + `,"Condition":{` + unknown + `,` + fulfils + `}`, policy.Undecided},
		{"an unknown key and a condition that does not", action + `,` + resource + `,"Condition":{` + unknown + `,` + fails + `}`, policy.ImplicitlyDenied},
		{"an unknown key and another action", `"Action":"s3:GetObject",` + resource + `,"Condition":{` + unknown + `}`, policy.ImplicitlyDenied},
		{"an unknown key and another resource", action + `,"Resource":"` + testPrefix + `GET/other","Condition":{` + unknown + `}`, policy.ImplicitlyDenied},
		{"an unknown operator", action + `,` + resource + `,"Condition":{"ForAnyValue:StringEquals":{"aws:Referer":"x"}}`, policy.Undecided},
		{"an operator that does not fit its key", action + `,` + resource + `,"Condition":{"StringLike":{"aws:SourceIp":"10.*"}}`, policy.Undecided},
		{"a policy variable in a value", action + `,` + resource + `,"Condition":{"StringEquals":{"aws:Referer":"${aws:username}"}}`, policy.Undecided},
		{"a policy variable in a resource", action + `,"Resource":"` + testPrefix + `GET/${aws:username}"`, policy.Undecided},
		{"a policy variable in one resource of two", action + `,"Resource":["` + testPrefix + `GET/${aws:username}","*"]`, policy.Allowed},
		{"a policy variable behind a resource that matches", action + `,"Resource":["*","` + testPrefix + `GET/${aws:username}"]`, policy.Allowed},
		{"a policy variable in a resource that is excepted", action + `,"NotResource":"` + testPrefix + `GET/${aws:username}"`, policy.Undecided},
		{"a policy variable in one excepted resource of two", action + `,"NotResource":["` + testPrefix + `GET/${aws:username}","*"]`, policy.ImplicitlyDenied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := document(t, `{"Effect":"Allow",`+tt.statement+`}`)
			d, err := p.Evaluate(request("GET", "/pets"), policy.ConditionKeys{SecureTransport: true})
			if d != tt.want || err != nil {
				t.Errorf("decided %v, %v, want %v", d, err, tt.want)
			}
			// Written again, the policy says the same as before.
			text, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			var again policy.Response
			if err := json.Unmarshal(text, &again); err != nil || !reflect.DeepEqual(again, *p) {
				t.Errorf("it became %s, %v", text, err)
			}
		})
	}
}

// A resource that matches settles it, and those behind it must be well-formed still.
func TestEveryResourceIsReadAlsoBehindOneThatMatches(t *testing.T) {
	for _, element := range []string{"Resource", "NotResource"} {
		p := document(t, `{"Action":"execute-api:Invoke","Effect":"Allow","`+element+`":["*","/pets"]}`)
		_, err := p.Evaluate(request("GET", "/pets"), policy.ConditionKeys{})
		wantError(t, err, "neither")
	}
}

func TestEvaluateReadsAllButSomeActionsAndResources(t *testing.T) {
	const pets = testPrefix + "GET/pets/*"
	tests := []struct {
		name, statement, path string
		want                  policy.Decision
	}{
		{"all but a resource, another", `"Action":"execute-api:Invoke","NotResource":"` + pets + `"`, "/users", policy.Allowed},
		{"all but a resource, this one", `"Action":"execute-api:Invoke","NotResource":"` + pets + `"`, "/pets/1", policy.ImplicitlyDenied},
		{"all but two resources", `"Action":"execute-api:Invoke","NotResource":["` + testPrefix + `*/users","` + pets + `"]`, "/users", policy.ImplicitlyDenied},
		{"all but another action", `"NotAction":"s3:*","Resource":"*"`, "/users", policy.Allowed},
		{"all but this action", `"NotAction":["s3:*","execute-api:*"],"Resource":"*"`, "/users", policy.ImplicitlyDenied},
		{"a list of actions", `"Action":["s3:GetObject","execute-api:Invoke"],"Resource":"*"`, "/users", policy.Allowed},
		{"a list of other actions", `"Action":["s3:GetObject","execute-api:ManageConnections"],"Resource":"*"`, "/users", policy.ImplicitlyDenied},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := evaluate(t, document(t, `{"Effect":"Allow",`+tt.statement+`}`), "GET", tt.path); got != tt.want {
				t.Errorf("decided %v, want %v", got, tt.want)
			}
		})
	}
}
