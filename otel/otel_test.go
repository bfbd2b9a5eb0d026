package otel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/otel"
	"github.com/lambdajwt/authorizer/policy"
	"github.com/lambdajwt/authorizer/verifier"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// A bench is an Observer and what it exports.
type bench struct {
	*otel.Observer
	spans  *tracetest.InMemoryExporter
	reader *sdkmetric.ManualReader
	tracer trace.Tracer
}

func newBench(t *testing.T, routes ...policy.Route) *bench {
	t.Helper()
	b := &bench{spans: tracetest.NewInMemoryExporter(), reader: sdkmetric.NewManualReader()}
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(b.spans))
	b.tracer = traces.Tracer("the caller's")
	var err error
	b.Observer, err = otel.New(otel.Config{
		Traces: traces, Metrics: sdkmetric.NewMeterProvider(sdkmetric.WithReader(b.reader)), Routes: routes, Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// metrics returns what was counted, and of durations how many there were and their sum.
func (b *bench) metrics(t *testing.T) map[string]string {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := b.reader.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					found[m.Name+show(p.Attributes.ToSlice())] = fmt.Sprint(p.Value)
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					found[m.Name+show(p.Attributes.ToSlice())] = fmt.Sprintf("%d: %g", p.Count, p.Sum)
				}
			default:
				t.Errorf("%s is a %T", m.Name, data)
			}
		}
	}
	return found
}

func show(attributes []attribute.KeyValue) string {
	var texts []string
	for _, a := range attributes {
		texts = append(texts, strings.TrimPrefix(string(a.Key), "authorizer.")+"="+a.Value.String())
	}
	slices.Sort(texts)
	return "{" + strings.Join(texts, ",") + "}"
}

func wantMetrics(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestARequestIsASpanAndIsCounted(t *testing.T) {
	b := newBench(t, policy.Route{Key: "GET /orders/{id}", AnyToken: true})
	ctx, parent := b.tracer.Start(t.Context(), "the invocation")
	b.Outcome(ctx, authorizer.Outcome{
		Kind: authorizer.HTTPFormat2, Route: "GET /orders/{orderId}", RequestID: "ID", Subject: "ann", Issuer: "https://login.example.com", Kid: "1",
		CachedBy: authorizer.CachedByRequest, Decision: authorizer.Allowed, Duration: 2 * time.Millisecond,
	})
	b.Outcome(ctx, authorizer.Outcome{Kind: authorizer.RESTToken, Decision: authorizer.Refused, Reason: verifier.Expired, Err: errors.New("expired")})
	spans := b.spans.GetSpans()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	s := spans[0]
	const want = "{aws.request_id=ID,cached_by=request,decision=allowed,event=http_2,issuer=https://login.example.com,kid=1,route=GET /orders/{orderId}}"
	if s.Name != "authorize" || s.Parent.SpanID() != parent.SpanContext().SpanID() || !s.EndTime.Equal(now) || s.EndTime.Sub(s.StartTime) != 2*time.Millisecond ||
		show(s.Attributes) != want || s.Status.Code != codes.Unset {
		t.Errorf("span %s of %s, from %v to %v: %s, %v", s.Name, s.Parent.SpanID(), s.StartTime, s.EndTime, show(s.Attributes), s.Status)
	}
	if got := show(spans[1].Attributes); got != "{decision=refused,event=rest_token,reason=expired}" || spans[1].Status.Code != codes.Unset || len(spans[1].Events) > 0 {
		t.Errorf("a refusal: %s, %v, %v", got, spans[1].Status, spans[1].Events)
	}
	wantMetrics(t, b.metrics(t), map[string]string{
		"authorizer.requests{decision=allowed,route=GET /orders/{id}}": "1", "authorizer.duration{decision=allowed,route=GET /orders/{id}}": "1: 0.002",
		"authorizer.requests{decision=refused,reason=expired}": "1", "authorizer.duration{decision=refused}": "1: 0",
	})
}

func TestAnOutageIsAnError(t *testing.T) {
	b := newBench(t)
	outage := errors.New("kms: throttled")
	b.Outcome(t.Context(), authorizer.Outcome{Decision: authorizer.Failed, Err: outage})
	b.Outcome(t.Context(), authorizer.Outcome{Decision: authorizer.Failed})
	b.KeyEvent(t.Context(), keys.Event{Kind: keys.EventCall, Source: "jwks.Remote", Err: outage})
	for i, s := range b.spans.GetSpans() {
		if s.Status.Code != codes.Error || (i != 1) != (s.Status.Description == outage.Error() && len(s.Events) == 1) {
			t.Errorf("%s: %v with %d events", s.Name, s.Status, len(s.Events))
		}
	}
}

func TestACallIsASpanAndWhatElseSourcesDoAreEvents(t *testing.T) {
	b := newBench(t)
	ctx, parent := b.tracer.Start(t.Context(), "the invocation")
	const source, key = "kmskeys.EnvelopeVerifier", "alias/login"
	for _, e := range []keys.Event{
		{Kind: keys.EventCall, Source: source, Name: key, Operation: "Decrypt", Duration: 20 * time.Millisecond},
		{Kind: keys.EventCall, Source: source, Name: key, Operation: "Decrypt", Duration: 10 * time.Millisecond, Err: fmt.Errorf("%w: by KMS", keys.ErrUnknownKey)},
		{Kind: keys.EventCall, Source: "keys.Refreshing", Duration: time.Second},
		{Kind: keys.EventHit, Source: source, Name: key},
		{Kind: keys.EventGrace, Source: source, Name: key, Err: errors.New("away")},
		{Kind: keys.EventBudget, Source: source, Name: key},
		{Kind: keys.EventRotated, Source: "rotation.Ring", Kid: "2"},
	} {
		b.KeyEvent(ctx, e)
	}
	parent.End()
	var got []string
	for _, s := range b.spans.GetSpans() {
		got = append(got, fmt.Sprint(s.Name, " ", s.EndTime.Sub(s.StartTime), " ", show(s.Attributes)))
		for _, e := range s.Events {
			got = append(got, "  "+e.Name+" "+show(e.Attributes))
		}
		if s.Name != "the invocation" && (s.SpanKind != trace.SpanKindClient || s.Status.Code != codes.Unset || s.Parent.SpanID() != parent.SpanContext().SpanID()) {
			t.Errorf("%s: %v, %v", s.Name, s.SpanKind, s.Status)
		}
	}
	got[len(got)-4] = "the invocation"
	want := []string{
		"kms.Decrypt 20ms {key.name=alias/login,key.result=ok,key.source=kmskeys.EnvelopeVerifier}",
		"kms.Decrypt 10ms {key.name=alias/login,key.result=refused,key.source=kmskeys.EnvelopeVerifier}",
		"keys.fetch 1s {key.result=ok,key.source=keys.Refreshing}",
		"the invocation",
		"  keys.grace {key.name=alias/login,key.source=kmskeys.EnvelopeVerifier}",
		"  keys.budget {key.name=alias/login,key.source=kmskeys.EnvelopeVerifier}",
		"  keys.rotated {key.source=rotation.Ring,kid=2}",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	const events = "authorizer.key.events"
	wantMetrics(t, b.metrics(t), map[string]string{
		events + "{key.event=call,key.source=kmskeys.EnvelopeVerifier}": "2", events + "{key.event=call,key.source=keys.Refreshing}": "1",
		events + "{key.event=hit,key.source=kmskeys.EnvelopeVerifier}": "1", events + "{key.event=grace,key.source=kmskeys.EnvelopeVerifier}": "1",
		events + "{key.event=budget,key.source=kmskeys.EnvelopeVerifier}": "1", events + "{key.event=rotated,key.source=rotation.Ring}": "1",
		"authorizer.key.call.duration{key.operation=Decrypt,key.result=ok,key.source=kmskeys.EnvelopeVerifier}":      "1: 0.02",
		"authorizer.key.call.duration{key.operation=Decrypt,key.result=refused,key.source=kmskeys.EnvelopeVerifier}": "1: 0.01",
		"authorizer.key.call.duration{key.result=ok,key.source=keys.Refreshing}":                                     "1: 1",
	})
}

func TestMetricsAreBoundedWhateverIsSent(t *testing.T) {
	b := newBench(t, policy.Route{Key: "ANY /files/{proxy+}", AnyToken: true})
	for i := range 500 {
		b.Outcome(t.Context(), authorizer.Outcome{Route: fmt.Sprintf("VERB%d /%d", i, i), Decision: authorizer.Refused, Reason: verifier.Reason(fmt.Sprint("mine", i))})
		b.Outcome(t.Context(), authorizer.Outcome{Route: fmt.Sprintf("VERB%d /files/{x+}", i), Decision: authorizer.Allowed})
	}
	wantMetrics(t, b.metrics(t), map[string]string{
		"authorizer.requests{decision=refused,reason=other,route=other}": "500", "authorizer.duration{decision=refused,route=other}": "500: 0",
		"authorizer.requests{decision=allowed,route=ANY /files/{proxy+}}": "500", "authorizer.duration{decision=allowed,route=ANY /files/{proxy+}}": "500: 0",
	})
}

func TestOneOfTracesAndMetricsIsEnoughAndNoneIsRefused(t *testing.T) {
	if o, err := otel.New(otel.Config{}); o != nil || err == nil || !strings.Contains(err.Error(), "set Config.Traces or Config.Metrics") {
		t.Errorf("%v, %v", o, err)
	}
	reader, spans := sdkmetric.NewManualReader(), tracetest.NewInMemoryExporter()
	for name, cfg := range map[string]otel.Config{
		"metrics": {Metrics: sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))},
		"traces":  {Traces: sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))},
	} {
		o, err := otel.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		o.Outcome(t.Context(), authorizer.Outcome{Decision: authorizer.Allowed, Duration: time.Millisecond})
		o.KeyEvent(t.Context(), keys.Event{Kind: keys.EventCall})
		var all metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &all); err != nil || name == "metrics" && len(all.ScopeMetrics) == 0 {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
	if got := spans.GetSpans(); len(got) != 2 || time.Since(got[0].EndTime) > time.Minute {
		t.Errorf("spans %v", got)
	}
	for _, o := range []*otel.Observer{nil, {}} {
		o.Outcome(t.Context(), authorizer.Outcome{})
		o.KeyEvent(t.Context(), keys.Event{})
	}
}

func TestRequestsAtTheSameTimeAreAllCounted(t *testing.T) {
	b := newBench(t)
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			b.KeyEvent(context.Background(), keys.Event{Kind: keys.EventHit, Source: "jwks.Remote"})
			b.Outcome(context.Background(), authorizer.Outcome{Decision: authorizer.Allowed})
		})
	}
	all.Wait()
	wantMetrics(t, b.metrics(t), map[string]string{
		"authorizer.requests{decision=allowed}": "100", "authorizer.duration{decision=allowed}": "100: 0",
		"authorizer.key.events{key.event=hit,key.source=jwks.Remote}": "100",
	})
}
