package authorizer

import "github.com/aws/aws-lambda-go/events"

// fromToken, fromRequest and fromV2 read aws-lambda-go's types. They make the same
// of an event as ParseRequest does.

func fromToken(e events.APIGatewayCustomAuthorizerRequest) (*Request, error) {
	r, err := newRequest("", e.Type, e.MethodArn)
	if err != nil {
		return nil, err
	}
	r.token = e.AuthorizationToken
	return r, nil
}

func fromRequest(e events.APIGatewayCustomAuthorizerRequestTypeRequest) (*Request, error) {
	r, err := newRequest("", e.Type, e.MethodArn)
	if err != nil {
		return nil, err
	}
	r.Route = e.Resource
	if r.Kind == WebSocket {
		r.Route = r.ARN.Path // aws-lambda-go has no type with a WebSocket's route key
	}
	r.RequestID = e.RequestContext.RequestID
	r.SourceIP = parseIP(e.RequestContext.Identity.SourceIP)
	r.headers = goFields{e.Headers, e.MultiValueHeaders}
	r.query = goFields{e.QueryStringParameters, e.MultiValueQueryStringParameters}
	r.pathParameters = goFields{single: e.PathParameters}
	r.stageVariables = goFields{single: e.StageVariables}
	r.UserAgent = first(r.Header("User-Agent")) // not among aws-lambda-go's identity
	return r, nil
}

func fromV2(e events.APIGatewayV2CustomAuthorizerV2Request) (*Request, error) {
	r, err := newRequest(e.Version, e.Type, e.RouteArn)
	if err != nil {
		return nil, err
	}
	r.Route = e.RouteKey
	r.RequestID = e.RequestContext.RequestID
	r.SourceIP = parseIP(e.RequestContext.HTTP.SourceIP)
	r.UserAgent = e.RequestContext.HTTP.UserAgent
	r.headers = goFields{single: e.Headers}
	r.query = goFields{single: e.QueryStringParameters}
	r.pathParameters = goFields{single: e.PathParameters}
	r.stageVariables = goFields{single: e.StageVariables}
	r.cookies = e.Cookies
	return r, nil
}
