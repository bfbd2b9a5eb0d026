package policy_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

func TestStatementsOfOtherAuthorizersCanBeRead(t *testing.T) {
	tests := []struct{ name, text string }{
		{"as this package writes them", `{"Action":"execute-api:Invoke","Effect":"Allow","Resource":["arn:a","arn:b"]}`},
		{"with an identifier", `{"Sid":"One","Action":"execute-api:Invoke","Effect":"Allow","Resource":["arn:a","arn:b"]}`},
		{"with a list of one action", `{"Action":["execute-api:Invoke"],"Effect":"Allow","Resource":["arn:a","arn:b"]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s policy.Statement
			if err := json.Unmarshal([]byte(tt.text), &s); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.Action, []string{"execute-api:Invoke"}) || s.Effect != "Allow" || len(s.Resource) != 2 || s.Resource[1] != "arn:b" {
				t.Errorf("got %+v", s)
			}
		})
	}
	var s policy.Statement
	text := `{"Action":"a:b","Effect":"Deny","Resource":"arn:a","Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Resource) != 1 || s.Condition["Bool"]["aws:SecureTransport"] != "false" {
		t.Errorf("got %+v", s)
	}
}

func TestAnElementThatIsNotEvaluatedIsAnErrorRatherThanIgnored(t *testing.T) {
	for name, text := range map[string]string{
		"Principal":        `{"Action":"a:b","Effect":"Allow","Resource":"arn:a","Principal":"*"}`,
		"no action":        `{"Effect":"Allow","Resource":"arn:a"}`,
		"a number":         `{"Action":1,"Effect":"Allow","Resource":"arn:a"}`,
		"a resource in {}": `{"Action":"a:b","Effect":"Allow","Resource":{"a":"b"}}`,
		"null":             `null`,
	} {
		t.Run(name, func(t *testing.T) {
			var s policy.Document
			if err := json.Unmarshal([]byte(`{"Version":"2012-10-17","Statement":[`+text+`]}`), &s); err == nil && name != "null" && name != "no action" {
				t.Errorf("got %+v", s)
			}
			r := policy.Response{PolicyDocument: s}
			if d, err := r.Evaluate(request("GET", "/"), policy.ConditionKeys{}); err == nil {
				t.Errorf("decided %v", d)
			}
		})
	}
}

func TestASingleStatementNeedNotBeInAList(t *testing.T) {
	const statement = `{"Sid":"One","Action":"execute-api:Invoke","Effect":"Allow","Resource":"*"}`
	for _, text := range []string{statement, "[" + statement + "]", " \n" + statement} {
		var r policy.Response
		if err := json.Unmarshal([]byte(`{"policyDocument":{"Version":"2012-10-17","Statement":`+text+`}}`), &r); err != nil {
			t.Fatal(err)
		}
		if d := evaluate(t, &r, "GET", "/"); d != policy.Allowed {
			t.Errorf("%s decides %v", text, d)
		}
		want := `{"Version":"2012-10-17","Statement":[{"Sid":"One","Action":"execute-api:Invoke","Effect":"Allow","Resource":["*"]}]}`
		if got, _ := json.Marshal(r.PolicyDocument); string(got) != want {
			t.Errorf("%s is written as %s", text, got)
		}
	}
	for _, text := range []string{`""`, `1`, `[[]]`, `["x"]`} {
		var d policy.Document
		if err := json.Unmarshal([]byte(`{"Version":"2012-10-17","Statement":`+text+`}`), &d); err == nil {
			t.Errorf("%s is read as %+v", text, d)
		}
	}
}

func TestSeveralActionsAreWrittenAsAList(t *testing.T) {
	s := policy.Statement{NotAction: []string{"a:b", "c:d"}, Effect: "Deny", NotResource: []string{"arn:a"}}
	want := `{"NotAction":["a:b","c:d"],"Effect":"Deny","NotResource":["arn:a"]}`
	if got, err := json.Marshal(s); string(got) != want || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	r := policy.Response{PrincipalID: "ada", PolicyDocument: policy.Document{Statement: []policy.Statement{s}}}
	if got := r.String(); got != `policy for "ada": Deny all but arn:a` {
		t.Errorf("it is printed as %s", got)
	}
}
