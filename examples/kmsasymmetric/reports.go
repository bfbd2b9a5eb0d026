package main

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/examples/internal/onelogin"
)

// reports is GET and DELETE /reports/{region}, and only says what it would do. That the
// caller may do so for this region is the table's to see to: no request gets here that
// the authorizer has not allowed for this very method and path.
func reports(_ context.Context, req events.APIGatewayV2HTTPRequest) (onelogin.Response, error) {
	c, err := callerOf(req)
	if err != nil {
		return onelogin.Response{}, err
	}
	did := map[string]string{http.MethodGet: "read", http.MethodDelete: "deleted"}[req.RequestContext.HTTP.Method]
	return onelogin.Answer(http.StatusOK, map[string]string{did: req.PathParameters["region"], "user": c.User})
}
