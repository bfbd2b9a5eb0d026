package authorizertest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// The buffers of aws-lambda-go's handlers are pooled, and what a call has returned
// is overwritten by the next: an answer must not end up with another caller.
func TestConcurrentCallersOfOneLambdaHandlerGetTheirOwnAnswers(t *testing.T) {
	answer := func(_ context.Context, e events.APIGatewayCustomAuthorizerRequest) (any, error) {
		said := effect("Allow", "*")
		said["context"] = map[string]any{"token": e.AuthorizationToken}
		return said, nil
	}
	echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, authorizertest.AuthorizerContext(r)["token"])
	})
	for name, handler := range map[string]any{"a function": answer, "a handler made of it": lambda.NewHandler(answer)} {
		g := newGateway(t, authorizertest.Config{
			Kind: authorizer.RESTToken, Authorizer: handler, CacheTTL: authorizertest.NoCache,
			Routes: []authorizertest.Route{{Key: "GET /orders", Handler: echo}},
		})
		var wait sync.WaitGroup
		for n := range 8 {
			wait.Go(func() {
				for i := range 50 {
					token := fmt.Sprintf("token-%d-%d", n, i)
					if got := body(t, call(g, "/orders", token)); got != token {
						t.Errorf("%s: %s got the answer of %s", name, token, got)
					}
				}
			})
		}
		wait.Wait()
	}
}

// The runtime reports a panic, and an error of its own type, by their messages.
func TestTheRuntimesMessageDecidesWhatIsUnauthorized(t *testing.T) {
	for name, test := range map[string]struct {
		handler any
		want    int
	}{
		"an error of the runtime's type":       {func() error { return messages.InvokeResponse_Error{Message: "Unauthorized"} }, 401},
		"another one of the runtime's type":    {func() error { return messages.InvokeResponse_Error{Message: "x"} }, 500},
		"a panic with the text":                {func() error { panic("Unauthorized") }, 401},
		"an error that wraps one of that text": {func() error { return fmt.Errorf("x: %w", errors.New("Unauthorized")) }, 500},
		"what is no handler":                   {7, 500},
	} {
		g := newGateway(t, authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: test.handler, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}}})
		if got := call(g, "/orders", "t"); got.StatusCode != test.want {
			t.Errorf("%s: got %d, want %d", name, got.StatusCode, test.want)
		}
	}
}

func TestTheAuthorizersContextHoldsTheRequestID(t *testing.T) {
	var seen string
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.HTTPFormat2, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		Authorizer: func(ctx context.Context) (any, error) {
			if c, ok := lambdacontext.FromContext(ctx); ok {
				seen = c.AwsRequestID
			}
			return effect("Allow", "*"), nil
		},
	})
	if got := call(g, "/orders", "t"); seen == "" || got.Header.Get("Apigw-Requestid") != seen {
		t.Errorf("got %q, and the answer says %q", seen, got.Header.Get("Apigw-Requestid"))
	}
}

func TestOnAnHTTPAPIAnyJSONOfAFunctionIsTheBody(t *testing.T) {
	for _, test := range []struct {
		kind   authorizer.Kind
		answer any
		status int
		body   string
	}{
		{authorizer.HTTPFormat2, map[string]any{"id": 7}, 200, `{"id":7}`},
		{authorizer.HTTPFormat2, "text", 200, `"text"`},
		{authorizer.HTTPFormat2, map[string]any{"statusCode": 204}, 204, ""},
		{authorizer.RESTToken, map[string]any{"id": 7}, 502, `{"message": "Internal server error"}`},
		{authorizer.RESTToken, map[string]any{"statusCode": 200, "body": "x", "isBase64Encoded": true}, 502, `{"message": "Internal server error"}`},
	} {
		g := newGateway(t, authorizertest.Config{Kind: test.kind, Authorizer: grant, Routes: []authorizertest.Route{
			{Key: "GET /orders", Handler: func() (any, error) { return test.answer, nil }},
		}})
		if got := call(g, "/orders", "t"); got.StatusCode != test.status || body(t, got) != test.body {
			t.Errorf("%s, %v: got %d %s", test.kind, test.answer, got.StatusCode, body(t, got))
		}
	}
}
