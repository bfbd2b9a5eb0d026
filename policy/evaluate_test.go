package policy_test

import (
	"encoding/json"
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
	good := policy.Statement{Action: "execute-api:Invoke", Effect: "Allow", Resource: []string{"*"}}
	tests := []struct {
		name   string
		change func(*policy.Response, *policy.Statement)
		want   string
	}{
		{"no statement", func(r *policy.Response, s *policy.Statement) { r.PolicyDocument.Statement = nil }, "no statement"},
		{"no version", func(r *policy.Response, s *policy.Statement) { r.PolicyDocument.Version = "" }, "policy version"},
		{"an unknown version", func(r *policy.Response, s *policy.Statement) { r.PolicyDocument.Version = "2026-01-01" }, "policy version"},
		{"an effect in lower case", func(r *policy.Response, s *policy.Statement) { s.Effect = "deny" }, "unknown effect"},
		{"no action", func(r *policy.Response, s *policy.Statement) { s.Action = "" }, "no action"},
		{"no resource", func(r *policy.Response, s *policy.Statement) { s.Resource = nil }, "no resource"},
		{"a resource that is no ARN", func(r *policy.Response, s *policy.Statement) { s.Resource = []string{"*", "/pets"} }, "neither"},
		{"a policy variable", func(r *policy.Response, s *policy.Statement) {
			s.Resource = []string{testPrefix + "GET/${aws:username}"}
		}, "policy variable"},
		{"an unknown condition operator", func(r *policy.Response, s *policy.Statement) {
			s.Condition = policy.Conditions{"StringIs": {"aws:Referer": "x"}}
		}, "unknown condition operator"},
		{"a condition on the time without one", func(r *policy.Response, s *policy.Statement) {
			s.Condition = policy.Conditions{"DateLessThan": {"aws:CurrentTime": "2030-01-01"}}
		}, "set ConditionKeys.Time"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			// The faulty statement comes after a Deny that would decide by itself.
			r := &policy.Response{PolicyDocument: policy.Document{
				Version:   "2012-10-17",
				Statement: []policy.Statement{{Action: "*", Effect: "Deny", Resource: []string{"*"}}, good},
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

func TestTheZeroDecisionAllowsNothing(t *testing.T) {
	var d policy.Decision
	if d == policy.Allowed || d.String() != "ImplicitlyDenied" {
		t.Errorf("the zero Decision is %v", d)
	}
	if policy.Allowed.String() != "Allowed" || policy.ExplicitlyDenied.String() != "ExplicitlyDenied" || policy.Decision(9).String() != "Decision(9)" {
		t.Error("a Decision has a wrong name")
	}
}
