package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
)

// A person is what the function behind the authorizer knows of the caller. On a REST
// API all values arrive as strings; FromContext makes them what they were. The authorizer
// sees to it that there is a user_id; a token may lack the rest.
type person struct {
	UserID    string `json:"user_id"`
	FirstName string `json:"first_name,omitempty"`
	LastName  string `json:"last_name,omitempty"`
	Admin     bool   `json:"admin,omitempty"`
}

// whoami is GET /whoami: it tells callers who they are. Without an authorizer before it,
// it fails.
func whoami(_ context.Context, req events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	caller, err := authorizer.FromContext[person](req.RequestContext.Authorizer)
	if err != nil {
		return events.APIGatewayProxyResponse{}, err
	}
	body, err := json.Marshal(caller)
	return events.APIGatewayProxyResponse{
		StatusCode: 200,
		Headers: map[string]string{
			"Content-Type": "application/json",

			// Pages of every origin may call: a browser sends no token by itself.
			"Access-Control-Allow-Origin": "*",
		},
		Body: string(body),
	}, err
}
