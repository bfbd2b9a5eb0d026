package policy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sort"
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

// Each case grows a part of an answer until its JSON is larger than the limit. "<" takes six
// bytes there, and of a list of empty texts only what is around them counts.
func TestCheckLimitsFindsTheFirstByteTooManyWhereverItStands(t *testing.T) {
	names := func(n int, value any) map[string]any {
		escaped := "<>&\x00\x01\x02\x03\x04\x05\x06\x07\x0b\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c"
		context := make(map[string]any)
		for i := range n {
			context[string([]byte{escaped[i/len(escaped)%len(escaped)], escaped[i%len(escaped)]})] = value
		}
		return context
	}
	with := func(change func(s *policy.Statement, n int)) func(*policy.Response, int) {
		return func(r *policy.Response, n int) { change(&r.PolicyDocument.Statement[0], n) }
	}
	for name, set := range map[string]func(*policy.Response, int){
		"the principal":          func(r *policy.Response, n int) { r.PrincipalID = strings.Repeat("<", n) },
		"the usage key":          func(r *policy.Response, n int) { r.UsageIdentifierKey = strings.Repeat("<", n) },
		"the version":            func(r *policy.Response, n int) { r.PolicyDocument.Version = strings.Repeat("<", n) },
		"a name in the context":  func(r *policy.Response, n int) { r.Context = map[string]any{strings.Repeat("<", n): true} },
		"a text in the context":  func(r *policy.Response, n int) { r.Context = map[string]any{"a": strings.Repeat("<", n)} },
		"a number in it":         func(r *policy.Response, n int) { r.Context = map[string]any{"a": json.Number(strings.Repeat("1", n))} },
		"any other value":        func(r *policy.Response, n int) { r.Context = map[string]any{"a": []string{strings.Repeat("<", n)}} },
		"many empty texts":       func(r *policy.Response, n int) { r.Context = names(n, "") },
		"many booleans":          func(r *policy.Response, n int) { r.Context = names(n, false) },
		"many numbers":           func(r *policy.Response, n int) { r.Context = names(n, json.Number("1")) },
		"many statements":        func(r *policy.Response, n int) { r.PolicyDocument.Statement = make([]policy.Statement, n) },
		"an identifier":          with(func(s *policy.Statement, n int) { s.Sid = strings.Repeat("<", n) }),
		"an effect":              with(func(s *policy.Statement, n int) { s.Effect = strings.Repeat("<", n) }),
		"an action":              with(func(s *policy.Statement, n int) { s.Action = []string{strings.Repeat("<", n)} }),
		"an excepted action":     with(func(s *policy.Statement, n int) { s.NotAction = []string{strings.Repeat("<", n)} }),
		"an excepted resource":   with(func(s *policy.Statement, n int) { s.NotResource = []string{strings.Repeat("<", n)} }),
		"a condition":            with(func(s *policy.Statement, n int) { s.Condition = policy.Conditions{strings.Repeat("<", n): nil} }),
		"many actions":           with(func(s *policy.Statement, n int) { s.Action = make([]string, n) }),
		"many excepted actions":  with(func(s *policy.Statement, n int) { s.NotAction = make([]string, n) }),
		"many resources":         with(func(s *policy.Statement, n int) { s.Resource = make([]string, n) }),
		"many excepted ones":     with(func(s *policy.Statement, n int) { s.NotResource = make([]string, n) }),
		"many resources of text": with(func(s *policy.Statement, n int) { s.Resource = slices.Repeat([]string{strings.Repeat("<", 50)}, n) }),
	} {
		t.Run(name, func(t *testing.T) {
			answer := func(n int) *policy.Response {
				r := &policy.Response{PolicyDocument: policy.Document{Statement: make([]policy.Statement, 1)}}
				set(r, n)
				return r
			}
			size := func(n int) int {
				text, err := json.Marshal(answer(n))
				if err != nil {
					t.Fatal(err)
				}
				return len(text)
			}
			n := sort.Search(policy.MaxResponse, func(n int) bool { return size(n) > policy.MaxResponse })
			var limit *policy.LimitError
			if err := answer(n).CheckLimits(); !errors.As(err, &limit) || *limit != (policy.LimitError{
				What: "authorizer's answer", Unit: "bytes of JSON", Size: size(n), Limit: policy.MaxResponse,
			}) {
				t.Errorf("%d times, %d bytes: %v", n, size(n), err)
			}
			if err := answer(n - 1).CheckLimits(); err != nil {
				t.Errorf("%d times, %d bytes: %v", n-1, size(n-1), err)
			}
		})
	}
}

func TestAResourceMayHaveThisManyCharactersAndNoMore(t *testing.T) {
	r := policy.Response{PolicyDocument: policy.Document{Statement: []policy.Statement{{}, {Resource: []string{"arn:a", strings.Repeat("é", policy.MaxResource)}}}}}
	if err := r.CheckLimits(); err != nil {
		t.Errorf("%d characters: %v", policy.MaxResource, err)
	}
	r.PolicyDocument.Statement[1].Resource[1] = strings.Repeat("x", policy.MaxResource+1)
	var limit *policy.LimitError
	want := policy.LimitError{What: `resource "` + strings.Repeat("x", 64) + `…"`, Unit: "characters", Size: policy.MaxResource + 1, Limit: policy.MaxResource}
	if err := r.CheckLimits(); !errors.As(err, &limit) || *limit != want {
		t.Errorf("%d characters: %v", policy.MaxResource+1, err)
	}
	if got, want := want.Error(), `policy: the resource "`+strings.Repeat("x", 64)+`…" has 513 characters, 1 more than the limit of 512`; got != want {
		t.Errorf("got %s, want %s", got, want)
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

func TestPrintingAnAnswerLeavesOutWhatItDoesNotHave(t *testing.T) {
	r := policy.Response{PrincipalID: "ada", PolicyDocument: policy.Document{Statement: []policy.Statement{
		{Effect: "Allow", Resource: []string{"*"}, Condition: policy.Conditions{}}, {Effect: "Deny", NotResource: []string{"arn:a"}, Condition: policy.Conditions{"Bool": nil}},
	}}}
	want := `policy for "ada": Allow *; Deny all but arn:a if {"Bool":null}`
	for context, also := range map[string]string{"": "", "plan": " (context: plan)"} {
		if r.Context = map[string]any{}; context != "" {
			r.Context[context] = 1
		}
		if got := r.String(); got != want+also {
			t.Errorf("got %s, want %s", got, want+also)
		}
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
		"true": false, "null": false, "\"1\"": false, "[1]": false, "{}": false, "e": false, "E1": false, ".5": false, "-0": true, "1E+9": true, "1e-9": true,
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
