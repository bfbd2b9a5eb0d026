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

func TestWhoamiTellsWhatTheAuthorizerSaid(t *testing.T) {
	var res onelogin.Response
	behind := events.APIGatewayProxyRequest{RequestContext: events.APIGatewayProxyRequestContext{
		Authorizer: map[string]any{"sub": "ann", "exp": "1893553445"},
	}}
	if err := runtest.Invoke(t, "whoami", nil, behind, &res); err != nil || res.Body != `{"user":"ann","until":"2030-01-02T03:04:05Z"}` {
		t.Errorf("%+v, %v", res, err)
	}
}

func TestWhoamiWithoutAnAuthorizerBeforeItIsAServerErrorAndTellsNobodysName(t *testing.T) {
	f := kmsfixture.New(t)
	api, err := authorizertest.New(authorizertest.Config{
		Kind:   authorizer.RESTToken,
		Routes: []authorizertest.Route{{Key: "GET /whoami", Handler: whoami, NoAuthorizer: true}},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.API = api
	if status, answer := f.Call(t, "GET /whoami", "x"); status != 502 || answer != `{"message": "Internal server error"}` {
		t.Errorf("%d %s", status, answer)
	}
}

func TestWhoamiFailsOnWhatTheAuthorizerNeverSays(t *testing.T) {
	for name, said := range map[string]map[string]any{
		"an end in words": {"sub": "ann", "exp": "tomorrow"},
		"no end":          {"sub": "ann"},
		"no user":         {"exp": "1893553445"},
		"nothing":         {},
	} {
		var req events.APIGatewayProxyRequest
		req.RequestContext.Authorizer = said
		if res, err := whoami(t.Context(), req); err == nil || res.StatusCode != 0 || res.Body != "" {
			t.Errorf("%s: %+v, %v", name, res, err)
		}
	}
}
