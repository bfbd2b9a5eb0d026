package otel_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"go.opentelemetry.io/contrib/propagators/aws/xray"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/keys"
	"github.com/lambdajwt/authorizer/otel"
	"github.com/lambdajwt/authorizer/verifier"
)

// traced puts the spans of a function into the trace that X-Ray has begun.
type traced struct{ lambda.Handler }

func (t traced) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	id, _ := ctx.Value("x-amzn-trace-id").(string) // from aws-lambda-go
	return t.Handler.Invoke(xray.Propagator{}.Extract(ctx, propagation.MapCarrier{"X-Amzn-Trace-Id": id}), event)
}

// Spans in AWS X-Ray. On Lambda, turn active tracing on, add the layer of the AWS Distro for
// OpenTelemetry, take the exporter of otlptracehttp.New(ctx), which finds its collector, and
// end with lambda.Start(handler).
func ExampleNew_xRay() {
	exporter := tracetest.NewInMemoryExporter()
	traces := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter), sdktrace.WithIDGenerator(xray.NewIDGenerator()))
	o, err := otel.New(otel.Config{Traces: traces})
	if err != nil {
		log.Fatal(err)
	}
	secrets, err := keys.NewRefreshing(keys.RefreshingConfig{Load: loadSecret, Observer: o.KeyEvent})
	if err != nil {
		log.Fatal(err)
	}
	v, err := verifier.New(verifier.Config{Keys: secrets, Issuer: "https://login.example.com", Audience: []string{"orders"}})
	if err != nil {
		log.Fatal(err)
	}
	a, err := authorizer.New(authorizer.Config{Verifier: v, Policy: authorizer.AllowStage, Observer: o.Outcome})
	if err != nil {
		log.Fatal(err)
	}
	handler := traced{a}

	// What aws-lambda-go does for each invocation:
	//lint:ignore SA1029 aws-lambda-go has this key
	ctx := context.WithValue(context.Background(), "x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
	_, err = handler.Invoke(ctx, []byte(`{"type": "TOKEN", "authorizationToken": "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln",
		"methodArn": "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/prod/GET/orders"}`))
	fmt.Println(err)
	for _, span := range exporter.GetSpans() {
		fmt.Println(span.Name, span.SpanContext.TraceID(), span.Parent.SpanID(), span.EndTime.Sub(span.StartTime) < time.Minute)
	}
	// Output:
	// Unauthorized
	// keys.fetch 5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8 true
	// authorize 5759e988bd862e3fe1be46a994272793 53995c3f42cd8ad8 true
}

// loadSecret stands for a function that asks a secret store.
func loadSecret(context.Context) (*keys.Ring, error) {
	secret, err := keys.HMAC("HS256", []byte("an example's secret, which is long enough"))
	if err != nil {
		return nil, err
	}
	return keys.NewRing(secret)
}
