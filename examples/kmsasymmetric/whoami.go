package main

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
)

// whoami is GET /whoami: it tells callers who they are, as the authorizer has said.
func whoami(_ context.Context, req events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	caller, err := authorizer.FromContext[struct {
		User string `json:"sub"`
	}](req.RequestContext.Authorizer)
	if err != nil {
		return events.APIGatewayProxyResponse{}, err
	}
	return onelogin.Answer(http.StatusOK, map[string]string{"user": caller.User})
}
