package authorizertest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// lost returns the paths of the members of a JSON value that another one lacks or has
// with another value.
func lost(path string, from, to any) []string {
	object, isObject := from.(map[string]any)
	if !isObject {
		if reflect.DeepEqual(from, to) {
			return nil
		}
		return []string{path}
	}
	kept, ok := to.(map[string]any)
	if !ok {
		return []string{path}
	}
	var paths []string
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if _, found := kept[name]; !found {
			paths = append(paths, path+"."+name)
			continue
		}
		paths = append(paths, lost(path+"."+name, object[name], kept[name])...)
	}
	return paths
}

// lostIn returns what is lost when an event is read into a type and written again.
func lostIn(t *testing.T, event []byte, into any) []string {
	t.Helper()
	if err := json.Unmarshal(event, into); err != nil {
		t.Errorf("%T: %v", into, err)
	}
	again, err := json.Marshal(into)
	if err != nil {
		t.Fatal(err)
	}
	var from, to any
	for text, value := range map[*[]byte]*any{&event: &from, &again: &to} {
		if err := json.Unmarshal(*text, value); err != nil {
			t.Fatal(err)
		}
	}
	return lost("", from, to)
}

// The types of aws-lambda-go are what functions read events with. They lose nothing but
// what they have no field for, which is listed here.
func TestEventsFitTheTypesOfAWSLambdaGo(t *testing.T) {
	moreContext := []string{
		".requestContext.domainName", ".requestContext.domainPrefix", ".requestContext.extendedRequestId",
		".requestContext.identity.userAgent", ".requestContext.protocol", ".requestContext.requestTime", ".requestContext.requestTimeEpoch",
	}
	for _, test := range []struct {
		kind               authorizer.Kind
		key, path          string
		event, function    any
		unread, unreadByFn []string
	}{
		{authorizer.RESTToken, "POST /files/{rest+}", "/files/a%20b/c", new(events.APIGatewayCustomAuthorizerRequest), new(events.APIGatewayProxyRequest), nil, nil},
		{
			authorizer.RESTRequest, "POST /files/{rest+}", "/files/a%20b/c", new(events.APIGatewayCustomAuthorizerRequestTypeRequest), new(events.APIGatewayProxyRequest),
			moreContext, nil,
		},
		{
			authorizer.HTTPFormat1, "POST /files/{rest+}", "/files/a%20b/c", new(events.APIGatewayV2CustomAuthorizerV1Request), new(events.APIGatewayV2HTTPRequest),
			append([]string{".multiValueHeaders", ".multiValueQueryStringParameters"}, moreContext...), nil,
		},
		{authorizer.HTTPFormat2, "POST /files/{rest+}", "/files/a%20b/c", new(events.APIGatewayV2CustomAuthorizerV2Request), new(events.APIGatewayV2HTTPRequest), nil, nil},
		{
			authorizer.WebSocket, "$connect", "/", new(events.APIGatewayCustomAuthorizerRequestTypeRequest), new(events.APIGatewayWebsocketProxyRequest),
			[]string{
				".requestContext.connectedAt", ".requestContext.connectionId", ".requestContext.domainName",
				".requestContext.eventType", ".requestContext.extendedRequestId", ".requestContext.identity.userAgent",
				".requestContext.messageDirection", ".requestContext.requestTime", ".requestContext.requestTimeEpoch", ".requestContext.routeKey",
			},
			nil,
		},
	} {
		var event, functionEvent json.RawMessage
		g := newGateway(t, authorizertest.Config{
			Kind: test.kind, Stage: "live", StageVariables: map[string]string{"v": "1"}, Now: func() time.Time { return time.Unix(1_700_000_000, 0) },
			Authorizer: func(_ context.Context, e json.RawMessage) (any, error) {
				event = bytes.Clone(e)
				return grant(context.Background())
			},
			Routes: []authorizertest.Route{{Key: test.key, Handler: func(_ context.Context, e json.RawMessage) (any, error) {
				functionEvent = bytes.Clone(e)
				return map[string]any{"statusCode": 200}, nil
			}}},
		})
		method := map[bool]string{true: http.MethodGet, false: http.MethodPost}[test.kind == authorizer.WebSocket]
		r := httptest.NewRequest(method, test.path+"?x=1&x=2&y=", bytes.NewReader([]byte{0xff, 0x00}))
		r.Header.Set("User-Agent", "test/1")
		r.Header.Set("Cookie", "a=1; b=2")
		r.Header.Add("X-Two", "1")
		r.Header.Add("X-Two", "2")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, withToken(r))
		if w.Code != 200 {
			t.Fatalf("%s: got %d %s", test.kind, w.Code, w.Body)
		}
		if got := lostIn(t, event, test.event); !slices.Equal(got, test.unread) {
			t.Errorf("%s: %T loses %q\nof %s", test.kind, test.event, got, event)
		}
		if got := lostIn(t, functionEvent, test.function); !slices.Equal(got, test.unreadByFn) {
			t.Errorf("%s: %T loses %q\nof %s", test.kind, test.function, got, functionEvent)
		}
	}
}

// Also those behind a JWT authorizer.
func TestTheEventBehindAJWTAuthorizerFitsTheTypeOfAWSLambdaGo(t *testing.T) {
	key := rsaKey(t, "1", "RS256", "a")
	l := newLogin(t, key)
	var event json.RawMessage
	cfg := l.config()
	cfg.Routes[1].Handler = func(_ context.Context, e json.RawMessage) (any, error) {
		event = bytes.Clone(e)
		return map[string]any{"statusCode": 200}, nil
	}
	if got := call(newGateway(t, cfg), "/admin?x=1", bearer(l.token(key, map[string]any{"scope": "read admin"}))); got.StatusCode != 200 {
		t.Fatal(got.StatusCode)
	}
	if got := lostIn(t, event, new(events.APIGatewayV2HTTPRequest)); !slices.Equal(got, []string{".body"}) { // not written if it is empty
		t.Errorf("loses %q\nof %s", got, event)
	}
	var seen struct {
		Version        string
		RouteKey       string
		RequestContext struct{ Authorizer map[string]any }
	}
	if err := json.Unmarshal(event, &seen); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"jwt": map[string]any{"scopes": []any{"read", "admin"}, "claims": map[string]any{
		"iss": loginURL, "aud": "orders", "sub": "user-1", "scope": "read admin",
		"iat": "1700000000", "nbf": "1700000000", "exp": "1700003600",
	}}}
	if seen.Version != "2.0" || seen.RouteKey != "GET /admin" || !reflect.DeepEqual(seen.RequestContext.Authorizer, want) {
		t.Errorf("got %s", event)
	}
}

// What an authorizer of this library puts in its context comes back as it was, on HTTP
// APIs as well.
func TestTheContextOnAnHTTPAPIReadsBackAsItsTypes(t *testing.T) {
	for _, kind := range []authorizer.Kind{authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
		var said, seen map[string]any
		answer := func(context.Context) (any, error) {
			answer := effect("Allow", "*")
			answer["context"] = map[string]any{"sub": "user-1", "admin": true, "level": 9007199254740991, "rate": 1.5}
			return answer, nil
		}
		g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: answer, Routes: []authorizertest.Route{
			{Key: "GET /function", Handler: func(_ context.Context, e events.APIGatewayV2HTTPRequest) (any, error) {
				said = e.RequestContext.Authorizer.Lambda
				return map[string]any{"statusCode": 200}, nil
			}},
			{Key: "GET /web", Handler: func(_ http.ResponseWriter, r *http.Request) { seen = authorizertest.AuthorizerContext(r) }},
		}})
		call(g, "/function", "t")
		call(g, "/web", "t")
		for name, values := range map[string]map[string]any{"a function": said, "an http.Handler": seen} {
			got, err := authorizer.FromContext[caller](values)
			if want := (caller{"user-1", true, 9007199254740991, 1.5}); err != nil || got != want {
				t.Errorf("%s, %s: got %+v, %v", kind, name, got, err)
			}
		}
	}
	// Beyond 2^53 JSON's reader has lost digits, and FromContext does not hide it.
	for _, level := range []any{9007199254740993.0, 1e300} {
		if got, err := authorizer.FromContext[caller](map[string]any{"level": level}); err == nil {
			t.Errorf("%s: got %+v", fmt.Sprint(level), got)
		}
	}
}
