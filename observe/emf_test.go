package observe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/observe"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 123_000_000, time.UTC)

func newEMF(t testing.TB, out io.Writer, routes ...policy.Route) *observe.EMF {
	t.Helper()
	m, err := observe.NewEMF(observe.Config{Name: "orders", Routes: routes, Out: out, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func route(key string) policy.Route { return policy.Route{Key: key, AnyToken: true} }

// A line is what CloudWatch makes of one.
type line struct {
	members map[string]any
	metrics map[string][]float64 // the values by "Name{Dimension=value}"
}

// read reads a line as the specification of the format has it, and holds it to that.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
func read(t testing.TB, text string) line {
	t.Helper()
	if len(text) > 256<<10 || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "\n") {
		t.Fatalf("%d bytes, or not one line: %q", len(text), text)
	}
	var document struct {
		AWS struct {
			Timestamp         int64
			CloudWatchMetrics []struct {
				Namespace  string
				Dimensions [][]string
				Metrics    []struct{ Name, Unit string }
			}
		} `json:"_aws"`
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	l := line{map[string]any{}, map[string][]float64{}}
	if err := json.Unmarshal([]byte(text), &l.members); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	metadata, err := json.Marshal(map[string]any{"_aws": l.members["_aws"]})
	if err != nil {
		t.Fatal(err)
	}
	decoder = json.NewDecoder(bytes.NewReader(metadata))
	decoder.DisallowUnknownFields() // the specification: no additional members
	if err := decoder.Decode(&document); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if document.AWS.Timestamp != now.UnixMilli() || len(document.AWS.CloudWatchMetrics) == 0 {
		t.Errorf("timestamp %d, %d directives", document.AWS.Timestamp, len(document.AWS.CloudWatchMetrics))
	}
	named := map[string]bool{"_aws": true}
	for _, directive := range document.AWS.CloudWatchMetrics {
		if directive.Namespace == "" || len(directive.Dimensions) == 0 || len(directive.Metrics) == 0 || len(directive.Metrics) > 100 {
			t.Errorf("a directive %+v", directive)
		}
		for _, set := range directive.Dimensions {
			if len(set) > 30 {
				t.Errorf("%d dimensions", len(set))
			}
			for _, m := range directive.Metrics {
				key := m.Name + "{"
				for i, dimension := range set {
					value, ok := l.members[dimension].(string)
					if !ok || value == "" || len(value) > 1024 || len(dimension) > 250 {
						t.Errorf("dimension %s is %v in %s", dimension, l.members[dimension], text)
					}
					key += map[bool]string{true: ","}[i > 0] + dimension + "=" + value
					named[dimension] = true
				}
				if key += "}"; l.metrics[key] != nil {
					t.Errorf("%s is counted twice", key)
				}
				l.metrics[key] = values(t, l.members[m.Name])
				named[m.Name] = true
				if m.Unit != "Count" && m.Unit != "Milliseconds" {
					t.Errorf("unit %q", m.Unit)
				}
			}
		}
	}
	for name, value := range l.members {
		if _, text := value.(string); !named[name] && !text {
			t.Errorf("%s is a number that is no metric", name)
		}
	}
	return l
}

func values(t testing.TB, member any) (all []float64) {
	t.Helper()
	list, ok := member.([]any)
	if !ok {
		list = []any{member}
	}
	for _, value := range list {
		number, ok := value.(float64)
		if !ok || math.Abs(number) > math.Exp2(360) {
			t.Fatalf("the value of a metric is %v", member)
		}
		all = append(all, number)
	}
	if len(all) == 0 || len(all) > 100 {
		t.Fatalf("%d values", len(all))
	}
	return all
}

func wantMetrics(t testing.TB, text string, want map[string][]float64) line {
	t.Helper()
	l := read(t, text)
	if !reflect.DeepEqual(l.metrics, want) {
		t.Errorf("metrics %v, want %v", l.metrics, want)
	}
	return l
}

func TestALineHasTheMetricsOfOneRequest(t *testing.T) {
	var out bytes.Buffer
	m := newEMF(t, &out, route("GET /orders/{id}"))
	m.Outcome(t.Context(), authorizer.Outcome{
		Kind: authorizer.HTTPFormat2, Route: "GET /orders/{orderId}", RequestID: "JKJaXmPLvHcESHA=", Subject: "ann", Issuer: "https://login.example.com",
		Decision: authorizer.Allowed, Duration: 1234567 * time.Nanosecond,
	})
	one := []float64{1}
	l := wantMetrics(t, out.String(), map[string][]float64{
		"Requests{Authorizer=orders}":                                         one,
		"Requests{Authorizer=orders,Decision=allowed}":                        one,
		"Requests{Authorizer=orders,Route=GET /orders/{id},Decision=allowed}": one,
		"Duration{Authorizer=orders}":                                         {1.234},
		"Duration{Authorizer=orders,Route=GET /orders/{id}}":                  {1.234},
		"ColdStarts{Authorizer=orders}":                                       one,
	})
	if l.members["RequestID"] != "JKJaXmPLvHcESHA=" || l.members["Kind"] != "http_2" {
		t.Errorf("members %v", l.members)
	}
	for _, private := range []string{"ann", "login.example.com"} {
		if strings.Contains(out.String(), private) {
			t.Errorf("%s is in %s", private, out.String())
		}
	}

	out.Reset()
	m.Outcome(t.Context(), authorizer.Outcome{Kind: authorizer.RESTToken, Decision: authorizer.Refused, Reason: verifier.Expired, Err: errors.New("a cause")})
	wantMetrics(t, out.String(), map[string][]float64{
		"Requests{Authorizer=orders}":                  one,
		"Requests{Authorizer=orders,Decision=refused}": one,
		"Requests{Authorizer=orders,Reason=expired}":   one,
		"Duration{Authorizer=orders}":                  {0},
	})
}

func TestWhatSourcesOfKeysDoIsInTheNextLineAndNotAgain(t *testing.T) {
	var out bytes.Buffer
	m := newEMF(t, &out)
	outage, refused := errors.New("throttled"), fmt.Errorf("%w: by KMS", keys.ErrUnknownKey)
	call := func(operation string, ms int, err error) keys.Event {
		return keys.Event{Kind: keys.EventCall, Operation: operation, Duration: time.Duration(ms) * time.Millisecond, Err: err}
	}
	for _, e := range []keys.Event{
		call("", 20, nil), call("", 5000, outage), call("Decrypt", 7, nil), call("Decrypt", 8, refused), call("Decrypt", 9, outage), call("Sign", 10, keys.ErrSignature),
		{Kind: keys.EventHit}, {Kind: keys.EventHit, Err: refused}, {Kind: keys.EventHit}, {Kind: keys.EventGrace, Err: outage}, {Kind: keys.EventBudget}, {Kind: keys.EventRotated},
		{Kind: "of a later version"},
	} {
		m.KeyEvent(t.Context(), e)
	}
	if out.Len() > 0 {
		t.Errorf("a line before there is an outcome: %s", &out)
	}
	want := map[string][]float64{
		"KeyHits{Authorizer=orders}": {3}, "KeysOnGrace{Authorizer=orders}": {1}, "OverBudget{Authorizer=orders}": {1}, "KeyRotations{Authorizer=orders}": {1},
		"KeyFetches{Authorizer=orders}": {2}, "KeyFetchFailures{Authorizer=orders}": {1}, "KeyFetchDuration{Authorizer=orders}": {20, 5000},
		"KMSCalls{Authorizer=orders}": {4}, "KMSFailures{Authorizer=orders}": {1}, "KMSRefusals{Authorizer=orders}": {2}, "KMSDuration{Authorizer=orders}": {7, 8, 9, 10},
		"ColdStarts{Authorizer=orders}": {1}, "Requests{Authorizer=orders}": {1}, "Requests{Authorizer=orders,Decision=failed}": {1}, "Duration{Authorizer=orders}": {0},
	}
	m.Outcome(t.Context(), authorizer.Outcome{Decision: authorizer.Failed, Err: outage})
	wantMetrics(t, out.String(), want)

	out.Reset()
	m.Flush()
	if out.Len() > 0 {
		t.Errorf("a line about nothing: %s", &out)
	}
	m.KeyEvent(t.Context(), call("Sign", 11, nil))
	m.Flush()
	wantMetrics(t, out.String(), map[string][]float64{"KMSCalls{Authorizer=orders}": {1}, "KMSDuration{Authorizer=orders}": {11}})
}

func TestAFunctionWithoutAnAuthorizerFlushesItsColdStartToo(t *testing.T) {
	var out bytes.Buffer
	m := newEMF(t, &out)
	m.KeyEvent(t.Context(), keys.Event{Kind: keys.EventHit})
	m.Flush()
	wantMetrics(t, out.String(), map[string][]float64{"KeyHits{Authorizer=orders}": {1}, "ColdStarts{Authorizer=orders}": {1}})
	out.Reset()
	m.Outcome(t.Context(), authorizer.Outcome{})
	if strings.Contains(out.String(), "ColdStarts") {
		t.Errorf("a second cold start: %s", &out)
	}
}

func TestManyCallsMakeNoLongLine(t *testing.T) {
	var out bytes.Buffer
	m := newEMF(t, &out)
	for i := range 100_000 {
		m.KeyEvent(t.Context(), keys.Event{Kind: keys.EventCall, Operation: []string{"Decrypt", ""}[i%2], Duration: time.Hour, Err: keys.ErrSignature})
	}
	m.Flush()
	l := read(t, out.String())
	if n := len(l.metrics["KMSDuration{Authorizer=orders}"]); n != 100 || l.metrics["KMSCalls{Authorizer=orders}"][0] != 50_000 {
		t.Errorf("%d durations of %v calls", n, l.metrics["KMSCalls{Authorizer=orders}"])
	}
}

func TestDimensionsAreBoundedWhateverIsSent(t *testing.T) {
	var out bytes.Buffer
	m := newEMF(t, &out, route("GET /a"), route("ANY /files/{proxy+}"))
	dimensions := map[string]bool{}
	for i := range 1000 {
		out.Reset()
		m.Outcome(t.Context(), authorizer.Outcome{
			Route: fmt.Sprintf("VERB%d /files/%d\"\n{x+}", i, i), RequestID: fmt.Sprint("\"\n\xff\u2028", i),
			Decision: authorizer.Refused, Reason: verifier.Reason(fmt.Sprint("mine ", i)),
		})
		for key := range read(t, out.String()).metrics {
			dimensions[key] = true
		}
	}
	for key := range dimensions {
		if strings.Contains(key, "VERB") || strings.Contains(key, "mine") {
			t.Errorf("a dimension from the caller: %q", key)
		}
	}
	if len(dimensions) != 7 { // one of them for the cold start
		t.Errorf("%d metrics: %v", len(dimensions), dimensions)
	}
}

func TestConfigIsChecked(t *testing.T) {
	for want, cfg := range map[string]observe.Config{
		`set Config.Name, which is ""`:     {},
		`Name, which is " "`:               {Name: " "},
		`Name, which is "a\nb"`:            {Name: "a\nb"},
		`Name, which is "é"`:               {Name: "é"},
		`Name, which is ":a"`:              {Name: ":a"},
		`Name, which is "xxx`:              {Name: strings.Repeat("x", 256)},
		`Namespace, which is "AWS/Lambda"`: {Name: "a", Namespace: "AWS/Lambda"},
		`Namespace, which is ":a"`:         {Name: "a", Namespace: ":a"},
		`Namespace, which is " "`:          {Name: "a", Namespace: " "},
		`Namespace, which is "a*b"`:        {Name: "a", Namespace: "a*b"},
		`Namespace, which is "yyy`:         {Name: "a", Namespace: strings.Repeat("y", 256)},
		`Routes has the key ""`:            {Name: "a", Routes: []policy.Route{{}}},
		`Routes has the key "GET /{\n}"`:   {Name: "a", Routes: []policy.Route{route("GET /{\n}")}},
	} {
		m, err := observe.NewEMF(cfg)
		if m != nil || err == nil || !strings.HasPrefix(err.Error(), "observe: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", want, m, err)
		}
	}
	var out bytes.Buffer
	for _, namespace := range []string{"", "My App/x_1-y.z#:", "AWSish", strings.Repeat("z", 255)} {
		out.Reset()
		m, err := observe.NewEMF(observe.Config{Name: `a "name" \ of 1`, Namespace: namespace, Out: &out, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		m.Outcome(t.Context(), authorizer.Outcome{Decision: authorizer.Allowed})
		if namespace == "" {
			namespace = observe.DefaultNamespace
		}
		if l := read(t, out.String()); l.members["Authorizer"] != `a "name" \ of 1` || !strings.Contains(out.String(), `{"Namespace":"`+namespace+`",`) {
			t.Errorf("%s", &out)
		}
	}
}

func TestTheNamesThatCloudWatchTakesAreTheOnesThatAreTaken(t *testing.T) {
	for c := range byte(128) {
		char := string(rune(c))
		_, err := observe.NewEMF(observe.Config{Name: "a", Namespace: "a" + char})
		if want := strings.Contains("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_/#: ", char); (err == nil) != want {
			t.Errorf("namespace a%q: %v", char, err)
		}
		if _, err := observe.NewEMF(observe.Config{Name: "a" + char}); (err == nil) != (c >= ' ' && c <= '~') {
			t.Errorf("name a%q: %v", char, err)
		}
	}
	if _, err := observe.NewEMF(observe.Config{Name: strings.Repeat("x", 255), Routes: []policy.Route{route("GET /" + strings.Repeat("x", 1019))}}); err != nil {
		t.Error(err)
	}
	if _, err := observe.NewEMF(observe.Config{Name: "a", Routes: []policy.Route{route("GET /" + strings.Repeat("x", 1020))}}); err == nil {
		t.Error("a route that is too long for a dimension")
	}
}

func TestEveryTextIsWrittenAsJSON(t *testing.T) {
	for _, id := range []string{"\n", "\x00", "\x1f", "\x7f", `"`, `\`, "é", "~ "} {
		var out bytes.Buffer
		newEMF(t, &out).Outcome(t.Context(), authorizer.Outcome{Decision: authorizer.Allowed, RequestID: "a" + id})
		if got := read(t, out.String()).members["RequestID"]; got != "a"+id {
			t.Errorf("%q: %q", id, got)
		}
	}
}

func TestEveryKindOfEventIsWorthALine(t *testing.T) {
	kinds := []keys.Event{{Kind: keys.EventHit}, {Kind: keys.EventGrace}, {Kind: keys.EventBudget}, {Kind: keys.EventRotated}, {Kind: keys.EventCall}, {Kind: keys.EventCall, Operation: "Sign"}}
	for _, a := range kinds {
		for _, b := range kinds {
			var out bytes.Buffer
			m := newEMF(t, &out)
			m.KeyEvent(t.Context(), a)
			m.KeyEvent(t.Context(), b)
			if m.Flush(); out.Len() == 0 {
				t.Errorf("%s and %s: no line", a.Kind, b.Kind)
			}
		}
	}
}

// lines counts writes, each of which must be one line.
type lines struct {
	mu   sync.Mutex
	all  []string
	fail bool
}

func (l *lines) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail {
		return 0, errors.New("the disk is full")
	}
	l.all = append(l.all, string(text))
	return len(text), nil
}

func TestRequestsAtTheSameTimeWriteWholeLinesAndCountEverythingOnce(t *testing.T) {
	const requests = 200
	var out lines
	m := newEMF(t, &out)
	var all sync.WaitGroup
	for range requests {
		all.Go(func() {
			m.KeyEvent(context.Background(), keys.Event{Kind: keys.EventCall, Operation: "Decrypt", Duration: time.Millisecond})
			m.Outcome(context.Background(), authorizer.Outcome{Decision: authorizer.Allowed})
		})
	}
	all.Wait()
	sums := map[string]float64{}
	for _, text := range out.all {
		for key, values := range read(t, text).metrics {
			for _, value := range values {
				sums[key] += value
			}
		}
	}
	for _, name := range []string{"Requests", "KMSCalls", "KMSDuration"} {
		if got := sums[name+"{Authorizer=orders}"]; got != requests || len(out.all) != requests {
			t.Errorf("%s adds up to %v in %d lines, want %d", name, got, len(out.all), requests)
		}
	}
	if got := sums["ColdStarts{Authorizer=orders}"]; got != 1 {
		t.Errorf("%v cold starts", got)
	}
}

func TestNoRequestFailsForItsMetrics(t *testing.T) {
	out := lines{fail: true}
	m := newEMF(t, &out)
	m.KeyEvent(t.Context(), keys.Event{Kind: keys.EventHit})
	m.Outcome(t.Context(), authorizer.Outcome{Decision: authorizer.Allowed})
	out.fail = false
	m.Outcome(t.Context(), authorizer.Outcome{Decision: authorizer.Allowed})
	if len(out.all) != 1 {
		t.Errorf("lines %q", out.all)
	}
	for _, m := range []*observe.EMF{nil, {}} {
		m.KeyEvent(t.Context(), keys.Event{Kind: keys.EventHit})
		m.Outcome(t.Context(), authorizer.Outcome{})
		m.Flush()
	}
}

func TestALineAllocatesNothing(t *testing.T) {
	m := newEMF(t, io.Discard, route("GET /orders/{id}"), route("GET /orders"))
	ctx := t.Context()
	o := authorizer.Outcome{
		Kind: authorizer.HTTPFormat2, Route: "GET /orders/{id}", RequestID: "JKJaXmPLvHcESHA=", Decision: authorizer.Refused, Reason: verifier.Expired, Duration: 1234 * time.Microsecond,
	}
	if n := testing.AllocsPerRun(100, func() {
		m.KeyEvent(ctx, keys.Event{Kind: keys.EventHit})
		m.KeyEvent(ctx, keys.Event{Kind: keys.EventCall, Operation: "Decrypt", Duration: time.Millisecond})
		m.Outcome(ctx, o)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkOutcome(b *testing.B) {
	m := newEMF(b, io.Discard, route("GET /orders/{id}"))
	ctx, hit := b.Context(), keys.Event{Kind: keys.EventHit}
	for name, path := range map[string]string{"plain route": "GET /orders", "route with a parameter": "GET /orders/{id}"} {
		o := authorizer.Outcome{Kind: authorizer.HTTPFormat2, Route: path, RequestID: "JKJaXmPLvHcESHA=", Decision: authorizer.Allowed, Duration: 123 * time.Microsecond}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.KeyEvent(ctx, hit)
				m.Outcome(ctx, o)
			}
		})
	}
}
