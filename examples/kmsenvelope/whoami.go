package main

import (
	"context"
	"net/http"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer"
	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
)

// A caller is what the function behind the authorizer knows of one. On a REST API all
// values arrive as strings; FromContext makes them what they were.
type caller struct {
	User    string `json:"sub"`
	Expires int64  `json:"exp"`
}

// whoami is GET /whoami: it tells callers who they are, and until when. Without an
// authorizer before it, it fails.
func whoami(_ context.Context, req events.APIGatewayProxyRequest) (onelogin.Response, error) {
	c, err := authorizer.FromContext[caller](req.RequestContext.Authorizer)
	if err != nil {
		return onelogin.Response{}, err
	}
	return onelogin.Answer(http.StatusOK, struct {
		User  string    `json:"user"`
		Until time.Time `json:"until"`
	}{c.User, time.Unix(c.Expires, 0).UTC()})
}
