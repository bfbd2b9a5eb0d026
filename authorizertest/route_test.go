package authorizertest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
)

// routesByName returns routes that each answer with their key.
func routesByName(keys ...string) []authorizertest.Route {
	var routes []authorizertest.Route
	for _, key := range keys {
		routes = append(routes, authorizertest.Route{Key: key, NoAuthorizer: true, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, key)
		})})
	}
	return routes
}

func TestRESTAPIsChooseThePathFirstAndHTTPAPIsTheMethod(t *testing.T) {
	keys := []string{"ANY /{proxy+}", "GET /pets", "GET /pets/{id}", "POST /pets/dog", "GET /pets/{id}/toys", "DELETE /pets/{id}"}
	for _, test := range []struct {
		request, rest, http string // "" means that there is no route
	}{
		{"GET /pets", "GET /pets", "GET /pets"},
		{"POST /pets", "", "ANY /{proxy+}"},
		{"POST /pets/dog", "POST /pets/dog", "POST /pets/dog"},
		{"GET /pets/dog", "", "GET /pets/{id}"},
		{"GET /pets/cat", "GET /pets/{id}", "GET /pets/{id}"},
		{"DELETE /pets/cat", "DELETE /pets/{id}", "DELETE /pets/{id}"},
		{"GET /pets/cat/toys", "GET /pets/{id}/toys", "GET /pets/{id}/toys"},
		{"GET /pets/cat/toys/1", "ANY /{proxy+}", "ANY /{proxy+}"},
		{"GET /pets/", "ANY /{proxy+}", "ANY /{proxy+}"},
		{"GET /pets/a%2Fb", "GET /pets/{id}", "GET /pets/{id}"},
		{"TRACE /pets/x/y", "", ""},
		{"GET /", "", ""},
	} {
		for _, kind := range []authorizer.Kind{authorizer.RESTToken, authorizer.HTTPFormat2} {
			want, status := test.rest, 403
			if kind == authorizer.HTTPFormat2 {
				want, status = test.http, 404
			}
			method, path, _ := strings.Cut(test.request, " ")
			w := httptest.NewRecorder()
			newGateway(t, authorizertest.Config{Kind: kind, Routes: routesByName(keys...)}).ServeHTTP(w, httptest.NewRequest(method, path, nil))
			if want == "" && w.Code != status || want != "" && w.Body.String() != want {
				t.Errorf("%s %s: got %d %s, want %q", kind, test.request, w.Code, w.Body, want)
			}
		}
	}
}

func TestTheDefaultRouteOfAnHTTPAPITakesWhatNoOtherDoes(t *testing.T) {
	g := newGateway(t, authorizertest.Config{Kind: authorizer.HTTPFormat2, Routes: routesByName("GET /pets", "$default")})
	for request, want := range map[string]string{"GET /pets": "GET /pets", "POST /pets": "$default", "GET /": "$default", "TRACE /x/y": "$default"} {
		method, path, _ := strings.Cut(request, " ")
		w := httptest.NewRecorder()
		g.ServeHTTP(w, httptest.NewRequest(method, path, nil))
		if w.Body.String() != want {
			t.Errorf("%s: got %d %s, want %s", request, w.Code, w.Body, want)
		}
	}
	if g, err := authorizertest.New(authorizertest.Config{Kind: authorizer.RESTToken, Routes: routesByName("$default")}); err == nil {
		t.Errorf("a REST API with a default route: %v", g)
	}
}

func withToken(r *http.Request) *http.Request {
	r.Header.Set("Authorization", "t")
	return r
}

func TestAGatewayServesRealConnections(t *testing.T) {
	g := newGateway(t, authorizertest.Config{Kind: authorizer.HTTPFormat2, Authorizer: grant, Routes: []authorizertest.Route{
		{Key: "PUT /echo", Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			text, _ := io.ReadAll(r.Body)
			fmt.Fprintf(w, "%s by %v", text, authorizertest.AuthorizerContext(r)["sub"])
		})},
	}})
	server := httptest.NewServer(g)
	defer server.Close()
	for size, want := range map[int]int{5: 200, 10<<20 + 1: 413} {
		r, err := http.NewRequest(http.MethodPut, server.URL+"/echo", strings.NewReader(strings.Repeat("x", size)))
		if err != nil {
			t.Fatal(err)
		}
		response, err := server.Client().Do(withToken(r))
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != want || want == 200 && string(text) != "xxxxx by user-1" {
			t.Errorf("%d bytes: got %d %s", size, response.StatusCode, text)
		}
	}
}
