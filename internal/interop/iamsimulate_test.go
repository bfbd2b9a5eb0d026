package interop_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer/policy"
)

func iamSimulate() peer {
	return peer{name: "@cloud-copilot/iam-simulate", version: "0.1.173", runtime: node{script: "iam-simulate.mjs"}}
}

var stage = policy.ARN{Partition: "aws", Region: "eu-central-1", Account: "123456789012", API: "a1b2c3d4e5", Stage: "prod"}

// A methodCall is a request that a policy decides on.
type methodCall struct {
	Method string            `json:"method"`
	Keys   map[string]string `json:"keys"`

	arn policy.ARN
	req policy.ConditionKeys
}

func newMethodCall(verb, path string, req policy.ConditionKeys) methodCall {
	arn := stage
	arn.Verb, arn.Path = verb, path
	if req.Time.IsZero() {
		req.Time = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	}
	keys := map[string]string{
		"aws:CurrentTime":     req.Time.Format(time.RFC3339),
		"aws:EpochTime":       strconv.FormatInt(req.Time.Unix(), 10),
		"aws:SecureTransport": strconv.FormatBool(req.SecureTransport),
	}
	texts := map[string]string{"aws:UserAgent": req.UserAgent, "aws:Referer": req.Referer, "aws:SourceVpc": req.SourceVPC, "aws:SourceArn": req.SourceARN}
	if req.SourceIP.IsValid() {
		texts["aws:SourceIp"] = req.SourceIP.String()
	}
	maps.DeleteFunc(texts, func(_, value string) bool { return value == "" })
	maps.Copy(keys, texts)
	return methodCall{Method: arn.String(), Keys: keys, arn: arn, req: req}
}

// decideBoth holds Evaluate against the peer. It counts the decisions.
func decideBoth(t *testing.T, p *process, r *policy.Response, calls []methodCall, counts map[policy.Decision]int) {
	t.Helper()
	var theirs []string
	p.must(t, "decide", request{"policy": r.PolicyDocument, "requests": calls}, &theirs)
	names := map[policy.Decision]string{
		policy.Allowed: "Allowed", policy.ImplicitlyDenied: "ImplicitlyDenied", policy.ExplicitlyDenied: "ExplicitlyDenied",
	}
	for i, call := range calls {
		ours, err := r.Evaluate(call.arn, call.req)
		if err != nil {
			t.Fatalf("%v\n%+v", err, r.PolicyDocument)
		}
		counts[ours]++
		if names[ours] != theirs[i] {
			t.Errorf("%s with %v: we say %v, they say %s, of\n%+v", call.Method, call.Keys, ours, theirs[i], r.PolicyDocument)
		}
	}
}

func startIAM(t *testing.T) *process { return start(t, iamSimulate().command(t), newAuthority(t).file) }

// The policies of a table, for every caller, decide every request alike.
func TestAnotherEvaluatorOfIAMPoliciesDecidesAlikeOnTables(t *testing.T) {
	p, counts := startIAM(t), map[policy.Decision]int{}
	routes := []policy.Route{
		{Key: "GET /", AnyToken: true},
		{Key: "GET /orders", Scopes: []string{"read"}},
		{Key: "POST /orders", Scopes: []string{"write"}},
		{Key: "GET /orders/{id}", Scopes: []string{"read"}},
		{Key: "DELETE /orders/{id}", Scopes: []string{"read write"}},
		{Key: "GET /orders/mine", AnyToken: true},
		{Key: "ANY /admin/{path+}", Scopes: []string{"admin"}},
		{Key: "GET /tenants/{tenant}/files/{name}", AnyToken: true, Bind: map[string]string{"tenant": "tenant"}},
		{Key: "PUT /tenants/{tenant}/files/{name}", Scopes: []string{"write"}, Bind: map[string]string{"tenant": "tenant"}},
	}
	whole, err := policy.NewRoutes(routes...)
	if err != nil {
		t.Fatal(err)
	}
	table, err := policy.NewTable(routes...)
	if err != nil {
		t.Fatal(err)
	}
	var calls []methodCall // none to "/", whose ARN it takes for no method's
	for _, verb := range []string{"GET", "POST", "PUT", "DELETE"} {
		for _, path := range []string{
			"/orders", "/orders/", "/orders/7", "/orders/mine", "/orders/7/lines", "/Orders/7", "/admin/x/y", "/admin", "/admin//x",
			"/tenants/t1/files/a", "/tenants/t2/files/a", "/tenants/t1/files/", "/tenants/t1/x/files/a", "/tenants//files/a", "/orders/a:b",
		} {
			calls = append(calls, newMethodCall(verb, path, policy.ConditionKeys{}))
		}
	}
	for i, scopes := range [][]string{nil, {"read"}, {"write"}, {"read", "write"}, {"admin"}, {"read", "write", "admin"}} {
		caller := policy.Caller{Principal: "u", Scopes: scopes, Claims: map[string]string{"tenant": fmt.Sprintf("t%d", i%3)}}
		answer, err := whole.Policy(caller, stage)
		if err != nil {
			t.Fatal(err)
		}
		decideBoth(t, p, answer, calls, counts)
		for _, call := range calls[i*9 : i*9+15] {
			answer, err := table.Policy(caller, call.arn, "")
			if err != nil {
				t.Fatal(err)
			}
			decideBoth(t, p, answer, []methodCall{call}, counts)
		}
	}
	for _, d := range []policy.Decision{policy.Allowed, policy.ImplicitlyDenied, policy.ExplicitlyDenied} {
		if counts[d] < 10 {
			t.Errorf("%d are %v: the test no longer looks at them", counts[d], d)
		}
	}
}

// A conditionOf has the operators and values that fit a key.
type conditionOf struct {
	key       string
	operators []string
	values    []string
}

var (
	strOps  = []string{"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike"}
	dateOps = []string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"}
	numOps  = []string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"}
)

var conditionsOf = []conditionOf{
	{"aws:UserAgent", strOps, []string{"curl/8", "CURL/8", "curl/*", "c?rl/8", "other"}},
	{"aws:Referer", strOps, []string{"https://a.example/", "https://*.example/"}},
	{"aws:SourceVpc", strOps, []string{"vpc-1", "vpc-*"}},
	{"aws:SourceArn", []string{"ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"}, []string{"arn:aws:s3:::bucket", "arn:aws:s3:::*", "arn:aws:*:::bucket"}},
	{"aws:SourceIp", []string{"IpAddress", "NotIpAddress"}, []string{"203.0.113.0/24", "203.0.113.7", "198.51.100.0/24"}}, // nothing of IPv6, where it is wrong: README.md
	{"aws:SecureTransport", []string{"Bool"}, []string{"true", "false"}},
	{"aws:CurrentTime", dateOps, []string{"2026-03-01T12:00:00Z", "2026-03-01T12:00:01Z", "2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z"}},
	{"aws:EpochTime", numOps, []string{"1772366400", "1772366401", "1000000000"}},
}

// random returns conditions of one to three keys.
func randomConditions(rng *rand.Rand) policy.Conditions {
	all := policy.Conditions{}
	for range 1 + rng.IntN(3) {
		of := conditionsOf[rng.IntN(len(conditionsOf))]
		operator := of.operators[rng.IntN(len(of.operators))]
		values := of.values[rng.IntN(len(of.values)):]
		switch rng.IntN(8) {
		case 0:
			operator += "IfExists"
		case 1:
			operator, values = "Null", []string{strconv.FormatBool(rng.IntN(2) == 0)}
		}
		if all[operator] == nil {
			all[operator] = map[string]any{}
		}
		all[operator][of.key] = values
	}
	return all
}

func randomKeys(rng *rand.Rand) policy.ConditionKeys {
	pick := func(values ...string) string { return values[rng.IntN(len(values))] }
	keys := policy.ConditionKeys{
		Time:      time.Date(2026, 3, 1, 12, 0, rng.IntN(2), 0, time.UTC),
		UserAgent: pick("", "curl/8", "Curl/8", "curl/9", "other"), Referer: pick("", "https://a.example/", "https://b.example/x"),
		SourceVPC: pick("", "vpc-1", "vpc-2"), SourceARN: pick("", "arn:aws:s3:::bucket", "arn:aws:sns:::bucket"),
		SecureTransport: rng.IntN(2) == 0,
	}
	if text := pick("", "203.0.113.7", "203.0.113.8", "198.51.100.1"); text != "" {
		keys.SourceIP = netip.MustParseAddr(text)
	}
	return keys
}

func TestAnotherEvaluatorOfIAMPoliciesDecidesAlikeOnConditions(t *testing.T) {
	p, counts := startIAM(t), map[policy.Decision]int{}
	rng := rand.New(rand.NewPCG(7, 7519))
	for range 150 {
		answer, err := policy.New("u", stage).
			AllowMethodWithConditions("GET", "/pets", randomConditions(rng)).
			DenyMethodWithConditions("GET", "/*", randomConditions(rng)).
			AllowMethod("GET", "/open").
			Build()
		if err != nil {
			t.Fatal(err)
		}
		var calls []methodCall
		for _, path := range []string{"/pets", "/pets", "/pets", "/open", "/pets/7"} {
			calls = append(calls, newMethodCall("GET", path, randomKeys(rng)))
		}
		decideBoth(t, p, answer, calls, counts)
	}
	for _, d := range []policy.Decision{policy.Allowed, policy.ImplicitlyDenied, policy.ExplicitlyDenied} {
		if counts[d] < 50 {
			t.Errorf("%d are %v: the test no longer looks at them", counts[d], d)
		}
	}
}

func TestTheREADMENamesTheEvaluatorOfPolicies(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if name := iamSimulate().name + " " + iamSimulate().version; !strings.Contains(string(text), name) {
		t.Errorf("README.md does not name %s", name)
	}
}
