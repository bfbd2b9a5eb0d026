package main

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
)

// A caller is what the functions behind the authorizer know of one.
type caller struct {
	User string `json:"sub"`
}

// callerOf returns who calls, or an error if no authorizer has said so.
func callerOf(req events.APIGatewayV2HTTPRequest) (caller, error) {
	var said map[string]any
	if a := req.RequestContext.Authorizer; a != nil {
		said = a.Lambda
	}
	return authorizer.FromContext[caller](said)
}

// whoami is GET /whoami: it tells callers who they are, as the authorizer has said.
func whoami(_ context.Context, req events.APIGatewayV2HTTPRequest) (onelogin.Response, error) {
	c, err := callerOf(req)
	if err != nil {
		return onelogin.Response{}, err
	}
	return onelogin.Answer(http.StatusOK, map[string]string{"user": c.User})
}

// documentWhoami is whoami behind a REST API.
func documentWhoami(_ context.Context, req events.APIGatewayProxyRequest) (onelogin.Response, error) {
	c, err := authorizer.FromContext[caller](req.RequestContext.Authorizer)
	if err != nil {
		return onelogin.Response{}, err
	}
	return onelogin.Answer(http.StatusOK, map[string]string{"user": c.User})
}
