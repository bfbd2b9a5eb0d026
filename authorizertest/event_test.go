package authorizertest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/policy"
)

func TestAnAuthorizerEventCanBeHadWithoutARequest(t *testing.T) {
	for kind, key := range allKinds {
		var sent json.RawMessage
		cfg := authorizertest.Config{
			Kind: kind, Routes: []authorizertest.Route{{Key: key, Handler: backend}}, CacheTTL: authorizertest.NoCache,
			Now: func() time.Time { return time.Unix(1_700_000_000, 0) },
			Authorizer: func(_ context.Context, event json.RawMessage) (any, error) {
				sent = bytes.Clone(event)
				return effect("Allow", "*"), nil
			},
		}
		r := httptest.NewRequest(http.MethodGet, "/orders", nil)
		r.Header.Set("Authorization", "t")
		got, err := newGateway(t, cfg).AuthorizerEvent(r)
		if err != nil {
			t.Fatal(kind, err)
		}
		newGateway(t, cfg).ServeHTTP(httptest.NewRecorder(), r)
		if !bytes.Equal(got, sent) || len(sent) == 0 {
			t.Errorf("%s:\ngot  %s\nsent %s", kind, got, sent)
		}
		if request, err := authorizer.ParseRequest(got); err != nil || request.Kind != kind {
			t.Errorf("%s: read as %v, %v", kind, request, err)
		}
	}
}

func TestThereIsNoAuthorizerEventForARequestThatReachesNoAuthorizer(t *testing.T) {
	g := newGateway(t, authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}}})
	for name, path := range map[string]string{"no route": "/else", "no token": "/orders"} {
		if event, err := g.AuthorizerEvent(httptest.NewRequest(http.MethodGet, path, nil)); err == nil {
			t.Errorf("%s: got %s", name, event)
		}
	}
}

func TestAWebSocketsFunctionGetsTheHandshake(t *testing.T) {
	var seen events.APIGatewayWebsocketProxyRequest
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.WebSocket, Authorizer: grant, IdentitySources: []string{"route.request.querystring.token"},
		Routes: []authorizertest.Route{{Key: "$connect", Handler: func(_ context.Context, e events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
			seen = e
			return events.APIGatewayProxyResponse{StatusCode: 200}, nil
		}}},
	})
	if got := call(g, "/?token=t", ""); got.StatusCode != 200 {
		t.Fatalf("got %d", got.StatusCode)
	}
	c := seen.RequestContext
	said, _ := c.Authorizer.(map[string]any)
	if c.RouteKey != "$connect" || c.EventType != "CONNECT" || c.ConnectionID == "" || c.Stage != "test" || said["sub"] != "user-1" || said["admin"] != "true" {
		t.Errorf("got %+v", c)
	}
	if got := call(g, "/", "t"); got.StatusCode != 401 {
		t.Errorf("without a token: %d", got.StatusCode)
	}
	w := httptest.NewRecorder()
	g.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/?token=t", nil))
	if w.Code != 404 {
		t.Errorf("a POST: %d", w.Code)
	}
}

func TestTheUsagePlansKeyReachesTheFunction(t *testing.T) {
	var seen string
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTToken, Partition: "aws-cn", Region: "cn-north-1",
		Authorizer: func(context.Context) (any, error) {
			return &policy.Response{PrincipalID: "user-1", UsageIdentifierKey: "plan-key", PolicyDocument: policy.Document{
				Version:   "2012-10-17",
				Statement: []policy.Statement{{Action: []string{"execute-api:Invoke"}, Effect: "Allow", Resource: []string{"arn:aws-cn:*"}}},
			}}, nil
		},
		Routes: []authorizertest.Route{{Key: "GET /orders", Handler: func(_ context.Context, e events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
			seen = e.RequestContext.Identity.APIKey + " " + e.RequestContext.DomainName
			return events.APIGatewayProxyResponse{StatusCode: 200}, nil
		}}},
	})
	if call(g, "/orders", "t"); seen != "plan-key abcdef1234.execute-api.cn-north-1.amazonaws.com.cn" {
		t.Errorf("got %q", seen)
	}
}

// Of several values REST events have the last and the list, format 2.0 all of them
// joined by commas.
func TestSeveralValuesOfOneNameAreHandedOverAsEachFormatHasThem(t *testing.T) {
	var rest events.APIGatewayProxyRequest
	var http2 events.APIGatewayV2HTTPRequest
	for kind, handler := range map[authorizer.Kind]any{
		authorizer.RESTToken: func(_ context.Context, e events.APIGatewayProxyRequest) (map[string]any, error) {
			rest = e
			return map[string]any{"statusCode": 200}, nil
		},
		authorizer.HTTPFormat2: func(_ context.Context, e events.APIGatewayV2HTTPRequest) (map[string]any, error) {
			http2 = e
			return map[string]any{"statusCode": 200}, nil
		},
	} {
		g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: "POST /files/{rest+}", Handler: handler}}})
		if got := send(g, "POST"); got.StatusCode != 200 {
			t.Fatal(kind, got.StatusCode)
		}
	}
	if rest.Headers["X-Two"] != "2" || !reflect.DeepEqual(rest.MultiValueHeaders["X-Two"], []string{"1", "2"}) ||
		rest.QueryStringParameters["x"] != "2" || !reflect.DeepEqual(rest.MultiValueQueryStringParameters["x"], []string{"1", "2"}) {
		t.Errorf("REST: got %v %v", rest.MultiValueHeaders, rest.MultiValueQueryStringParameters)
	}
	if http2.Headers["x-two"] != "1,2" || http2.QueryStringParameters["x"] != "1,2" || http2.RawQueryString != "x=1&x=2&y=" ||
		!reflect.DeepEqual(http2.Cookies, []string{"a=1", "b=2"}) || http2.Headers["cookie"] != "" {
		t.Errorf("HTTP: got %v %v %v", http2.Headers, http2.QueryStringParameters, http2.Cookies)
	}
}
