package authorizer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/aws/aws-lambda-go/events"

	"github.com/lambdajwt/authorizer/policy"
)

// Handle is the handler for an event of any [Kind], told apart by its members. It
// answers with a *policy.Response, or to format 2.0, where
// [Config.EnableSimpleResponses] is set, as [Authorizer.HTTPSimple] does.
//
// The errors of this and all other handlers: one whose text is exactly
// "Unauthorized", and which wraps [verifier.ErrInvalidToken] and the cause, is the
// caller's fault; any other is an outage or a mistake of the setup. On an error
// the answer is nil or zero.
func (a *Authorizer) Handle(ctx context.Context, event json.RawMessage) (any, error) {
	r, err := parse(event)
	v, err := a.answer(ctx, r, err)
	switch {
	case err != nil:
		return nil, err
	case r.Kind == HTTPFormat2 && a.cfg.EnableSimpleResponses:
		return v.simple(), nil
	}
	return v.response, nil
}

// Token is the handler for a TOKEN authorizer of a REST API.
func (a *Authorizer) Token(ctx context.Context, event events.APIGatewayCustomAuthorizerRequest) (*policy.Response, error) {
	r, err := fromToken(event)
	v, err := a.answer(ctx, r, err, RESTToken)
	return v.response, err
}

// Request is the handler for a REQUEST authorizer of a REST API.
func (a *Authorizer) Request(ctx context.Context, event events.APIGatewayCustomAuthorizerRequestTypeRequest) (*policy.Response, error) {
	r, err := fromRequest(event)
	v, err := a.answer(ctx, r, err, RESTRequest)
	return v.response, err
}

// WebSocket is the handler for the authorizer of a WebSocket API, which is asked
// on the route $connect only. aws-lambda-go has no type of its own for its events.
func (a *Authorizer) WebSocket(ctx context.Context, event events.APIGatewayCustomAuthorizerRequestTypeRequest) (*policy.Response, error) {
	r, err := fromRequest(event)
	v, err := a.answer(ctx, r, err, WebSocket)
	return v.response, err
}

// HTTP is the handler for an HTTP API's authorizer, of format 1.0 or 2.0, that
// answers with policies.
func (a *Authorizer) HTTP(ctx context.Context, event json.RawMessage) (*policy.Response, error) {
	r, err := parse(event)
	v, err := a.answer(ctx, r, err, HTTPFormat1, HTTPFormat2)
	return v.response, err
}

// HTTPSimple is the handler for an HTTP API's authorizer, of format 2.0, that has
// simple responses enabled. isAuthorized is what the policy of [Config.Policy] says
// about the very route that was called; API Gateway must not cache it by the token
// alone. The context goes along only with a yes.
func (a *Authorizer) HTTPSimple(ctx context.Context, event events.APIGatewayV2CustomAuthorizerV2Request) (events.APIGatewayV2CustomAuthorizerSimpleResponse, error) {
	r, err := fromV2(event)
	v, err := a.answer(ctx, r, err, HTTPFormat2)
	return v.simple(), err
}

// checkKind refuses an event that a handler is not for, none of kinds. With no
// kinds given it is for all.
func checkKind(r *Request, kinds []Kind) error {
	if len(kinds) == 0 || slices.Contains(kinds, r.Kind) {
		return nil
	}
	return fmt.Errorf("the event is of kind %s, and this handler is for %s: start the Lambda function with Handle, or the handler of that kind", r.Kind, kinds)
}
