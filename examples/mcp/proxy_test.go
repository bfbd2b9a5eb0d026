package main

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

func TestAHandlerSeesTheRequestAndAPIGatewayTheAnswer(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		user, ok := userOf(r.Context())
		w.Header().Add("X-Twice", "a")
		w.Header().Add("X-Twice", "b")
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprint(w, r.Method, " ", r.Host, " ", r.URL, " ", r.Header["X-Some"], " ", string(body), " ", user, ok, err)
	})
	for _, encoded := range []bool{false, true} {
		e := request{
			HTTPMethod: "POST", Path: "/a b", Body: "hello", IsBase64Encoded: encoded,
			MultiValueQueryStringParameters: map[string][]string{"q": {"1", "&"}}, MultiValueHeaders: map[string][]string{"x-some": {"1", "2"}},
			RequestContext: events.APIGatewayProxyRequestContext{DomainName: "api.example.com", Authorizer: map[string]any{"sub": "ann"}},
		}
		if encoded {
			e.Body = base64.StdEncoding.EncodeToString([]byte(e.Body))
		}
		got, err := proxy(h)(t.Context(), e)
		const want = "POST api.example.com /a%20b?q=1&q=%26 [1 2] hello anntrue <nil>"
		if err != nil || got.StatusCode != 202 || got.Body != want || got.IsBase64Encoded || len(got.MultiValueHeaders["X-Twice"]) != 2 || !slices.Equal(got.MultiValueHeaders["Access-Control-Allow-Origin"], []string{"*"}) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestABodyThatIsNoTextGoesInBase64(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte{0xff, 0x00}) })
	got, err := proxy(h)(t.Context(), request{HTTPMethod: "GET", Path: "/"})
	if err != nil || got.StatusCode != 200 || !got.IsBase64Encoded || got.Body != "/wA=" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnEventThatCannotBeReadIsAnError(t *testing.T) {
	for name, e := range map[string]request{
		"no base64": {HTTPMethod: "GET", Path: "/", Body: "é", IsBase64Encoded: true},
		"no method": {HTTPMethod: "A B", Path: "/"},
		"no user":   {HTTPMethod: "GET", Path: "/", RequestContext: events.APIGatewayProxyRequestContext{Authorizer: map[string]any{"sub": []int{1}}}},
	} {
		if got, err := proxy(http.NotFoundHandler())(t.Context(), e); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
