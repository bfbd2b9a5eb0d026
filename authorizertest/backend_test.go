package authorizertest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// grant allows everything, with a context.
func grant(context.Context) (any, error) {
	answer := effect("Allow", "*")
	answer["context"] = map[string]any{"sub": "user-1", "admin": true, "level": json.Number("9007199254740993"), "rate": 1.5, "none": nil}
	return answer, nil
}

type caller struct {
	Subject string  `json:"sub"`
	Admin   bool    `json:"admin"`
	Level   int64   `json:"level"`
	Rate    float64 `json:"rate"`
}

func TestTheContextReachesTheFunctionBehindAsEachKindOfAPIHandsItOver(t *testing.T) {
	var seen map[string]any
	rest := func(_ context.Context, e events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
		seen = e.RequestContext.Authorizer
		return events.APIGatewayProxyResponse{StatusCode: 200}, nil
	}
	http2 := func(_ context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		seen = e.RequestContext.Authorizer.Lambda
		return events.APIGatewayV2HTTPResponse{StatusCode: 200}, nil
	}
	web := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen = authorizertest.AuthorizerContext(r) })
	asStrings := map[string]any{
		"sub": "user-1", "admin": "true", "level": "9007199254740993", "rate": "1.5", "principalId": "user-1", "integrationLatency": 0.0,
	}
	asTheyAre := map[string]any{"sub": "user-1", "admin": true, "level": 9007199254740992.0, "rate": 1.5}
	for _, test := range []struct {
		kind    authorizer.Kind
		handler any
		want    map[string]any
	}{
		{authorizer.RESTToken, rest, asStrings}, {authorizer.RESTRequest, rest, asStrings}, {authorizer.RESTToken, web, asStrings},
		{authorizer.HTTPFormat1, http2, asTheyAre}, {authorizer.HTTPFormat2, http2, asTheyAre}, {authorizer.HTTPFormat2, web, asTheyAre},
	} {
		seen = nil
		g := newGateway(t, authorizertest.Config{Kind: test.kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: test.handler}}})
		if got := call(g, "/orders", "t"); got.StatusCode != 200 || !reflect.DeepEqual(seen, test.want) {
			t.Errorf("%s: got %d and %v, want %v", test.kind, got.StatusCode, seen, test.want)
		}
		if test.kind != authorizer.RESTToken {
			continue
		}
		got, err := authorizer.FromContext[caller](seen)
		if want := (caller{"user-1", true, 9007199254740993, 1.5}); err != nil || got != want {
			t.Errorf("%s: got %+v, %v", test.kind, got, err)
		}
	}
}

func TestARouteWithoutAuthorizerIsOpenToAll(t *testing.T) {
	g := newGateway(t, authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: grant, Routes: []authorizertest.Route{
		{Key: "GET /orders", Handler: backend}, {Key: "GET /login", Handler: backend, NoAuthorizer: true},
	}})
	if got := call(g, "/login", ""); got.StatusCode != 200 || g.Calls() != 0 {
		t.Errorf("got %d after %d calls", got.StatusCode, g.Calls())
	}
	if got := call(g, "/orders", ""); got.StatusCode != 401 {
		t.Errorf("got %d", got.StatusCode)
	}
}

// send sends a request with everything that events tell of.
func send(g http.Handler, key string) *http.Response {
	method, _, _ := strings.Cut(key, " ")
	r := httptest.NewRequest(method, "/files/a%20b/c?x=1&x=2&y=", bytes.NewReader([]byte{0xff, 0x00}))
	r.Header.Set("Authorization", "Bearer t")
	r.Header.Add("X-Two", "1")
	r.Header.Add("X-Two", "2")
	r.Header.Set("Cookie", "a=1; b=2")
	r.Header.Set("User-Agent", "test/1")
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	return w.Result()
}

func TestTheAuthorizersEventReadsBack(t *testing.T) {
	for _, kind := range []authorizer.Kind{authorizer.RESTRequest, authorizer.HTTPFormat1, authorizer.HTTPFormat2} {
		var event json.RawMessage
		g := newGateway(t, authorizertest.Config{
			Kind: kind, StageVariables: map[string]string{"v": "1"}, Stage: "live",
			Authorizer: func(_ context.Context, e json.RawMessage) (any, error) { event = e; return grant(context.Background()) },
			Routes:     []authorizertest.Route{{Key: "POST /files/{rest+}", Handler: backend}},
		})
		if got := send(g, "POST"); got.StatusCode != 200 {
			t.Fatal(kind, got.StatusCode)
		}
		r, err := authorizer.ParseRequest(event)
		if err != nil {
			t.Fatal(err)
		}
		two, path := []string{"1,2"}, "a b/c"
		if kind == authorizer.RESTRequest {
			two, path = []string{"1", "2"}, "a%20b/c"
		}
		if r.Kind != kind || r.ARN.String() != "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/live/POST/files/"+path || r.Domain != "example.com" ||
			r.UserAgent != "test/1" || r.SourceIP.String() != "192.0.2.1" || r.PathParameter("rest") != path || r.StageVariable("v") != "1" || r.ClientCert != nil ||
			!reflect.DeepEqual(r.Cookie("b"), []string{"2"}) || kind != authorizer.HTTPFormat1 && !reflect.DeepEqual(r.Header("x-two"), two) {
			t.Errorf("%s: got %+v\nof %s", kind, r, event)
		}
		if token, err := authorizer.Bearer(r); err != nil || token != "t" {
			t.Errorf("%s: got %q, %v", kind, token, err)
		}
	}
}

func TestAFunctionGetsTheRequestAndItsAnswerIsSent(t *testing.T) {
	for _, kind := range []authorizer.Kind{authorizer.RESTToken, authorizer.HTTPFormat2} {
		var body string
		var isBase64 bool
		rest := func(_ context.Context, e events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
			body, isBase64 = e.Body, e.IsBase64Encoded
			return events.APIGatewayProxyResponse{
				StatusCode: 201, Headers: map[string]string{"X-A": "1"}, MultiValueHeaders: map[string][]string{"Set-Cookie": {"c=1", "d=2"}},
				Body: "/wA=", IsBase64Encoded: true,
			}, nil
		}
		http2 := func(_ context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
			body, isBase64 = e.Body, e.IsBase64Encoded
			return events.APIGatewayV2HTTPResponse{
				StatusCode: 201, Headers: map[string]string{"X-A": "1"}, Cookies: []string{"c=1", "d=2"}, Body: "/wA=", IsBase64Encoded: true,
			}, nil
		}
		handler := map[authorizer.Kind]any{authorizer.RESTToken: rest, authorizer.HTTPFormat2: http2}[kind]
		g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: "POST /files/{rest+}", Handler: handler}}})
		got := send(g, "POST")
		sent, _ := io.ReadAll(got.Body)
		if got.StatusCode != 201 || got.Header.Get("X-A") != "1" || !reflect.DeepEqual(got.Header.Values("Set-Cookie"), []string{"c=1", "d=2"}) || !bytes.Equal(sent, []byte{0xff, 0}) {
			t.Errorf("%s: got %d %v %q", kind, got.StatusCode, got.Header, sent)
		}
		if body != "/wA=" || !isBase64 {
			t.Errorf("%s: the function got %q, %v", kind, body, isBase64)
		}
	}
}

func TestAFunctionThatFailsIsABadGatewayOnRESTAnd500OnHTTP(t *testing.T) {
	for kind, want := range map[authorizer.Kind]int{authorizer.RESTToken: 502, authorizer.HTTPFormat2: 500} {
		for name, handler := range map[string]any{
			"an error":         func(context.Context) (any, error) { return nil, errors.New("x") },
			"a panic":          func(context.Context) error { panic("x") },
			"a strange status": func(context.Context) (any, error) { return map[string]any{"statusCode": 7}, nil },
		} {
			g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: handler}}})
			if got := call(g, "/orders", "t"); got.StatusCode != want {
				t.Errorf("%s, %s: got %d, want %d", kind, name, got.StatusCode, want)
			}
		}
		for said, want := range map[int]int{199: want, 200: 200, 599: 599, 600: want} {
			handler := func() (any, error) { return map[string]any{"statusCode": said}, nil }
			g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: handler}}})
			if got := call(g, "/orders", "t"); got.StatusCode != want {
				t.Errorf("%s, status %d: got %d, want %d", kind, said, got.StatusCode, want)
			}
		}
	}
}

func TestAFunctionsHeadersAreSentAndItsBodyIsJSONUnlessItSaysOtherwise(t *testing.T) {
	for name, test := range map[string]struct {
		answer, contentType string
		values              []string
	}{
		"no header":                     {`{"statusCode":200,"body":"x"}`, "application/json", nil},
		"a content type":                {`{"statusCode":200,"headers":{"content-type":"text/plain"}}`, "text/plain", nil},
		"a content type among lists":    {`{"statusCode":200,"multiValueHeaders":{"content-type":["text/html"]}}`, "text/html", nil},
		"another header":                {`{"statusCode":200,"headers":{"X-A":"1"}}`, "application/json", []string{"1"}},
		"a list in place of the single": {`{"statusCode":200,"headers":{"X-A":"1"},"multiValueHeaders":{"X-A":["2","3"]}}`, "application/json", []string{"2", "3"}},
	} {
		g := newGateway(t, authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: text(test.answer)}}})
		got := call(g, "/orders", "t")
		if got.Header.Get("Content-Type") != test.contentType || !reflect.DeepEqual(got.Header.Values("X-A"), test.values) || got.Header.Get("X-Amzn-Requestid") != "request-1" {
			t.Errorf("%s: got %v", name, got.Header)
		}
	}
}

func TestASettingThatIsChangedAfterwardsChangesNothing(t *testing.T) {
	variables := map[string]string{"v": "1"}
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTRequest, Authorizer: grant, StageVariables: variables, IdentitySources: []string{"stageVariables.v"},
		Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
	})
	delete(variables, "v")
	if got := call(g, "/orders", ""); got.StatusCode != 200 {
		t.Errorf("got %d", got.StatusCode)
	}
}

func TestTheContextOfASimpleAnswerReachesTheFunctionBehind(t *testing.T) {
	var seen map[string]any
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.HTTPFormat2, EnableSimpleResponses: true, Authorizer: text(`{"isAuthorized":true,"context":{"sub":"user-1"}}`),
		Routes: []authorizertest.Route{{Key: "GET /orders", Handler: func(_ http.ResponseWriter, r *http.Request) { seen = authorizertest.AuthorizerContext(r) }}},
	})
	if call(g, "/orders", "t"); !reflect.DeepEqual(seen, map[string]any{"sub": "user-1"}) {
		t.Errorf("got %v", seen)
	}
}

func TestTheMostSpecificRouteIsTaken(t *testing.T) {
	says := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "%s %s", text, r.PathValue("id")) })
	}
	routes := []authorizertest.Route{
		{Key: "ANY /{proxy+}", Handler: says("proxy")}, {Key: "GET /user/{id}", Handler: says("id")}, {Key: "GET /user/me", Handler: says("me")},
		{Key: "ANY /user/{id}", Handler: says("any")}, {Key: "GET /", Handler: says("root")},
	}
	for i, kind := range []authorizer.Kind{authorizer.RESTToken, authorizer.HTTPFormat2, authorizer.RESTToken, authorizer.HTTPFormat2} {
		if i == 2 { // in any order
			slices.Reverse(routes)
		}
		g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: grant, Routes: routes})
		for path, want := range map[string]string{"/": "root ", "/user/me": "me ", "/user/7": "id 7", "/user/7/x": "proxy ", "/x": "proxy "} {
			if got := call(g, path, "t"); body(t, got) != want {
				t.Errorf("%s: %s: got %q, want %q", kind, path, body(t, got), want)
			}
		}
	}
}

func TestWhatNoRouteTakesIsRefused(t *testing.T) {
	for kind, want := range map[authorizer.Kind]int{authorizer.RESTToken: 403, authorizer.HTTPFormat2: 404} {
		g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}}})
		if got := call(g, "/else", "t"); got.StatusCode != want || g.Calls() != 0 {
			t.Errorf("%s: got %d after %d calls", kind, got.StatusCode, g.Calls())
		}
	}
}

func TestLimitsOfARequest(t *testing.T) {
	g := newGateway(t, authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /{proxy+}", Handler: backend}}})
	for _, test := range []struct {
		name, path, authorization string
		want                      int
	}{
		{"a short path", "/a", "t", 200},
		{"an ARN over 1,600 bytes", "/" + strings.Repeat("a", 1600), "t", 414},
		{"headers over 10,240 bytes", "/a", strings.Repeat("t", 10240), 431},
	} {
		if got := call(g, test.path, test.authorization); got.StatusCode != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got.StatusCode, test.want)
		}
	}
}

func TestTheCacheGoesByAllIdentitySources(t *testing.T) {
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.HTTPFormat2, Authorizer: grant, CacheTTL: time.Minute,
		IdentitySources: []string{"$request.header.Authorization", "$request.querystring.tenant", "$context.routeKey"},
		Routes:          []authorizertest.Route{{Key: "GET /a", Handler: backend}, {Key: "GET /b", Handler: backend}},
	})
	for i, test := range []struct {
		path, authorization string
		status, calls       int
	}{
		{"/a?tenant=x", "t", 200, 1}, {"/a?tenant=x", "t", 200, 1}, {"/a?tenant=y", "t", 200, 2},
		{"/b?tenant=x", "t", 200, 3}, {"/a?tenant=x", "u", 200, 4}, {"/a", "t", 401, 4}, {"/a?tenant=x", "", 401, 4},
	} {
		if got := call(g, test.path, test.authorization); got.StatusCode != test.status || g.Calls() != test.calls {
			t.Errorf("request %d: got %d after %d calls, want %d after %d", i, got.StatusCode, g.Calls(), test.status, test.calls)
		}
	}
}

func TestTheObserverIsToldHowADecisionCameAbout(t *testing.T) {
	var told []authorizertest.Invocation
	g := newGateway(t, authorizertest.Config{
		Kind: authorizer.RESTToken, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		Observer: func(i authorizertest.Invocation) { told = append(told, i) },
	})
	call(g, "/orders", "t")
	call(g, "/orders", "t")
	if len(told) != 2 || told[0].Route != "GET /orders" || !strings.Contains(string(told[0].Answer), "principalId") || told[0].Cached || !told[1].Cached || told[1].Event != nil || !bytes.Equal(told[0].Answer, told[1].Answer) ||
		!strings.Contains(string(told[0].Event), `"authorizationToken":"t"`) || told[0].Decision.String() != "Allowed" {
		t.Errorf("got %+v", told)
	}
}

func TestNewSaysWhichSettingToMend(t *testing.T) {
	good := func() authorizertest.Config {
		return authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: grant, Routes: []authorizertest.Route{{Key: "GET /a", Handler: backend}}}
	}
	for _, test := range []struct {
		want   string
		change func(*authorizertest.Config)
	}{
		{"Kind", func(c *authorizertest.Config) { c.Kind = "x" }},
		{"Authorizer", func(c *authorizertest.Config) { c.Authorizer = nil }},
		{"Routes", func(c *authorizertest.Config) { c.Routes = nil }},
		{"Handler", func(c *authorizertest.Config) { c.Routes[0].Handler = nil }},
		{"GET /user/{id}", func(c *authorizertest.Config) { c.Routes[0].Key = "orders" }},
		{"GET /user/{id}", func(c *authorizertest.Config) { c.Routes[0].Key = "FETCH /orders" }},
		{"GET /user/{id}", func(c *authorizertest.Config) { c.Routes[0].Key = "GET orders" }},
		{"GET /user/{id}", func(c *authorizertest.Config) { c.Routes[0].Key = "GET" }},
		{"greedy", func(c *authorizertest.Config) { c.Routes[0].Key = "GET /{a+}/b" }},
		{"there are two", func(c *authorizertest.Config) { c.Routes = append(c.Routes, c.Routes[0]) }},
		{"EnableSimpleResponses", func(c *authorizertest.Config) { c.EnableSimpleResponses = true }},
		{"ValidationExpression", func(c *authorizertest.Config) { c.Kind, c.ValidationExpression = authorizer.HTTPFormat2, "x" }},
		{"missing closing", func(c *authorizertest.Config) { c.ValidationExpression = "(" }},
		{"CacheTTL", func(c *authorizertest.Config) { c.CacheTTL = 2 * time.Hour }},
		{"no cache", func(c *authorizertest.Config) {
			c.Kind, c.CacheTTL = authorizer.WebSocket, time.Minute
			c.Routes[0].Key = "$connect"
		}},
		{"$connect", func(c *authorizertest.Config) { c.Kind = authorizer.WebSocket }},
		{"Timeout", func(c *authorizertest.Config) { c.Timeout = -1 }},
		{"at most 10s", func(c *authorizertest.Config) { c.Kind, c.Timeout = authorizer.HTTPFormat1, 10*time.Second+1 }},
		{"Unconfirmed", func(c *authorizertest.Config) { c.Unconfirmed.UnauthorizedFails = true }},
		{"identity source", func(c *authorizertest.Config) { c.IdentitySources = []string{"$request.header.X"} }},
		{"IdentitySources", func(c *authorizertest.Config) { c.IdentitySources = []string{} }},
		{"or CacheTTL to NoCache", func(c *authorizertest.Config) { c.Kind, c.IdentitySources = authorizer.RESTRequest, []string{} }},
		{"or CacheTTL to NoCache", func(c *authorizertest.Config) {
			c.Kind, c.IdentitySources, c.CacheTTL = authorizer.HTTPFormat2, []string{}, 1
		}},
	} {
		cfg := good()
		test.change(&cfg)
		if g, err := authorizertest.New(cfg); g != nil || err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, %v", test.want, g, err)
		}
	}
	if _, err := authorizertest.New(good()); err != nil {
		t.Error(err)
	}
}

func TestAGatewayIsSafeForConcurrentUse(t *testing.T) {
	s := newShop(t)
	g := s.gateway(t, authorizer.RESTToken, time.Minute, authorizer.AllowStage)
	var wait sync.WaitGroup
	for n := range 8 {
		token := s.token(t, fmt.Sprint("user-", n%3), "", time.Hour)
		wait.Go(func() {
			for range 20 {
				if got := call(g, "/orders", token); got.StatusCode != 200 {
					t.Errorf("got %d", got.StatusCode)
				}
			}
		})
	}
	wait.Wait()
	if g.Calls() < 8 || g.Calls() > 8*20 {
		t.Errorf("called %d times", g.Calls())
	}
}

// The trap of whoever checks tokens behind a REST API: clients do not find the challenge.
func TestARESTAPIRenamesTheChallengeOfWhatIsBehindIt(t *testing.T) {
	const challenge = `Bearer error="insufficient_scope"`
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", challenge)
		w.WriteHeader(http.StatusForbidden)
	})
	silent := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", challenge)
		_, _ = w.Write([]byte("ok")) // a 200 without saying so
	})
	function := func(context.Context) (any, error) {
		return map[string]any{"statusCode": 403, "headers": map[string]string{"www-authenticate": challenge}}, nil
	}
	for kind, name := range map[authorizer.Kind]string{
		authorizer.RESTRequest: "X-Amzn-Remapped-Www-Authenticate",
		authorizer.HTTPFormat2: "Www-Authenticate",
	} {
		g := newGateway(t, authorizertest.Config{Kind: kind, Routes: []authorizertest.Route{
			{Key: "GET /handler", Handler: handler, NoAuthorizer: true},
			{Key: "GET /silent", Handler: silent, NoAuthorizer: true},
			{Key: "GET /function", Handler: function, NoAuthorizer: true},
		}})
		for path, status := range map[string]int{"/handler": 403, "/silent": 200, "/function": 403} {
			got := call(g, path, "")
			if got.StatusCode != status || got.Header.Get(name) != challenge || len(got.Header.Values("Www-Authenticate")) > 1 ||
				kind == authorizer.RESTRequest && got.Header.Values("Www-Authenticate") != nil {
				t.Errorf("%s %s: got %d with %v", kind, path, got.StatusCode, got.Header)
			}
		}
	}
}
