package main

import (
	"context"
	"errors"
	"net/http"
)

// protected is what is behind the authorizer: it tells callers who they are and which
// route they have come by. API Gateway has verified the token and hands its claims on,
// all of them as strings.
func protected(_ context.Context, req request) (response, error) {
	said := req.RequestContext.Authorizer
	if said == nil || said.JWT == nil || said.JWT.Claims["sub"] == "" {
		return response{}, errors.New("there is no JWT authorizer before this route: nobody has verified who calls")
	}
	return answer(http.StatusOK, struct {
		Route string `json:"route"`
		User  string `json:"user"`
		Scope string `json:"scope"`
	}{req.RouteKey, said.JWT.Claims["sub"], said.JWT.Claims["scope"]})
}
