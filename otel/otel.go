package otel

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/trace"
	tracenoop "go.opentelemetry.io/otel/trace/noop"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/observe"
	"github.com/lambdajwt/authorizer/policy"
)

// scope is the name of what makes the traces and metrics.
const scope = "github.com/lambdajwt/authorizer/otel"

// Config says where traces and metrics go. One of Traces and Metrics must be set.
type Config struct {
	Traces  trace.TracerProvider // nil makes no traces
	Metrics metric.MeterProvider // nil makes no metrics

	// Routes are the routes of the table, by which metrics tell requests apart. Empty means
	// that they do not. A TOKEN event names no route.
	Routes []policy.Route

	// Now is the clock that spans end by; nil means time.Now.
	Now func() time.Time
}

// An Observer makes traces and metrics. Make it with [New]. It is safe for concurrent use.
type Observer struct {
	now    func() time.Time
	routes *observe.Routes
	tracer trace.Tracer

	requests metric.Int64Counter
	duration metric.Float64Histogram
	events   metric.Int64Counter
	calls    metric.Float64Histogram
}

// New returns an Observer, or an error that says which setting to mend.
func New(cfg Config) (*Observer, error) {
	if cfg.Traces == nil && cfg.Metrics == nil {
		return nil, errors.New("otel: set Config.Traces or Config.Metrics to a provider")
	}
	if cfg.Traces == nil {
		cfg.Traces = tracenoop.NewTracerProvider()
	}
	if cfg.Metrics == nil {
		cfg.Metrics = metricnoop.NewMeterProvider()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	o := &Observer{now: cfg.Now, routes: observe.NewRoutes(cfg.Routes...), tracer: cfg.Traces.Tracer(scope)}
	if err := o.setInstruments(cfg.Metrics.Meter(scope)); err != nil {
		return nil, fmt.Errorf("otel: %w", err)
	}
	return o, nil
}

func (o *Observer) setInstruments(meter metric.Meter) error {
	var failures [4]error
	buckets := metric.WithExplicitBucketBoundaries(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
	o.requests, failures[0] = meter.Int64Counter("authorizer.requests",
		metric.WithUnit("{request}"), metric.WithDescription("Requests that were decided."))
	o.duration, failures[1] = meter.Float64Histogram("authorizer.duration",
		metric.WithUnit("s"), metric.WithDescription("From the event to the answer."), buckets)
	o.events, failures[2] = meter.Int64Counter("authorizer.key.events",
		metric.WithUnit("{event}"), metric.WithDescription("What sources of keys have done."))
	o.calls, failures[3] = meter.Float64Histogram("authorizer.key.call.duration",
		metric.WithUnit("s"), metric.WithDescription("Calls to those who hold the keys."), buckets)
	return errors.Join(failures[:]...)
}

// Outcome makes the span and the metrics of one request. It is for [authorizer.Config]'s
// Observer.
func (o *Observer) Outcome(ctx context.Context, out authorizer.Outcome) {
	if !o.made() {
		return
	}
	route, reason := o.routes.Label(out.Route), observe.ReasonLabel(out.Reason)
	o.traceOutcome(ctx, out)
	attributes := set("authorizer.decision", string(out.Decision), "authorizer.reason", reason, "authorizer.route", route)
	o.requests.Add(ctx, 1, metric.WithAttributeSet(attributes))
	o.duration.Record(ctx, out.Duration.Seconds(), metric.WithAttributeSet(set("authorizer.decision", string(out.Decision), "authorizer.route", route)))
}

// traceOutcome makes the span of a request. It leaves the subject out, which is personal data
// in many systems.
func (o *Observer) traceOutcome(ctx context.Context, out authorizer.Outcome) {
	end := o.now()
	_, span := o.tracer.Start(ctx, "authorize", trace.WithTimestamp(end.Add(-out.Duration)), trace.WithAttributes(list(
		"authorizer.decision", string(out.Decision), "authorizer.reason", string(out.Reason), "authorizer.route", out.Route,
		"authorizer.event", string(out.Kind), "authorizer.cached_by", string(out.CachedBy), "authorizer.issuer", out.Issuer,
		"authorizer.kid", out.Kid, "aws.request_id", out.RequestID,
	)...))
	if out.Decision == authorizer.Failed {
		fail(span, out.Err, end)
	}
	span.End(trace.WithTimestamp(end))
}

// KeyEvent makes what there is to know of an event of a source of keys: a span of a call, an
// event of the span in the context, and metrics. It is for the Observer of every source.
func (o *Observer) KeyEvent(ctx context.Context, e keys.Event) {
	if !o.made() {
		return
	}
	o.events.Add(ctx, 1, metric.WithAttributeSet(set("authorizer.key.event", string(e.Kind), "authorizer.key.source", e.Source)))
	switch e.Kind {
	case keys.EventCall:
		o.traceCall(ctx, e)
		o.calls.Record(ctx, e.Duration.Seconds(), metric.WithAttributeSet(set(
			"authorizer.key.source", e.Source, "authorizer.key.operation", e.Operation, "authorizer.key.result", result(e.Err))))
	case keys.EventHit:
		// There is one in every request.
	default:
		trace.SpanFromContext(ctx).AddEvent("keys."+string(e.Kind), trace.WithTimestamp(o.now()), trace.WithAttributes(
			list("authorizer.key.source", e.Source, "authorizer.key.name", e.Name, "authorizer.kid", e.Kid)...))
	}
}

func (o *Observer) traceCall(ctx context.Context, e keys.Event) {
	name := "keys.fetch"
	if e.Operation != "" {
		name = "kms." + e.Operation
	}
	end := o.now()
	_, span := o.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(end.Add(-e.Duration)), trace.WithAttributes(list(
		"authorizer.key.source", e.Source, "authorizer.key.name", e.Name, "authorizer.key.result", result(e.Err),
	)...))
	if result(e.Err) == "failed" {
		fail(span, e.Err, end)
	}
	span.End(trace.WithTimestamp(end))
}

// result says what has become of a call. The list is fixed.
func result(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, keys.ErrUnknownKey) || errors.Is(err, keys.ErrSignature):
		return "refused"
	}
	return "failed"
}

// fail marks a span as that of an outage.
func fail(span trace.Span, err error, at time.Time) {
	text := ""
	if err != nil {
		text = err.Error()
		span.RecordError(err, trace.WithTimestamp(at))
	}
	span.SetStatus(codes.Error, text)
}

// list returns attributes of names and values, without those that are empty.
func list(namesAndValues ...string) (attributes []attribute.KeyValue) {
	for i := 0; i < len(namesAndValues); i += 2 {
		if value := namesAndValues[i+1]; value != "" {
			attributes = append(attributes, attribute.String(namesAndValues[i], value))
		}
	}
	return attributes
}

func set(namesAndValues ...string) attribute.Set { return attribute.NewSet(list(namesAndValues...)...) }

// made reports whether o comes from a constructor.
func (o *Observer) made() bool { return o != nil && o.tracer != nil }
