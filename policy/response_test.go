package policy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer/policy"
)

// A limit is exact only if the size is: what is counted has to be what is sent.
func TestCheckLimitsCountsTheBytesOfTheJSON(t *testing.T) {
	statement := policy.Statement{Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{"arn:a", `arn:<&>"\`}}
	conditional := statement
	conditional.Condition = policy.Conditions{"StringLike": {"aws:UserAgent": []string{"<*>", "é"}}, "Bool": {"aws:SecureTransport": true}}
	document := policy.Document{Version: "2012-10-17", Statement: []policy.Statement{statement, conditional, statement}}
	tests := map[string]policy.Response{
		"the zero answer":      {},
		"no statement":         {PolicyDocument: policy.Document{Statement: []policy.Statement{}}},
		"an empty statement":   {PolicyDocument: policy.Document{Statement: []policy.Statement{{}}}},
		"an empty list":        {PolicyDocument: policy.Document{Statement: []policy.Statement{{Resource: []string{}}}}},
		"several statements":   {PolicyDocument: document},
		"escapes":              {PrincipalID: "\x00\x01\b\f\n\r\t\"\\/<>&\u2028\u2029é€😀\x7f", PolicyDocument: document},
		"text that is no UTF8": {PrincipalID: "a\xffb\xc3", PolicyDocument: document},
		"context":              {PolicyDocument: document, Context: map[string]any{"a": "<é>", "b": 1.5, "c": true, "d": []int{1}}},
		"an empty context":     {PolicyDocument: document, Context: map[string]any{}},
		"a usage key":          {PolicyDocument: document, UsageIdentifierKey: "k&y"},
	}
	for name, r := range tests {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			// Filled up to the limit with text of one byte a character it passes,
			// and one byte more does not.
			fill := strings.Repeat("x", policy.MaxResponse-len(text))
			r.PrincipalID += fill
			if err := r.CheckLimits(); err != nil {
				t.Errorf("with %d bytes: %v", policy.MaxResponse, err)
			}
			r.PrincipalID += "x"
			var limit *policy.LimitError
			if err := r.CheckLimits(); !errors.As(err, &limit) || limit.Size != policy.MaxResponse+1 {
				t.Errorf("with %d bytes: %v", policy.MaxResponse+1, err)
			}
		})
	}
}

func TestCheckLimitsCountsWhatWasAddedToTheContext(t *testing.T) {
	p, err := policy.New("someone", testAPI).AllowAllMethods().Build()
	if err != nil {
		t.Fatal(err)
	}
	p.Context = map[string]any{"groups": strings.Split(strings.Repeat("group ", 2000), " ")}
	var limit *policy.LimitError
	if err := p.CheckLimits(); !errors.As(err, &limit) {
		t.Errorf("got %v", err)
	}
	p.Context = map[string]any{"f": func() {}}
	wantError(t, p.CheckLimits(), "cannot be written as JSON")
}

func TestPrintingAnAnswerShowsNeitherTheUsageKeyNorPrivateContext(t *testing.T) {
	p, err := policy.New("ada", testAPI).AllowMethod("GET", "/a").
		DenyMethodWithConditions("*", "*", policy.Conditions{"Bool": {"aws:SecureTransport": "false"}}).
		Context("email", "ada@example.com").Context("plan", "pro").UsageIdentifierKey("the-api-key").Build()
	if err != nil {
		t.Fatal(err)
	}
	want := `policy for "ada": Allow ` + testPrefix + `GET/a; Deny ` + testPrefix + `*/* if {"Bool":{"aws:SecureTransport":"false"}} (context: email, plan)`
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, value := range []any{p, *p} {
			if got := fmt.Sprintf(verb, value); got != want {
				t.Errorf("%s gives %s", verb, got)
			}
		}
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("answered", "policy", p, "again", *p)
	if strings.Contains(log.String(), "the-api-key") || strings.Contains(log.String(), "ada@example.com") || !strings.Contains(log.String(), "GET/a") {
		t.Errorf("the log has %s", log.String())
	}
}

// What is short need not be written to be measured, and what cannot be written is an error
// whatever its size.
func TestTheSizeOfAnAnswerIsJudgedAlikeHoweverItIsMeasured(t *testing.T) {
	arn, err := policy.ParseARN(testPrefix + "GET/pets")
	if err != nil {
		t.Fatal(err)
	}
	r, err := policy.New("user-1", arn).AllowAllMethods().Build()
	if err != nil {
		t.Fatal(err)
	}
	size := func(context map[string]any) int {
		r.Context = context
		text, err := json.Marshal(r)
		if err != nil {
			return -1
		}
		return len(text)
	}
	for _, unit := range []string{"a", "<", "é", "\x01", `"`, "\u2028"} {
		for count := range 8200 / len(unit) {
			if count%50 != 0 && count < 8000/len(unit) {
				continue
			}
			want := size(map[string]any{"x": strings.Repeat(unit, count), "n": json.Number("1e3"), "b": true}) <= policy.MaxResponse
			if got := r.CheckLimits() == nil; got != want {
				t.Fatalf("%d times %q: got %v, want %v", count, unit, got, want)
			}
		}
	}
	for _, bad := range []json.Number{"NaN", "-", "1e", "true", "01", "+1", "1 ", "\"1\""} {
		if r.Context = map[string]any{"n": bad}; r.CheckLimits() == nil {
			t.Errorf("%q is taken for a number", bad)
		}
	}
	if r.Context = map[string]any{"n": json.Number("-7.5e-3")}; r.CheckLimits() != nil {
		t.Error("a number is refused")
	}
}

func TestANumberThatIsNoneIsNotTakenForShort(t *testing.T) {
	p, err := policy.New("someone", testAPI).AllowAllMethods().Build()
	if err != nil {
		t.Fatal(err)
	}
	for number, want := range map[json.Number]bool{
		"0": true, "9": true, "-10": true, "1.50": true, "1e9": true, "": true, " ": false, " 1": false, "1 ": false, "-": false, ":": false, "/": false, "1:": false, "1/": false, "x1": false,
	} {
		p.Context = map[string]any{"n": number}
		if err := p.CheckLimits(); (err == nil) != want {
			t.Errorf("%q: %v", number, err)
		}
	}
}

func TestAResourceThatIsTooLongIsNamedWithItsSize(t *testing.T) {
	_, err := policy.NewRoutes(policy.Route{Key: "GET /" + strings.Repeat(strings.Repeat("a", 150)+"/", 12) + "{id}", AnyToken: true})
	var limit *policy.LimitError
	if !errors.As(err, &limit) || limit.Limit != policy.MaxResource || limit.Size <= policy.MaxResource || limit.Unit != "characters" || !strings.HasPrefix(limit.What, "resource for ") {
		t.Errorf("got %+v, %v", limit, err)
	}
}
