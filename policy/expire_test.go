package policy_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/policy"
)

func TestEveryAllowEndsWithTheToken(t *testing.T) {
	end := time.Date(2030, 1, 1, 13, 0, 0, 999, time.FixedZone("CET", 60*60))
	p, err := policy.New("ada", testAPI).AllowMethod("GET", "/a").
		AllowMethodWithConditions("GET", "/b", policy.Conditions{"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}).
		DenyMethod("GET", "/c").Build()
	if err != nil {
		t.Fatal(err)
	}
	before, _ := json.Marshal(p)
	shared := *p
	shared.ExpireAt(end)
	if after, _ := json.Marshal(p); string(after) != string(before) {
		t.Errorf("a policy that shares the statements became %s", after)
	}
	want := `[{"Action":"execute-api:Invoke","Effect":"Allow","Resource":["` + testPrefix + `GET/b"],` +
		`"Condition":{"DateLessThan":{"aws:CurrentTime":"2030-01-01T12:00:00Z"},"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}},` +
		`{"Action":"execute-api:Invoke","Effect":"Allow","Resource":["` + testPrefix + `GET/a"],"Condition":{"DateLessThan":{"aws:CurrentTime":"2030-01-01T12:00:00Z"}}},` +
		`{"Action":"execute-api:Invoke","Effect":"Deny","Resource":["` + testPrefix + `GET/c"]}]`
	if got, _ := json.Marshal(shared.PolicyDocument.Statement); string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, tt := range []struct {
		after time.Duration
		want  policy.Decision
	}{{-time.Second, policy.Allowed}, {0, policy.ImplicitlyDenied}, {time.Hour, policy.ImplicitlyDenied}} {
		d, err := shared.Evaluate(request("GET", "/a"), policy.ConditionKeys{Time: end.Add(tt.after)})
		if d != tt.want || err != nil {
			t.Errorf("%v after the end: %v, %v", tt.after, d, err)
		}
		d, err = shared.Evaluate(request("GET", "/c"), policy.ConditionKeys{Time: end.Add(tt.after)})
		if d != policy.ExplicitlyDenied || err != nil {
			t.Errorf("what is denied, %v after the end: %v, %v", tt.after, d, err)
		}
	}
}

func TestTheEarlierOfTwoEndsCounts(t *testing.T) {
	const end = "2030-01-01T00:00:00Z"
	tests := []struct {
		name      string
		condition policy.Conditions
		want      string
	}{
		{"none before", nil, `{"DateLessThan":{"aws:CurrentTime":"` + end + `"}}`},
		{"an earlier end", policy.Conditions{"DateLessThan": {"aws:CurrentTime": "2029-12-31"}}, `{"DateLessThan":{"aws:CurrentTime":"2029-12-31"}}`},
		{"the same end", policy.Conditions{"DateLessThan": {"aws:CurrentTime": end}}, `{"DateLessThan":{"aws:CurrentTime":"` + end + `"}}`},
		{"the same end in other words", policy.Conditions{"DateLessThan": {"aws:CurrentTime": []string{"2030-01-01", "1893456000"}}}, `{"DateLessThan":{"aws:CurrentTime":["2030-01-01","1893456000"]}}`},
		{"an end one nanosecond later", policy.Conditions{"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00.000000001Z"}}, `{"DateLessThan":{"aws:CurrentTime":"` + end + `"}}`},
		{"a later end", policy.Conditions{"DateLessThan": {"aws:CurrentTime": "2030-01-02"}}, `{"DateLessThan":{"aws:CurrentTime":"` + end + `"}}`},
		{"a later end, in another case", policy.Conditions{"DateLessThan": {"AWS:currenttime": "2030-01-02"}}, `{"DateLessThan":{"AWS:currenttime":"` + end + `"}}`},
		{"an earlier and a later end", policy.Conditions{"DateLessThan": {"aws:CurrentTime": []any{"2029-12-31", "2031-01-01"}}}, `{"DateLessThan":{"aws:CurrentTime":"` + end + `"}}`},
		{"an end that is none", policy.Conditions{"DateLessThan": {"aws:CurrentTime": "${x}"}}, `{"DateLessThan":{"aws:CurrentTime":"` + end + `"}}`},
		{"an end of another type", policy.Conditions{"DateLessThan": {"aws:CurrentTime": nil}}, `{"DateLessThan":{"aws:CurrentTime":"` + end + `"}}`},
		{"another key", policy.Conditions{"DateLessThan": {"aws:EpochTime": "2029-12-31"}}, `{"DateLessThan":{"aws:CurrentTime":"` + end + `","aws:EpochTime":"2029-12-31"}}`},
		{"another operator", policy.Conditions{"DateGreaterThan": {"aws:CurrentTime": "2029-12-31"}}, `{"DateGreaterThan":{"aws:CurrentTime":"2029-12-31"},"DateLessThan":{"aws:CurrentTime":"` + end + `"}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := policy.Response{PolicyDocument: policy.Document{Statement: []policy.Statement{{Effect: "Allow", Condition: tt.condition}}}}
			before, _ := json.Marshal(tt.condition)
			p.ExpireAt(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
			if got, _ := json.Marshal(p.PolicyDocument.Statement[0].Condition); string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if after, _ := json.Marshal(tt.condition); string(after) != string(before) {
				t.Errorf("the conditions themselves became %s", after)
			}
		})
	}
}

// A token without exp has the zero time, and a token may name any number.
func TestEndsThatNoDateCanSayAreTheFirstOrTheLast(t *testing.T) {
	for name, tt := range map[string]struct {
		end  time.Time
		want string
	}{
		"the zero time":     {time.Time{}, "1970-01-01T00:00:00Z"},
		"before 1970":       {time.Unix(-1, 0), "1970-01-01T00:00:00Z"},
		"the year 9999":     {time.Unix(253402300799, 0), "9999-12-31T23:59:59Z"},
		"the year 10000":    {time.Unix(253402300800, 0), "9999-12-31T23:59:59Z"},
		"the end of number": {time.Unix(1<<62, 0), "9999-12-31T23:59:59Z"},
	} {
		p, err := policy.New("ada", testAPI).AllowAllMethods().Build()
		if err != nil {
			t.Fatal(err)
		}
		p.ExpireAt(tt.end)
		if got := p.PolicyDocument.Statement[0].Condition["DateLessThan"]["aws:CurrentTime"]; got != tt.want {
			t.Errorf("%s: %v, want %s", name, got, tt.want)
		}
		if d, err := p.Evaluate(request("GET", "/"), policy.ConditionKeys{Time: time.Unix(1, 0)}); err != nil || (d == policy.Allowed) != (tt.want > "1971") {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
}
