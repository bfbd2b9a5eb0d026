package authorizertest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
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

func TestTheUsagePlansKeyAndTheDomainReachTheFunction(t *testing.T) {
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
	for host, domain := range map[string]string{"api.example.com": "api.example.com", "": "abcdef1234.execute-api.cn-north-1.amazonaws.com.cn"} {
		r := withToken(httptest.NewRequest(http.MethodGet, "/orders", nil))
		r.Host = host
		if g.ServeHTTP(httptest.NewRecorder(), r); seen != "plan-key "+domain {
			t.Errorf("got %q, want the domain %q", seen, domain)
		}
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

// Whole events, with nothing sent but a token and a query.
func TestEventsAreWhole(t *testing.T) {
	const (
		header = `"Authorization":"t","Host":"api.example.com","User-Agent":"test/1","X-Forwarded-For":"203.0.113.7, 192.0.2.1","X-Forwarded-Port":"443","X-Forwarded-Proto":"https"`
		lists  = `"Authorization":["t"],"Host":["api.example.com"],"User-Agent":["test/1"],"X-Forwarded-For":["203.0.113.7, 192.0.2.1"],"X-Forwarded-Port":["443"],"X-Forwarded-Proto":["https"]`
		parts  = `"headers":{` + header + `},"multiValueHeaders":{` + lists + `},"queryStringParameters":{"q":"1"},"multiValueQueryStringParameters":{"q":["1"]},"stageVariables":{},`
		shared = `"apiId":"abcdef1234","domainName":"api.example.com","requestId":"request-1","extendedRequestId":"request-1",` +
			`"requestTime":"14/Nov/2023:22:13:20 +0000","requestTimeEpoch":1700000000000,"identity":{"sourceIp":"192.0.2.1","userAgent":"test/1"}`
		context1 = `"requestContext":{"accountId":"123456789012","domainPrefix":"api","resourceId":"resource","resourcePath":"/orders/{id}","path":"/orders/7","httpMethod":"GET","protocol":"HTTP/1.1",` + shared
		request  = `"resource":"/orders/{id}","path":"/orders/7","httpMethod":"GET","pathParameters":{"id":"7"},`
	)
	for kind, want := range map[authorizer.Kind]string{
		authorizer.RESTToken:   `{"type":"TOKEN","authorizationToken":"t","methodArn":"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/test/GET/orders/7"}`,
		authorizer.RESTRequest: `{"type":"REQUEST","methodArn":"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/test/GET/orders/7",` + request + parts + context1 + `,"stage":"test"}}`,
		authorizer.HTTPFormat1: `{"version":"1.0","type":"REQUEST","methodArn":"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/GET/orders/7",` +
			`"identitySource":"t","authorizationToken":"t",` + request + parts + context1 + `,"stage":"$default"}}`,
		authorizer.HTTPFormat2: `{"version":"2.0","type":"REQUEST","routeArn":"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/$default/GET/orders/7","identitySource":["t"],` +
			`"routeKey":"GET /orders/{id}","rawPath":"/orders/7","rawQueryString":"q=1","headers":{` + strings.ToLower(header) + `},"queryStringParameters":{"q":"1"},"pathParameters":{"id":"7"},` +
			`"requestContext":{"accountId":"123456789012","apiId":"abcdef1234","stage":"$default","domainName":"api.example.com","domainPrefix":"api","requestId":"request-1","routeKey":"GET /orders/{id}",` +
			`"time":"14/Nov/2023:22:13:20 +0000","timeEpoch":1700000000000,"http":{"method":"GET","path":"/orders/7","protocol":"HTTP/1.1","sourceIp":"192.0.2.1","userAgent":"test/1"}}}`,
		authorizer.WebSocket: `{"type":"REQUEST","methodArn":"arn:aws:execute-api:us-east-1:123456789012:abcdef1234/test/$connect",` + parts + `"requestContext":{` + shared +
			`,"stage":"test","routeKey":"$connect","eventType":"CONNECT","messageDirection":"IN","connectionId":"connection-1","connectedAt":1700000000000}}`,
	} {
		key := map[bool]string{true: "$connect", false: "GET /orders/{id}"}[kind == authorizer.WebSocket]
		g := newGateway(t, authorizertest.Config{
			Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: key, Handler: backend}}, Now: func() time.Time { return time.Unix(1_700_000_000, 0) },
		})
		r := withToken(httptest.NewRequest(http.MethodGet, "/orders/7?q=1", nil))
		r.Host = "api.example.com"
		r.Header.Set("User-Agent", "test/1")
		r.Header.Set("X-Forwarded-For", "203.0.113.7")
		event, err := g.AuthorizerEvent(r)
		if err != nil {
			t.Fatal(err)
		}
		var got, wanted any
		for text, value := range map[string]*any{string(event): &got, want: &wanted} {
			if err := json.Unmarshal([]byte(text), value); err != nil {
				t.Fatal(err, text)
			}
		}
		if !reflect.DeepEqual(got, wanted) {
			t.Errorf("%s:\ngot  %s\nwant %s", kind, event, want)
		}
	}
	g := newGateway(t, authorizertest.Config{Kind: authorizer.HTTPFormat2, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}}})
	event, err := g.AuthorizerEvent(withToken(httptest.NewRequest(http.MethodGet, "/orders", nil)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cookies", "queryStringParameters", "pathParameters", "stageVariables", "authentication"} {
		if bytes.Contains(event, []byte(`"`+name+`"`)) {
			t.Errorf("%s without any: %s", name, event)
		}
	}
}
