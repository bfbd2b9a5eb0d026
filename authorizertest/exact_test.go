package authorizertest_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// text is a Lambda function that answers with any bytes, JSON or not.
type text string

var _ lambda.Handler = text("")

func (s text) Invoke(context.Context, []byte) ([]byte, error) { return []byte(s), nil }

func TestASimpleAnswersRefusalsHaveTheBodiesOfHTTPAPIs(t *testing.T) {
	for name, test := range map[string]struct {
		authorizer    any
		authorization string
		status        int
		body          string
		calls         int
	}{
		"yes":                   {text(`{"isAuthorized":true}`), "t", 200, "backend", 1},
		"no":                    {text(`{"isAuthorized":false}`), "t", 403, `{"message":"Forbidden"}`, 1},
		"no, with a context":    {text(`{"isAuthorized":false,"context":{"why":"x"}}`), "t", 403, `{"message":"Forbidden"}`, 1},
		"no identity source":    {text(`{"isAuthorized":true}`), "", 401, `{"message":"Unauthorized"}`, 0},
		"exactly Unauthorized":  {func() error { return errors.New("Unauthorized") }, "t", 401, `{"message":"Unauthorized"}`, 1},
		"another error":         {func() error { return errors.New("throttled") }, "t", 500, `{"message":"Internal Server Error"}`, 1},
		"a panic":               {func() error { panic("x") }, "t", 500, `{"message":"Internal Server Error"}`, 1},
		"no isAuthorized":       {text(`{"context":{}}`), "t", 500, `{"message":"Internal Server Error"}`, 1},
		"isAuthorized is null":  {text(`{"isAuthorized":null}`), "t", 500, `{"message":"Internal Server Error"}`, 1},
		"a policy":              {func() (any, error) { return effect("Allow", "*"), nil }, "t", 500, `{"message":"Internal Server Error"}`, 1},
		"isAuthorized twice":    {text(`{"isAuthorized":false,"isAuthorized":true}`), "t", 500, `{"message":"Internal Server Error"}`, 1},
		"64 levels":             {text(`{"isAuthorized":true,"x":` + strings.Repeat("[", 63) + strings.Repeat("]", 63) + `}`), "t", 200, "backend", 1},
		"65 levels":             {text(`{"isAuthorized":true,"x":` + strings.Repeat("[", 64) + strings.Repeat("]", 64) + `}`), "t", 500, `{"message":"Internal Server Error"}`, 1},
		"a context that is not": {text(`{"isAuthorized":true,"context":[]}`), "t", 500, `{"message":"Internal Server Error"}`, 1},
	} {
		g := newGateway(t, authorizertest.Config{
			Kind: authorizer.HTTPFormat2, EnableSimpleResponses: true, Authorizer: test.authorizer,
			Routes: []authorizertest.Route{{Key: "GET /orders", Handler: backend}},
		})
		got := call(g, "/orders", test.authorization)
		if got.StatusCode != test.status || body(t, got) != test.body || g.Calls() != test.calls {
			t.Errorf("%s: got %d %s after %d calls", name, got.StatusCode, body(t, got), g.Calls())
		}
		if got.Header.Get("Apigw-Requestid") == "" || got.Header.Get("Www-Authenticate") != "" {
			t.Errorf("%s: got %v", name, got.Header)
		}
	}
}

// What a function answers that is no JSON is a failure of it, never a yes.
func TestAnAuthorizersAnswerThatIsNoJSONIsAFailure(t *testing.T) {
	allow, err := json.Marshal(effect("Allow", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for name, answer := range map[string]string{
		"nothing":            "",
		"a word":             "Allow",
		"a string":           `"Allow"`,
		"a number":           "1",
		"true":               "true",
		"cut short":          string(allow[:len(allow)-1]),
		"something behind":   string(allow) + "x",
		"two answers":        string(allow) + string(allow),
		"a byte order mark":  "\ufeff" + string(allow),
		"invalid UTF-8":      strings.Replace(string(allow), "user-1", "\xff", 1),
		"a principal twice":  strings.Replace(string(allow), "{", `{"principalId":"x",`, 1),
		"in a list":          "[" + string(allow) + "]",
		"names in capitals":  strings.Replace(string(allow), "principalId", "PrincipalId", 1),
		"nested without end": strings.Repeat(`{"a":`, 1000) + "1" + strings.Repeat("}", 1000),
	} {
		for kind, key := range allKinds {
			g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: text(answer), Routes: []authorizertest.Route{{Key: key, Handler: backend}}})
			want := `{"message":"Internal Server Error"}`
			if kind == authorizer.RESTToken || kind == authorizer.RESTRequest {
				want = `{"message":null}`
			}
			for n := range 2 { // and it is not cached
				if got := call(g, "/orders", "t"); got.StatusCode != 500 || body(t, got) != want || g.Calls() != n+1 {
					t.Errorf("%s, %s: got %d %s after %d calls", name, kind, got.StatusCode, body(t, got), g.Calls())
				}
			}
		}
	}
}

func TestAFunctionsAnswerThatIsNoJSONIsAFailure(t *testing.T) {
	for name, answer := range map[string]string{
		"nothing":          "",
		"a word":           "hello",
		"cut short":        `{"statusCode":200`,
		"something behind": `{"statusCode":200}x`,
	} {
		for kind, want := range map[authorizer.Kind]struct {
			status int
			body   string
		}{
			authorizer.RESTToken:   {502, `{"message": "Internal server error"}`},
			authorizer.RESTRequest: {502, `{"message": "Internal server error"}`},
			authorizer.HTTPFormat1: {500, `{"message":"Internal Server Error"}`},
			authorizer.HTTPFormat2: {500, `{"message":"Internal Server Error"}`},
			authorizer.WebSocket:   {500, `{"message":"Internal Server Error"}`},
		} {
			g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: allKinds[kind], Handler: text(answer)}}})
			if got := call(g, "/orders", "t"); got.StatusCode != want.status || body(t, got) != want.body {
				t.Errorf("%s, %s: got %d %s", name, kind, got.StatusCode, body(t, got))
			}
		}
	}
}

func TestWhatTheGatewayAnswersByItselfIsExact(t *testing.T) {
	const (
		notFound  = `{"message":"Not Found"}`
		noToken   = `{"message":"Missing Authentication Token"}`
		tooLong   = `{"message":"Request URI Too Long"}`
		tooLarge  = `{"message":"Request Header Fields Too Large"}`
		bodyLarge = `{"message":"Request Entity Too Large"}`
	)
	for kind, rest := range map[authorizer.Kind]bool{authorizer.RESTToken: true, authorizer.RESTRequest: true, authorizer.HTTPFormat1: false, authorizer.HTTPFormat2: false} {
		g := newGateway(t, authorizertest.Config{Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{{Key: "POST /files/{rest+}", Handler: backend}}})
		for _, test := range []struct {
			name, method, path string
			header, body       int
			status             int
			text, errorType    string
		}{
			{"no such path", "POST", "/else", 0, 0, 404, notFound, ""},
			{"no such method", "GET", "/files/a", 0, 0, 404, notFound, ""},
			{"a path too long", "POST", "/files/" + strings.Repeat("a", 1600), 0, 0, 414, tooLong, ""},
			{"headers too long", "POST", "/files/a", 10240, 0, 431, tooLarge, ""},
			{"a body too long", "POST", "/files/a", 0, 10<<20 + 1, 413, bodyLarge, ""},
		} {
			if rest && test.status == 404 {
				test.status, test.text, test.errorType = 403, noToken, "MissingAuthenticationTokenException"
			}
			r := httptest.NewRequest(test.method, test.path, strings.NewReader(strings.Repeat("x", test.body)))
			r.Header.Set("X-Long", strings.Repeat("x", test.header))
			w := httptest.NewRecorder()
			g.ServeHTTP(w, withToken(r))
			id := map[bool]string{true: "X-Amzn-Requestid", false: "Apigw-Requestid"}[rest]
			if w.Code != test.status || w.Body.String() != test.text || w.Header().Get("Content-Type") != "application/json" ||
				w.Header().Get("x-amzn-ErrorType") != test.errorType || test.errorType == "" && w.Header().Values("x-amzn-ErrorType") != nil || w.Header().Get(id) == "" || g.Calls() != 0 {
				t.Errorf("%s, %s: got %d %s %v after %d calls", kind, test.name, w.Code, w.Body, w.Header(), g.Calls())
			}
		}
	}
}

// Each limit is good to its last byte.
func TestTheLimitsAreExact(t *testing.T) {
	const prefix = "arn:aws:execute-api:us-east-1:123456789012:abcdef1234/test/POST/files/"
	routes := []authorizertest.Route{{Key: "POST /files/{rest+}", Handler: backend}}
	status := func(g http.Handler, path, header string, body int) int {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(strings.Repeat("x", body)))
		r.Header.Set("X", header)
		w := httptest.NewRecorder()
		g.ServeHTTP(w, withToken(r))
		return w.Code
	}
	// "POST /files/a HTTP/1.1\r\nHost: example.com\r\nAuthorization: t\r\nX: …\r\n"
	head := len("POST /files/a HTTP/1.1\r\nHost: example.com\r\nAuthorization: t\r\nX: \r\n")
	withAnswer := func(size int) any {
		answer := effect("Allow", "*")
		answer["context"] = map[string]any{"x": ""}
		empty, err := json.Marshal(answer)
		if err != nil {
			t.Fatal(err)
		}
		answer["context"] = map[string]any{"x": strings.Repeat("x", size-len(empty))}
		return func() (any, error) { return answer, nil }
	}
	for _, test := range []struct {
		name string
		size int
		want int // of that size; one more is refused
		over int
		send func(size int) int
	}{
		{"the ARN", 1600, 200, 414, func(size int) int {
			g := newGateway(t, authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: grant, Routes: routes})
			return status(g, "/files/"+strings.Repeat("a", size-len(prefix)), "", 0)
		}},
		{"request line and headers", 10240, 200, 431, func(size int) int {
			g := newGateway(t, authorizertest.Config{Kind: authorizer.HTTPFormat2, Authorizer: grant, Routes: routes})
			return status(g, "/files/a", strings.Repeat("x", size-head), 0)
		}},
		{"the body", 10 << 20, 200, 413, func(size int) int {
			g := newGateway(t, authorizertest.Config{Kind: authorizer.HTTPFormat2, Authorizer: grant, Routes: routes})
			return status(g, "/files/a", "", size)
		}},
		{"an authorizer's answer", 8192, 200, 500, func(size int) int {
			g := newGateway(t, authorizertest.Config{Kind: authorizer.RESTToken, Authorizer: withAnswer(size), Routes: routes})
			return status(g, "/files/a", "", 0)
		}},
	} {
		if got := test.send(test.size); got != test.want {
			t.Errorf("%s of %d: got %d, want %d", test.name, test.size, got, test.want)
		}
		if got := test.send(test.size + 1); got != test.over {
			t.Errorf("%s of %d: got %d, want %d", test.name, test.size+1, got, test.over)
		}
	}
}

// Which of two such routes would be taken is anybody's guess.
func TestTwoRoutesForTheSameRequestsAreRefused(t *testing.T) {
	for _, test := range []struct {
		first, second string
		refused       bool
	}{
		{"GET /u/{id}", "GET /u/{id}", true},
		{"GET /u/{id}", "GET /u/{name}", true},
		{"GET /u/{id}/a", "GET /u/{name}/a", true},
		{"ANY /{proxy+}", "ANY /{rest+}", true},
		{"GET /u/{id}", "POST /u/{id}", false},
		{"GET /u/{id}", "ANY /u/{name}", false},
		{"GET /u/{id}", "GET /u/me", false},
		{"GET /u/{id}", "GET /u/{name+}", false},
		{"GET /u/{id}", "GET /v/{id}", false},
		{"GET /u/{id}/a", "GET /u/{name}/b", false},
		{"GET /u", "GET /u/", false},
	} {
		for _, kind := range []authorizer.Kind{authorizer.RESTToken, authorizer.HTTPFormat2} {
			_, err := authorizertest.New(authorizertest.Config{Kind: kind, Authorizer: grant, Routes: []authorizertest.Route{
				{Key: test.first, Handler: backend}, {Key: test.second, Handler: backend},
			}})
			if refused := err != nil; refused != test.refused || refused && !strings.Contains(err.Error(), test.first) {
				t.Errorf("%s: %s and %s: got %v", kind, test.first, test.second, err)
			}
		}
	}
	if _, err := authorizertest.New(authorizertest.Config{Kind: authorizer.HTTPFormat2, Routes: routesByName("$default", "$default")}); err == nil {
		t.Error("two $default routes")
	}
}
