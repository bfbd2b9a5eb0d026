package main

import (
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/authorizertest"
	"github.com/lambdajwt/authorizer/examples/internal/kmsfixture"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
	"github.com/lambdajwt/authorizer/examples/internal/runtest"
)

// behind returns an event of an HTTP API whose authorizer has said this.
func behind(said map[string]any) events.APIGatewayV2HTTPRequest {
	var req events.APIGatewayV2HTTPRequest
	req.RequestContext.HTTP.Method = "DELETE"
	req.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{Lambda: said}
	req.PathParameters = map[string]string{"region": "eu"}
	return req
}

func TestTheFunctionsBehindTheAuthorizerWorkOnLambda(t *testing.T) {
	var rest events.APIGatewayProxyRequest
	rest.RequestContext.Authorizer = map[string]any{"sub": "ann"}
	http := behind(map[string]any{"sub": "ann"})
	for name, test := range map[string]struct {
		handler string
		env     []string
		event   any
		want    string
	}{
		"whoami":                    {"whoami", nil, http, `{"user":"ann"}`},
		"whoami as the document's":  {"whoami", []string{"AS_DOCUMENT=1"}, rest, `{"user":"ann"}`},
		"reports":                   {"reports", nil, http, `{"deleted":"eu","user":"ann"}`},
		"reports beside a document": {"reports", []string{"AS_DOCUMENT=1"}, http, `{"deleted":"eu","user":"ann"}`},
	} {
		var res onelogin.Response
		if err := runtest.Invoke(t, test.handler, test.env, test.event, &res); err != nil || res.StatusCode != 200 || res.Body != test.want {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}

func TestWithoutAnAuthorizerBeforeThemTheFunctionsFailAndTellNobodysName(t *testing.T) {
	for name, test := range map[string]struct {
		kind   authorizer.Kind
		routes []authorizertest.Route
		want   int
		answer string
	}{
		"behind an HTTP API": {authorizer.HTTPFormat2, routes(nil)[1:], 500, `{"message":"Internal Server Error"}`},
		"behind a REST API":  {authorizer.RESTToken, documentRoutes(nil)[1:], 502, `{"message": "Internal server error"}`},
	} {
		t.Run(name, func(t *testing.T) {
			for i := range test.routes {
				test.routes[i].NoAuthorizer = true
			}
			api, err := authorizertest.New(authorizertest.Config{Kind: test.kind, Routes: test.routes})
			if err != nil {
				t.Fatal(err)
			}
			f := kmsfixture.New(t)
			f.API = api
			for _, r := range test.routes {
				if status, answer := f.Call(t, r.Key, "x"); status != test.want || answer != test.answer {
					t.Errorf("%s: %d %s", r.Key, status, answer)
				}
			}
		})
	}
}

func TestTheFunctionsFailOnWhatTheAuthorizerNeverSays(t *testing.T) {
	for name, said := range map[string]map[string]any{
		"a list of users": {"sub": []any{"ann"}},
		"no user":         {"region": "eu"},
		"nothing":         {},
		"null":            nil,
	} {
		for _, function := range []func() (onelogin.Response, error){
			func() (onelogin.Response, error) { return whoami(t.Context(), behind(said)) },
			func() (onelogin.Response, error) { return reports(t.Context(), behind(said)) },
			func() (onelogin.Response, error) {
				var rest events.APIGatewayProxyRequest
				rest.RequestContext.Authorizer = said
				return documentWhoami(t.Context(), rest)
			},
		} {
			if res, err := function(); err == nil || res.StatusCode != 0 || res.Body != "" {
				t.Errorf("%s: %+v, %v", name, res, err)
			}
		}
	}
}
